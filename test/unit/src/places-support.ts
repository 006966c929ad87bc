/** A loopback GitHub on the clock of a world, whose network is real and whose time is in the test's hand. */
import { onTestFinished } from "vitest";
import { detect } from "../../../src/recognise/detect.ts";
import type { Inputs } from "../../../src/inputs.ts";
import { openStore } from "../../../src/refresh/index.ts";
import { prepare, type Prepared, storeGeneration, type StoreResult } from "../../../src/rotation/rotate.ts";
import type { SecretStore } from "../../../src/rotation/secret-store.ts";
import type { Credential } from "../../../src/credential/credential.ts";
import { nodeHttp } from "../../../src/world/http.ts";
import { type GitHub, type GitHubOptions, startGitHub } from "../../support/github/server.ts";
import type { TokenSpec } from "../../support/github/tokens.ts";
import { fakeWorld, type FakeWorld, HOUR, inputsOf, newLogin, newToken, NOW } from "./support.ts";

export const PAT = "github_pat_invented";
export const ALL: TokenSpec["permissions"] = {
  secrets: "write",
  environments: "write",
  dependabot_secrets: "write",
  codespaces_secrets: "write",
  agent_secrets: "write",
  organization_secrets: "write",
  actions: "read",
};
/** Settings of a person, by their names in action.yml. */
export type Settings = Record<string, string>;

export interface Stage {
  readonly world: FakeWorld;
  readonly github: GitHub;
  /** `rotate-to`, and whatever else is set. */
  inputs(rotateTo: string, settings?: Settings): Inputs;
  /** Calls since it was asked last: `METHOD /path?query`. */
  calls(): string[];
}

export interface StageOptions extends Omit<GitHubOptions, "clock"> {
  readonly env?: Record<string, string>;
  readonly permissions?: TokenSpec["permissions"];
}

const OF_JOB = { GITHUB_REPOSITORY: "octo/demo", GITHUB_REPOSITORY_ID: "1296269", GITHUB_RUN_ID: "7" };

/** Closed, and looked at for contradictions to GitHub's description, when the test ends. */
export async function stage({ env = {}, permissions = ALL, ...options }: StageOptions = {}): Promise<Stage> {
  const all: Record<string, string> = { ...OF_JOB, ...env };
  const world = fakeWorld({ env: all, http: nodeHttp({}) });
  const clock = { now: () => world.now() };
  const github = await startGitHub({ repository: "octo/demo", tokens: { [PAT]: { permissions } }, ...options, clock });
  onTestFinished(async () => {
    await github.close();
    if (github.violations.length > 0)
      throw new Error(`contradicts GitHub: ${github.violations.slice(0, 5).join("; ")}`);
  });
  github.createRun({ id: 7, createdAt: NOW });
  all["GITHUB_API_URL"] = github.apiUrl;
  let seen = 0;
  return {
    world,
    github,
    inputs: (rotateTo, settings = {}) => inputsOf({ "rotate-to": rotateTo, "secrets-token": PAT, ...settings }, all),
    calls() {
      const fresh = github.requests.slice(seen);
      seen = github.requests.length;
      return fresh.map(({ method, path, query }) => {
        const asked = new URLSearchParams(query).toString();
        return `${method} ${path}${asked ? `?${asked}` : ""}`;
      });
    },
  };
}

/** What a person has pasted, an hour before the job. */
export function paste({ github }: Stage, name: string, value = newToken("ort"), more: object = {}): string {
  github.setSecretByUser(name, value, { at: NOW - HOUR, ...more });
  return value;
}

export interface Renewed {
  readonly store: SecretStore;
  readonly prepared: Prepared;
  readonly result: StoreResult;
  readonly login: Credential;
}

export const storeOf = async ({ world }: Stage, inputs: Inputs): Promise<SecretStore> => {
  const store = await openStore(world, inputs);
  if (!store) throw new Error("no place");
  return store;
};

/** As a job does with the secret as it stands: proves the place, renews the login, stores it. */
export async function renew(here: Stage, rotateTo: string, settings: Settings = {}): Promise<Renewed> {
  const { world, github } = here;
  const name = rotateTo.split(/[\s,]/)[0] ?? "";
  const held = settings["credential"] ?? github.secret(decodeURIComponent(name)) ?? newToken("ort");
  const inputs = here.inputs(rotateTo, { ...settings, credential: held });
  const { stored } = await detect(held, { provider: "auto", account: "default", endsAt: undefined }, world.now());
  const store = await storeOf(here, inputs);
  const rules = { createSecrets: inputs.createSecrets, runAttempt: inputs.github.runAttempt };
  const prepared = await prepare(world, store, { stored }, rules);
  world.pass(1500); // the provider's answer
  const login = newLogin();
  const begun = { tell: () => {} };
  const until = world.now() + 50_000;
  const result = await storeGeneration(world, store, login, prepared, undefined, begun, () => until);
  return { store, prepared, result, login };
}
