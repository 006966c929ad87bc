/** Secrets of environments and organizations, where a login is renewed: every exchange with a loopback GitHub. */
import { describe, expect, test } from "vitest";
import { openEnvelope } from "../../../src/credential/envelope.ts";
import { prepare, storeGeneration } from "../../../src/rotation/rotate.ts";
import { secondaryLimit, type Fault } from "../../support/github/faults.ts";
import { ALL, PAT, paste, renew, type Settings, type Stage, stage, storeOf } from "./places-support.ts";
import { failureIn, HOUR, MINUTE, newLogin, newToken, NOW, SECOND } from "./support.ts";

/** As in `rotate-to`; the path of the list; what a PUT holds; the permission that GitHub names. */
const PLACES: readonly [rotateTo: string, list: string, body: string[], permission: string][] = [
  ["LOGIN", "/repos/octo/demo/actions/secrets", ["encrypted_value", "key_id"], "secrets=write"],
  [
    "environment/eu/west%201/LOGIN",
    "/repos/octo/demo/environments/eu%2Fwest%201/secrets",
    ["encrypted_value", "key_id"],
    "environments=write",
  ],
  [
    "organization/octo/LOGIN",
    "/orgs/octo/actions/secrets",
    ["encrypted_value", "key_id", "visibility"],
    "organization_secrets=write",
  ],
];
const named = (rotateTo: string) => decodeURIComponent(rotateTo);
const probeOf = (rotateTo: string) => named(rotateTo).replace(/LOGIN$/, "OAUTH_CREDS_PROBE_LOGIN");

