import { afterEach, expect, test } from "vitest";
import { envelopeOf, type Stage, stage } from "./stage.ts";

let here: Stage;
afterEach(() => here.close());

test("an expired login is renewed, stored and written; the next job needs no network", async () => {
  here = await stage();
  const login = await here.signIn();

  const first = await here.run({ picture: "refresh-and-rotate" });
  expect(await here.oidc.isRefreshTokenAlive(login.refreshToken)).toBe(false);
  const { credential, stored } = envelopeOf(here.secret());
  expect(await here.oidc.isRefreshTokenAlive(credential.refresh?.reveal() ?? "")).toBe(true);
  expect(first.during?.json["claudeAiOauth"]?.["accessToken"]).toBe(credential.access?.reveal());
  expect(stored?.probe).toBeDefined();

  const asked = here.oidc.requests.length + here.github.requests.length;
  const second = await here.run({ picture: "no-network" });
  expect(here.oidc.requests.length + here.github.requests.length, "calls of job 2").toBe(asked);
  expect(second.main.outputs).toMatchObject({ source: "secret", refreshed: "false", generation: "1" });
  expect(second.during?.json["claudeAiOauth"]?.["accessToken"]).toBe(credential.access?.reveal());
});

test("a second renewal needs no public key before it: the probe is ready-made", async () => {
  here = await stage();
  await here.signIn();
  await here.run();
  const before = here.github.requests.length;
  const run = await here.run({ inputs: { refresh: "always" } });
  expect(run.main.outputs).toMatchObject({ generation: "2", rotated: "true" });
  const calls = here.github.requests.slice(before).map(({ method, path }) => `${method} ${path.split("/").at(-1)}`);
  expect(calls.slice(0, 2).toSorted()).toEqual(["GET CLAUDE_LOGIN", "PUT OAUTH_CREDS_PROBE_CLAUDE_LOGIN"]);
  expect(calls.slice(2, 5)).toEqual(["GET public-key", "GET CLAUDE_LOGIN", "PUT CLAUDE_LOGIN"]);
  expect(calls.slice(5).toSorted()).toEqual(["GET CLAUDE_LOGIN", "PUT OAUTH_CREDS_PROBE_CLAUDE_LOGIN"]);
  expect(await here.loginIsAlive()).toBe(true);
});

test("a key that GitHub has replaced since costs one call more and nothing else", async () => {
  here = await stage();
  await here.signIn();
  await here.run();
  here.github.rotatePublicKey();
  const run = await here.run({ inputs: { refresh: "always" } });
  expect(run.main.outputs["rotated"]).toBe("true");
  expect(await here.loginIsAlive()).toBe(true);
});

test("a job that comes right after another has stored waits, and looks once more before it spends anything", async () => {
  here = await stage();
  await here.signIn();
  await here.run({ soon: true });
  const before = here.github.requests.length;
  const { main } = await here.run({ inputs: { refresh: "always" }, soon: true });
  expect(main.log).toMatch(/^Waiting \d+ s: .* was written a moment ago/m);
  expect(main.outputs).toMatchObject({ generation: "2", rotated: "true" });
  const calls = here.github.requests.slice(before).map(({ method, path }) => `${method} ${path.split("/").at(-1)}`);
  expect(calls.slice(2, 4)).toEqual(["GET CLAUDE_LOGIN", "GET public-key"]);
  expect(await here.loginIsAlive()).toBe(true);
});
