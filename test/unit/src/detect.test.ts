import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyText } from "../../support/any-text.ts";
import { type Credential, livesFor, sayKind } from "../../../src/credential/credential.ts";
import { sealEnvelope } from "../../../src/credential/envelope.ts";
import { Failure } from "../../../src/errors.ts";
import { type Detected, detect } from "../../../src/recognise/detect.ts";
import { claude } from "../../../src/targets/claude.ts";
import {
  anyTime,
  claudeToken,
  DAY,
  failureIn,
  HOUR,
  newJwt,
  newLogin,
  newToken,
  NOW,
  pieceOf,
  rendered,
  SECOND,
  word,
} from "./support.ts";

const ACCESS = newToken("oat");
const REFRESH = newToken("ort");
const STORED = {
  savedAt: NOW - HOUR,
  location: { kind: "repository", name: "LOGIN", repository: "o/r", repositoryId: "42" },
  probe: undefined,
} as const;
const FILE = JSON.stringify({
  claudeAiOauth: {
    accessToken: ACCESS,
    refreshToken: REFRESH,
    expiresAt: NOW + HOUR,
    scopes: ["user:inference", "user:profile"],
    subscriptionType: "max",
    rateLimitTier: "default_claude_max_5x",
  },
});

const see = (raw: string, endsAt?: number): Promise<Detected> =>
  detect(raw, { provider: "auto", account: "default", endsAt }, NOW);
const tokens = ({ credential }: Detected) => [credential.access?.reveal(), credential.refresh?.reveal()];

describe("as it is meant to be: recognised without a word", () => {
  test("a setup token", async () => {
    const { credential, stored, notices } = await see(ACCESS);
    expect(credential).toMatchObject({ kind: "setup-token", provider: "anthropic", accessExpiresAt: undefined });
    expect([credential.access?.reveal(), credential.refresh, stored]).toEqual([ACCESS, undefined, undefined]);
    expect(notices).toEqual([]);
  });

  test("a setup token with the end that the user knows", async () => {
    expect((await see(ACCESS, NOW + DAY)).credential.accessExpiresAt).toBe(NOW + DAY);
  });

  test("a refresh token: no access token, so it is not good for a moment", async () => {
    const { credential, notices } = await see(REFRESH, NOW + DAY);
    expect(credential).toMatchObject({ kind: "login", generation: 0, access: undefined, accessExpiresAt: undefined });
    expect(credential.refresh?.reveal()).toBe(REFRESH);
    expect(livesFor(credential, 0, NOW)).toBe(false);
    expect(notices).toEqual([]);
  });

  test("Claude's file", async () => {
    const seen = await see(FILE);
    expect(tokens(seen)).toEqual([ACCESS, REFRESH]);
    expect(seen.credential).toMatchObject({
      kind: "login",
      accessExpiresAt: NOW + HOUR,
      scopes: ["user:inference", "user:profile"],
      plan: "max",
      other: { rateLimitTier: "default_claude_max_5x" },
    });
    expect(seen.notices).toEqual([]);
  });

  test("our envelope, with the place and the time of its storing", async () => {
    const login = newLogin({ generation: 7 });
    const seen = await see(sealEnvelope(login, STORED));
    expect(seen.credential).toEqual(login);
    expect(tokens(seen)).toEqual([login.access?.reveal(), login.refresh?.reveal()]);
    expect(seen.stored).toEqual(STORED);
    expect(seen.notices).toEqual([]);
  });

  test.each([
    ["sk-ant-oat01-", "setup-token"],
    ["sk-ant-oat02-", "setup-token"],
    ["sk-ant-ort01-", "login"],
    ["sk-ant-ort12-", "login"],
  ])("%s is a %s", async (prefix, kind) => {
    expect((await see(`${prefix}${"Ab3".repeat(25)}`)).credential.kind).toBe(kind);
  });
});

