/** CI/CD variables of GitLab: their values can be read, so it is these that tell whose they are. */
import * as fc from "fast-check";
import { onTestFinished, describe, expect, test } from "vitest";
import type { Credential } from "../../../src/credential/credential.ts";
import { openEnvelope, sealEnvelope } from "../../../src/credential/envelope.ts";
import type { Failure } from "../../../src/errors.ts";
import type { Inputs } from "../../../src/inputs.ts";
import { detect } from "../../../src/recognise/detect.ts";
import { openStore } from "../../../src/refresh/index.ts";
import { accessPart } from "../../../src/rotation/access-part.ts";
import { projectAccess } from "../../../src/rotation/projections.ts";
import { type Begun, prepare, type Prepared, storeGeneration, type StoreResult } from "../../../src/rotation/rotate.ts";
import { nodeHttp } from "../../../src/world/http.ts";
import { type GitLab, type GitLabOptions, startGitLab, type Variable } from "../../support/forges/gitlab.ts";
import {
  failureIn,
  fakeWorld,
  type FakeWorld,
  HOUR,
  inputsOf,
  MINUTE,
  newLogin,
  newToken,
  NOW,
  pieceOf,
  SECOND,
} from "./support.ts";

const TOKEN = "glpat-invented";
const MASKED: Partial<Variable> = { masked: true, raw: true };

interface Stage {
  readonly world: FakeWorld;
  readonly gitlab: GitLab;
  inputs(rotateTo: string, settings?: Record<string, string>): Inputs;
}

async function stage(options: Partial<GitLabOptions> = {}, more: Record<string, string> = {}): Promise<Stage> {
  const env: Record<string, string> = {
    GITLAB_CI: "true",
    CI_PROJECT_PATH: "group/sub/project",
    CI_PROJECT_ID: "5",
    CI_COMMIT_REF_PROTECTED: "true",
    GITHUB_REPOSITORY: "",
    GITHUB_REPOSITORY_ID: "",
    ...more,
  };
  const world = fakeWorld({ env, http: nodeHttp({}) });
  const gitlab = await startGitLab({
    tokens: { [TOKEN]: { scope: "api", role: "owner" } },
    clock: { now: () => world.now() },
    ...options,
  });
  env["CI_API_V4_URL"] = gitlab.apiUrl;
  onTestFinished(async () => {
    await gitlab.close();
    expect(gitlab.violations).toEqual([]);
  });
  return {
    world,
    gitlab,
    inputs: (rotateTo, settings = {}) => inputsOf({ "rotate-to": rotateTo, "secrets-token": TOKEN, ...settings }, env),
  };
}

interface Place {
  readonly rotateTo: string;
  readonly owner: string;
  readonly scope: string;
}
const PLACES: readonly Place[] = [
  { rotateTo: "Login_1", owner: "projects/group/sub/project", scope: "*" },
  {
    rotateTo: "environment/review/eu%20west/*/Login_1",
    owner: "projects/group/sub/project",
    scope: "review/eu west/*",
  },
  { rotateTo: "organization/group/sub/Login_1", owner: "groups/group/sub", scope: "*" },
];
const at = ({ gitlab }: Stage, { owner, scope }: Place) => gitlab.variable("Login_1", scope, owner);
const put = ({ gitlab }: Stage, { owner, scope }: Place, value: string, more: Partial<Variable> = MASKED) =>
  gitlab.set("Login_1", value, { ...more, environment_scope: scope }, owner);

interface Renewed {
  readonly prepared: Prepared;
  readonly result: StoreResult;
  readonly login: Credential;
}

async function renew(
  here: Stage,
  place: Place,
  settings: Record<string, string> = {},
  login = newLogin(),
): Promise<Renewed> {
  const { world } = here;
  const held = settings["credential"] ?? at(here, place)?.value ?? newToken("ort");
  const inputs = here.inputs(place.rotateTo, { ...settings, credential: held });
  const { stored } = await detect(held, { provider: "auto", account: "default", endsAt: undefined }, world.now());
  const store = await openStore(world, inputs);
  if (!store) throw new Error("no place");
  const rules = { createSecrets: inputs.createSecrets, runAttempt: 1 };
  const prepared = await prepare(world, store, { stored }, rules);
  world.pass(1500);
  const begun = { tell: () => {} };
  const until = world.now() + 50_000;
  return {
    prepared,
    login,
    result: await storeGeneration(world, store, login, prepared, undefined, begun, () => until),
  };
}

