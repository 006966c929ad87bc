/** A login that many jobs share, with the ledger in a file: one machine, any number of jobs. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { deriveAccessKey, type Keyring, makeRootKey, parseKeys, type RootKey } from "../../src/ledger/keys.ts";
import { type Stage, stage } from "./stage.ts";

const ROOT = makeRootKey(randomBytes);
const ACCESS = deriveAccessKey((parseKeys(ROOT) as Keyring).root[0] as RootKey);

let here: Stage;
let state: string;
beforeEach(async () => {
  state = mkdtempSync(join(tmpdir(), "ledger-"));
  here = await stage();
});
afterEach(async () => {
  await here.close();
  rmSync(state, { recursive: true, force: true });
});

const shared = (more: Record<string, string | undefined> = {}) => ({
  inputs: { "ledger-key": ROOT, ledger: "file", "rotate-to": undefined, "secrets-token": undefined, ...more },
  step: { env: { XDG_STATE_HOME: state } },
  also: [ROOT, ACCESS],
});

test("the first job begins the record; later ones, with the same old copy, use it; a root key renews it", async () => {
  const login = await here.signIn();
  const snapshot = here.secret();
  const first = await here.run(shared());
  expect(first.main.outputs).toMatchObject({ source: "refreshed", generation: "1" });
  const asked = here.oidc.requests.length;

  const second = await here.run({ ...shared(), snapshot });
  expect(second.main.outputs).toMatchObject({ source: "ledger", generation: "1" });
  expect(here.oidc.requests).toHaveLength(asked);

  const agent = await here.run(shared({ "ledger-key": ACCESS, credential: undefined, provider: "anthropic" }));
  expect(agent.main.outputs).toMatchObject({ source: "ledger" });
  expect(agent.during?.json["claudeAiOauth"]?.["accessToken"]).toBe(
    second.during?.json["claudeAiOauth"]?.["accessToken"],
  );

  const third = await here.run(
    shared({ credential: undefined, provider: "anthropic", refresh: "always", targets: "output" }),
  );
  expect(third.main.outputs).toMatchObject({ source: "refreshed", generation: "2" });
  expect(await here.oidc.isRefreshTokenAlive(login.refreshToken)).toBe(false);
  expect(here.oidc.requests).toHaveLength(asked + 1);
});

test("ten jobs at once: one refresh, ten working tokens", async () => {
  await here.signIn();
  const jobs = await Promise.all(Array.from({ length: 10 }, () => here.run({ ...shared(), snapshot: here.secret() })));
  expect(jobs.map(({ main }) => main.exitCode)).toEqual(jobs.map(() => 0));
  expect(here.oidc.requests.filter(({ path }) => path.endsWith("/token"))).toHaveLength(1);
  const tokens = new Set(jobs.map(({ during }) => during?.json["claudeAiOauth"]?.["accessToken"]));
  expect(tokens.size).toBe(1);
});