describe.each(PLACES)("%s", (rotateTo, list, body, permission) => {
  test("a pasted login is proved, renewed and stored; the next job renews the envelope", async () => {
    const here = await stage();
    paste(here, named(rotateTo));
    const first = await renew(here, rotateTo);
    expect(first.result).toMatchObject({ type: "stored", confirmed: true });
    const { credential, stored } = openEnvelope(here.github.secret(named(rotateTo)) ?? "");
    expect(credential.refresh?.reveal()).toBe(first.login.refresh?.reveal());
    expect(stored?.location).toEqual(JSON.parse(JSON.stringify(stored?.location)));
    expect(here.github.secret(probeOf(rotateTo))).toMatch(/holds nothing/);
    here.calls();
    here.world.pass(HOUR);

    const second = await renew(here, rotateTo);
    expect(second.result).toMatchObject({ type: "stored", confirmed: true });
    const calls = here.calls();
    // The proof is a write in the same place, before anything else is asked or done.
    expect(calls).toContain(`PUT ${list}/OAUTH_CREDS_PROBE_LOGIN`);
    expect(calls.indexOf(`PUT ${list}/OAUTH_CREDS_PROBE_LOGIN`)).toBeLessThan(calls.indexOf(`PUT ${list}/LOGIN`));
    expect(calls.filter((call) => !call.includes(` ${list}/`))).toEqual([]);
    const put = here.github.requests.findLast(({ method, path }) => method === "PUT" && path === `${list}/LOGIN`);
    expect(put?.bodyKeys).toEqual(body);
    expect(here.github.history(named(rotateTo))).toHaveLength(3);
  });

  test("the permission is proved in this very scope, and named if it is missing", async () => {
    for (const [kind, granted] of [
      ["none", {}],
      ["to read", Object.fromEntries(Object.keys(ALL).map((name) => [name, "read"]))],
      ["the others'", { ...ALL, [permission.split("=")[0] ?? ""]: "read" }],
    ] as const) {
      const here = await stage({ permissions: granted });
      paste(here, named(rotateTo));
      const failure = await failureIn(() => renew(here, rotateTo));
      expect([kind, failure.code]).toEqual([kind, "secret-forbidden"]);
      const needed = kind === "none" ? permission.replace("write", "read") : permission;
      expect(failure.message).toContain(`GitHub says that it takes: ${needed}.`);
      expect(here.github.history(named(rotateTo)), "nothing was spent").toHaveLength(1);
    }
  });

  test("the advice names the permission by the name that GitHub's pages give it", async () => {
    const here = await stage({ permissions: {} });
    const wanted = {
      LOGIN: /“Secrets: read and write” for this repository.*scope `repo`/,
      environment: /“Environments: read and write”.*scope `repo`/,
      organization: /“Secrets: read and write” for this organization.*scope `admin:org`/,
    }[rotateTo.split("/")[0] as "LOGIN"];
    expect((await failureIn(() => renew(here, rotateTo))).advice).toMatch(wanted);
  });

  test("a place that does not exist is a typo, unless it may be made", async () => {
    const here = await stage();
    const failure = await failureIn(() => renew(here, rotateTo));
    expect(failure.code).toBe("secret-not-found");
    expect(here.github.secret(named(rotateTo))).toBeUndefined();
    const { result } = await renew(here, rotateTo, { "create-secrets": "true" });
    expect(result).toMatchObject({ type: "stored", confirmed: true });
    expect(here.github.secret(named(rotateTo))).toMatch(/^oc1\./);
  });

  test("an envelope from another place is not spent, and no call is made", async () => {
    for (const [other] of PLACES.filter(([name]) => name !== rotateTo)) {
      const here = await stage();
      paste(here, named(other));
      await renew(here, other);
      here.calls();
      const credential = here.github.secret(named(other)) ?? "";
      paste(here, named(rotateTo), credential);
      const failure = await failureIn(() => renew(here, rotateTo, { credential }));
      expect(failure.code).toBe("secret-elsewhere");
      expect(failure.message).toContain(
        `is kept in the ${other.includes("/") ? other.split("/")[0] : "repository"} secret LOGIN of`,
      );
      expect(here.calls()).toEqual([]);
    }
  });

  test("an older envelope is not spent", async () => {
    const here = await stage();
    paste(here, named(rotateTo));
    await renew(here, rotateTo);
    const credential = here.github.secret(named(rotateTo)) ?? "";
    here.world.pass(MINUTE);
    await renew(here, rotateTo);
    here.world.pass(MINUTE);
    const failure = await failureIn(() => renew(here, rotateTo, { credential }));
    expect([failure.code, failure.message]).toEqual(["snapshot-stale", expect.stringMatching(/old copy/)]);
    if (rotateTo.startsWith("org")) expect(failure.advice).toMatch(/list of repositories was changed/);
  });

  test("a sign-in while the login is renewed is kept; a deletion is not undone", async () => {
    const here = await stage();
    const { world, github } = here;
    const fresh = newToken("ort");
    for (const meanwhile of ["sign-in", "deletion"] as const) {
      paste(here, named(rotateTo));
      const inputs = here.inputs(rotateTo);
      const store = await storeOf(here, inputs);
      const prepared = await prepare(world, store, { stored: undefined }, { createSecrets: false, runAttempt: 1 });
      world.pass(2000);
      if (meanwhile === "sign-in") github.setSecretByUser(named(rotateTo), fresh);
      else await removed(list, github.apiUrl);
      const begun = { tell: () => {} };
      const until = world.now() + MINUTE;
      const result = await storeGeneration(world, store, newLogin(), prepared, undefined, begun, () => until);
      expect(result).toEqual({ type: "moved", deleted: meanwhile === "deletion" });
      expect(github.secret(named(rotateTo))).toBe(meanwhile === "sign-in" ? fresh : undefined);
    }
  });

  test("a retry that comes late does not write over what another job has stored since", async () => {
    const here = await stage();
    const { world, github } = here;
    paste(here, named(rotateTo));
    const store = await storeOf(here, here.inputs(rotateTo));
    const prepared = await prepare(world, store, { stored: undefined }, { createSecrets: false, runAttempt: 1 });
    world.pass(MINUTE);
    github.setSecretByUser(named(rotateTo), newToken("ort"));
    world.pass(MINUTE);
    github.createRun({ id: 7, createdAt: world.now() });
    await renew(here, rotateTo);
    const youngest = github.secret(named(rotateTo));
    world.pass(HOUR);
    // The post step of the first job, which knows the place from its main step.
    const place = JSON.parse(JSON.stringify(prepared)) as typeof prepared;
    const begun = { tell: () => {} };
    const until = world.now() + MINUTE;
    const result = await storeGeneration(world, store, newLogin(), place, undefined, begun, () => until);
    expect(result).toEqual({ type: "moved", deleted: false });
    expect(github.secret(named(rotateTo))).toBe(youngest);
  });

  const failures: readonly [string, Fault, code: string, attempts: number][] = [
    ["401", { do: "answer", status: 401 }, "secret-forbidden", 1],
    ["403", { do: "answer", status: 403 }, "secret-forbidden", 1],
    ["404", { do: "answer", status: 404 }, "secret-forbidden", 1],
    ["409", { do: "answer", status: 409 }, "github-unreachable", 5],
    ["422", { do: "answer", status: 422 }, "secret-forbidden", 1],
    ["429", { do: "answer", status: 429 }, "github-unreachable", 1],
    ["429, 5 s", { do: "answer", status: 429, headers: { "Retry-After": "5" } }, "github-unreachable", 4],
    ["a secondary limit", secondaryLimit(), "github-unreachable", 1],
    ["a secondary limit, 9 s", secondaryLimit(9), "github-unreachable", 3],
    ["a secondary limit of 429, 9 s", secondaryLimit(9, 429), "github-unreachable", 3],
    ["500", { do: "answer", status: 500 }, "github-unreachable", 5],
    ["502", { do: "answer", status: 502 }, "github-unreachable", 5],
    ["503", { do: "answer", status: 503 }, "github-unreachable", 5],
    ["503, 9 s", { do: "answer", status: 503, headers: { "Retry-After": "9" } }, "github-unreachable", 3],
    ["no answer", { do: "drop" }, "github-unreachable", 5],
  ];
  test.each(failures)("the proof meets %s: nothing is spent", async (_, fault, code, attempts) => {
    const here = await stage();
    paste(here, named(rotateTo));
    await renew(here, rotateTo); // so that a ready-made probe is what meets it
    here.world.pass(HOUR);
    const planted = here.github.fault({ method: "PUT", path: /PROBE/, times: Infinity }, fault);
    const before = here.world.now();
    const failure = await failureIn(() => renew(here, rotateTo));
    expect(failure.code).toBe(code);
    // 422 may mean that GitHub has another key by now: once more, with that.
    expect(planted.hits).toBe(fault.do === "answer" && fault.status === 422 ? 2 : attempts);
    expect(here.world.now() - before).toBeLessThanOrEqual(21 * SECOND);
    expect(here.github.history(named(rotateTo))).toHaveLength(2);
  });

  test.each(failures)("the store meets %s once", async (name, fault, code) => {
    const here = await stage();
    paste(here, named(rotateTo));
    here.github.fault({ method: "PUT", path: /\/LOGIN$/ }, fault);
    const { result } = await renew(here, rotateTo);
    const lasting = (code === "secret-forbidden" && name !== "422") || name === "429" || name === "a secondary limit";
    // A limit that names no time is a minute's: longer than this test lets a job wait.
    if (lasting) expect(result).toMatchObject({ type: "failed", failure: { code } });
    else expect(result).toMatchObject({ type: "stored", confirmed: true });
    expect(here.github.secret(named(rotateTo))).toMatch(lasting ? /^sk-ant-ort/ : /^oc1\./);
  });

  test("the answer to the store is lost: it is not written twice, and not taken for somebody else's", async () => {
    const here = await stage();
    paste(here, named(rotateTo));
    here.github.fault({ method: "PUT", path: /\/LOGIN$/ }, { do: "drop", when: "after-commit" });
    const { result } = await renew(here, rotateTo);
    expect(result).toMatchObject({ type: "stored", confirmed: false });
    expect(here.github.history(named(rotateTo))).toHaveLength(2);
  });
});

