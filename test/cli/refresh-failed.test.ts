/** `refresh` where a renewal was needed and failed, or none can be had: what it says, and its exit code. */
import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeRootKey } from "../../src/ledger/keys.ts";
import { claudeFileOf } from "../scenario/login-file.ts";
import { newAccessToken } from "../support/oauth/anthropic-api.ts";
import { type Oidc, startOidc } from "../support/oauth/oidc.ts";
import { asVariables, machine } from "./machine.ts";

const HOUR = 3_600_000;

let oidc: Oidc;
beforeEach(async () => void (oidc = await startOidc()));
afterEach(() => oidc.close());

test.each([["a ledger"], ["no ledger"]])(
  "with %s: nothing spent is no success, but a warning and code 4",
  async (how) => {
    const login = await oidc.issue();
    const key = makeRootKey(randomBytes);
    const own = how === "a ledger" ? { "ledger-key": key } : { "allow-unstored-refresh": "true" };
    const credential = claudeFileOf(login, Date.now() + HOUR / 2);
    const here = machine(asVariables({ ...own, credential, "token-url": oidc.tokenUrl }));
    for (const token of [login.accessToken, login.refreshToken, key]) here.tokens.add(token);
    // The first sign-in of a ledger is renewed at once.
    if (how === "a ledger") expect(await here.run(["refresh"])).toMatchObject({ code: 0 });
    const args = ["refresh", "--min-validity", "20h"];
    await oidc.refuseConnections();
    const ended = await here.run(args);
    expect(ended.stderr).toContain("[provider-unreachable]");
    expect(ended.stdout).toMatch(/^Not renewed: see the warning; its access token ends at .* UTC\.\n$/);
    expect(ended.code).toBe(4);
    expect(await here.run([...args, "--json"])).toMatchObject({ code: 4, json: { refreshed: false } });
    expect(await here.run(["refresh", "--min-validity", "10m"])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Not renewed: there was no need; /),
    });
    await oidc.acceptConnections();
    const later = await here.run(args);
    expect(later.stdout).toMatch(/^Renewed; /);
    expect(later.code).toBe(0);
  },
);

test("what cannot be renewed was not, and that is no failure", async () => {
  const credential = newAccessToken();
  const here = machine(asVariables({ credential, "credential-expires": "2040-01-02" }));
  here.tokens.add(credential);
  const ended = await here.run(["refresh"]);
  expect(ended.stdout).toMatch(/^Not renewed: this token cannot be; /);
  expect(ended.code).toBe(0);
});

test("`--refresh never` is a wish, and not a failure either", async () => {
  const login = await oidc.issue();
  const here = machine(asVariables({ credential: claudeFileOf(login, Date.now() + HOUR / 2) }));
  for (const token of [login.accessToken, login.refreshToken]) here.tokens.add(token);
  const ended = await here.run(["refresh", "--refresh", "never"]);
  expect(ended.stderr).toContain("`refresh` is `never`");
  expect(ended.stdout).toMatch(/^Not renewed: see the warning; /);
  expect(ended.code).toBe(0);
});
