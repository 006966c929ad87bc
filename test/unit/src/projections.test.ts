/** Access tokens for those who are not to renew: written into every place that is named for them, or told. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openEnvelope, sealEnvelope } from "../../../src/credential/envelope.ts";
import { accessPart } from "../../../src/rotation/access-part.ts";
import { projectAccess } from "../../../src/rotation/projections.ts";
import { Secret } from "../../../src/secret.ts";
import { type Fault, secondaryLimit } from "../../support/github/faults.ts";
import { ALL, paste, renew, type Settings, stage, type Stage, type StageOptions } from "./places-support.ts";
import { HOUR, MINUTE, newChatGpt, newJwt, newLogin, newToken, NOW, pieceOf, SECOND } from "./support.ts";

/** As in `rotate-to`; the path of its list; the permission. */
const PLACES: readonly [string, string, string][] = [
  ["LOGIN:access", "/repos/octo/demo/actions/secrets", "secrets"],
  ["environment/eu%2Cwest/LOGIN:access", "/repos/octo/demo/environments/eu%2Cwest/secrets", "environments"],
  ["organization/octo/LOGIN:access", "/orgs/octo/actions/secrets", "organization_secrets"],
  ["dependabot/LOGIN", "/repos/octo/demo/dependabot/secrets", "dependabot_secrets"],
  ["codespaces/LOGIN", "/repos/octo/demo/codespaces/secrets", "codespaces_secrets"],
  ["agents/LOGIN", "/repos/octo/demo/agents/secrets", "agent_secrets"],
];
const EVERYWHERE = PLACES.map(([place]) => place).join(",");
const named = (place: string) => decodeURIComponent(place).replace(":access", "");
const LEDGER = { "ledger-key": "ocr1_x" };
const LOGIN = newLogin({ generation: 7, idToken: new Secret(newJwt()), predecessor: new Secret(newToken("ort")) });

const project = (here: Stage, places: string, more: Settings = {}, since?: number, login = LOGIN) =>
  projectAccess(here.world, here.inputs(places, { ...LEDGER, ...more }), login, since);
const results = (done: Awaited<ReturnType<typeof project>>) =>
  done.map(({ result, failure }) => failure?.code ?? result);
const warnings = (here: Stage) => here.world.recorded.of("warning");

async function stocked(options: StageOptions = {}): Promise<Stage> {
  const here = await stage(options);
  for (const [place] of PLACES) paste(here, named(place), "what stood there");
  return here;
}

describe("what is written", () => {
  test.each<[string, typeof LOGIN]>([
    ["of a Claude login", LOGIN],
    ["of a ChatGPT login", newChatGpt({ generation: 2 })],
    ["of one that is shared", newLogin({ shared: { place: "p", lineage: "l", sealed: newToken("ort") } })],
  ])("%s has no part by which it could be renewed", async (_, login) => {
    const here = await stocked();
    await project(here, EVERYWHERE, {}, undefined, login);
    for (const [place] of PLACES) {
      const text = here.github.secret(named(place)) ?? "";
      const { credential, stored } = openEnvelope(text);
      expect(credential.kind).toBe("access");
      expect(credential.access?.reveal()).toBe(login.access?.reveal());
      expect(credential).toMatchObject({ provider: login.provider, accessExpiresAt: login.accessExpiresAt });
      const { refresh, predecessor, idToken, shared } = credential;
      for (const part of [refresh, predecessor, idToken, shared, stored]) expect(part).toBeUndefined();
      const plain = Buffer.from(text.slice(4), "base64url").toString();
      for (const token of [
        login.refresh,
        login.predecessor,
        login.idToken,
        login.shared && new Secret(login.shared.sealed),
      ]) {
        // Not its beginning, which JSON Web Tokens have in common.
        if (token) expect(pieceOf(token.reveal().slice(-60), plain)).toBeUndefined();
      }
    }
  });

  test("a token in a field that nobody knows yet stays out of it", () => {
    const token = newToken("ort");
    const later = { ...LOGIN, other: { rateLimitTier: "max", spare: token, deep: { token } }, future: token };
    const text = JSON.stringify(accessPart(later as typeof LOGIN));
    expect(text).toContain("rateLimitTier");
    expect(pieceOf(token, text)).toBeUndefined();
  });

  test("a setup token stays what it is", () => {
    const setup = { ...LOGIN, kind: "setup-token" as const, refresh: undefined };
    expect(openEnvelope(sealEnvelope(accessPart(setup), undefined)).credential.kind).toBe("setup-token");
  });

  test("nothing, where there is no place or no access token", async () => {
    const here = await stage();
    expect(await project(here, "LOGIN", { "ledger-key": "" })).toEqual([]);
    expect(await project(here, EVERYWHERE, {}, undefined, newLogin({ access: undefined }))).toEqual([]);
    expect(here.calls()).toEqual([]);
  });
});

