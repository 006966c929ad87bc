import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyText } from "../../support/any-text.ts";
import type { Credential } from "../../../src/credential/credential.ts";
import { Secret } from "../../../src/secret.ts";
import { peekaboo } from "../../../src/targets/peekaboo.ts";
import type { Doc, Slot } from "../../../src/targets/target.ts";
import { anyFile, inventChatGptToken, type Line, textOf } from "../../support/peekaboo/files.ts";
import {
  keysByName,
  keysBySubstring,
  peekabooSnapshot,
  peekabooValues,
  tachikomaStore,
  type Values,
} from "../../support/peekaboo/parsers.ts";
import { BEARER, EARLY, type Provider, type Situation, STRICT } from "../../support/peekaboo/wire.ts";
import { failureOf, HOUR, newLogin, newToken, NOW, pieceOf, SECOND } from "./support.ts";

const PROVIDERS: readonly Provider[] = ["anthropic", "openai"];
const slotOf = (provider: Provider): Slot => ({ provider, account: "default" });
const prefixOf = (provider: Provider): string => (provider === "openai" ? "OPENAI" : "ANTHROPIC");
const ACCOUNT = "7e0f5b1c-invented";

/** A login as we hold it: with a refresh token, which must never be written. */
function login(provider: Provider, change: Partial<Credential> = {}): Credential {
  const access = provider === "openai" ? new Secret(inventChatGptToken(ACCOUNT, NOW + 8 * HOUR)) : undefined;
  return newLogin({ provider, ...(access && { access }), ...change });
}

const parse = (text: string): Doc => peekaboo.parse(text) ?? {};

/** The file after our writing. */
function written(before: string, credential: Credential, full = false): string {
  const section = peekaboo.write(credential, { full, now: NOW });
  return peekaboo.print(peekaboo.set(parse(before), slotOf(credential.provider as Provider), section));
}

/** All lines but those of one provider's login, the last one ended. */
const withoutLogin = (lines: readonly Line[], provider: Provider): string =>
  textOf(lines.filter((line) => line.login !== provider)).replace(/(?<=[^\n\v\f\r\u0085\u2028\u2029])$/, "\n");

/** What a parser sees beside the login of a provider. */
function others(values: Values, provider: Provider): object {
  const ours = new RegExp(`^${prefixOf(provider)}_(ACCESS_TOKEN|ACCESS_EXPIRES|REFRESH_TOKEN)$`);
  const beta = provider === "anthropic" ? "ANTHROPIC_BETA_HEADER" : "";
  const isOurs = (key: string) => ours.test(key.trim()) || key.trim() === beta;
  return Object.fromEntries([...values].filter(([key]) => !isOurs(key.replaceAll("\u200b", ""))));
}

const end = fc.option(fc.integer({ min: NOW + 2 * 60 * SECOND, max: NOW + 300 * 24 * HOUR }), { nil: undefined });
const provider = fc.constantFrom(...PROVIDERS);

