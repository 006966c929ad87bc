/**
 * The main step and the post step after it, with every kind of place, a network that fails as it likes, and people who
 * sign in meanwhile. Asked at each call: if this process died now, would the living login still be somewhere?
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readCapsule } from "../../../src/capsule-open.ts";
import { openEnvelope, sealEnvelope } from "../../../src/credential/envelope.ts";
import { finish } from "../../../src/post/finish.ts";
import { parseLocation, storedLocation, type Location } from "../../../src/rotation/location.ts";
import { githubContext } from "../../../src/rotation/github-context.ts";
import { run } from "../../../src/run.ts";
import { Secret } from "../../../src/secret.ts";
import { nodeHttp } from "../../../src/world/http.ts";
import { HttpFailure, type HttpRequest } from "../../../src/world/world.ts";
import { startGitLab } from "../../support/forges/gitlab.ts";
import { startGitHub } from "../../support/github/server.ts";
import { ALL, PAT } from "./places-support.ts";
import {
  answer,
  fakeWorld,
  type FakeWorld,
  HOUR,
  inputEnv,
  MINUTE,
  newLogin,
  newToken,
  NOW,
  SECOND,
  tempFolder,
} from "./support.ts";

const TOKEN_URL = "https://provider.example/token";

/** Where the login is kept: read and written by a person, past everything that is planted. */
interface Keeper {
  readonly env: Record<string, string>;
  value(): string;
  signIn(value: string): void;
  close(): Promise<void>;
}

const KINDS: Readonly<Record<string, (world: () => FakeWorld) => Promise<Keeper>>> = {
  LOGIN: (world) => onGitHub("LOGIN", world),
  "environment/prod/LOGIN": (world) => onGitHub("environment/prod/LOGIN", world),
  "organization/octo/LOGIN": (world) => onGitHub("organization/octo/LOGIN", world),
  "LOGIN on GitLab": onGitLab,
};

async function onGitHub(place: string, world: () => FakeWorld): Promise<Keeper> {
  const clock = { now: () => world().now() };
  const github = await startGitHub({ repository: "octo/demo", tokens: { [PAT]: { permissions: ALL } }, clock });
  const shared = { visibility: "selected" as const, selectedRepositoryIds: [1, 2, 3] };
  return {
    env: {
      GITHUB_API_URL: github.apiUrl,
      GITHUB_REPOSITORY: "octo/demo",
      GITHUB_REPOSITORY_ID: "1296269",
      GITHUB_RUN_ID: "7",
    },
    value: () => github.secret(place) ?? "",
    signIn: (value) => github.setSecretByUser(place, value, shared),
    async close() {
      await github.close();
      expect(github.violations).toEqual([]);
    },
  };
}

async function onGitLab(world: () => FakeWorld): Promise<Keeper> {
  const gitlab = await startGitLab({
    tokens: { [PAT]: { scope: "api", role: "owner" } },
    clock: { now: () => world().now() },
  });
  return {
    env: { GITLAB_CI: "true", CI_API_V4_URL: gitlab.apiUrl, CI_PROJECT_PATH: "group/sub/project", CI_PROJECT_ID: "5" },
    value: () => gitlab.variable("LOGIN")?.value ?? "",
    signIn: (value) => gitlab.set("LOGIN", value),
    async close() {
      await gitlab.close();
      expect(gitlab.violations).toEqual([]);
    },
  };
}

type Trouble = 401 | 403 | 404 | 409 | 422 | 429 | 500 | 503 | "unsent" | "lost" | "slow" | undefined;

interface Plan {
  /** What befalls the calls of main, and of post, one after the other. */
  readonly main: readonly Trouble[];
  readonly post: readonly Trouble[];
  /** At which look at the secret somebody signs in; undefined for nobody. */
  readonly signInAt: number | undefined;
}

const trouble = fc.oneof(
  { weight: 5, arbitrary: fc.constant(undefined) },
  fc.constantFrom<Trouble>(401, 403, 404, 409, 422, 429, 500, 503, "unsent", "lost", "lost", "slow"),
);
const plans: fc.Arbitrary<Plan> = fc.record({
  main: fc.array(trouble, { maxLength: 24 }),
  post: fc.array(trouble, { maxLength: 12 }),
  signInAt: fc.option(fc.nat(6), { nil: undefined, freq: 2 }),
});

interface Played {
  /** The value that a person stored while this went on. */
  readonly theirs: string | undefined;
  /** The refresh token that the provider takes. */
  readonly living: string;
  readonly renewed: boolean;
  /** A call at which the living login was nowhere. */
  readonly homeless: readonly string[];
  readonly value: string;
  readonly worlds: readonly FakeWorld[];
}