describe("the places", () => {
  test("are written by the calls that each has", async () => {
    const here = await stocked();
    const done = await project(here, EVERYWHERE);
    expect(results(done)).toEqual(PLACES.map(() => "written"));
    expect(warnings(here)).toEqual([]);
    const calls = here.calls();
    for (const [place, list] of PLACES) {
      const own = calls.filter((call) => call.includes(` ${list}/`)).map((call) => call.replace(`${list}/`, ""));
      const mayHold = place.endsWith(":access");
      const ready = place.startsWith("org") ? ["GET LOGIN"] : [];
      const probe = mayHold ? ["GET OAUTH_CREDS_PROBE_LOGIN"] : [];
      expect(own).toEqual(["GET public-key", ...probe, ...ready, "GET LOGIN", "PUT LOGIN"]);
    }
    // No probe is left where no login is kept.
    expect(here.github.requests.filter(({ method, path }) => method === "PUT" && path.includes("PROBE"))).toEqual([]);
    const version = (path: RegExp) =>
      new Set(
        here.github.requests.filter((one) => path.test(one.path)).map(({ headers }) => headers["x-github-api-version"]),
      );
    expect([...version(/agents/)]).toEqual(["2026-03-10"]);
    expect([...version(/dependabot/)]).toEqual(["2022-11-28"]);
  });

  test("of another repository, by its name", async () => {
    const here = await stocked({ env: { GITHUB_REPOSITORY: "octo/other", GITHUB_REPOSITORY_ID: "5" } });
    const done = await project(here, "LOGIN:access@octo/demo,dependabot/LOGIN@octo/demo");
    expect(results(done)).toEqual(["written", "written"]);
    expect(here.github.secret("LOGIN")).toMatch(/^oc1\./);
  });

  test("of an organization keep who may read them", async () => {
    const here = await stage();
    const ids = Array.from({ length: 130 }, (_, index) => index + 1);
    paste(here, "organization/octo/LOGIN", "x", { visibility: "selected", selectedRepositoryIds: ids });
    expect(results(await project(here, "organization/octo/LOGIN:access"))).toEqual(["written"]);
    expect([...here.github.selectedRepositoryIds("organization/octo/LOGIN")]).toEqual(ids);
  });

  test("that do not exist are a typo, unless they may be made: for this repository alone", async () => {
    const here = await stage();
    expect(results(await project(here, EVERYWHERE))).toEqual(PLACES.map(() => "secret-not-found"));
    expect(here.github.requests.filter(({ method }) => method === "PUT")).toEqual([]);
    expect(results(await project(here, EVERYWHERE, { "create-secrets": "true" }))).toEqual(PLACES.map(() => "written"));
    expect(here.github.selectedRepositoryIds("organization/octo/LOGIN")).toEqual([1296269]);
  });
});