describe("what is certain is repaired, and told", () => {
  const lines = (text: string, every: number, end: string) =>
    text.match(new RegExp(`.{1,${every}}`, "g"))?.join(end) ?? "";
  const base64 = (text: string) => Buffer.from(text).toString("base64");

  const around: [what: string, wrap: (text: string) => string, told: RegExp[]][] = [
    ["white space", (text) => ` \t\r\n${text}\r\n\n`, []],
    ["a BOM", (text) => `\uFEFF${text}`, []],
    ["double quotes", (text) => `"${text}"`, [/quotes/]],
    ["single quotes", (text) => `'${text}'\n`, [/quotes/]],
    ["back quotes", (text) => `\`${text}\``, [/quotes/]],
    ["a name", (text) => `CLAUDE_CODE_OAUTH_TOKEN=${text}`, [/NAME=/]],
    ["export", (text) => `export TOKEN=${text}`, [/NAME=/]],
    ["set", (text) => `set TOKEN=${text}`, [/NAME=/]],
    ["a name and quotes", (text) => `export K="${text}"\n`, [/NAME=/, /quotes/]],
    ["quotes and a name", (text) => `"K=${text}"`, [/quotes/, /NAME=/]],
    ["a BOM, a name, quotes and CRLF", (text) => `\uFEFFK='${text}'\r\n`, [/NAME=/, /quotes/]],
    ["nested quotes", (text) => `"'${text}'"`, [/quotes/, /quotes/]],
  ];
  const onlyTokens: typeof around = [
    ["Bearer", (text) => `Bearer ${text}`, [/Bearer/]],
    ["a name, quotes and Bearer", (text) => `AUTH="Bearer ${text}"`, [/NAME=|quotes/, /quotes|NAME=/, /Bearer/]],
    ["line breaks", (text) => lines(text, 40, "\n"), [/line breaks/]],
    ["CRLF line breaks", (text) => lines(text, 40, "\r\n"), [/line breaks/]],
    ["the indent of a terminal", (text) => lines(text, 76, "\n      "), [/line breaks/]],
    ["quotes round line breaks", (text) => `"${lines(text, 50, "\n")}"`, [/quotes/, /line breaks/]],
  ];
  const onlyFiles: typeof around = [
    ["base64", base64, [/base64/]],
    ["base64url", (text) => Buffer.from(text).toString("base64url"), [/base64/]],
    ["base64 in lines of 76", (text) => `${lines(base64(text), 76, "\n")}\n`, [/base64/]],
    ["base64 in lines of 64, CRLF", (text) => `${lines(base64(text), 64, "\r\n")}\r\n`, [/base64/]],
    ["base64 in quotes", (text) => `"${base64(text)}"`, [/quotes/, /base64/]],
    ["base64 of a BOM", (text) => base64(`\uFEFF${text}\n`), [/base64/]],
    ["base64 with a name", (text) => `CLAUDE_LOGIN=${base64(text)}`, [/NAME=/, /base64/]],
  ];

  /** The tokens, and for each notice that is expected whether it was given. */
  const repaired = async (raw: string, looks: RegExp[]) => {
    const seen = await see(raw);
    const given = looks.every((look) => seen.notices.some((notice) => look.test(notice)));
    return { tokens: tokens(seen), notices: seen.notices.length, given };
  };
  const as = (want: (string | undefined)[], looks: RegExp[]) => ({ tokens: want, notices: looks.length, given: true });

  test.each([...around, ...onlyTokens])("a setup token and %s", async (_, wrap, looks) => {
    expect(await repaired(wrap(ACCESS), looks)).toEqual(as([ACCESS, undefined], looks));
  });
  test.each([...around, ...onlyTokens])("a refresh token and %s", async (_, wrap, looks) => {
    expect(await repaired(wrap(REFRESH), looks)).toEqual(as([undefined, REFRESH], looks));
  });
  test.each([...around, ...onlyFiles])("Claude's file and %s", async (_, wrap, looks) => {
    expect(await repaired(wrap(FILE), looks)).toEqual(as([ACCESS, REFRESH], looks));
  });
  test.each([
    ["pretty", JSON.stringify(JSON.parse(FILE), null, 2)],
    ["tabs and CRLF", JSON.stringify(JSON.parse(FILE), null, "\t").replaceAll("\n", "\r\n")],
    ["the inner object alone", JSON.stringify((JSON.parse(FILE) as { claudeAiOauth: object }).claudeAiOauth)],
    ["with neighbours", JSON.stringify({ mcpOAuth: { a: { accessToken: "x" } }, ...JSON.parse(FILE) })],
  ])("Claude's file, %s", async (_, text) => {
    expect(await repaired(text, [])).toEqual(as([ACCESS, REFRESH], []));
    expect(await repaired(base64(text), [/base64/])).toEqual(as([ACCESS, REFRESH], [/base64/]));
  });
  test.each(around)("an envelope and %s", async (_, wrap, looks) => {
    const login = newLogin();
    const want = [login.access?.reveal(), login.refresh?.reveal()];
    expect(await repaired(wrap(sealEnvelope(login, STORED)), looks)).toEqual(as(want, looks));
  });
  test("an envelope with line breaks inside", async () => {
    const login = newLogin();
    const seen = await see(lines(sealEnvelope(login, STORED), 76, "\r\n"));
    expect(tokens(seen)).toEqual([login.access?.reveal(), login.refresh?.reveal()]);
  });
  test("a short token is used, with a word of doubt", async () => {
    const { credential, warnings } = await see("sk-ant-oat01-abcdefghijklmnop");
    expect(credential.kind).toBe("setup-token");
    expect(warnings).toEqual([expect.stringContaining("29 characters")]);
  });
});