describe.each(PLACES)("$rotateTo", (place) => {
  test("a pasted login is proved, renewed and stored; the next job renews the envelope", async () => {
    const here = await stage();
    put(here, place, newToken("ort"));
    const { result, login } = await renew(here, place);
    expect(result).toMatchObject({ type: "stored", confirmed: true });
    const { credential, stored } = openEnvelope(at(here, place)?.value ?? "");
    expect(credential.refresh?.reveal()).toBe(login.refresh?.reveal());
    expect(stored?.location).toMatchObject({ name: "Login_1" });
    here.world.pass(HOUR);
    expect((await renew(here, place)).result).toMatchObject({ type: "stored", confirmed: true });
    expect(here.gitlab.history("Login_1")).toHaveLength(3);
    const scope = `?filter[environment_scope]=${place.scope}`;
    const own = here.gitlab.requests.filter((request) => request.includes("/Login_1"));
    expect(own.filter((request) => !request.includes(scope))).toEqual([]);
  });

  test.each<[string, Partial<Variable>]>([
    ["masked, protected, raw", { masked: true, protected: true, raw: true, description: "for CI" }],
    ["expanded, in the clear", { masked: false, protected: false, raw: false }],
    ["a file", { variable_type: "file", masked: false, raw: true }],
  ])("what it is besides its value stays: %s", async (_, flags) => {
    const here = await stage();
    put(here, place, newToken("ort"), flags);
    const { value: _before, ...before } = at(here, place) as Variable;
    await renew(here, place);
    const { value, ...after } = at(here, place) as Variable;
    expect(after).toEqual(before);
    expect(value).toMatch(/^oc1\./);
    // And it is said, so that no server has to guess.
    const sent = here.gitlab.requests.findLast((request) => /^PUT .*\/Login_1/.test(request)) ?? "";
    expect(sent).toMatch(/ value variable_type protected masked raw environment_scope/);
    // Another of the same name, in another scope, is none of ours.
    expect(here.gitlab.variables(place.owner).filter(({ key }) => key === "Login_1")).toHaveLength(1);
  });

  test("one that this step makes is masked, can be read, and is as protected as this very job", async () => {
    for (const isProtected of [true, false]) {
      const here = await stage({}, { CI_COMMIT_REF_PROTECTED: String(isProtected) });
      expect((await failureIn(() => renew(here, place))).code).toBe("secret-not-found");
      const { result } = await renew(here, place, { "create-secrets": "true" });
      expect(result).toMatchObject({ type: "stored", confirmed: true });
      expect(at(here, place)).toMatchObject({
        masked: true,
        hidden: false,
        protected: isProtected,
        environment_scope: place.scope,
      });
    }
  });

  test("a copy that is not what stands there is not spent", async () => {
    const here = await stage();
    put(here, place, newToken("ort"));
    for (const credential of [newToken("ort"), sealEnvelope(newLogin(), undefined)]) {
      const failure = await failureIn(() => renew(here, place, { credential }));
      expect([failure.code, failure.message]).toEqual([
        "snapshot-stale",
        expect.stringContaining("another value stands"),
      ]);
      expect(pieceOf(credential, failure.explain())).toBeUndefined();
    }
    expect(here.gitlab.history("Login_1")).toHaveLength(1);
  });

  test("a hidden one cannot be compared, and is refused before anything is spent", async () => {
    const here = await stage();
    const credential = newToken("ort");
    put(here, place, credential, { masked: true, hidden: true });
    const failure = await failureIn(() => renew(here, place, { credential }));
    expect([failure.code, failure.message]).toEqual(["secret-elsewhere", expect.stringContaining("is hidden")]);
  });

  test.each<[string, GitLabOptions["tokens"], RegExp]>([
    ["no such token", {}, /not accepted by GitLab \(401\)/],
    ["a token that may read", { [TOKEN]: { scope: "read_api", role: "owner" } }, /may not write the CI\/CD variable/],
    ["a developer's token", { [TOKEN]: { scope: "api", role: "developer" } }, /may not write the CI\/CD variable/],
  ])("%s: told before anything is spent", async (_, tokens, text) => {
    const here = await stage({ tokens });
    put(here, place, newToken("ort"));
    const failure = await failureIn(() => renew(here, place));
    expect(failure.code).toBe("secret-forbidden");
    expect(failure.explain()).toMatch(text);
    expect(failure.advice).toMatch(/scope `api` and the role Maintainer.*role Owner/);
    expect(here.gitlab.history("Login_1")).toHaveLength(1);
  });
});

