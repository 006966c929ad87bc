import * as fc from "fast-check";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { Secret } from "../../../src/secret.ts";
import { pi } from "../../../src/targets/pi.ts";
import type { Section } from "../../../src/targets/target.ts";
import {
  ACCOUNT,
  DAY,
  failureOf,
  HOUR,
  MINUTE,
  NOW,
  newChatGpt,
  newJwt,
  newLogin,
  newOpenaiRefresh,
  newToken,
  pieceOf,
  rendered,
} from "./support.ts";

const ANTHROPIC = { provider: "anthropic", account: "default" } as const;
const OPENAI = { provider: "openai", account: "default" } as const;
const FAR = Date.UTC(9999, 0);

const read = (section: Section, slot: typeof ANTHROPIC | typeof OPENAI = ANTHROPIC) => pi.read(section, slot, NOW);

describe("where pi looks", () => {
  test.each<[string, Record<string, string>, string]>([
    ["the home", {}, "/h/.pi/agent"],
    ["its variable", { PI_CODING_AGENT_DIR: "/c" }, "/c"],
    ["its variable, empty", { PI_CODING_AGENT_DIR: "" }, "/h/.pi/agent"],
    ["a tilde alone", { PI_CODING_AGENT_DIR: "~" }, "/h"],
    ["a folder of the home", { PI_CODING_AGENT_DIR: "~/c" }, "/h/c"],
    ["a tilde that is a name", { PI_CODING_AGENT_DIR: "/a/~b" }, "/a/~b"],
    ["a name that begins with a tilde", { PI_CODING_AGENT_DIR: "~b" }, "~b"],
  ])("%s", (_, env, folder) => {
    expect(pi.path({ env, home: "/h" })).toBe(join(resolve(folder), "auth.json"));
  });

  test("a home with signs that mean something to a replacement", () => {
    expect(pi.path({ env: { PI_CODING_AGENT_DIR: "~/c" }, home: "/$&" })).toBe(join(resolve("/$&/c"), "auth.json"));
  });

  test("it guards the file by a folder beside it", () => {
    expect(pi.locks?.("/h/auth.json")).toEqual([{ path: "/h/auth.json.lock", staleMs: 30_000 }]);
  });
});

describe("access only", () => {
  test("Claude: a key that has no refresh token and cannot be renewed", () => {
    const credential = newLogin();
    const section = pi.write(credential, { full: false, now: NOW });

    expect(section).toEqual({
      type: "api_key",
      key: credential.access?.reveal(),
      expires: credential.accessExpiresAt,
    });
  });

  test("Claude: a setup token, whose end nobody knows, also where a refresh token was asked for", () => {
    const credential = newLogin({ kind: "setup-token", refresh: undefined, accessExpiresAt: undefined });

    for (const full of [false, true]) {
      const section = pi.write(credential, { full, now: NOW });
      expect(section).toEqual({ type: "api_key", key: credential.access?.reveal() });
      expect(read(section)).toMatchObject({ kind: "setup-token", scopes: ["user:inference"] });
    }
  });

  test.each([
    ["a command", "!touch /tmp/x"],
    ["a variable", "$HOME"],
    ["a variable in braces", "sk-ant-oat01-${HOME}"],
    ["the name of a variable", "HOME"],
    ["an API key", "sk-ant-api03-0123456789abcdef"],
    ["a token on two lines", "sk-ant-oat01-0123456789\nabcdef"],
    ["nothing", ""],
  ])("Claude: %s instead of a token is never written", (_, value) => {
    const credential = newLogin({ kind: "access", access: new Secret(value) });
    const failure = failureOf(() => pi.write(credential, { full: false, now: NOW }));

    expect(failure.code).toBe("credential-unusable");
    if (value) expect(failure.explain()).not.toContain(value);
  });

  test("ChatGPT: an end that never comes, whenever the real one is", () => {
    for (const accessExpiresAt of [NOW - DAY, NOW + DAY, undefined]) {
      const credential = newChatGpt({ accessExpiresAt });
      const section = pi.write(credential, { full: false, now: NOW });

      expect(section).toMatchObject({
        type: "oauth",
        access: credential.access?.reveal(),
        refresh: "",
        accountId: ACCOUNT,
      });
      expect(section["expires"]).toBeGreaterThan(FAR);
    }
  });

  test("ChatGPT: the account of the token, where none was stored", () => {
    const credential = newChatGpt({ accountId: undefined });

    expect(pi.write(credential, { full: false, now: NOW })).toMatchObject({ accountId: ACCOUNT });
  });

  test("no piece of a refresh token", () => {
    for (const credential of [newLogin(), newChatGpt()]) {
      const text = rendered(pi, "", credential, false);
      expect(pieceOf(credential.refresh?.reveal() ?? "", text)).toBeUndefined();
    }
  });
});