describe("every generation of Claude's file", () => {
  const times: [string, (ms: number) => unknown, exactMs: number][] = [
    ["ms", (ms) => ms, 1],
    ["s", (ms) => Math.floor(ms / 1000), SECOND],
    ["text of ms", String, 1],
    ["text of s", (ms) => String(Math.floor(ms / 1000)), SECOND],
    ["ISO 8601", (ms) => new Date(ms).toISOString(), 1],
  ];
  const scopeForms: [string, (list: string[]) => unknown][] = [
    ["an array", (list) => list],
    ["one text", (list) => list.join(" ")],
    ["one text with commas", (list) => list.join(",")],
  ];
  const cases = times.flatMap((time) => scopeForms.map((scope) => [time[0], scope[0], time, scope] as const));

  test.each(cases)(
    "times in %s, scopes as %s: read, and written back",
    async (_t, _s, [, time, exact], [, asScopes]) => {
      const scopeName = fc.constantFrom(
        "user:inference",
        "user:profile",
        "user:mcp_servers",
        "user:sessions:claude_code",
      );
      const shape = fc.record({
        access: claudeToken("oat"),
        refresh: claudeToken("ort"),
        // 1e11 ms and 1e11 s: between 1973 and 5138 the two cannot be confused
        ends: fc.integer({ min: 1e11 + 1, max: 9e13 }),
        list: fc.uniqueArray(scopeName, { minLength: 1 }),
        wrapped: fc.boolean(),
        unknown: fc.dictionary(
          word(3, 9).map((name) => `x${name}`),
          fc.jsonValue(),
          { maxKeys: 3 },
        ),
      });
      await fc.assert(
        fc.asyncProperty(shape, async ({ access, refresh, ends, list, wrapped, unknown }) => {
          const oauth = {
            accessToken: access,
            refreshToken: refresh,
            expiresAt: time(ends),
            refreshTokenExpiresAt: time(ends),
            scopes: asScopes(list),
            subscriptionType: "pro",
            clientId: "c-1",
            ...unknown,
          };
          const { credential } = await see(JSON.stringify(wrapped ? { claudeAiOauth: oauth } : oauth));
          const end = Math.floor(ends / exact) * exact;
          expect([credential.access?.reveal(), credential.refresh?.reveal()]).toEqual([access, refresh]);
          const kept = JSON.parse(JSON.stringify(unknown)) as Record<string, unknown>;
          expect(credential).toMatchObject({ kind: "login", accessExpiresAt: end, loginExpiresAt: end, scopes: list });
          expect(credential).toMatchObject({ plan: "pro", clientId: "c-1" });
          expect({ ...credential.other }).toEqual(kept);
          const written = JSON.parse(rendered(claude, "", credential, true)) as { claudeAiOauth: object };
          expect(written.claudeAiOauth).toEqual({
            accessToken: access,
            refreshToken: refresh,
            expiresAt: end,
            refreshTokenExpiresAt: end,
            scopes: list,
            subscriptionType: "pro",
            rateLimitTier: null,
            clientId: "c-1",
            ...kept,
          });
        }),
        { numRuns: 15 },
      );
    },
  );

  const oauth = async (fields: object): Promise<Credential> =>
    (await see(JSON.stringify({ claudeAiOauth: { accessToken: ACCESS, ...fields } }))).credential;

  test.each([[null], [0], [-1], [""], ["soon"], [true], [{}], [undefined]])(
    "an end of %j is not known",
    async (expiresAt) => {
      const { accessExpiresAt } = await oauth({ refreshToken: REFRESH, expiresAt });
      expect(accessExpiresAt).toBeUndefined();
    },
  );

  test.each([[9e15], [1e300], ["99999999999999999999"]])(
    "an end of %j is one that no date can have, so not known",
    async (expiresAt) => {
      const { accessExpiresAt, loginExpiresAt } = await oauth({
        refreshToken: REFRESH,
        expiresAt,
        refreshTokenExpiresAt: expiresAt,
      });
      expect([accessExpiresAt, loginExpiresAt]).toEqual([undefined, undefined]);
    },
  );

  test("seconds are told", async () => {
    const file = JSON.stringify({ claudeAiOauth: { accessToken: ACCESS, expiresAt: NOW / 1000 } });
    expect((await see(file)).notices).toEqual([expect.stringContaining("seconds")]);
  });

  test.each<[string, object, string]>([
    ["a login", { refreshToken: REFRESH, expiresAt: NOW + HOUR, scopes: ["user:inference"] }, "login"],
    [
      "no refresh token, ends today",
      { refreshToken: null, expiresAt: NOW + HOUR, scopes: ["user:inference"] },
      "access",
    ],
    ["an empty refresh token", { refreshToken: "", expiresAt: NOW + HOUR, scopes: ["user:inference"] }, "access"],
    ["inference alone, for months", { expiresAt: NOW + 300 * DAY, scopes: ["user:inference"] }, "setup-token"],
    ["inference alone, no end", { expiresAt: null, scopes: ["user:inference"] }, "setup-token"],
    ["more scopes, no end", { expiresAt: null, scopes: ["user:inference", "user:profile"] }, "access"],
    ["no scopes, no end", {}, "access"],
  ])("%s is a %s", async (_, fields, kind) => {
    expect((await oauth(fields)).kind).toBe(kind);
  });

  test("a refresh token alone is a login without an access token", async () => {
    const { credential } = await see(JSON.stringify({ claudeAiOauth: { refreshToken: REFRESH } }));
    expect([credential.kind, credential.access, credential.refresh?.reveal()]).toEqual(["login", undefined, REFRESH]);
  });

  test("an access token without a refresh token has no login to end", async () => {
    expect((await oauth({ refreshTokenExpiresAt: NOW })).loginExpiresAt).toBeUndefined();
  });

  test.each([[[]], [null], [[1, null, ""]], [{}], [7], [""]])("scopes %j are not known", async (scopes) => {
    expect((await oauth({ scopes })).scopes).toBeUndefined();
  });

  test("the mark of a dead login is not carried on to a living one", async () => {
    expect((await oauth({ loginEnded: "time_limit" })).other).toEqual({});
  });
});

