/** Secrets of Gitea and Forgejo: the access token alone, and as it is. */
import { onTestFinished, describe, expect, test } from "vitest";
import { openEnvelope } from "../../../src/credential/envelope.ts";
import { projectAccess } from "../../../src/rotation/projections.ts";
import { nodeHttp } from "../../../src/world/http.ts";
import { type Gitea, type GiteaOptions, type GiteaToken, startGitea } from "../../support/forges/gitea.ts";
import { fakeWorld, type FakeWorld, inputsOf, MINUTE, newLogin, NOW, SECOND } from "./support.ts";

const OWNER: GiteaToken = { owner: true, scopes: ["write:repository", "write:organization"] };
const LOGIN = newLogin({ generation: 3 });

interface Stage {
  readonly world: FakeWorld;
  readonly gitea: Gitea;
  project(places: string, settings?: Record<string, string>): Promise<string[]>;
}

async function stage(options: Partial<GiteaOptions> = {}, mark = "GITEA_ACTIONS"): Promise<Stage> {
  const gitea = await startGitea({ tokens: { t: OWNER }, ...options });
  onTestFinished(async () => {
    await gitea.close();
    expect(gitea.violations).toEqual([]);
  });
  const env = { [mark]: "true", GITHUB_ACTIONS: "true", GITHUB_REPOSITORY: "octo/demo", GITHUB_API_URL: gitea.apiUrl };
  const world = fakeWorld({ env, http: nodeHttp({}) });
  return {
    world,
    gitea,
    async project(places, settings = {}) {
      const given = { "rotate-to": places, "secrets-token": "t", "ledger-key": "ocr1_x", ...settings };
      const done = await projectAccess(world, inputsOf(given, env), LOGIN);
      return done.map(({ result, failure }) => failure?.code ?? result);
    },
  };
}

const kept = (gitea: Gitea, key: string, value = "before", description = "") =>
  void gitea.secrets.set(key, { value, description, createdAt: NOW });
const accessIn = (gitea: Gitea, key: string) => openEnvelope(gitea.secrets.get(key)?.value ?? "").credential;

describe.each(["GITEA_ACTIONS", "FORGEJO_ACTIONS"])("with %s", (mark) => {
  test("a repository's and an organization's secret get the access token, as it is", async () => {
    const here = await stage({ descriptions: mark === "GITEA_ACTIONS" }, mark);
    kept(here.gitea, "repos/octo/demo/LOGIN");
    kept(here.gitea, "orgs/octo/LOGIN");
    expect(await here.project("LOGIN:access,organization/octo/LOGIN:access")).toEqual(["written", "written"]);
    for (const key of ["repos/octo/demo/LOGIN", "orgs/octo/LOGIN"]) {
      const { kind, access, refresh } = accessIn(here.gitea, key);
      expect([kind, access?.reveal(), refresh]).toEqual(["access", LOGIN.access?.reveal(), undefined]);
    }
    expect(here.gitea.requests.toSorted()).toEqual([
      "GET /api/v1/orgs/octo/actions/secrets?page=1&limit=50",
      "GET /api/v1/repos/octo/demo/actions/secrets?page=1&limit=50",
      "PUT /api/v1/orgs/octo/actions/secrets/LOGIN data",
      "PUT /api/v1/repos/octo/demo/actions/secrets/LOGIN data",
    ]);
    expect(here.world.recorded.of("warning")).toEqual([]);
  });
});

test("a description is not lost", async () => {
  const here = await stage();
  kept(here.gitea, "repos/octo/demo/LOGIN", "before", "for the agents");
  expect(await here.project("login:access")).toEqual(["written"]);
  expect(here.gitea.secrets.get("repos/octo/demo/LOGIN")).toMatchObject({ description: "for the agents" });
});

