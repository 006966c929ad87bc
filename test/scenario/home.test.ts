/** What is in the home folder already belongs to somebody: it is kept, and it is there again afterwards. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { claudeFile, type Stage, stage } from "./stage.ts";

let here: Stage;
let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "home-"));
});
afterEach(async () => {
  await here.close();
  rmSync(home, { recursive: true, force: true });
});
const posix = process.platform !== "win32";
const neighbour = `{\n  "mcpOAuth": { "server": { "note": "kept" } },\n  "claudeAiOauth": { "accessToken": "sk-ant-oat01-neighbours-own-token-0123456789", "refreshToken": null, "scopes": ["user:inference"] }\n}\n`;

function put(text: string): string {
  mkdirSync(join(home, ".claude"), { recursive: true });
  const path = join(home, ".claude", ".credentials.json");
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

test("another login and other keys: kept during the job, and the very bytes are back after it", async () => {
  here = await stage();
  await here.signIn();
  const path = put(neighbour);
  const run = await here.run({ job: { home }, picture: "shared-home" });
  expect(run.during?.json["mcpOAuth"]).toEqual({ server: { note: "kept" } });
  expect(run.during?.json["claudeAiOauth"]?.["accessToken"]).not.toContain("neighbours");
  expect(readFileSync(path, "utf8")).toBe(neighbour);
  expect(run.post.log).toContain("Restored");
});

test("a key that a program added during the job stays, only the login is taken out", async () => {
  here = await stage();
  await here.signIn();
  const path = put(`{"mcpOAuth":{}}`);
  const between = () => writeFileSync(path, JSON.stringify({ ...claudeFile(home)?.json, added: { by: "a program" } }));
  await here.run({ job: { home }, step: { between } });
  expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({ mcpOAuth: {}, added: { by: "a program" } });
});

test("a login that somebody else wrote during the job is not ours to remove", async () => {
  here = await stage();
  await here.signIn();
  const path = join(home, ".claude", ".credentials.json");
  const run = await here.run({ job: { home }, step: { between: () => writeFileSync(path, neighbour) } });
  expect(readFileSync(path, "utf8")).toBe(neighbour);
  expect(run.post.log).toContain("somebody else has written a login there since");
});

test("cleanup: false leaves the file", async () => {
  here = await stage();
  await here.signIn();
  const run = await here.run({ job: { home }, inputs: { cleanup: "false" } });
  expect(claudeFile(home)).toEqual(run.during);
});

test("a failed step leaves nothing behind, not even a folder", async () => {
  here = await stage();
  await here.signIn();
  here.oidc.fault("429");
  const { main } = await here.run({ job: { home } });
  expect(main.exitCode).toBe(1);
  expect(existsSync(join(home, ".claude"))).toBe(false);
});

test.runIf(posix)("a symbolic link is not followed", async () => {
  here = await stage();
  const login = await here.signIn();
  mkdirSync(join(home, ".claude"));
  const elsewhere = join(home, "elsewhere.json");
  writeFileSync(elsewhere, "{}");
  symlinkSync(elsewhere, join(home, ".claude", ".credentials.json"));
  const { main } = await here.run({ job: { home } });
  expect(main.annotations.at(-1)?.message).toMatch(/is a symbolic link.*\[unsafe-path\]/);
  expect(readFileSync(elsewhere, "utf8")).toBe("{}");
  expect(await here.oidc.isRefreshTokenAlive(login.refreshToken)).toBe(true);
});

test("a home folder in the workspace is refused, before anything is spent", async () => {
  here = await stage();
  await here.signIn();
  const { main } = await here.run({ job: { home, workspace: home } });
  expect(main.annotations.at(-1)?.message).toMatch(/lies in the workspace.*\[unsafe-path\]/);
  expect(here.oidc.requests).toHaveLength(0);
});

test.runIf(posix && process.getuid?.() !== 0)(
  "a home folder that cannot be written is found out before anything is spent",
  async () => {
    here = await stage();
    await here.signIn();
    chmodSync(home, 0o500);
    const { main } = await here.run({ job: { home } });
    chmodSync(home, 0o700);
    expect(main.annotations.at(-1)?.message).toMatch(/\[file-failed\]/);
    expect(here.oidc.requests).toHaveLength(0);
  },
);

test("a full disk is found out before anything is spent", async () => {
  here = await stage();
  await here.signIn();
  const { main } = await here.run({ job: { home }, step: { failAt: "open:.credentials.json.*.tmp:ENOSPC" } });
  expect(main.annotations.at(-1)?.message).toMatch(/refused a file operation \(open: ENOSPC\).*\[file-failed\]/);
  expect(here.oidc.requests).toHaveLength(0);
  expect(existsSync(join(home, ".claude"))).toBe(false);
});

test("a disk that is full only when the capsule is written: the login is stored all the same", async () => {
  here = await stage();
  await here.signIn();
  const { main } = await here.run({ job: { home }, step: { failAt: "write:oauth-creds-login-*:ENOSPC" } });
  expect(main.outputs["rotated"]).toBe("true");
  expect(await here.loginIsAlive()).toBe(true);
});

test("a disk that is full for the runner's own files as well: the login is stored all the same", async () => {
  here = await stage();
  await here.signIn();
  const { main } = await here.run({
    job: { home },
    step: { failAt: "write:oauth-creds-login-*:ENOSPC;write:save_state_*:ENOSPC#4;write:save_state_*:ENOSPC#5" },
  });
  expect(main.log).toMatch(/ENOSPC/);
  expect(here.github.history("CLAUDE_LOGIN")).toHaveLength(2);
  expect(await here.loginIsAlive()).toBe(true);
});

test("a file that cannot be put in its place: the login is stored, the step fails", async () => {
  here = await stage();
  await here.signIn();
  const { main } = await here.run({ job: { home }, step: { failAt: "rename:.credentials.json:EACCES" } });
  expect(main.annotations.at(-1)?.message).toMatch(/\[file-failed\]/);
  expect(await here.loginIsAlive()).toBe(true);
});

test.each([
  ["CLAUDE_CONFIG_DIR", (dir: string) => ({ CLAUDE_CONFIG_DIR: dir })],
  [
    "CLAUDE_SECURESTORAGE_CONFIG_DIR",
    (dir: string) => ({ CLAUDE_SECURESTORAGE_CONFIG_DIR: dir, CLAUDE_CONFIG_DIR: "/nowhere" }),
  ],
] as const)("%s says where the program reads", async (_, env) => {
  here = await stage();
  await here.signIn();
  const dir = join(home, "config");
  let there = false;
  const run = await here.run({
    job: { home },
    step: { env: env(dir), between: () => void (there = existsSync(join(dir, ".credentials.json"))) },
  });
  expect(there).toBe(true);
  expect(run.during, "the standard place").toBeUndefined();
  expect(existsSync(dir)).toBe(false);
});

test("`home` serves a container action, whose home folder is another", async () => {
  here = await stage();
  await here.signIn();
  const other = join(home, "_temp", "_github_home");
  mkdirSync(other, { recursive: true });
  const { main } = await here.run({ job: { home }, inputs: { home: other } });
  expect(JSON.parse(main.outputs["files"] ?? "")).toEqual([join(other, ".claude", ".credentials.json")]);
});
