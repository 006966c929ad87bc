/** The login that a program of this machine renews itself: nothing here may renew it away from that program. */
import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeRootKey } from "../../src/ledger/keys.ts";
import { claudeFileOf } from "../scenario/login-file.ts";
import { type Oidc, startOidc } from "../support/oauth/oidc.ts";
import { asVariables, machine } from "./machine.ts";

const HOUR = 3_600_000;
const FILE = ".claude/.credentials.json";

let oidc: Oidc;
beforeEach(async () => void (oidc = await startOidc()));
afterEach(() => oidc.close());

/** Claude Code is signed in here; its access token is about to end. */
async function signedIn(more: Record<string, string> = {}) {
  const login = await oidc.issue();
  const key = makeRootKey(randomBytes);
  const here = machine(asVariables({ "ledger-key": key, "token-url": oidc.tokenUrl, ...more }));
  for (const token of [login.accessToken, login.refreshToken, key]) here.tokens.add(token);
  const content = claudeFileOf(login, Date.now() + HOUR / 2);
  const path = here.write(FILE, content);
  const untouched = async () => {
    expect(oidc.tokenRequests()).toHaveLength(0);
    expect(await oidc.isRefreshTokenAlive(login.refreshToken)).toBe(true);
    expect(here.read(FILE)).toBe(content);
    expect(here.left()).toEqual([]);
  };
  return { here, login, content, path, untouched };
}

describe.each([
  ["refresh"],
  ["token"],
  ["write", "--targets", "claude"],
  ["write", "--targets", "pi"],
  ["write", "--home", "elsewhere"],
])("%s %s %s", (...args) => {
  const words = args.filter((word) => word !== undefined);

  test("refuses the file of Claude Code itself", async () => {
    const { here, path, untouched } = await signedIn();
    const ended = await here.run([...words, "--credential", path, "--min-validity", "6h"]);
    expect(ended).toMatchObject({ code: 2, stdout: "" });
    expect(ended.stderr).toContain(`the login of this machine, which claude renews in ${path}`);
    await untouched();
  });

  test("refuses the same login in another form", async () => {
    const { here, login, untouched } = await signedIn();
    const copy = here.write("copy.json", `${claudeFileOf(login, 1, { plan: "other" })}\n`);
    expect(await here.run([...words, "--credential", copy])).toMatchObject({ code: 2, stdout: "" });
    await untouched();
  });
});

test("the program's own home counts, wherever its variable says that it is", async () => {
  const { here, content, untouched } = await signedIn();
  const path = here.write("its/.credentials.json", content);
  const env = { CLAUDE_CONFIG_DIR: `${here.home}/its` };
  const ended = await here.run(["refresh", "--credential", path], { env });
  expect(ended.stderr).toContain(path);
  expect(ended.code).toBe(2);
  await untouched();
});

test("`--refresh never` spends nothing, and is no reason to refuse it", async () => {
  const { here, login, path, untouched } = await signedIn({ ledger: "none" });
  const shows = [login.accessToken];
  const ended = await here.run(["token", "--credential", path, "--refresh", "never"], { shows });
  expect(ended).toMatchObject({ code: 0, stdout: `${login.accessToken}\n` });
  await untouched();
});

test("a login that lies anywhere else is renewed, and so is one that `write` has put into the file", async () => {
  const { here, content } = await signedIn();
  const login = await oidc.issue();
  const stored = JSON.parse(claudeFileOf(login, Date.now() + 5 * HOUR)) as object;
  const path = here.write("login.json", JSON.stringify({ ...stored, note: 1 }));
  const common = ["--credential", path, "--ledger", "none", "--allow-unstored-refresh"];
  const write = ["write", ...common, "--write-refresh-token"];
  expect(await here.run(write)).toMatchObject({ code: 0 });
  expect(here.read(FILE)).toContain(login.refreshToken);
  expect(await here.run(write)).toMatchObject({ code: 0 });
  expect(await here.run(["clean", "--credential", path])).toMatchObject({ code: 0 });
  expect(here.read(FILE)).toBe(content);
});

test("`login --with-token` hands it out to nobody", async () => {
  const { here, content, untouched } = await signedIn();
  const args = ["login", "anthropic", "--with-token", "--validate", "none"];
  const ended = await here.run(args, { input: content });
  expect(ended).toMatchObject({ code: 2, stdout: "" });
  expect(ended.stderr).toContain("the login of this machine");
  await untouched();
});