describe("whatever else stands in the file", () => {
  test("each of Peekaboo's parsers sees our access token, its end in seconds, and no refresh token", () => {
    fc.assert(
      fc.property(anyFile(false), provider, end, fc.boolean(), (lines, whose, accessExpiresAt, full) => {
        const credential = login(whose, { accessExpiresAt });
        const token = credential.access?.reveal();
        const prefix = prefixOf(whose);
        const text = written(textOf(lines), credential, full);
        for (const values of [tachikomaStore(text), peekabooValues(text), peekabooSnapshot(text)]) {
          if (values === undefined) continue; // a broken line of somebody else's
          expect(values.get(`${prefix}_ACCESS_TOKEN`)).toBe(token);
          expect(values.get(`${prefix}_REFRESH_TOKEN`)).toBeUndefined();
          expect(values.get(`${prefix}_ACCESS_EXPIRES`)).toBe(
            accessExpiresAt === undefined ? undefined : String(Math.floor(accessExpiresAt / 1000)),
          );
        }
        expect(keysBySubstring(text).get(whose)).toBe(token);
        expect(text).not.toContain(credential.refresh?.reveal());
      }),
      { numRuns: 500 },
    );
  });

  test("a file that the strictest parser can read stays one", () => {
    fc.assert(
      fc.property(anyFile(true), provider, (lines, whose) => {
        expect(peekabooSnapshot(textOf(lines))).toBeDefined();
        const credential = login(whose);
        const after = peekabooSnapshot(written(textOf(lines), credential));
        expect(after?.get(`${prefixOf(whose)}_ACCESS_TOKEN`)).toBe(credential.access?.reveal());
      }),
    );
  });

  test("every line that is not of that login stands as it stood, in its order, before ours", () => {
    fc.assert(
      fc.property(anyFile(false), provider, (lines, whose) => {
        fc.pre(lines.length > 0);
        const credential = login(whose);
        const before = textOf(lines);
        const after = written(before, credential);
        const kept = withoutLogin(lines, whose);
        const ours = after.slice(kept.length);
        expect(after.slice(0, kept.length)).toBe(kept);
        expect(ours.split("\n").map((line) => line.split("=", 1)[0])).toEqual(
          whose === "openai"
            ? ["OPENAI_ACCESS_EXPIRES", "OPENAI_ACCESS_TOKEN", ""]
            : ["ANTHROPIC_ACCESS_EXPIRES", "ANTHROPIC_BETA_HEADER", "ANTHROPIC_ACCESS_TOKEN", ""],
        );
        for (const read of [tachikomaStore, peekabooValues])
          expect(others(read(after), whose)).toEqual(others(read(before), whose));
        const rest = (values: Values) => [...values].filter(([name]) => name !== whose);
        expect(rest(keysBySubstring(after))).toEqual(rest(keysBySubstring(before)));
        expect([...keysByName(after)]).toEqual([...keysByName(before)]);
      }),
      { numRuns: 500 },
    );
  });

  test("taken out again, it leaves what was there; put back, a login is read as before", () => {
    fc.assert(
      fc.property(anyFile(false), provider, (lines, whose) => {
        fc.pre(lines.length > 0);
        const before = parse(textOf(lines));
        const slot = slotOf(whose);
        const after = parse(written(textOf(lines), login(whose)));
        expect(peekaboo.print(peekaboo.set(after, slot, undefined))).toBe(withoutLogin(lines, whose));
        const restored = peekaboo.set(after, slot, peekaboo.get(before, slot));
        expect(peekaboo.get(restored, slot)).toEqual(peekaboo.get(before, slot));
        expect(peekaboo.slots(restored)).toEqual(peekaboo.slots(before));
      }),
    );
  });

  test("writing again changes nothing, and what is read back is what was written", () => {
    fc.assert(
      fc.property(anyFile(false), provider, (lines, whose) => {
        const credential = login(whose);
        const once = written(textOf(lines), credential);
        expect(written(once, credential)).toBe(once);
        const section = peekaboo.get(parse(once), slotOf(whose));
        expect(JSON.stringify(section)).toBe(JSON.stringify(peekaboo.write(credential, { full: false, now: NOW })));
      }),
    );
  });

  test("both providers' logins stand side by side, whichever was written first", () => {
    fc.assert(
      fc.property(anyFile(false), fc.constantFrom([0, 1], [1, 0]), (lines, order) => {
        const logins = PROVIDERS.map((whose) => login(whose));
        const text = order.reduce((before, at) => written(before, logins[at] as Credential), textOf(lines));
        for (const { provider: whose, access } of logins) {
          expect(keysBySubstring(text).get(whose)).toBe(access?.reveal());
          expect(tachikomaStore(text).get(`${prefixOf(whose as Provider)}_ACCESS_TOKEN`)).toBe(access?.reveal());
        }
      }),
    );
  });
});

const situation = (text: string, change: Partial<Situation> = {}): Situation => ({
  text,
  env: {},
  config: {},
  now: NOW,
  ...change,
});