const [PROJECT, SCOPED, GROUP] = PLACES as [Place, Place, Place];

describe("the proof", () => {
  test("is a variable of its own in the same place, in no job that is not protected, and stays one", async () => {
    const here = await stage();
    put(here, SCOPED, newToken("ort"));
    await renew(here, SCOPED);
    await renew(here, SCOPED);
    const probe = here.gitlab.variable("OAUTH_CREDS_PROBE_Login_1", SCOPED.scope);
    expect(probe).toMatchObject({ protected: true, value: expect.stringContaining("holds nothing") });
    expect(here.gitlab.requests.filter((request) => request.startsWith("POST"))).toHaveLength(1);
  });

  test("of a project that is not there is not taken for a variable that is not there", async () => {
    const here = await stage({}, { CI_PROJECT_PATH: "group/other" });
    const failure = await failureIn(() => renew(here, PROJECT, { "create-secrets": "true" }));
    expect([failure.code, failure.message]).toEqual(["secret-forbidden", expect.stringContaining("(404)")]);
  });

  test("a group's variable needs an Owner", async () => {
    const here = await stage({ tokens: { [TOKEN]: { scope: "api", role: "maintainer" } } });
    put(here, GROUP, newToken("ort"));
    put(here, PROJECT, newToken("ort"));
    expect((await failureIn(() => renew(here, GROUP))).code).toBe("secret-forbidden");
    expect((await renew(here, PROJECT)).result.type).toBe("stored");
  });
});

test("white space that a shell or a file has added or lost is no difference", async () => {
  const here = await stage();
  const login = newToken("ort");
  put(here, PROJECT, `${login}\n`, { masked: false });
  expect((await renew(here, PROJECT, { credential: `  ${login}\r\n` })).result.type).toBe("stored");
});