/** As a person does with another program: the loopback GitHub has no button. */
async function removed(list: string, apiUrl: string): Promise<void> {
  const headers = { authorization: `Bearer ${PAT}`, "user-agent": "x", "x-github-api-version": "2022-11-28" };
  const { status } = await fetch(`${apiUrl}${list}/LOGIN`, { method: "DELETE", headers });
  expect(status).toBe(204);
}

describe("when an environment's secret was read", () => {
  const place = "environment/production/LOGIN";
  const runner = { RUNNER_NAME: "GitHub Actions 12" };
  const env = (more: Record<string, string> = {}) => ({ ...runner, ...more });
  /** A run that waited an hour before its job began, ten minutes ago. */
  const waited = {
    id: 7,
    createdAt: NOW - 70 * MINUTE,
    jobs: [
      { runnerName: "GitHub Actions 3", startedAt: NOW - 69 * MINUTE, status: "completed" as const },
      { runnerName: "GitHub Actions 12", startedAt: NOW - 68 * MINUTE, status: "completed" as const },
      { runnerName: "GitHub Actions 12", startedAt: NOW - 10 * MINUTE },
    ],
  };
  const pastedAt = async (
    at: number,
    settings: Settings = {},
    given = env(),
    run: object = waited,
    permissions = ALL,
    troubled?: (github: Stage["github"]) => void,
  ) => {
    const here = await stage({ env: given, permissions });
    here.github.createRun({ ...waited, ...run });
    troubled?.(here.github);
    paste(here, place, newToken("ort"), { at });
    return renew(here, place, settings).then(
      ({ result }) => result.type,
      (error: { code?: string }) => error.code,
    );
  };

  test.each<[string, number, string]>([
    ["before the run was made", NOW - 71 * MINUTE, "stored"],
    ["while the run waited: the job, not the run, has read it", NOW - 30 * MINUTE, "stored"],
    ["just before the job began: it may have been read before", NOW - 10 * MINUTE - 30 * SECOND, "snapshot-stale"],
    ["after the job began", NOW - 5 * MINUTE, "snapshot-stale"],
  ])("stored %s", async (_, at, outcome) => {
    expect(await pastedAt(at)).toBe(outcome);
  });

  test("a repository's secret is as old as the run, however late its job began", async () => {
    const here = await stage({ env: env() });
    here.github.createRun(waited);
    paste(here, "LOGIN", newToken("ort"), { at: NOW - 30 * MINUTE });
    expect((await failureIn(() => renew(here, "LOGIN"))).code).toBe("snapshot-stale");
    expect(here.calls().filter((call) => call.includes("/jobs"))).toEqual([]);
  });

  test("a re-run may hold what its first attempt got: the safe side", async () => {
    const second = env({ GITHUB_RUN_ATTEMPT: "2" });
    expect(await pastedAt(NOW - 30 * MINUTE, {}, second)).toBe("snapshot-stale");
    expect(await pastedAt(NOW - 71 * MINUTE, {}, second)).toBe("stored");
  });

  test("a job that is not found, on a runner that nobody knows or that has no name: the safe side", async () => {
    expect(await pastedAt(NOW - 30 * MINUTE, {}, { RUNNER_NAME: "other" })).toBe("snapshot-stale");
    expect(await pastedAt(NOW - 30 * MINUTE, {}, {} as never)).toBe("snapshot-stale");
    expect(await pastedAt(NOW - 71 * MINUTE, {}, {} as never)).toBe("stored");
  });

  test("two jobs on runners of one name: the earlier start counts", async () => {
    const jobs = [...waited.jobs, { runnerName: "GitHub Actions 12", startedAt: NOW - 50 * MINUTE }];
    expect(await pastedAt(NOW - 30 * MINUTE, {}, env(), { jobs })).toBe("snapshot-stale");
    expect(await pastedAt(NOW - 60 * MINUTE, {}, env(), { jobs })).toBe("stored");
  });

  test("a job beyond the first hundred is found", async () => {
    const others = Array.from({ length: 150 }, (_, index) => ({ runnerName: `r${index}`, startedAt: NOW - HOUR }));
    expect(await pastedAt(NOW - 30 * MINUTE, {}, env(), { jobs: [...others, ...waited.jobs] })).toBe("stored");
  });

  test("a token that may not read runs: only the first attempt spends it", async () => {
    const { actions: _, ...blind } = ALL;
    expect(await pastedAt(NOW - 5 * MINUTE, {}, env(), waited, blind)).toBe("stored");
    expect(await pastedAt(NOW - 5 * MINUTE, {}, env({ GITHUB_RUN_ATTEMPT: "2" }), waited, blind)).toBe(
      "snapshot-stale",
    );
  });

  const RUN = /\/runs\/7$/;
  const JOBS = /\/jobs/;
  test.each<[string, Fault, times: number, at: number, outcome: string, path?: RegExp]>([
    ["502", { do: "answer", status: 502 }, 1, 5, "snapshot-stale"],
    ["502, and the copy is the present one", { do: "answer", status: 502 }, 1, 30, "stored"],
    ["no answer", { do: "drop" }, 1, 5, "snapshot-stale"],
    ["a limit", secondaryLimit(9), 1, 5, "snapshot-stale"],
    ["502 for ever: nothing is spent", { do: "answer", status: 502 }, Infinity, 30, "github-unreachable"],
    ["502, of its jobs", { do: "answer", status: 502 }, 1, 30, "stored", JOBS],
    ["502 for ever, of its jobs: the run's time counts", { do: "answer", status: 502 }, Infinity, 71, "stored", JOBS],
    ["502 for ever, of its jobs, paste", { do: "answer", status: 502 }, Infinity, 30, "snapshot-stale", JOBS],
    ["403, of its jobs: the run's time counts", { do: "answer", status: 403 }, Infinity, 30, "snapshot-stale", JOBS],
  ])("the look at the run meets %s", async (_, fault, times, minutes, outcome, path = RUN) => {
    const trouble = (github: Stage["github"]) => void github.fault({ method: "GET", path, times }, fault);
    expect(await pastedAt(NOW - minutes * MINUTE, {}, env(), waited, ALL, trouble)).toBe(outcome);
  });
});
