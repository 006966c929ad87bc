/** With `write-refresh-token` the job's program may renew the login. Post takes over what it left, if it is good. */
import { mkdirSync, rmdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { edit, renewer, type Section } from "./program.ts";
import { claudeFile, envelopeOf, NOT_LENT, type Ran, SECRET, type Stage, stage } from "./stage.ts";

let here: Stage;
beforeEach(({ skip }) => skip(NOT_LENT));
afterEach(() => here?.close());
const full = { "write-refresh-token": "true" };

const renewed: string[] = [];
const renew = renewer(() => here.oidc.tokenUrl, renewed);

test("a login that the program renewed is stored by post, and its file removed", async () => {
  here = await stage();
  await here.signIn({ expiresInMs: 2 * 3_600_000 });
  const run = await here.run({ inputs: full, step: { between: edit(renew) }, also: renewed, picture: "captured" });
  expect(run.during?.json["claudeAiOauth"]).toMatchObject({
    refreshToken: expect.stringMatching(/^sk-ant-ort/),
    expiresAt: expect.any(Number),
  });
  expect(run.post.annotations).toMatchObject([
    { level: "notice", message: expect.stringMatching(/login that the job's program renewed is now stored/) },
  ]);
  const { credential } = envelopeOf(here.secret());
  expect(credential.generation).toBe(1);
  expect(renewed).toContain(credential.refresh?.reveal());
  expect(credential.predecessor?.reveal(), "kept until its successor has worked once").toBe(
    run.during?.json["claudeAiOauth"]?.["refreshToken"],
  );
  expect(claudeFile(run.home)).toBeUndefined();
  expect(await here.loginIsAlive()).toBe(true);
  expect(envelopeOf(here.secret()).credential.predecessor, "after it has worked once").toBeUndefined();
});

test("a program that is in the middle of a refresh when post begins, in a folder that main made, is waited for", async () => {
  here = await stage();
  await here.signIn({ expiresInMs: 2 * 3_600_000 });
  let done: Promise<void> | undefined;
  const between = async (main: Ran["main"]) => {
    const [path = ""] = JSON.parse(main.outputs["files"] ?? "[]") as string[];
    const lock = join(dirname(path), ".oauth_refresh.lock");
    mkdirSync(lock);
    done = (async () => {
      await sleep(3000); // post has begun long before
      await edit(renew)(main);
      rmdirSync(lock);
    })();
  };
  const { post, home } = await here.run({ inputs: full, step: { between }, also: renewed });
  await done;
  expect(post.annotations).toMatchObject([
    { level: "notice", message: expect.stringMatching(/login that the job's program renewed is now stored/) },
  ]);
  expect(claudeFile(home)).toBeUndefined();
  expect(await here.loginIsAlive()).toBe(true);
});

test("main renewed it, and the program once more", async () => {
  here = await stage();
  await here.signIn();
  const run = await here.run({ inputs: full, step: { between: edit(renew) }, also: renewed });
  expect(run.main.outputs["generation"]).toBe("1");
  expect(envelopeOf(here.secret()).credential.generation).toBe(2);
  expect(await here.loginIsAlive()).toBe(true);
});

test("main renewed it, and the program got another access token alone: the file is removed", async () => {
  here = await stage();
  await here.signIn();
  const between = async (main: Ran["main"]) => {
    here.oidc.fault("no-rotation");
    await edit(renew)(main);
  };
  const { post, home } = await here.run({ inputs: full, step: { between }, also: renewed });
  expect(envelopeOf(here.secret()).credential.generation).toBe(1);
  expect(claudeFile(home)).toBeUndefined();
  expect(post.log).toContain("Removed");
  expect(await here.loginIsAlive()).toBe(true);
});

const bad: [string, (section: Section) => Section | undefined, RegExp][] = [
  [
    "wiped, as Claude Code does when a login has ended",
    (s) => ({ ...s, accessToken: "", refreshToken: "", expiresAt: 0 }),
    /login has ended/,
  ],
  ["cut off", () => undefined, /no login in it/],
  ["without tokens", ({ scopes }) => ({ scopes }), /no login in it/],
  [
    "older than what it was given",
    (s) => ({
      ...s,
      refreshToken: "sk-ant-ort01-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1",
      expiresAt: 1_700_000_000_000,
    }),
    /not newer/,
  ],
  [
    "of another provider",
    (s) => ({ ...s, refreshToken: "rt_somethingelse", expiresAt: Date.now() + 9e7 }),
    /cut off or not of this provider/,
  ],
  [
    "cut off in the middle of a token",
    (s) => ({ ...s, refreshToken: "sk-ant-ort01-abc", expiresAt: Date.now() + 9e7 }),
    /cut off or not of this provider/,
  ],
  [
    "of another account",
    (s) => ({
      ...s,
      refreshToken: "sk-ant-ort01-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa2",
      expiresAt: Date.now() + 9e7,
      accountUuid: "11111111-2222-4333-8444-555555555555",
    }),
    /another account/,
  ],
];
test.each(bad)("a login that is %s never overwrites the stored one", async (_, change, message) => {
  here = await stage();
  await here.signIn();
  const run = await here.run({ inputs: full, step: { between: edit(change) } });
  expect(run.post.exitCode).toBe(0);
  expect(run.post.annotations.map((a) => a.message).join("\n")).toMatch(message);
  expect(here.github.history(SECRET)).toHaveLength(2);
  expect(envelopeOf(here.secret()).credential.generation).toBe(1);
  expect(await here.loginIsAlive()).toBe(true);
});

test("a captured login that does not work: the one before it is tried, once, and the login lives", async () => {
  here = await stage();
  await here.signIn();
  const forged = `sk-ant-ort01-${"forged0".repeat(8)}`;
  const between = edit((s) => ({
    ...s,
    accessToken: `sk-ant-oat01-${"forged1".repeat(8)}`,
    refreshToken: forged,
    expiresAt: Date.now() + 9e7,
  }));
  await here.run({ inputs: full, step: { between }, also: [forged] });
  expect(envelopeOf(here.secret()).credential.refresh?.reveal()).toBe(forged);
  const { main } = await here.run({ inputs: { refresh: "always" } });
  expect(main.annotations[0]?.message).toMatch(/does not work, or is of another account; trying the one before it/);
  expect(main.outputs["rotated"]).toBe("true");
  expect(await here.loginIsAlive()).toBe(true);
});

test("a login that the program renewed while a person signed in again: theirs is kept", async () => {
  here = await stage();
  await here.signIn();
  const fresh = await here.oidc.issue();
  const between = async (main: Ran["main"]) => {
    await edit(renew)(main);
    here.github.setSecretByUser(SECRET, fresh.refreshToken, { at: here.now() + 2000 });
  };
  const { post } = await here.run({ inputs: full, step: { between }, also: [...renewed, fresh.refreshToken] });
  expect(post.annotations.at(-1)?.message).toMatch(
    /was not stored: .* was written by somebody else meanwhile, and theirs was kept/,
  );
  expect(here.secret()).toBe(fresh.refreshToken);
});

test("what main may have written itself, without an answer, is not somebody else's", async () => {
  here = await stage();
  await here.signIn();
  const path = new RegExp(`/${SECRET}$`);
  here.github.fault({ method: "PUT", path }, { do: "drop", when: "after-commit" });
  // After a look at the place, and the one before the writing.
  here.github.fault({ method: "GET", path, skip: 2 }, { do: "answer", status: 401 });
  const { main, post } = await here.run({ inputs: full, step: { between: edit(renew) }, also: renewed });
  expect(main.annotations.at(-1)?.message).toMatch(/could not be written/);
  expect(post.annotations.at(-1)?.message).toMatch(/login that the job's program renewed is now stored/);
  expect(envelopeOf(here.secret()).credential.generation).toBe(2);
  expect(await here.loginIsAlive()).toBe(true);
});

test("without a proved place the refresh token is not handed out", async () => {
  here = await stage({ permissions: { secrets: "read" } });
  await here.signIn({ expiresInMs: 5 * 3_600_000 });
  const { main, during } = await here.run({ inputs: full });
  expect(main.annotations.at(-1)?.message).toMatch(/\[secret-forbidden\]/);
  expect(during).toBeUndefined();
});