describe("a failure", () => {
  test.each(PLACES)(
    "at %s is told with the permission that is missing; the others are written",
    async (place, _, permission) => {
      const here = await stocked({ permissions: { ...ALL, [permission]: "read" } });
      const done = await project(here, EVERYWHERE);
      expect(results(done)).toEqual(PLACES.map(([other]) => (other === place ? "secret-forbidden" : "written")));
      expect(warnings(here)).toHaveLength(1);
      expect(warnings(here)[0]).toContain(`1 of the 6 places`);
      expect(warnings(here)[0]).toContain(`GitHub says that it takes: ${permission}=write.`);
      const said = { agent_secrets: "Agent secrets", dependabot_secrets: "Dependabot secrets" }[permission];
      expect(warnings(here)[0]).toContain(`${said ?? ""}`);
    },
  );

  test("at all of them is one warning that names each, with its cause", async () => {
    const here = await stocked({ permissions: {} });
    const done = await project(here, EVERYWHERE);
    expect(results(done)).toEqual(PLACES.map(() => "secret-forbidden"));
    const [text = "", ...more] = warnings(here);
    expect(more).toEqual([]);
    for (const { location } of done) expect(text).toContain(`${location.label}: The token in \`secrets-token\``);
    expect(pieceOf(LOGIN.access?.reveal() ?? "", here.world.recorded.text())).toBeUndefined();
  });

  const status = (code: number, after?: number): Fault => ({
    do: "answer",
    status: code,
    ...(after !== undefined && { headers: { "Retry-After": `${after}` } }),
  });
  // What GitHub names, else 1 s; a limit that names no time is a minute's.
  const passing: readonly [string, Fault, seconds: number][] = [
    ["409", status(409), 1],
    ["429", status(429), 60],
    ["429, 5 s", status(429, 5), 5],
    ["a secondary limit", secondaryLimit(), 60],
    ["a secondary limit, 9 s", secondaryLimit(9), 9],
    ["a secondary limit of 429, 9 s", secondaryLimit(9, 429), 9],
    ["500", status(500), 1],
    ["502", status(502), 1],
    ["503", status(503), 1],
    ["503, 9 s", status(503, 9), 9],
    ["no answer", { do: "drop" }, 1],
    ["another key", status(422), 0],
  ];
  test.each(PLACES.flatMap(([place]) => passing.map(([name, ...rest]) => [place, name, ...rest] as const)))(
    "that passes is waited for: %s, %s",
    async (place, _, fault, seconds) => {
      const here = await stocked();
      const planted = here.github.fault({ method: "PUT" }, fault);
      expect(results(await project(here, place))).toEqual(["written"]);
      expect(planted.hits).toBe(1);
      expect(here.world.now() - NOW).toBe(seconds * SECOND);
      expect(warnings(here)).toEqual([]);
    },
  );

  test.each(PLACES.flatMap(([place]) => [401, 403, 404].map((code) => [place, code] as const)))(
    "of %s, %d, is not tried again",
    async (place, code) => {
      const here = await stocked();
      const planted = here.github.fault({ method: "PUT", times: Infinity }, status(code));
      expect(results(await project(here, place))).toEqual(["secret-forbidden"]);
      expect(planted.hits).toBe(1);
      expect(warnings(here)[0]).toMatch(/^The access token could not be written into the one place/);
    },
  );

  test("without an end is given up after a minute, 7 s after a signal", async () => {
    const here = await stocked();
    here.github.fault({ method: "PUT", times: Infinity }, { do: "answer", status: 500 });
    expect(results(await project(here, "dependabot/LOGIN,codespaces/LOGIN"))).toEqual(
      Array(2).fill("github-unreachable"),
    );
    const took = here.world.now() - NOW;
    // Two at a time on one clock: each wait of the one moves it for the other.
    expect(took).toBeGreaterThan(20 * SECOND);
    expect(took).toBeLessThanOrEqual(MINUTE + SECOND);

    const again = await stocked();
    // It is heard in the middle of a long wait.
    again.github.fault({ method: "PUT", times: Infinity }, secondaryLimit(40));
    const sleep = again.world.sleep;
    const world = { ...again.world, sleep: async (ms: number) => (await sleep(ms), again.world.signal()) };
    const inputs = again.inputs("dependabot/LOGIN", LEDGER);
    await projectAccess(world, inputs, LOGIN);
    expect(again.world.now() - NOW).toBeLessThanOrEqual(9 * SECOND);
  });

  test("of our own is told, not thrown", async () => {
    const here = await stocked();
    const broken = { ...here.world, http: () => Promise.reject(new TypeError("x")) };
    const done = await projectAccess(broken, here.inputs(EVERYWHERE, LEDGER), LOGIN);
    expect(results(done)).toEqual(PLACES.map(() => "unexpected"));
  });

  test("that the runner does not take for the post step is told, not thrown", async () => {
    const here = await stocked({ permissions: {} });
    here.world.runner.state = () => {
      throw Object.assign(new Error("no space"), { code: "ENOSPC", syscall: "write" });
    };
    expect(results(await project(here, "dependabot/LOGIN"))).toEqual(["secret-forbidden"]);
    expect(warnings(here).join()).toContain("ENOSPC");
  });
});