describe("with the refresh token", () => {
  test("Claude: the end five minutes early, as pi notes it itself", () => {
    const credential = newLogin();
    const section = pi.write(credential, { full: true, now: NOW });

    expect(section).toEqual({
      type: "oauth",
      access: credential.access?.reveal(),
      refresh: credential.refresh?.reveal(),
      expires: NOW + 8 * HOUR - 5 * MINUTE,
    });
    expect(read(section)?.accessExpiresAt).toBe(NOW + 8 * HOUR);
  });

  test("ChatGPT: the end as it is", () => {
    const credential = newChatGpt({ accessExpiresAt: NOW + 0.5 });

    expect(pi.write(credential, { full: true, now: NOW })).toEqual({
      type: "oauth",
      access: credential.access?.reveal(),
      refresh: credential.refresh?.reveal(),
      expires: NOW,
      accountId: ACCOUNT,
    });
  });

  test("an end that nobody knows has come", () => {
    for (const credential of [newLogin({ accessExpiresAt: undefined }), newChatGpt({ accessExpiresAt: undefined })]) {
      expect(pi.write(credential, { full: true, now: NOW })).toMatchObject({ expires: 0 });
    }
  });
});

describe("read back", () => {
  test("a login of Claude", () => {
    const [access, refresh] = [newToken("oat"), newToken("ort")];
    const found = read({ type: "oauth", access, refresh, expires: NOW });

    expect(found).toMatchObject({ kind: "login", provider: "anthropic", accessExpiresAt: NOW + 5 * MINUTE });
    expect([found?.access?.reveal(), found?.refresh?.reveal()]).toEqual([access, refresh]);
  });

  test("a login of ChatGPT, whose token knows its end better", () => {
    const [access, refresh] = [newJwt(ACCOUNT, NOW + DAY, "pro"), newOpenaiRefresh()];
    const found = read({ type: "oauth", access, refresh, expires: NOW + HOUR }, OPENAI);

    expect(found).toMatchObject({
      kind: "login",
      provider: "openai",
      accessExpiresAt: NOW + DAY,
      accountId: ACCOUNT,
      plan: "pro",
    });
    expect([found?.access?.reveal(), found?.refresh?.reveal()]).toEqual([access, refresh]);
  });

  test("what we wrote without a refresh token", () => {
    const login = newLogin();
    const chatgpt = newChatGpt();
    const claude = read(pi.write(login, { full: false, now: NOW }));
    const openai = read(pi.write(chatgpt, { full: false, now: NOW }), OPENAI);

    expect(claude).toMatchObject({ kind: "access", accessExpiresAt: login.accessExpiresAt, refresh: undefined });
    expect(claude?.access?.equals(login.access)).toBe(true);
    expect(openai).toMatchObject({ kind: "access", accessExpiresAt: chatgpt.accessExpiresAt, refresh: undefined });
    expect(openai?.access?.equals(chatgpt.access)).toBe(true);
    expect(openai?.accountId).toBe(ACCOUNT);
  });

  test("the stored account beats that of the token", () => {
    expect(read({ type: "oauth", access: newJwt(), refresh: "", expires: 1, accountId: "a" }, OPENAI)?.accountId).toBe(
      "a",
    );
  });

  test("a login whose access token is gone", () => {
    const found = read({ type: "oauth", access: "", refresh: newToken("ort"), expires: 0 });

    expect(found).toMatchObject({ kind: "login", access: undefined, accessExpiresAt: undefined });
  });

  test("a token of Claude's that lives for a year is one of `claude setup-token`", () => {
    const section = { type: "oauth", access: newToken("oat"), refresh: "" };

    expect(read({ ...section, expires: NOW + 300 * DAY })?.kind).toBe("setup-token");
    expect(read({ ...section, expires: NOW + 8 * HOUR })?.kind).toBe("access");
    expect(read({ ...section, refresh: newToken("ort"), expires: NOW + 300 * DAY })).toMatchObject({
      kind: "login",
      scopes: undefined,
    });
  });

  test.each<[string, Section]>([
    ["an API key", { type: "api_key", key: "sk-ant-api03-0123456789abcdef" }],
    ["a command", { type: "api_key", key: "!security find-generic-password" }],
    ["the name of a variable", { type: "api_key", key: "ANTHROPIC_API_KEY" }],
    ["a key that is no text", { type: "api_key", key: 7 }],
    ["no key", { type: "api_key" }],
    ["the key of another program's type", { type: "api", key: newToken("oat") }],
    ["an entry without a type", { access: newToken("oat"), refresh: newToken("ort") }],
    ["empty tokens", { type: "oauth", access: "", refresh: "", expires: 0 }],
    ["an entry of nothing", {}],
  ])("%s is no login", (_, section) => {
    expect(read(section)).toBeUndefined();
    expect(pi.slots({ anthropic: section })).toEqual([]);
  });

  test("an API key of OpenAI's, or a token that names no account, is no login", () => {
    for (const key of ["sk-proj-0123456789abcdef", newJwt(null)]) {
      expect(read({ type: "api_key", key }, OPENAI)).toBeUndefined();
    }
    expect(read({ type: "api_key", key: newJwt() }, OPENAI)?.kind).toBe("access");
  });
});