describe("refused, each with what was seen and what to do", () => {
  const secret = "Zq7".repeat(12);
  test.each<[string, string, RegExp, string?]>([
    ["an Anthropic API key", `sk-ant-api03-${secret}`, /Anthropic API key/, "credential-is-api-key"],
    ["an admin key", `sk-ant-admin01-${secret}`, /admin key/, "credential-is-api-key"],
    ["an OpenAI API key", `sk-proj-${secret}`, /OpenAI API key/, "credential-is-api-key"],
    ["an old OpenAI API key", `sk-${secret}`, /OpenAI API key/, "credential-is-api-key"],
    ["a GitHub token", `ghp_${secret}`, /GitHub token/],
    ["a job's own GitHub token", `ghs_${secret}`, /GitHub token/],
    ["a fine-grained GitHub token", `github_pat_${secret}`, /GitHub token/],
    ["a Codex access token", `at-${secret}`, /Codex access token/, "credential-is-api-key"],
    ["a JWT of nobody", newJwt(null), /JSON Web Token/],
    ["a JWT that says nothing", `eyJ${secret}.${secret}.${secret}`, /JSON Web Token/],
    ["strange characters in a token of OpenAI", `rt_${secret}ä${secret}`, /characters that none has/],
    ["asterisks", "***", /asterisks/],
    ["an expression", "${{ secrets.CLAUDE_LOGIN }}", /not evaluated/],
    ["a shell's variable", "$CLAUDE_LOGIN", /not evaluated/],
    ["a shell's substitution", "$(cat file)", /not evaluated/],
    ["undefined", "undefined", /nothing/],
    ["null", "null", /nothing/],
    ["[object Object]", "[object Object]", /nothing/],
    ["a code of the browser", `${secret}#${secret}`, /code that a browser shows/],
    ["an address", "https://claude.ai/oauth/authorize?code=true", /web address/],
    ["a key", "-----BEGIN OPENSSH PRIVATE KEY-----\nx\n-----END OPENSSH PRIVATE KEY-----", /none of the credentials/],
    ["strange characters", `sk-ant-oat01-${secret}ä${secret}`, /characters that none has/],
    ["something else", "hunter2", /text of 7 characters/],
    ["several lines of something else", "one\ntwo", /7 characters on 2 lines/],
    ["a single character", "x", /text of 1 character/],
    ["JSON that was cut off", FILE.slice(0, -30), /not valid JSON|cut off/],
    ["JSON without its quotes", FILE.replaceAll('"', ""), /not valid JSON|cut off/],
    ["JSON of another program, without tokens", '{"tokens":{}}', /file of Codex/],
    ["JSON of nobody we know", JSON.stringify({ [secret]: 1 }), /no tokens/],
    [
      "JSON in base64, without tokens",
      Buffer.from(`{"profiles":{"a":"${secret}"}}`).toString("base64"),
      /file of (Codex or )?OpenClaw/,
    ],
    ["an empty object", "{}", /no tokens/],
    ["a list", `["${ACCESS}"]`, /none of the credentials/],
    ["a file without tokens", JSON.stringify({ claudeAiOauth: { scopes: [] } }), /no tokens/],
    [
      "a file of a login that ended",
      JSON.stringify({ claudeAiOauth: { accessToken: "", refreshToken: "" } }),
      /has ended/,
    ],
    [
      "a file with an API key",
      JSON.stringify({ claudeAiOauth: { accessToken: `sk-ant-api03-${secret}` } }),
      /Anthropic API key/,
      "credential-is-api-key",
    ],
    ["a token that is no text", JSON.stringify({ claudeAiOauth: { accessToken: 5 } }), /no tokens/],
    [
      "a file with a broken token",
      FILE.replace(REFRESH, `${REFRESH.slice(0, 40)}\\n${REFRESH.slice(40)}`),
      /line break/,
    ],
    ["an envelope that was cut off", sealEnvelope(newLogin(), STORED).slice(0, -9), /cut off/],
    ["an envelope of nothing", "oc1.", /cut off/],
    ["an envelope of null", `oc1.${Buffer.from("null").toString("base64url")}`, /envelope/],
  ])("%s", async (_, raw, look, code = "credential-unusable") => {
    const failure = await failureIn(() => see(raw));
    expect(failure.message).toMatch(look);
    expect(failure.message).toMatch(/^The credential (is|cannot be used: )/);
    expect(failure.advice.length).toBeGreaterThan(30);
    expect(failure.code).toBe(code);
    expect(failure.explain()).not.toContain(secret);
  });
});

