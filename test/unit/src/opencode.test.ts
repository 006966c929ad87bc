import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { Secret } from "../../../src/secret.ts";
import { opencode } from "../../../src/targets/opencode.ts";
import type { Section } from "../../../src/targets/target.ts";
import {
  ACCOUNT,
  DAY,
  HOUR,
  NOW,
  newChatGpt,
  newJwt,
  newOpenaiRefresh,
  newToken,
  pieceOf,
  rendered,
} from "./support.ts";

const OPENAI = { provider: "openai", account: "default" } as const;
const FAR = Date.UTC(9999, 0);

const read = (section: Section) => opencode.read(section, OPENAI, NOW);

describe("where opencode looks", () => {
  test.each<[string, Record<string, string>, string]>([
    ["the home", {}, "/h/.local/share"],
    ["the folder for data", { XDG_DATA_HOME: "/x" }, "/x"],
    ["the folder for data, empty", { XDG_DATA_HOME: "" }, "/h/.local/share"],
  ])("%s", (_, env, folder) => {
    expect(opencode.path({ env, home: "/h" })).toBe(join(resolve(folder), "opencode", "auth.json"));
  });

  test("nothing guards the file", () => {
    expect(opencode.locks).toBeUndefined();
  });
});

describe("what keeps it from the file", () => {
  const shadows = (env: Record<string, string>) => opencode.shadows?.({ env, home: "/h" }, () => undefined, "/h/a");

  test.each<[string, Record<string, string>, RegExp[]]>([
    ["nothing", {}, []],
    ["other logins in a variable", { OPENCODE_AUTH_CONTENT: "{}" }, [/OPENCODE_AUTH_CONTENT.* \/h\/a.*Remove/]],
    ["any JSON in that variable", { OPENCODE_AUTH_CONTENT: "5" }, [/OPENCODE_AUTH_CONTENT/]],
    ["that variable, empty", { OPENCODE_AUTH_CONTENT: "" }, []],
    ["that variable, but no JSON", { OPENCODE_AUTH_CONTENT: "{" }, []],
    ["no plug-ins", { OPENCODE_DISABLE_DEFAULT_PLUGINS: "1" }, [/OPENCODE_DISABLE_DEFAULT_PLUGINS.*Remove/]],
    ["plug-ins", { OPENCODE_DISABLE_DEFAULT_PLUGINS: "false" }, []],
    [
      "both",
      { OPENCODE_AUTH_CONTENT: "{}", OPENCODE_DISABLE_DEFAULT_PLUGINS: "true" },
      [/AUTH_CONTENT/, /DEFAULT_PLUGINS/],
    ],
  ])("%s", (_, env, expected) => {
    expect(shadows(env)).toEqual(expected.map((text) => expect.stringMatching(text)));
  });

  test("the value of the variable is not said", () => {
    const token = newJwt();
    const said = shadows({ OPENCODE_AUTH_CONTENT: JSON.stringify({ openai: { type: "oauth", access: token } }) });

    expect(pieceOf(token, (said ?? []).join(" "))).toBeUndefined();
  });
});

describe("written", () => {
  test("access only: an end that never comes, whenever the real one is", () => {
    for (const accessExpiresAt of [NOW - DAY, NOW + DAY, undefined]) {
      const credential = newChatGpt({ accessExpiresAt });
      const section = opencode.write(credential, { full: false, now: NOW });

      expect(section).toMatchObject({
        type: "oauth",
        access: credential.access?.reveal(),
        refresh: "",
        accountId: ACCOUNT,
      });
      expect(section["expires"]).toBeGreaterThan(FAR);
      expect(pieceOf(credential.refresh?.reveal() ?? "", rendered(opencode, "", credential, false))).toBeUndefined();
    }
  });

  test("an access token has no refresh token to write", () => {
    const credential = newChatGpt({ kind: "access", refresh: undefined });
    const section = opencode.write(credential, { full: true, now: NOW });

    expect(section).toEqual(opencode.write(credential, { full: false, now: NOW }));
  });

  test("with the refresh token: in whole milliseconds, or the program drops the entry", () => {
    const credential = newChatGpt({ accessExpiresAt: NOW + DAY + 0.75 });

    expect(opencode.write(credential, { full: true, now: NOW })).toEqual({
      type: "oauth",
      access: credential.access?.reveal(),
      refresh: credential.refresh?.reveal(),
      expires: NOW + DAY,
      accountId: ACCOUNT,
    });
  });

  test("the account of the token, where none was stored; none at all, if the token has none either", () => {
    const write = (access: string) =>
      opencode.write(newChatGpt({ accountId: undefined, access: new Secret(access) }), { full: false, now: NOW });

    expect(write(newJwt())).toHaveProperty("accountId", ACCOUNT);
    expect(write(newJwt(null))).not.toHaveProperty("accountId");
  });
});