describe("what stands there", () => {
  test("and was written later than this generation is kept: a younger one, or somebody's own", async () => {
    const here = await stocked();
    const since = NOW + 5 * SECOND;
    for (const [place] of PLACES) here.github.setSecretByUser(named(place), "younger", { at: since + SECOND });
    expect(results(await project(here, EVERYWHERE, {}, since))).toEqual(PLACES.map(() => "kept"));
    for (const [place] of PLACES) expect(here.github.secret(named(place))).toBe("younger");
    // In the very second it may be an older one.
    for (const [place] of PLACES) here.github.setSecretByUser(named(place), "older", { at: since });
    expect(results(await project(here, EVERYWHERE, {}, since))).toEqual(PLACES.map(() => "written"));
  });

  test("and was written while we tried is kept", async () => {
    const here = await stocked();
    here.github.fault({ method: "PUT" }, { do: "answer", status: 409 });
    const sleep = here.world.sleep;
    const world = {
      ...here.world,
      sleep: async (ms: number) => {
        await sleep(ms);
        here.github.setSecretByUser("dependabot/LOGIN", "theirs");
      },
    };
    const done = await projectAccess(world, here.inputs("dependabot/LOGIN", LEDGER), LOGIN);
    expect(results(done)).toEqual(["kept"]);
    expect(here.github.secret("dependabot/LOGIN")).toBe("theirs");
  });

  test("after a write without an answer is taken for ours, and not written twice", async () => {
    const here = await stocked();
    here.github.fault({ method: "PUT" }, { do: "drop", when: "after-commit" });
    expect(results(await project(here, "dependabot/LOGIN"))).toEqual(["written"]);
    expect(here.github.history("dependabot/LOGIN")).toHaveLength(2);
  });

  test.each(PLACES.filter(([place]) => place.endsWith(":access")))("%s: a login is not replaced", async (place) => {
    const here = await stage();
    paste(here, named(place));
    await renew(here, place.replace(":access", ""));
    const login = here.github.secret(named(place));
    here.world.pass(HOUR);
    const done = await project(here, place);
    expect(results(done)).toEqual(["secret-elsewhere"]);
    expect(here.github.secret(named(place))).toBe(login);
    expect(warnings(here)[0]).toMatch(/holds a login that can be renewed.*delete the secret/);
    // A job that failed to renew has proved the place, and left its probe.
    here.world.pass(HOUR);
    here.github.setSecretByUser(named(place).replace("LOGIN", "OAUTH_CREDS_PROBE_LOGIN"), "x");
    expect(results(await project(here, place))).toEqual(["secret-elsewhere"]);
    // Once somebody has put something else there, it is none any more.
    here.world.pass(HOUR);
    here.github.setSecretByUser(named(place), "something else");
    expect(results(await project(here, place))).toEqual(["written"]);
    expect(results(await project(here, place))).toEqual(["written"]);
  });

  test("is the login that this very job was given: not replaced, without any probe", async () => {
    const here = await stage();
    paste(here, "LOGIN");
    await renew(here, "LOGIN");
    const credential = here.github.secret("LOGIN") ?? "";
    const headers = {
      authorization: "Bearer github_pat_invented",
      "user-agent": "x",
      "x-github-api-version": "2022-11-28",
    };
    await fetch(`${here.github.apiUrl}/repos/octo/demo/actions/secrets/OAUTH_CREDS_PROBE_LOGIN`, {
      method: "DELETE",
      headers,
    });
    here.calls();
    expect(results(await project(here, "LOGIN:access", { credential }))).toEqual(["secret-elsewhere"]);
    expect(here.calls()).toEqual([]);
  });
});

test("whatever fails at whatever place: each is told, the rest is written, nothing is thrown, and no refresh token leaves", async () => {
  const trouble = fc.constantFrom(
    undefined,
    401,
    403,
    404,
    409,
    422,
    429,
    500,
    502,
    503,
    "drop" as const,
    "lost" as const,
  );
  const when = fc.constantFrom("GET" as const, "PUT" as const);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(trouble, when, fc.nat(3)), { maxLength: 5 }), async (troubles) => {
      const here = await stocked({ fullRequestLog: true });
      for (const [what, method, skip] of troubles) {
        if (what === undefined) continue;
        const match = { method, path: /secrets/, skip };
        if (what === "drop") here.github.fault(match, { do: "drop" });
        else if (what === "lost") here.github.fault(match, { do: "drop", when: "after-commit" });
        else here.github.fault(match, { do: "answer", status: what });
      }
      const done = await project(here, EVERYWHERE);
      const failed = done.filter(({ result }) => result === "failed");
      expect(done).toHaveLength(PLACES.length);
      expect(warnings(here)).toHaveLength(failed.length > 0 ? 1 : 0);
      for (const { location, result } of done) {
        const at = PLACES.findIndex(
          ([place]) => location.kind === (place.includes("/") ? place.split("/")[0] : "repository"),
        );
        const text = here.github.secret(named(PLACES[at]?.[0] ?? "")) ?? "";
        if (result === "written") expect(openEnvelope(text).credential.access?.reveal()).toBe(LOGIN.access?.reveal());
        if (result === "failed") expect(warnings(here)[0]).toContain(location.label);
      }
      const sent = here.github.requests.map(({ full }) => `${full?.body} ${JSON.stringify(full?.headers)}`).join("\n");
      expect(pieceOf(LOGIN.refresh?.reveal() ?? "", sent)).toBeUndefined();
    }),
    { numRuns: 25 },
  );
});