describe("whatever is stored", () => {
  // What people paste: whole and broken tokens, files, envelopes, in several wrappings and with damage.
  const piece = fc.oneof(
    claudeToken("oat"),
    claudeToken("ort"),
    word(1, 60),
    fc
      .tuple(claudeToken("oat"), claudeToken("ort"))
      .map(([accessToken, refreshToken]) => JSON.stringify({ claudeAiOauth: { accessToken, refreshToken } })),
    fc.tuple(claudeToken("oat"), fc.jsonValue()).map(([accessToken, other]) => JSON.stringify({ accessToken, other })),
    fc.constant(sealEnvelope(newLogin(), STORED)),
    anyText(40),
    fc.json(),
  );
  const wrap = fc.constantFrom<(text: string) => string>(
    (text) => text,
    (text) => Buffer.from(text).toString("base64"),
    (text) => `"${text}"`,
    (text) => `K=${text}`,
    (text) => `Bearer ${text}`,
    (text) => text.slice(0, Math.ceil(text.length / 2)),
    (text) => text.slice(3),
    (text) => `${text.slice(0, 30)}\n${text.slice(30)}`,
    (text) => `oc1.${text}`,
    (text) => `oc1.${Buffer.from(text).toString("base64url")}`,
    (text) => `{${text}`,
    (text) => `${text}${text}`,
    (text) => text.toUpperCase(),
  );
  const raw = fc.oneof(
    {
      weight: 4,
      arbitrary: fc
        .tuple(piece, fc.array(wrap, { maxLength: 4 }))
        .map(([text, wraps]) => wraps.reduce((all, one) => one(all), text)),
    },
    { weight: 1, arbitrary: anyText() },
  );
  const readable = (text: string): string[] => {
    const texts = [text];
    for (let i = 0; i < 5; i++) texts.push(Buffer.from((texts[i] ?? "").replace(/^oc1\./, ""), "base64").toString());
    return texts;
  };

  /** All that is said of it. Throws what is neither a credential nor a Failure about one. */
  const tellOf = async (text: string, ends: number | undefined): Promise<string> => {
    try {
      const { credential, notices } = await see(text, ends);
      if (!credential.access && !credential.refresh) throw new Error("a credential without a token");
      return [...notices, sayKind(credential)].join("\n");
    } catch (error) {
      if (!(error instanceof Failure) || !error.code.startsWith("credential-")) throw error;
      return error.explain();
    }
  };

  test("it gives a credential or a Failure, and no piece of it is told", async () => {
    await fc.assert(
      fc.asyncProperty(raw, fc.option(anyTime, { nil: undefined }), async (text, ends) => {
        const told = await tellOf(text, ends);
        // Words that belong to our own sentences may stand in a text by chance: only random parts of tokens count.
        const random = readable(text).flatMap((look) => look.match(/[\w-]{12,}/g) ?? []);
        const tokenLike = random.filter((part) => /\d/.test(part) && /[A-Z]/.test(part));
        expect(tokenLike.flatMap((part) => pieceOf(part, told) ?? [])).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });
});