describe("what Peekaboo sends", () => {
  const BETA = expect.arrayContaining(["oauth-2025-04-20", "claude-code-20250219"]);

  test.each([BEARER, STRICT])("$name: our token as Bearer, to each provider", (release) => {
    const [claude, chatGpt] = PROVIDERS.map((whose) => login(whose)) as [Credential, Credential];
    const text = written(written("", claude), chatGpt);
    const how = "Authorization: Bearer";
    const beta = BETA;
    expect(release.sends("anthropic", situation(text))).toEqual({ how, secret: claude.access?.reveal(), beta });
    const secret = chatGpt.access?.reveal();
    expect(release.sends("openai", situation(text))).toEqual({ how, secret, account: ACCOUNT });
  });

  test("up to 3.2.0: our token, but as an API key, which Anthropic refuses", () => {
    const credential = login("anthropic");
    const secret = credential.access?.reveal();
    expect(EARLY.sends("anthropic", situation(written("", credential)))).toEqual({ how: "x-api-key", secret });
  });

  test.each([BEARER, STRICT])("$name: no token endpoint is asked, before the end or after it", (release) => {
    for (const whose of PROVIDERS) {
      // Also where a person's own refresh token stood in the file.
      const text = written(`${prefixOf(whose)}_REFRESH_TOKEN=${newToken("ort")}\n`, login(whose));
      for (const ms of [0, 8 * HOUR - 30 * SECOND, 9 * HOUR])
        expect(release.sends(whose, situation(text, { now: NOW + ms }))).not.toBe("refresh");
    }
  });

  test("our token, or else we have warned", () => {
    const name = fc.constantFrom(
      "ANTHROPIC_API_KEY",
      "OPENAI_API_KEY",
      "OPENAI_ACCESS_TOKEN",
      "OPENAI_REFRESH_TOKEN",
      "GEMINI_API_KEY",
    );
    const env = fc.dictionary(name, fc.constantFrom("", "someone"), { maxKeys: 2 });
    const config = fc.record(
      { openaiApiKey: fc.constantFrom("", "key"), anthropicApiKey: fc.constantFrom("", "key") },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        anyFile(false),
        provider,
        env,
        config,
        end,
        (lines, whose, variables, aiProviders, accessExpiresAt) => {
          const credential = login(whose, { accessExpiresAt });
          const text = written(textOf(lines), credential);
          const files: Record<string, string> = {
            "/p/credentials": text,
            "/p/config.json": JSON.stringify({ aiProviders }, undefined, 2),
          };
          const warnings = peekaboo.shadows?.({ env: variables, home: "/h" }, (path) => files[path], "/p/credentials");
          const sent = STRICT.sends(whose, situation(text, { env: variables, config: aiProviders }));
          if (warnings?.length === 0) {
            expect(sent).toMatchObject({ how: "Authorization: Bearer", secret: credential.access?.reveal() });
          }
          // A key wins always; a session of OpenAI in the environment only sometimes.
          const key = `${prefixOf(whose)}_API_KEY`;
          if (variables[key] || keysByName(text).has(whose))
            expect(warnings).toContainEqual(expect.stringContaining(` ${key}`));
          expect(pieceOf(credential.access?.reveal() ?? "", warnings?.join() ?? "")).toBeUndefined();
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe("a wrong file would be seen", () => {
  const credential = login("anthropic");
  const token = credential.access?.reveal();
  const text = written("", credential);

  test("sorted by name, the API key of releases up to 3.2.0 would be another line's value", () => {
    const sorted = text.split("\n").toSorted().join("\n");
    expect(keysBySubstring(sorted).get("anthropic")).not.toBe(token);
    const withRefresh = `${sorted}\nANTHROPIC_REFRESH_TOKEN=${newToken("ort")}`;
    expect(keysBySubstring(withRefresh).get("anthropic")).toMatch(/^sk-ant-ort/);
  });

  test("with milliseconds, an ended token would be taken for a living one", () => {
    const late = { now: NOW + 9 * HOUR };
    const wrong = text.replace(/(EXPIRES=\d+)/, "$1000");
    expect(STRICT.sends("anthropic", situation(text, late))).toBeUndefined();
    expect(STRICT.sends("anthropic", situation(wrong, late))).toMatchObject({ secret: token });
  });

  test("without the beta header, Anthropic would not be told that it is an OAuth token", () => {
    const wrong = text.replace(/ANTHROPIC_BETA_HEADER=.*\n/, "");
    const sent = STRICT.sends("anthropic", situation(wrong));
    expect(sent).toMatchObject({ secret: token, beta: expect.not.arrayContaining(["oauth-2025-04-20"]) });
  });

  test("with a person's refresh token left beside it, another login would be spent", () => {
    const wrong = `${written("", login("openai"))}OPENAI_REFRESH_TOKEN=rt_someone`;
    // Peekaboo takes the last minute of a token for its end.
    for (const ms of [8 * HOUR - 30 * SECOND, 9 * HOUR]) {
      const late = { now: NOW + ms };
      expect(STRICT.sends("openai", situation(wrong, late))).toBe("refresh");
      expect(STRICT.sends("openai", situation(written(wrong, login("openai")), late))).toBeUndefined();
    }
  });
});

describe("the text", () => {
  test("of a new file has two lines of comment; one that was there gets none", () => {
    const credential = login("anthropic", { access: new Secret("sk-ant-oat01-INVENTED") });
    expect(written("", credential)).toBe(
      [
        "# Written by oauth-creds: access tokens only.",
        "# Keep this file from others.",
        "",
        `ANTHROPIC_ACCESS_EXPIRES=${Date.UTC(2031, 4, 6, 15, 8, 9) / 1000}`,
        "ANTHROPIC_BETA_HEADER=oauth-2025-04-20,claude-code-20250219,interleaved-thinking-2025-05-14,fine-grained-tool-streaming-2025-05-14",
        "ANTHROPIC_ACCESS_TOKEN=sk-ant-oat01-INVENTED",
        "",
      ].join("\n"),
    );
    expect(written("\n", credential)).toMatch(/^\nANTHROPIC_ACCESS_EXPIRES=/);
    expect(written("ANTHROPIC_ACCESS_TOKEN=old", credential)).toMatch(/^ANTHROPIC_ACCESS_EXPIRES=/);
  });

  test("has no EXPIRES line where the end is unknown, also if there was one", () => {
    const setup = login("anthropic", { kind: "setup-token", accessExpiresAt: undefined });
    expect(written("ANTHROPIC_ACCESS_EXPIRES=1\n", setup)).not.toContain("EXPIRES");
  });

  test.each(["\n", "\r", "\v", "\f", "\u0085", "\u2028", "\u2029", "\0"])(
    "a value with %j in it is refused, and not told",
    (character) => {
      const token = newToken();
      for (const value of [`${token}${character}X=1`, `${token}${character}`, character]) {
        const failure = failureOf(() => written("", login("anthropic", { access: new Secret(value) })));
        expect(failure.code).toBe("credential-unusable");
        expect(failure.explain()).toContain("ANTHROPIC_ACCESS_TOKEN");
        expect(pieceOf(token, failure.explain())).toBeUndefined();
      }
      const section = { OPENAI_ACCESS_TOKEN: `a${character}b` };
      expect(failureOf(() => peekaboo.set(parse(""), slotOf("openai"), section)).code).toBe("credential-unusable");
    },
  );

  test("a value of any characters is written as one line or refused", () => {
    fc.assert(
      fc.property(anyText(20), (value) => {
        const credential = login("anthropic", { access: new Secret(value) });
        let text: string;
        try {
          text = written("", credential);
        } catch {
          return;
        }
        expect(text.split(/[\n-\r\u0085\u2028\u2029]/)).toHaveLength(7);
        expect(peekabooValues(text).get("ANTHROPIC_ACCESS_TOKEN")).toBe(value);
        expect(tachikomaStore(text).get("ANTHROPIC_ACCESS_TOKEN")).toBe(value);
      }),
    );
  });

  test("a login behind a byte order mark is replaced, too", () => {
    const credential = login("anthropic");
    expect(written("\uFEFFANTHROPIC_REFRESH_TOKEN=x\n", credential)).toBe(written("\n", credential).slice(1));
  });

  test("without an access token nothing is written", () => {
    expect(failureOf(() => written("", login("openai", { access: undefined }))).code).toBe("credential-unusable");
  });
});

describe("a pasted file", () => {
  const read = (text: string, whose: Provider, notices: string[] = []) => {
    const section = peekaboo.get(parse(text), slotOf(whose));
    return section && peekaboo.read(section, slotOf(whose), NOW, (notice) => notices.push(notice));
  };

  test("of Peekaboo's own is a login that can be renewed", () => {
    const [oat, ort] = [newToken("oat"), newToken("ort")];
    const text = [
      "# Tachikoma credentials file",
      "",
      "ANTHROPIC_ACCESS_EXPIRES=1936000000",
      `ANTHROPIC_ACCESS_TOKEN=${oat}`,
      `ANTHROPIC_REFRESH_TOKEN=${ort}`,
      "OPENAI_API_KEY=sk-someone",
    ].join("\n");
    expect(peekaboo.slots(parse(text))).toEqual([slotOf("anthropic")]);
    const credential = read(text, "anthropic");
    expect(credential).toMatchObject({ kind: "login", provider: "anthropic", accessExpiresAt: 1_936_000_000_000 });
    expect([credential?.access?.reveal(), credential?.refresh?.reveal()]).toEqual([oat, ort]);
    expect(read(text, "openai")).toBeUndefined();
  });

  test("of ours is an access token", () => {
    for (const whose of PROVIDERS) {
      const credential = login(whose);
      const found = read(written("", credential), whose);
      expect(found).toMatchObject({ kind: "access", provider: whose, accessExpiresAt: credential.accessExpiresAt });
      expect(found?.access?.reveal()).toBe(credential.access?.reveal());
      expect(found?.refresh).toBeUndefined();
    }
  });

  test("tells of a ChatGPT token what the token itself tells", () => {
    const text = `OPENAI_ACCESS_TOKEN=${inventChatGptToken(ACCOUNT, NOW + HOUR)}\n`;
    expect(read(text, "openai")).toMatchObject({ accountId: ACCOUNT, accessExpiresAt: NOW + HOUR });
    expect(read(`${text}OPENAI_ACCESS_EXPIRES=${NOW / 1000}\n`, "openai")?.accessExpiresAt).toBe(NOW);
    expect(read("OPENAI_ACCESS_TOKEN=opaque\n", "openai")).toMatchObject({ accountId: undefined });
  });

  test("gives values whole, as Peekaboo does: with equals signs, without spaces at their ends", () => {
    const text = "ANTHROPIC_ACCESS_TOKEN = a=b== \nANTHROPIC_REFRESH_TOKEN=\n";
    expect(read(text, "anthropic")?.access?.reveal()).toBe("a=b==");
    expect(peekabooValues(text).get("ANTHROPIC_ACCESS_TOKEN")).toBe("a=b==");
  });

  test("with a refresh token alone is a login", () => {
    const credential = read(`OPENAI_REFRESH_TOKEN=rt_invented`, "openai");
    expect(credential).toMatchObject({ kind: "login", provider: "openai", access: undefined });
    expect(peekaboo.slots(parse("OPENAI_REFRESH_TOKEN=rt_invented"))).toEqual([slotOf("openai")]);
  });

  test.each<[string, number | undefined]>([
    ["1936000000", 1_936_000_000_000],
    ["1936000000.5", 1_936_000_000_500],
    ["0", undefined],
    ["-1", undefined],
    ["soon", undefined],
    ["99999999999999999999", undefined],
  ])("gives an end of %s as %s", (text, ms) => {
    expect(read(`ANTHROPIC_ACCESS_TOKEN=x\nANTHROPIC_ACCESS_EXPIRES=${text}`, "anthropic")?.accessExpiresAt).toBe(ms);
  });

  test("with milliseconds is read for what it means, and said", () => {
    const notices: string[] = [];
    const credential = read(`ANTHROPIC_ACCESS_TOKEN=x\nANTHROPIC_ACCESS_EXPIRES=${NOW}`, "anthropic", notices);
    expect(credential?.accessExpiresAt).toBe(NOW);
    expect(notices).toHaveLength(1);
  });

  test.each([
    "",
    "# ANTHROPIC_ACCESS_TOKEN=x",
    "ANTHROPIC_ACCESS_TOKEN=",
    "ANTHROPIC_ACCESS_TOKEN",
    "ANTHROPIC_BETA_HEADER=x\nANTHROPIC_ACCESS_EXPIRES=1",
    "ANTHROPIC_API_KEY=sk-ant-api03-x\nOPENAI_API_KEY=sk-x",
    '{"claudeAiOauth":{"accessToken":"x"}}',
    "XANTHROPIC_ACCESS_TOKEN=x",
  ])("without a login is none: %j", (text) => {
    expect(peekaboo.slots(parse(text))).toEqual([]);
    for (const whose of PROVIDERS) expect(read(text, whose)).toBeUndefined();
  });

  test("a login of one provider alone is never read as the other's", () => {
    expect(read(written("", login("openai")), "anthropic")).toBeUndefined();
  });
});

describe("where Peekaboo looks", () => {
  test.each<[string, Record<string, string>, string]>([
    ["the home", {}, "/h/.peekaboo"],
    ["PEEKABOO_CONFIG_DIR", { PEEKABOO_CONFIG_DIR: "/c" }, "/c"],
    ["PEEKABOO_CONFIG_DIR, empty", { PEEKABOO_CONFIG_DIR: "" }, "/h/.peekaboo"],
    ["PEEKABOO_CONFIG_DIR, blank", { PEEKABOO_CONFIG_DIR: " \t" }, "/h/.peekaboo"],
    ["PEEKABOO_CONFIG_DIR, with a tilde", { PEEKABOO_CONFIG_DIR: "~/c" }, "/h/c"],
    ["PEEKABOO_CONFIG_DIR, the tilde alone", { PEEKABOO_CONFIG_DIR: "~" }, "/h"],
    ["PEEKABOO_CONFIG_DIR, a tilde in the middle", { PEEKABOO_CONFIG_DIR: "/c/~" }, "/c/~"],
    ["PEEKABOO_CONFIG_DIR, relative", { PEEKABOO_CONFIG_DIR: "c" }, join(process.cwd(), "c")],
  ])("%s", (_, env, expected) => {
    expect(peekaboo.path({ env, home: "/h" })).toBe(join(expected, "credentials"));
  });

  test("a home with a dollar sign in its name", () => {
    expect(peekaboo.path({ env: { PEEKABOO_CONFIG_DIR: "~/c" }, home: "/h$&" })).toBe("/h$&/c/credentials");
  });
});

describe("what would win over the login", () => {
  const path = "/p/credentials";
  const shadows = (text: string, env: Record<string, string> = {}, config?: string) =>
    peekaboo.shadows?.(
      { env, home: "/h" },
      (name) => (name === path ? text : name === "/p/config.json" ? config : undefined),
      path,
    );
  const claude = written("", login("anthropic"));
  const chatGpt = written("", login("openai"));

  test.each<[string, string, Record<string, string>, string | undefined, RegExp]>([
    ["a variable", claude, { ANTHROPIC_API_KEY: "x" }, undefined, /^The variable ANTHROPIC_API_KEY is set/],
    ["a variable", chatGpt, { OPENAI_API_KEY: "x" }, undefined, /^The variable OPENAI_API_KEY is set/],
    ["a session", chatGpt, { OPENAI_REFRESH_TOKEN: "x" }, undefined, /^The variable OPENAI_REFRESH_TOKEN is set/],
    ["a line", `ANTHROPIC_API_KEY=x\n${claude}`, {}, undefined, /credentials has a line ANTHROPIC_API_KEY/],
    ["an empty line", `${claude}anthropic_api_key=`, {}, undefined, /credentials has a line ANTHROPIC_API_KEY/],
    ["a setting", claude, {}, '{"aiProviders":{"anthropicApiKey": "x"}}', /config\.json sets `anthropicApiKey`/],
    ["a setting", chatGpt, {}, '{\n  "openaiApiKey" : "${K}"}', /config\.json sets `openaiApiKey`/],
    ["a line that is no KEY=VALUE", `# x\nfoo\n${claude}`, {}, undefined, /^Line 2 of .*credentials is not KEY=VALUE/],
    ["a line without a name", `${claude}=x`, {}, undefined, /^Line 7 of /],
  ])("%s", (_, text, env, config, expected) => {
    expect(shadows(text, env, config)).toEqual([expect.stringMatching(expected)]);
  });

  test.each<[string, string, Record<string, string>, string | undefined]>([
    ["nothing", claude, {}, undefined],
    ["an empty variable", claude, { ANTHROPIC_API_KEY: "" }, undefined],
    ["the other provider's key", claude, { OPENAI_API_KEY: "x", OPENAI_ACCESS_TOKEN: "x" }, '{"openaiApiKey":"x"}'],
    ["a comment", `#ANTHROPIC_API_KEY=x\n \n${claude}`, {}, '// "anthropicApiKey": "x"'],
    ["an empty setting", claude, {}, '{"anthropicApiKey": ""}'],
    ["no file", "", { ANTHROPIC_API_KEY: "x" }, undefined],
  ])("not by %s", (_, text, env, config) => {
    expect(shadows(text, env, config)).toEqual([]);
  });
});
