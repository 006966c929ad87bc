/** The runner may kill main at any moment. What the provider renewed, post stores. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { claudeFile, claudeFileOf, envelopeOf, type RunOptions, SECRET, type Stage, stage } from "./stage.ts";

let here: Stage;
afterEach(() => here.close());
const PUT_LOGIN = { method: "PUT", path: new RegExp(`/${SECRET}$`) };

/** Nothing that post should have removed is left. */
function nothingLeft(run: Awaited<ReturnType<Stage["run"]>>) {
  expect(claudeFile(run.home), "Claude's file").toBeUndefined();
  expect(readdirSync(run.home), "the home folder").toEqual([]);
  expect(readdirSync(run.job.temp).filter((name) => name.startsWith("oauth-creds"))).toEqual([]);
}

describe("SIGKILL", () => {
  test("while the request is on its way, before the provider acts: the login is as it was", async () => {
    // The request had arrived, so a provider may act on it; this one does nothing for a client that has gone.
    let gone = true;
    here = await stage({ watch: { mayCommit: () => !gone } });
    await here.signIn();
    const before = here.secret();
    const held = here.oidc.hold("before-commit");
    const run = await here.run({
      step: { cancel: { kind: "kill", whenPromise: held.received }, between: () => held.release() },
    });
    expect(run.main.signal).toBe("SIGKILL");
    expect(here.secret()).toBe(before);
    nothingLeft(run);
    gone = false;
    expect(await here.loginIsAlive()).toBe(true);
  });

  test("after the provider acted, before its answer arrives: the irreducible loss, and the secret is not touched", async () => {
    here = await stage();
    const login = await here.signIn();
    const before = here.secret();
    const held = here.oidc.hold("after-commit");
    const run = await here.run({
      step: { cancel: { kind: "kill", whenPromise: held.committed }, between: () => held.release() },
    });
    expect(run.main.signal).toBe("SIGKILL");
    expect(here.secret()).toBe(before);
    expect(await here.oidc.isRefreshTokenAlive(login.refreshToken)).toBe(false);
    nothingLeft(run);
  });

  test("after the answer, before the capsule is on the disk: as if the answer had been lost", async () => {
    here = await stage();
    await here.signIn();
    const run = await here.run({ step: { killAt: "before:write:oauth-creds-login-*" } });
    expect(run.main.signal).toBe("SIGKILL");
    expect(here.github.history(SECRET)).toHaveLength(1);
    nothingLeft(run);
  });

  const stored: [string, string][] = [
    ["after the capsule is on the disk", "after:fsync:oauth-creds-login-*"],
    ["before the file is written", "before:write:.credentials.json.*.tmp"],
    ["after the file is written", "after:fsync:.credentials.json.*.tmp"],
    ["before the file is put in its place", "before:rename:.credentials.json"],
    ["after the file is put in its place", "after:rename:.credentials.json"],
  ];
  test.each(stored)("%s: post finishes, and the login lives", async (_, killAt) => {
    here = await stage();
    await here.signIn();
    const run = await here.run({ step: { killAt } });
    expect(run.main.signal).toBe("SIGKILL");
    expect(envelopeOf(here.secret()).credential.generation).toBe(1);
    expect(run.during === undefined).toBe(killAt !== "after:rename:.credentials.json");
    nothingLeft(run);
    expect(await here.loginIsAlive()).toBe(true);
  });

  test("while the secret is being written, before GitHub acts: post writes it", async () => {
    here = await stage();
    await here.signIn();
    const held = here.github.hold(PUT_LOGIN, "before-commit");
    const kill = held.received.then(() => {});
    const dropped = here.github.fault({ ...PUT_LOGIN }, { do: "drop" });
    const run = await here.run({ step: { cancel: { kind: "kill", whenPromise: kill } } });
    dropped.cancel();
    expect(run.main.signal).toBe("SIGKILL");
    expect(envelopeOf(here.secret()).credential.generation).toBe(1);
    expect(await here.loginIsAlive()).toBe(true);
  });

  test("after GitHub stored the secret, before it said so: post does not write it twice", async () => {
    here = await stage();
    await here.signIn();
    const held = here.github.hold(PUT_LOGIN, "after-commit");
    const run = await here.run({
      step: { cancel: { kind: "kill", whenPromise: held.committed.then(() => {}) }, between: () => held.release() },
    });
    expect(run.main.signal).toBe("SIGKILL");
    expect(here.github.history(SECRET)).toHaveLength(2);
    expect(envelopeOf(here.secret()).credential.generation).toBe(1);
    nothingLeft(run);
    expect(await here.loginIsAlive()).toBe(true);
  });
});