async function play(kind: string, plan: Plan): Promise<Played> {
  let world: FakeWorld | undefined;
  const keeper = await (KINDS[kind] as (typeof KINDS)[string])(() => world as FakeWorld);
  const root = tempFolder();
  for (const name of ["home", "temp"]) mkdirSync(join(root, name));
  const login = newLogin({ accessExpiresAt: NOW + 10 * MINUTE });
  const place = kind.split(" ")[0] ?? "";
  const location = storedLocation(parseLocation(place, githubContext(keeper.env)) as Location);
  const credential = sealEnvelope(login, { savedAt: NOW, location, probe: undefined });
  const settings = inputEnv({ credential, "token-url": TOKEN_URL, "rotate-to": place, "secrets-token": PAT });
  const env = { ...keeper.env, ...settings, HOME: join(root, "home"), RUNNER_TEMP: join(root, "temp") };

  let living = login.refresh?.reveal() ?? "";
  let renewed = false;
  let looks = 0;
  let theirs: string | undefined;
  const homeless: string[] = [];
  const real = nodeHttp({});
  const holdsLiving = (text: string): boolean => {
    const { credential: found } = text.startsWith("oc1.") ? openEnvelope(text) : { credential: undefined };
    return found?.refresh?.reveal() === living;
  };
  const worldOf = (more: Record<string, string>, troubles: readonly Trouble[], now: number): FakeWorld => {
    const left = [...troubles];
    const made: FakeWorld = fakeWorld({ env: { ...env, ...more }, now, http: (request) => serve(made, left, request) });
    return made;
  };

  async function serve(here: FakeWorld, left: Trouble[], request: HttpRequest) {
    if (request.url === TOKEN_URL) {
      living = newToken("ort");
      renewed = true;
      const body = {
        access_token: newToken("oat"),
        refresh_token: living,
        expires_in: 28_800,
        scope: "user:inference",
      };
      return answer(200, body, { date: new Date(here.now()).toUTCString() });
    }
    const capsule = here.recorded.state["capsule"] ?? here.env["STATE_capsule"];
    const kept = capsule ? readCapsule(here, new Secret(credential), capsule) : undefined;
    if (renewed && !holdsLiving(kept ?? "") && !holdsLiving(keeper.value()))
      homeless.push(`${request.method} ${request.url}`);
    // At a look, which precedes every write: the moment between the two is one that no server lets us close.
    if (request.method === "GET" && /\/LOGIN(\?|$)/.test(request.url) && looks++ === plan.signInAt) {
      here.pass(SECOND);
      theirs = newToken("ort");
      keeper.signIn(theirs);
    }
    const what = left.shift();
    if (what === "unsent") throw new HttpFailure(false, "ECONNREFUSED");
    if (what === "slow") here.pass(7 * SECOND);
    if (typeof what === "number")
      return answer(what, { message: "planted" }, what === 429 ? { "retry-after": "3" } : {});
    const reply = await real(request);
    if (what === "lost") throw new HttpFailure(true, "ECONNRESET");
    return reply;
  }

  try {
    world = worldOf({}, plan.main, NOW);
    keeper.signIn(credential);
    world.pass(HOUR);
    const main = world;
    await run(main);
    const state = Object.fromEntries(
      Object.entries(main.recorded.state).map(([name, value]) => [`STATE_${name}`, value]),
    );
    world = worldOf(state, plan.post, main.now());
    const post = world;
    await finish(post);
    return { theirs, living, renewed, homeless, value: keeper.value(), worlds: [main, post] };
  } finally {
    await keeper.close();
  }
}

const said = ({ worlds }: Played) => worlds.map(({ recorded }) => recorded.text()).join("\n");

describe.each(Object.keys(KINDS))("%s", (kind) => {
  test("the living login is in its place or in the job's copy at every moment, and nobody's later sign-in is written over", async () => {
    let stored = 0;
    let kept = 0;
    await fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        const played = await play(kind, plan);
        const { theirs, renewed, living, value, homeless } = played;
        if (theirs !== undefined) {
          kept++;
          expect(value, "their sign-in").toBe(theirs);
          return;
        }
        expect(homeless, "calls at which it was nowhere").toEqual([]);
        // Nothing is spent that was not proved to have a place; what was spent is stored, or its loss is told.
        if (!renewed) expect(value).toMatch(/^oc1\./);
        else if (openEnvelope(value).credential.refresh?.reveal() === living) stored++;
        else expect(said(played)).toMatch(/could not be stored, and the login in .* has ended|was not stored: /);
      }),
      { numRuns: 40 },
    );
    // Otherwise the plans would not have been worth playing.
    expect([stored > 2, kept > 2]).toEqual([true, true]);
  });
});