describe("what stands there in the end", () => {
  const during = { method: "GET", path: /\/Login_1$/, skip: 1 };

  test("is somebody's sign-in, if there was one", async () => {
    const here = await stage();
    const theirs = newToken("ort");
    put(here, PROJECT, newToken("ort"));
    here.gitlab.meanwhile(during, () => put(here, PROJECT, theirs));
    expect((await renew(here, PROJECT)).result).toEqual({ type: "moved", deleted: false });
    expect(at(here, PROJECT)?.value).toBe(theirs);
  });

  test("is nothing, if somebody has deleted it", async () => {
    const here = await stage();
    put(here, PROJECT, newToken("ort"));
    here.gitlab.meanwhile(during, () => here.gitlab.remove("Login_1"));
    expect((await renew(here, PROJECT)).result).toEqual({ type: "moved", deleted: true });
    expect(at(here, PROJECT)).toBeUndefined();
  });

  test("is somebody's, if they have made it meanwhile", async () => {
    const here = await stage();
    const theirs = newToken("ort");
    here.gitlab.meanwhile({ method: "POST", path: /variables$/, skip: 1 }, () => put(here, PROJECT, theirs));
    expect((await renew(here, PROJECT, { "create-secrets": "true" })).result).toEqual({
      type: "moved",
      deleted: false,
    });
    expect(at(here, PROJECT)?.value).toBe(theirs);
  });

  test.each([
    ["no answer", { status: "drop" as const, late: true }],
    ["a gateway's error", { status: 502, late: true }],
  ])("is known for ours, though the answer was lost (%s): confirmed, and not written twice", async (_, fault) => {
    const here = await stage();
    put(here, PROJECT, newToken("ort"));
    here.gitlab.fault({ method: "PUT", path: /\/Login_1$/ }, fault);
    expect((await renew(here, PROJECT)).result).toMatchObject({ type: "stored", confirmed: true });
    expect(here.gitlab.requests.filter((request) => /^PUT .*\/Login_1/.test(request))).toHaveLength(1);
  });

  test("is what main wrote, if its step died before it could tell: post finds it stored", async () => {
    const here = await stage();
    put(here, PROJECT, newToken("ort"));
    const credential = at(here, PROJECT)?.value ?? "";
    const { prepared, login } = await renew(here, PROJECT);
    const writes = here.gitlab.history("Login_1").length;
    const store = await openStore(here.world, here.inputs(PROJECT.rotateTo, { credential }));
    const again = { sentAt: NOW, tell: () => {} };
    const until = here.world.now() + MINUTE;
    const result = await storeGeneration(here.world, store as never, login, prepared, undefined, again, () => until);
    expect(result).toMatchObject({ type: "stored", confirmed: true });
    expect(here.gitlab.history("Login_1")).toHaveLength(writes);
  });

  test("is a later generation of this job, over the one that its main step stored", async () => {
    const here = await stage();
    put(here, PROJECT, newToken("ort"));
    const credential = at(here, PROJECT)?.value ?? "";
    const { prepared, result } = await renew(here, PROJECT);
    const stored = result.type === "stored" ? result.updatedAt : undefined;
    // As the post step does: the state is a text, and what was stored is the next baseline.
    const place = { ...(JSON.parse(JSON.stringify(prepared)) as Prepared), baseline: Number(String(stored)) };
    const store = await openStore(here.world, here.inputs(PROJECT.rotateTo, { credential }));
    const captured = newLogin({ generation: 2 });
    const begun = { tell: () => {} };
    const until = here.world.now() + MINUTE;
    const done = await storeGeneration(here.world, store as never, captured, place, undefined, begun, () => until);
    expect(done).toMatchObject({ type: "stored", confirmed: true });
    expect(openEnvelope(at(here, PROJECT)?.value ?? "").credential.refresh?.reveal()).toBe(captured.refresh?.reveal());
  });

  test("is a later generation of this job, over one that may have been written without an answer", async () => {
    const here = await stage();
    put(here, PROJECT, newToken("ort"));
    const credential = at(here, PROJECT)?.value ?? "";
    const { prepared, login } = await renew(here, PROJECT);
    const store = await openStore(here.world, here.inputs(PROJECT.rotateTo, { credential }));
    const [captured, until] = [newLogin({ generation: 2 }), here.world.now() + MINUTE];
    const replace = (earlier: Begun["earlier"]) =>
      storeGeneration(
        here.world,
        store as never,
        captured,
        prepared,
        undefined,
        { earlier, tell: () => {} },
        () => until,
      );
    // Not over any other generation, whoever wrote that.
    const other = { credential: newLogin(), at: here.world.now() };
    expect(await replace(other)).toEqual({ type: "moved", deleted: false });
    expect(await replace({ credential: login, at: here.world.now() })).toMatchObject({
      type: "stored",
      confirmed: true,
    });
    expect(openEnvelope(at(here, PROJECT)?.value ?? "").credential.refresh?.reveal()).toBe(captured.refresh?.reveal());
  });

  test("whatever fails and whoever comes: ours if we say so, and never ours over somebody's", async () => {
    const trouble = fc.constantFrom(undefined, 401, 403, 409, 429, 500, 503, "drop" as const, "lost" as const);
    const calls = fc.array(fc.tuple(fc.constantFrom("GET", "PUT"), fc.nat(4), trouble), { maxLength: 5 });
    const signIn = fc.option(fc.nat(3), { nil: undefined, freq: 2 });
    await fc.assert(
      fc.asyncProperty(calls, signIn, async (script, at_) => {
        const here = await stage();
        put(here, PROJECT, newToken("ort"));
        const theirs = newToken("ort");
        let came = false;
        // Not between our look and our write: no server of variables lets us close that moment.
        if (at_ !== undefined) {
          here.gitlab.meanwhile({ method: "GET", path: /\/Login_1$/, skip: at_ + 1 }, () => {
            came = true;
            put(here, PROJECT, theirs);
          });
        }
        for (const [method, skip, what] of script) {
          if (what === undefined) continue;
          const status = what === "lost" ? ("drop" as const) : what;
          here.gitlab.fault({ method, path: /\/Login_1$/, skip: skip + 1 }, { status, late: what === "lost" });
        }
        const done = await renew(here, PROJECT).catch((error: unknown) => error);
        const value = at(here, PROJECT)?.value ?? "";
        if (came) expect(value).toBe(theirs);
        const { result, login } = done as Renewed;
        if (result?.type !== "stored" || came) return;
        expect(openEnvelope(value).credential.refresh?.reveal()).toBe(login.refresh?.reveal());
      }),
      { numRuns: 60 },
    );
  });
});