describe("where a person has a login of their own in the home folder, and the job may hand out the refresh token,", () => {
  let home: string;
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  const unwritten: [string, RunOptions["step"], number][] = [
    ["is killed before it sends", { killAt: "after:open:oauth-creds-login-*" }, 0],
    ["is killed before it writes", { killAt: "before:write:.credentials.json.*.tmp" }, 1],
    ["is killed right before the file is put in its place", { killAt: "before:rename:.credentials.json" }, 1],
    ["cannot put its file in its place", { failAt: "rename:.credentials.json:EACCES" }, 1],
  ];
  test.each(unwritten)(
    "a main step that %s: theirs is not taken for what a program renewed",
    async (_, step, stored) => {
      here = await stage();
      await here.signIn();
      const theirs = await here.oidc.issue();
      home = mkdtempSync(join(tmpdir(), "home-"));
      mkdirSync(join(home, ".claude"));
      const path = join(home, ".claude", ".credentials.json");
      const text = claudeFileOf(theirs, Date.now() + 9 * 3_600_000);
      writeFileSync(path, text);
      const also = [theirs.accessToken, theirs.refreshToken];
      const run = await here.run({
        job: { home },
        inputs: { "write-refresh-token": "true" },
        ...(step && { step }),
        also,
      });
      expect(run.main.exitCode === 0).toBe(false);
      expect(here.github.history(SECRET)).toHaveLength(1 + stored);
      expect(here.secret()).not.toContain(theirs.refreshToken);
      expect(run.post.annotations).toEqual([]);
      expect(readFileSync(path, "utf8")).toBe(text);
      expect(readdirSync(join(home, ".claude")).filter((name) => name.endsWith(".tmp"))).toEqual([]);
      expect(await here.loginIsAlive()).toBe(true);
      expect(await here.oidc.isRefreshTokenAlive(theirs.refreshToken)).toBe(true);
    },
  );
});

describe("a cancelled job", () => {
  test("waits for the answer, stores the login, and stops before it writes a file", async () => {
    here = await stage();
    await here.signIn();
    const held = here.oidc.hold("after-commit");
    setTimeout(() => held.release(), 3000);
    const run = await here.run({ step: { cancel: { kind: "cancel", whenPromise: held.committed } } });
    expect(run.main.exitCode).toBe(1);
    expect(
      run.main.annotations.some(({ message }) =>
        /cancelled while its login was being renewed. The renewed login is stored/.test(message),
      ),
    ).toBe(true);
    expect(run.during).toBeUndefined();
    expect(envelopeOf(here.secret()).credential.generation).toBe(1);
    expect(await here.loginIsAlive()).toBe(true);
  });

  test("sends nothing any more: a token that waits for its second attempt stays unspent", async () => {
    here = await stage();
    const login = await here.signIn();
    here.oidc.fault({ type: "429", retryAfter: 5 });
    const run = await here.run({ step: { cancel: { kind: "cancel", whenLine: /trying once more in 5 s/ } } });
    expect(run.main.exitCode).toBe(1);
    expect(here.oidc.tokenRequests()).toHaveLength(1);
    expect(await here.oidc.isRefreshTokenAlive(login.refreshToken)).toBe(true);
    expect(await here.loginIsAlive()).toBe(true);
  });

  test("does not go on, though its access token would live for a while", async () => {
    here = await stage();
    const login = await here.signIn({ expiresInMs: 40 * 60_000 });
    here.oidc.fault({ type: "429", retryAfter: 5 });
    const run = await here.run({ step: { cancel: { kind: "cancel", whenLine: /trying once more in 5 s/ } } });
    expect(run.main.exitCode).toBe(1);
    expect(run.main.annotations.map(({ message }) => message).join()).toMatch(/\[cancelled\]/);
    expect(run.during).toBeUndefined();
    expect(await here.oidc.isRefreshTokenAlive(login.refreshToken)).toBe(true);
  });

  test("that cannot store in time leaves it to post", async () => {
    here = await stage();
    await here.signIn();
    const outage = here.github.fault({ ...PUT_LOGIN, times: Number.POSITIVE_INFINITY }, { do: "answer", status: 502 });
    const held = here.oidc.hold("after-commit");
    const cancel = held.committed.then(() => void setTimeout(() => held.release(), 200));
    const run = await here.run({
      step: { cancel: { kind: "cancel", whenPromise: cancel }, between: () => outage.cancel() },
    });
    expect(run.main.annotations.some(({ message }) => /is left to the post step to store/.test(message))).toBe(true);
    expect(envelopeOf(here.secret()).credential.generation).toBe(1);
    expect(await here.loginIsAlive()).toBe(true);
  });
});