describe("read back", () => {
  test("a login", () => {
    const [access, refresh] = [newJwt(ACCOUNT, NOW + 2 * DAY), newOpenaiRefresh()];
    const found = read({ type: "oauth", refresh, access, expires: NOW + HOUR, accountId: "a" });

    expect(found).toMatchObject({
      kind: "login",
      provider: "openai",
      accessExpiresAt: NOW + 2 * DAY,
      accountId: "a",
      plan: "plus",
    });
    expect([found?.access?.reveal(), found?.refresh?.reveal()]).toEqual([access, refresh]);
  });

  test("a login whose access token does not tell its end", () => {
    const found = read({ type: "oauth", refresh: newOpenaiRefresh(), access: "opaque", expires: NOW + HOUR });

    expect(found).toMatchObject({ kind: "login", accessExpiresAt: NOW + HOUR, accountId: undefined });
  });

  test("what we wrote without a refresh token, opaque or not", () => {
    const credential = newChatGpt();
    const found = read(opencode.write(credential, { full: false, now: NOW }));
    const opaque = newChatGpt({ access: new Secret("opaque"), accessExpiresAt: NOW + HOUR });

    expect(found).toMatchObject({ kind: "access", accessExpiresAt: NOW + 10 * DAY, accountId: ACCOUNT });
    expect(found?.access?.equals(credential.access)).toBe(true);
    expect(read(opencode.write(opaque, { full: false, now: NOW }))?.accessExpiresAt).toBeUndefined();
  });

  test.each<[string, Section]>([
    ["an API key", { type: "api", key: "sk-proj-0123456789abcdef" }],
    ["the key of another program's type", { type: "api_key", key: newJwt() }],
    ["a login by well-known address", { type: "wellknown", key: "k", token: newJwt() }],
    [
      "a login of another client",
      { type: "oauth", access: newJwt(), refresh: newOpenaiRefresh(), expires: NOW, clientId: "c" },
    ],
    ["empty tokens", { type: "oauth", access: "", refresh: "", expires: 0 }],
  ])("%s is no login", (_, section) => {
    expect(read(section)).toBeUndefined();
    expect(opencode.slots({ openai: section })).toEqual([]);
  });

  test("a ChatGPT token as a key", () => {
    expect(read({ type: "api", key: newJwt() })).toMatchObject({ kind: "access", accountId: ACCOUNT });
  });
});

describe("the file", () => {
  const doc = {
    anthropic: { type: "oauth", access: newToken("oat"), refresh: newToken("ort"), expires: NOW, odd: [1] },
    openai: { type: "api", key: "sk-proj-0123456789abcdef" },
    "https://example.com": { type: "wellknown", key: "K", token: "t" },
  };

  test("has no login of Claude's: the program could not use it", () => {
    expect(opencode.providers).toEqual(["openai"]);
    expect(opencode.slots(doc)).toEqual([]);
    expect(opencode.get(doc, { provider: "anthropic", account: "default" })).toBeUndefined();
  });

  test("keeps everything that is not ours; what stood in our place can be put back", () => {
    const text = rendered(opencode, JSON.stringify(doc), newChatGpt(), true);
    const written = opencode.parse(text) ?? {};

    expect(opencode.slots(written)).toEqual([OPENAI]);
    expect(Object.keys(written)).toEqual(Object.keys(doc));
    expect(opencode.set(written, OPENAI, opencode.get(doc, OPENAI))).toEqual(doc);
    expect(text.startsWith('{\n  "anthropic": {\n    "type": "oauth"')).toBe(true);
  });
});