describe.each([
  ["409", { status: 409 }, 1],
  ["429, 5 s", { status: 429, headers: { "retry-after": "5" } }, 5],
  ["500", { status: 500 }, 1],
  ["502", { status: 502 }, 1],
  ["503", { status: 503 }, 1],
  ["503, 4 s", { status: 503, headers: { "retry-after": "4" } }, 4],
  ["no answer", { status: "drop" as const }, 1],
])("%s", (_, fault, seconds) => {
  test("is waited for, at the proof and at the store", async () => {
    for (const path of [/PROBE/, /\/Login_1$/]) {
      const here = await stage();
      put(here, PROJECT, newToken("ort"));
      await renew(here, PROJECT);
      here.gitlab.fault({ method: "PUT", path }, fault);
      const before = here.world.now();
      expect((await renew(here, PROJECT)).result).toMatchObject({ type: "stored" });
      expect(here.world.now() - before).toBe(seconds * SECOND + 1500);
    }
  });
});

test("a limit that names no time is a minute's: longer than anybody waits before something is spent", async () => {
  const here = await stage();
  put(here, PROJECT, newToken("ort"));
  await renew(here, PROJECT);
  const writes = here.gitlab.history("Login_1").length;
  for (const path of [/PROBE/, /\/Login_1$/]) {
    here.gitlab.fault({ method: "PUT", path }, { status: 429 });
    const before = here.world.now();
    const renewed = await renew(here, PROJECT).catch((error: unknown) => error as Failure);
    // The second time the login is renewed already; there a job waits for as long as this test gives it.
    const failure = "result" in renewed && renewed.result?.type === "failed" ? renewed.result.failure : renewed;
    expect(failure).toMatchObject({ code: "github-unreachable" });
    expect(here.world.now() - before).toBeLessThanOrEqual(1500);
  }
  expect(here.gitlab.history("Login_1")).toHaveLength(writes);
});

test.each([400, 401, 403, 404, 413, 422])("%d is not waited for, at the proof or at the store", async (status) => {
  const here = await stage();
  put(here, PROJECT, newToken("ort"));
  await renew(here, PROJECT);
  const writes = here.gitlab.history("Login_1").length;
  here.gitlab.fault({ method: "PUT", path: /PROBE/ }, { status });
  expect((await failureIn(() => renew(here, PROJECT))).code).toBe("secret-forbidden");
  here.gitlab.fault({ method: "PUT", path: /\/Login_1$/ }, { status });
  const before = here.world.now();
  expect((await renew(here, PROJECT)).result).toMatchObject({ type: "failed", failure: { code: "secret-forbidden" } });
  expect(here.world.now() - before).toBe(1500);
  expect(here.gitlab.history("Login_1")).toHaveLength(writes);
});

test("GitLab is named, and not GitHub, when it does not answer", async () => {
  const here = await stage();
  put(here, PROJECT, newToken("ort"));
  here.gitlab.fault({ method: "PUT", times: Infinity }, { status: 503 });
  const failure = await failureIn(() => renew(here, PROJECT));
  expect(failure.message).toBe("GitLab's API answered 503 when the CI/CD variable Login_1 was to be read or written.");
});

