import { describe, expect, test } from "vitest";
import { readClaudeOauth, writeClaudeOauth } from "../../../src/credential/claude-file.ts";
import type { Credential } from "../../../src/credential/credential.ts";
import { capture } from "../../../src/post/capture.ts";
import { Secret } from "../../../src/secret.ts";
import { claude } from "../../../src/targets/claude.ts";
import { ACCOUNT, DAY, HOUR, newChatGpt, newJwt, newLogin, newToken, NOW } from "./support.ts";

const KNOWN = newLogin({
  generation: 3,
  accessExpiresAt: NOW + HOUR,
  loginExpiresAt: NOW + 10 * DAY,
  clientId: "c",
  predecessor: new Secret(newToken("ort")),
  other: { accountUuid: "a-1", organizationUuid: "o-1", rateLimitTier: "t" },
});

/** The file's object as we wrote it, with what a program changed in it. */
function after(change: Record<string, unknown>, known: Credential = KNOWN) {
  // Through JSON, as it comes from a file.
  const section = JSON.parse(JSON.stringify({ ...writeClaudeOauth(known, true), ...change })) as Record<
    string,
    unknown
  >;
  return capture(readClaudeOauth(section, NOW), claude.ended?.(section) ?? false, known);
}

const rotated = () => ({ accessToken: newToken("oat"), refreshToken: newToken("ort"), expiresAt: NOW + 9 * HOUR });

describe("nothing happened", () => {
  test.each<[string, Record<string, unknown>]>([
    ["as we wrote it", {}],
    ["other fields changed", { subscriptionType: "pro", rateLimitTier: "x", subscriptionTypeVerifiedAt: 5 }],
    ["no refresh token any more", { refreshToken: null }],
    ["an emptied refresh token alone", { refreshToken: "" }],
    ["another access token under the same refresh token", { accessToken: newToken("oat") }],
  ])("%s", (_, change) => {
    expect(after(change)).toBeUndefined();
  });
});

describe("never taken over", () => {
  test.each<[string, Record<string, unknown>, RegExp]>([
    [
      "wiped: the login has ended",
      { accessToken: "", refreshToken: "", expiresAt: 0, loginEnded: "time_limit" },
      /has ended/,
    ],
    ["without tokens", { accessToken: undefined, refreshToken: undefined }, /no login/],
    ["with tokens that are no text", { accessToken: 1, refreshToken: {} }, /no login/],
    ["without its access token", { ...rotated(), accessToken: "" }, /cut off/],
    ["with a cut access token", { ...rotated(), accessToken: "sk-ant-oat01-abc" }, /cut off/],
    ["with a cut refresh token", { ...rotated(), refreshToken: "sk-ant-ort01-abc" }, /cut off/],
    ["with the prefix of a token", { ...rotated(), refreshToken: "sk-ant-ort01-" }, /cut off/],
    [
      "with tokens of another provider",
      { ...rotated(), refreshToken: `rt_${"x".repeat(40)}` },
      /cut off|not of this provider/,
    ],
    [
      "with its tokens exchanged",
      { ...rotated(), accessToken: newToken("ort"), refreshToken: newToken("oat") },
      /cut off/,
    ],
    ["with a broken line in a token", { ...rotated(), refreshToken: `${newToken("ort")}\nx` }, /cut off/],
    ["older", { ...rotated(), expiresAt: NOW }, /not newer/],
    ["older by more than a clock may be wrong", { ...rotated(), expiresAt: NOW + HOUR - 16 * 60_000 }, /not newer/],
    ["without an end", { ...rotated(), expiresAt: null }, /not newer/],
    ["the one before ours", { ...rotated(), refreshToken: KNOWN.predecessor?.reveal() }, /older/],
    ["of another account", { ...rotated(), accountUuid: "a-2" }, /another account/],
    ["of another organisation", { ...rotated(), organizationUuid: "o-2" }, /another account/],
  ])("%s", (_, change, look) => {
    const found = after(change);
    expect(found?.credential).toBeUndefined();
    expect(found?.refused).toMatch(look);
  });
});