describe("the file", () => {
  const login = { type: "oauth", access: newToken("oat"), refresh: newToken("ort"), expires: NOW };

  test("tells which logins it holds", () => {
    const chatgpt = { type: "oauth", access: newJwt(), refresh: "", expires: NOW };
    const doc = { groq: { type: "api_key", key: "k" }, anthropic: login, "openai-codex": chatgpt };

    expect(pi.slots(doc)).toEqual([ANTHROPIC, OPENAI]);
    expect(pi.slots({ anthropic: login, "openai-codex": null })).toEqual([ANTHROPIC]);
    // Its own sign-in to OpenAI's API, by another client.
    expect(pi.slots({ openai: { ...chatgpt, clientId: "c", scopes: [] } })).toEqual([]);
    expect(pi.slots({})).toEqual([]);
  });

  test("is indented by two spaces, as pi writes it", () => {
    const credential = newChatGpt();
    const text = rendered(pi, '{"groq":{"type":"api_key","key":"k"}}', credential, false);

    expect(text.startsWith('{\n  "groq": {\n    "type": "api_key",\n    "key": "k"\n  },\n  "openai-codex": {\n')).toBe(
      true,
    );
  });

  test("keeps everything that is not ours, and its order", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.boolean(),
        (before, after, full) => {
          const others = Object.fromEntries(
            Object.entries({ ...before, ...after }).filter(([key]) => key !== "anthropic"),
          );
          const present = JSON.stringify({ ...before, anthropic: login, ...others });
          const credential = newLogin();
          const doc = pi.parse(rendered(pi, present, credential, full)) ?? {};

          expect(JSON.stringify(pi.set(doc, ANTHROPIC, login))).toBe(present);
          expect(read(pi.get(doc, ANTHROPIC) ?? {})?.access?.equals(credential.access)).toBe(true);
        },
      ),
    );
  });

  test("keeps the other provider's login, and gives ours away without a trace", () => {
    const doc = pi.parse(rendered(pi, JSON.stringify({ anthropic: login }), newChatGpt(), false)) ?? {};

    expect(pi.get(doc, ANTHROPIC)).toEqual(login);
    expect(pi.set(doc, OPENAI, undefined)).toEqual({ anthropic: login });
    expect(pi.set(doc, { provider: "custom", account: "default" }, login)).toBe(doc);
    expect(pi.get({ "": login }, { provider: "custom", account: "default" })).toBeUndefined();
  });

  test("may begin with a byte order mark, which newer releases skip", () => {
    expect(pi.parse('\uFEFF{"groq":1}')).toEqual({ groq: 1 });
  });

  test.each(["", "{", "[]", "null", '"x"'])("that is %j is none", (text) => {
    expect(pi.parse(text)).toBeUndefined();
  });
});