describe("the access token alone", () => {
  const LOGIN = newLogin({ accessExpiresAt: NOW + 8 * HOUR });
  const project = async (here: Stage, places: string, settings: Record<string, string> = {}, login = LOGIN) => {
    const inputs = here.inputs(places, { "ledger-key": "ocr1_x", ...settings });
    const done = await projectAccess(here.world, inputs, login);
    return done.map(({ result, failure }) => failure?.code ?? result);
  };
  const envelope = (login: Credential) => sealEnvelope(accessPart(login), undefined);

  test("goes where it is named, without anything that renews it; what it makes is hidden", async () => {
    const here = await stage();
    const places = "Login_1:access,environment/production/Login_1:access,organization/group/Login_1:access";
    expect(await project(here, places)).toEqual(Array(3).fill("secret-not-found"));
    expect(await project(here, places, { "create-secrets": "true" })).toEqual(Array(3).fill("written"));
    for (const [scope, owner] of [
      ["*", "projects/group/sub/project"],
      ["production", "projects/group/sub/project"],
      ["*", "groups/group"],
    ] as const) {
      const made = here.gitlab.variable("Login_1", scope, owner);
      expect(made).toMatchObject({ masked: true, hidden: true, raw: true, protected: true });
      const { credential } = openEnvelope(made?.value ?? "");
      expect([credential.kind, credential.refresh]).toEqual(["access", undefined]);
    }
    expect(here.gitlab.requests.filter((request) => request.includes("PROBE"))).toEqual([]);
    // A hidden one is written again, since nobody can see what it holds.
    expect(await project(here, places)).toEqual(Array(3).fill("written"));
    expect(here.gitlab.variable("Login_1")).toMatchObject({ masked: true, hidden: true });
  });

  test("is masked where the server cannot hide it", async () => {
    const here = await stage({ hides: false });
    expect(await project(here, "Login_1:access", { "create-secrets": "true" })).toEqual(["written"]);
    expect(here.gitlab.variable("Login_1")).toMatchObject({ masked: true, hidden: false });
  });

  test("is not written again if it stands there, nor over a younger one", async () => {
    const here = await stage();
    for (const there of [LOGIN, newLogin({ accessExpiresAt: NOW + 9 * HOUR })]) {
      put(here, PROJECT, envelope(there));
      expect(await project(here, "Login_1:access")).toEqual(["kept"]);
      expect(at(here, PROJECT)?.value).toBe(envelope(there));
    }
    put(here, PROJECT, envelope(newLogin({ accessExpiresAt: NOW + HOUR })));
    expect(await project(here, "Login_1:access")).toEqual(["written"]);
  });

  test.each<[string, string]>([
    ["an envelope", sealEnvelope(newLogin(), undefined)],
    ["a pasted refresh token", newToken("ort")],
    [
      "a pasted file",
      JSON.stringify({ claudeAiOauth: { accessToken: newToken("oat"), refreshToken: newToken("ort") } }),
    ],
    ["another program's file", JSON.stringify({ tokens: { access_token: "x", refresh_token: "rt_abc" } })],
  ])("does not replace a login that can be renewed: %s", async (_, value) => {
    const here = await stage();
    put(here, PROJECT, value, { masked: false });
    expect(await project(here, "Login_1:access")).toEqual(["secret-elsewhere"]);
    expect(at(here, PROJECT)?.value).toBe(value);
    expect(pieceOf(value, here.world.recorded.text())).toBeUndefined();
  });

  test("of a project that is not there is not taken for a typo in its name", async () => {
    const here = await stage({}, { CI_PROJECT_PATH: "group/other" });
    expect(await project(here, "Login_1:access")).toEqual(["secret-forbidden"]);
  });

  test("of another project, by its path", async () => {
    const here = await stage({}, { CI_PROJECT_PATH: "group/other" });
    put(here, PROJECT, "x", {});
    expect(await project(here, "Login_1:access@group/sub/project")).toEqual(["written"]);
  });
});

test("our envelope can always be masked: one line of the characters that every version takes", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (plan) => {
      expect(sealEnvelope(newLogin({ plan }), undefined)).toMatch(/^[a-zA-Z0-9_+=/@:.~-]{8,}$/);
    }),
    { numRuns: 100 },
  );
});