describe("a secret that does not exist", () => {
  test("is a typo, unless it may be made", async () => {
    const here = await stage();
    expect(await here.project("LOGIN:access")).toEqual(["secret-not-found"]);
    expect(here.gitea.secrets.size).toBe(0);
    expect(await here.project("LOGIN:access", { "create-secrets": "true" })).toEqual(["written"]);
    expect(accessIn(here.gitea, "repos/octo/demo/LOGIN").kind).toBe("access");
  });

  test("is looked for on every page", async () => {
    const here = await stage();
    for (let index = 0; index < 120; index++) kept(here.gitea, `repos/octo/demo/S${index}`);
    kept(here.gitea, "repos/octo/demo/LOGIN");
    expect(await here.project("LOGIN:access")).toEqual(["written"]);
    expect(here.gitea.requests.filter((request) => request.startsWith("GET"))).toHaveLength(3);
    expect(await here.project("OTHER:access")).toEqual(["secret-not-found"]);
  });

  test("cannot be told on a server that lists none", async () => {
    const here = await stage({ lists: false });
    kept(here.gitea, "repos/octo/demo/LOGIN");
    expect(await here.project("LOGIN:access")).toEqual(["secret-not-found"]);
    expect(here.world.recorded.of("warning")[0]).toMatch(/does not tell whether there is the repository secret LOGIN/);
    expect(await here.project("LOGIN:access", { "create-secrets": "true" })).toEqual(["written"]);
  });
});

describe("a refusal", () => {
  test.each<[string, Record<string, GiteaToken>]>([
    ["no such token", {}],
    ["a token of somebody who owns nothing", { t: { ...OWNER, owner: false } }],
    ["a token that may read", { t: { owner: true, scopes: ["read:repository"] } }],
    ["a token for something else", { t: { owner: true, scopes: ["write:organization"] } }],
  ])("%s: told with the scope that it takes", async (_, tokens) => {
    const here = await stage({ tokens });
    kept(here.gitea, "repos/octo/demo/LOGIN");
    expect(await here.project("LOGIN:access")).toEqual(["secret-forbidden"]);
    expect(here.world.recorded.of("warning")[0]).toMatch(/scope `write:repository`.*of an owner/);
    expect(here.world.recorded.of("warning")[0]).not.toContain("GitHub");
    expect(here.gitea.secrets.get("repos/octo/demo/LOGIN")?.value).toBe("before");
  });

  test("of a repository that is not there, where the secret may be made", async () => {
    const here = await stage();
    expect(await here.project("LOGIN:access@octo/none", { "create-secrets": "true" })).toEqual(["secret-forbidden"]);
  });

  test("of a name that this server keeps for itself", async () => {
    const here = await stage();
    expect(await here.project("GITEA_LOGIN:access", { "create-secrets": "true" })).toEqual(["secret-forbidden"]);
  });
});

test.each([
  ["a 409", 409, {}, 1],
  ["a 429", 429, {}, 60],
  ["a 429, 5 s", 429, { "retry-after": "5" }, 5],
  ["a 500", 500, {}, 1],
  ["a 502", 502, {}, 1],
  ["a 503", 503, {}, 1],
  ["a 503, 7 s", 503, { "retry-after": "7" }, 7],
])("%s is waited for", async (_, status, headers, seconds) => {
  for (const late of [false, true]) {
    const here = await stage();
    kept(here.gitea, "repos/octo/demo/LOGIN");
    here.gitea.fault("PUT", { status, headers: headers as Record<string, string>, late });
    expect(await here.project("LOGIN:access")).toEqual(["written"]);
    expect(here.world.now() - NOW).toBe(seconds * SECOND);
  }
});

test.each([400, 401, 403, 404, 413, 422])("a %d is not waited for", async (status) => {
  const here = await stage();
  kept(here.gitea, "repos/octo/demo/LOGIN");
  here.gitea.fault("PUT", { status });
  expect(await here.project("LOGIN:access")).toEqual(["secret-forbidden"]);
  expect(here.world.now()).toBe(NOW);
  expect(here.gitea.secrets.get("repos/octo/demo/LOGIN")?.value).toBe("before");
});

test("an outage is told after a minute", async () => {
  const here = await stage();
  here.gitea.fault("GET", { status: 503 }, Infinity);
  expect(await here.project("LOGIN:access")).toEqual(["github-unreachable"]);
  expect(here.world.now() - NOW).toBeLessThanOrEqual(MINUTE);
  expect(here.world.recorded.of("warning")[0]).toContain("Gitea's API answered 503");
});