describe("taken over", () => {
  test("with what is ours alone: the key of its recovery copies, and how the client proves itself", () => {
    const known = { ...KNOWN, recovery: new Secret("r".repeat(43)), clientAuth: "post" as const };
    const next = after(rotated(), known)?.credential;
    expect(next?.recovery?.reveal()).toBe(known.recovery.reveal());
    expect(next?.clientAuth).toBe("post");
  });

  test("what the program renewed, as the next generation, with the one before beside it", () => {
    const fresh = rotated();
    const next = after({ ...fresh, subscriptionType: "team" })?.credential;
    expect(next).toMatchObject({
      kind: "login",
      generation: 4,
      accessExpiresAt: NOW + 9 * HOUR,
      loginExpiresAt: NOW + 10 * DAY,
      clientId: "c",
      plan: "team",
      scopes: KNOWN.scopes,
      other: KNOWN.other,
    });
    expect(next?.access?.reveal()).toBe(fresh.accessToken);
    expect(next?.refresh?.reveal()).toBe(fresh.refreshToken);
    expect(next?.predecessor?.reveal()).toBe(KNOWN.refresh?.reveal());
  });

  test.each<[string, Record<string, unknown>, Partial<Credential>]>([
    [
      "the end of the login is never moved away",
      { refreshTokenExpiresAt: NOW + 30 * DAY },
      { loginExpiresAt: NOW + 10 * DAY },
    ],
    ["the end of the login may come nearer", { refreshTokenExpiresAt: NOW + DAY }, { loginExpiresAt: NOW + DAY }],
    [
      "a program that drops fields drops none of ours",
      {
        refreshTokenExpiresAt: undefined,
        clientId: undefined,
        scopes: null,
        subscriptionType: null,
        rateLimitTier: undefined,
        accountUuid: undefined,
      },
      {
        loginExpiresAt: NOW + 10 * DAY,
        clientId: "c",
        scopes: ["user:inference", "user:profile"],
        plan: "max",
        other: KNOWN.other,
      },
    ],
    ["what it learned is kept", { trusted: 1, accountUuid: "a-1" }, { other: { ...KNOWN.other, trusted: 1 } }],
  ])("%s", (_, change, wanted) => {
    const next = after({ ...rotated(), ...change })?.credential;
    expect(next).toMatchObject(wanted);
  });

  test("a new sign-in in the job, where the account is not known to be another", () => {
    const known = newLogin({ accessExpiresAt: NOW + HOUR, loginExpiresAt: NOW + DAY });
    expect(after({ ...rotated(), accountUuid: "a-9" }, known)?.credential).toMatchObject({
      other: { accountUuid: "a-9" },
    });
  });

  test("where our own access token had no end", () => {
    const known = newLogin({ accessExpiresAt: undefined, access: undefined });
    expect(after(rotated(), known)?.credential).toMatchObject({ generation: 1 });
  });
});

describe("a ChatGPT login", () => {
  const known = newChatGpt({ generation: 2, accessExpiresAt: NOW + HOUR });
  const next = (change: Partial<Credential> = {}): Credential =>
    newChatGpt({
      accessExpiresAt: NOW + 10 * DAY,
      idToken: undefined,
      accountId: undefined,
      plan: undefined,
      ...change,
    });

  test("that the program renewed is taken over, with the identity and the account that it does not name", () => {
    const found = next();
    const taken = capture(found, false, known)?.credential;
    expect(taken).toMatchObject({ provider: "openai", generation: 3, accountId: ACCOUNT, plan: "plus" });
    expect(taken?.idToken?.reveal()).toBe(known.idToken?.reveal());
    expect(taken?.refresh?.reveal()).toBe(found.refresh?.reveal());
    expect(taken?.predecessor?.reveal()).toBe(known.refresh?.reveal());
  });

  test("brings its new identity with it", () => {
    const idToken = new Secret(newJwt());
    expect(capture(next({ idToken, plan: "pro" }), false, known)?.credential).toMatchObject({ plan: "pro" });
    expect(capture(next({ idToken }), false, known)?.credential?.idToken?.reveal()).toBe(idToken.reveal());
  });

  test("is taken over with a refresh token of any look", () => {
    const refresh = new Secret("v1.MjAzMQ~abcdefgh");
    expect(capture(next({ refresh }), false, known)?.credential?.refresh?.reveal()).toBe(refresh.reveal());
  });

  test("is left alone where nothing happened", () => {
    expect(capture(next({ refresh: known.refresh }), false, known)).toBeUndefined();
    expect(capture(next({ refresh: undefined }), false, known)).toBeUndefined();
  });

  test.each<[string, Partial<Credential>, RegExp]>([
    ["of another account", { accountId: "22222222-2222-4333-8444-555555555555" }, /another account/],
    ["with a cut access token", { access: new Secret(newJwt().slice(0, 30)) }, /cut off/],
    ["with an access token of Claude", { access: new Secret(newToken()) }, /cut off|not of this provider/],
    ["with a cut refresh token", { refresh: new Secret("rt_abc") }, /cut off/],
    ["without its access token", { access: undefined }, /cut off/],
    ["without an end", { accessExpiresAt: undefined }, /not newer/],
    ["that is older", { accessExpiresAt: NOW }, /not newer/],
  ])("%s is never taken over", (_, change, look) => {
    const found = capture(next(change), false, known);
    expect(found?.credential).toBeUndefined();
    expect(found?.refused).toMatch(look);
  });
});

test("a login that its program has marked as ended is told as that, whatever the program", () => {
  expect(capture(undefined, true, newChatGpt())?.refused).toMatch(/has ended/);
  expect(capture(undefined, false, newChatGpt())?.refused).toMatch(/no login/);
});
