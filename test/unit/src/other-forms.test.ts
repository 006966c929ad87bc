/** What a person may paste that is none of Claude Code's own: other programs' files, tokens of OpenAI, any server's. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Credential, livesFor, type ProviderName, sayKind } from "../../../src/credential/credential.ts";
import { sealEnvelope } from "../../../src/credential/envelope.ts";
import { Failure } from "../../../src/errors.ts";
import { type Detected, detect, type Expected } from "../../../src/recognise/detect.ts";
import {
  ACCOUNT,
  claudeToken,
  DAY,
  failureIn,
  HOUR,
  MINUTE,
  newChatGpt,
  newJwt,
  newLogin,
  newOpenaiRefresh,
  newToken,
  NOW,
  pieceOf,
  SECOND,
  word,
} from "./support.ts";

const END = NOW + 10 * DAY;
const [CLAUDE, CLAUDE_REFRESH] = [newToken("oat"), newToken("ort")];
const [JWT, JWT_REFRESH, ID] = [newJwt(ACCOUNT, END), newOpenaiRefresh(), newJwt(ACCOUNT, END)];

const see = (raw: string, expected: Partial<Expected> = {}): Promise<Detected> =>
  detect(raw, { provider: "auto", account: "default", endsAt: undefined, ...expected }, NOW);
const tokens = ({ access, refresh }: Credential) => [access?.reveal(), refresh?.reveal()];
const json = (value: unknown) => JSON.stringify(value, null, 2);

const codexFile = (change: object = {}, tokensChange: object = {}) => ({
  OPENAI_API_KEY: null,
  tokens: { id_token: ID, access_token: JWT, refresh_token: JWT_REFRESH, account_id: ACCOUNT, ...tokensChange },
  last_refresh: "2031-05-06T07:08:09.123456Z",
  ...change,
});
const openaiOauth = { type: "oauth", access: JWT, refresh: JWT_REFRESH, expires: END };
// pi, and what is built on it, notes the end of Anthropic's tokens five minutes early.
const claudeOauth = { type: "oauth", access: CLAUDE, refresh: CLAUDE_REFRESH, expires: NOW + HOUR - 5 * MINUTE };
const claudeProfile = { ...claudeOauth, provider: "anthropic" };
const profiles = (all: Record<string, object>) => ({ version: 1, profiles: all });
const PEEKABOO_CLAUDE = [
  "# Peekaboo credentials",
  "# Keep it to yourself",
  "",
  "ANTHROPIC_API_KEY=sk-ant-api03-0123456789",
  `ANTHROPIC_ACCESS_EXPIRES=${(NOW + HOUR) / SECOND}`,
  "ANTHROPIC_BETA_HEADER=oauth-2025-04-20",
  `ANTHROPIC_ACCESS_TOKEN=${CLAUDE}`,
  "",
].join("\n");
const PEEKABOO_OPENAI = [`OPENAI_ACCESS_TOKEN=${JWT}`, `  OPENAI_REFRESH_TOKEN=${JWT_REFRESH}`, "# the last line"].join(
  "\n",
);

interface Form {
  readonly text: string;
  readonly provider: ProviderName;
  readonly kind: Credential["kind"];
  readonly access: string;
  readonly refresh?: string;
  readonly end: number | undefined;
}
const chatGpt = { provider: "openai", kind: "login", access: JWT, refresh: JWT_REFRESH, end: END } as const;
const claudeLogin = {
  provider: "anthropic",
  kind: "login",
  access: CLAUDE,
  refresh: CLAUDE_REFRESH,
  end: NOW + HOUR,
} as const;
const claudeAccess = { provider: "anthropic", kind: "access", access: CLAUDE, end: NOW + HOUR } as const;

const FORMS: [string, Form][] = [
  ["Codex's auth.json", { text: json(codexFile({ auth_mode: "chatgpt" })), ...chatGpt }],
  ["Codex's auth.json of an older release", { text: json(codexFile()), ...chatGpt }],
  [
    "Codex's auth.json without an account, which its token names",
    { text: json(codexFile({}, { account_id: null })), ...chatGpt },
  ],
  [
    "Codex's auth.json without a refresh token",
    {
      text: json(codexFile({}, { refresh_token: "" })),
      provider: "openai",
      kind: "access",
      access: JWT,
      end: END,
    },
  ],
  ["pi's auth.json, ChatGPT", { text: json({ "openai-codex": { ...openaiOauth, accountId: ACCOUNT } }), ...chatGpt }],
  ["pi's auth.json, Claude", { text: json({ anthropic: claudeOauth }), ...claudeLogin }],
  [
    "pi's auth.json, Claude's access token as a key",
    {
      text: json({ anthropic: { type: "api_key", key: CLAUDE } }),
      provider: "anthropic",
      kind: "setup-token",
      access: CLAUDE,
      end: undefined,
    },
  ],
  ["opencode's auth.json", { text: json({ openai: { ...openaiOauth, accountId: ACCOUNT } }), ...chatGpt }],
  [
    "opencode's auth.json with keys of others",
    { text: json({ anthropic: { type: "api", key: "k" }, openai: openaiOauth, x: { type: "wellknown" } }), ...chatGpt },
  ],
  [
    "auth-profiles.json, ChatGPT",
    { text: json(profiles({ "openai-codex:default": { ...openaiOauth, provider: "openai-codex" } })), ...chatGpt },
  ],
  ["auth-profiles.json, Claude", { text: json(profiles({ "anthropic:default": claudeProfile })), ...claudeLogin }],
  [
    "auth-profiles.json, Claude's access token",
    {
      text: json(
        profiles({ "anthropic:default": { type: "token", provider: "anthropic", token: CLAUDE, expires: NOW + HOUR } }),
      ),
      ...claudeAccess,
    },
  ],
  [
    "auth-profiles.json, a profile of another name, alone",
    { text: json(profiles({ "anthropic:work": claudeProfile })), ...claudeLogin },
  ],
  ["Peekaboo's credentials, Claude", { text: PEEKABOO_CLAUDE, ...claudeAccess }],
  ["Peekaboo's credentials, ChatGPT", { text: PEEKABOO_OPENAI, ...chatGpt }],
];

/** What a person's tools put around a text, with what is then told. */
const lines = (text: string, every: number, end: string) =>
  text.match(new RegExp(`.{1,${every}}`, "g"))?.join(end) ?? "";
const base64 = (text: string) => Buffer.from(text).toString("base64");
const WRAPS: [string, (text: string) => string, RegExp[]][] = [
  ["as it is", (text) => text, []],
  ["with white space around it", (text) => `\n\t ${text}\r\n\n`, []],
  ["with a BOM", (text) => `\uFEFF${text}`, []],
  ["with CRLF", (text) => text.replaceAll("\n", "\r\n"), []],
  ["in double quotes", (text) => `"${text}"`, [/quotes/]],
  ["in single quotes", (text) => `'${text}'`, [/quotes/]],
  ["in base64", base64, [/base64/]],
  ["in base64 on several lines", (text) => lines(base64(text), 76, "\n"), [/base64/]],
  ["in base64 in quotes", (text) => `"${base64(text)}"`, [/quotes/, /base64/]],
];

describe.each(FORMS)("%s", (_name, { text, provider, kind, access, refresh, end }) => {
  test.each(WRAPS)("%s", async (_wrap, wrap, looks) => {
    const { credential, stored, notices, warnings } = await see(wrap(text));
    expect(credential).toMatchObject({ provider, kind, generation: 0, accessExpiresAt: end });
    expect(tokens(credential)).toEqual([access, refresh]);
    expect(credential.accountId).toBe(provider === "openai" ? ACCOUNT : undefined);
    expect([stored, warnings]).toEqual([undefined, []]);
    expect(notices.map((notice) => looks.some((look) => look.test(notice)))).toEqual(looks.map(() => true));
  });

  test("where its provider is named", async () => {
    expect(tokens((await see(text, { provider })).credential)).toEqual([access, refresh]);
  });

  test("of another provider than the one that is named: refused as that", async () => {
    const other = provider === "openai" ? "anthropic" : "openai";
    const failure = await failureIn(() => see(text, { provider: other }));
    expect(failure.code).toBe("credential-unusable");
    expect(failure.explain()).toContain(provider);
    expect(failure.explain()).toContain("`provider`");
    expect(failure.message).not.toContain("several");
    for (const token of [access, refresh ?? access]) expect(failure.explain()).not.toContain(token.slice(-30));
  });
});

test("the plan and the identity of a ChatGPT login are kept", async () => {
  const { credential } = await see(json(codexFile()));
  expect([credential.plan, credential.idToken?.reveal()]).toEqual(["plus", ID]);
});

describe("several logins in one file", () => {
  const work = { type: "oauth", provider: "anthropic", access: newToken(), refresh: newToken("ort"), expires: END };
  const FILES: [string, string][] = [
    ["pi", json({ anthropic: claudeOauth, "openai-codex": openaiOauth })],
    [
      "auth-profiles.json",
      json(
        profiles({
          "anthropic:default": claudeProfile,
          "anthropic:work": work,
          "openai-codex:default": { ...openaiOauth, provider: "openai-codex" },
        }),
      ),
    ],
    ["Peekaboo", `${PEEKABOO_CLAUDE}${PEEKABOO_OPENAI}\n`],
  ];

  test.each(FILES)("%s: refused with what there is and how to choose", async (_, text) => {
    const failure = await failureIn(() => see(text));
    expect(failure.code).toBe("credential-unusable");
    expect(failure.message).toMatch(/several logins.*anthropic.*openai|several logins.*openai.*anthropic/);
    expect(failure.advice).toMatch(/`provider`.*`account`/);
    for (const token of [CLAUDE, CLAUDE_REFRESH, JWT, JWT_REFRESH]) {
      expect(failure.explain()).not.toContain(token.slice(-30));
    }
  });

  test.each(FILES)("%s: chosen by `provider`", async (_, text) => {
    expect((await see(text, { provider: "openai" })).credential.access?.reveal()).toBe(JWT);
    expect((await see(text, { provider: "anthropic" })).credential.access?.reveal()).toBe(CLAUDE);
  });

  const [, profilesText] = FILES[1] as [string, string];

  test("chosen by `account`, where the provider has several or where it says it all", async () => {
    for (const expected of [{ account: "work", provider: "anthropic" }, { account: "work" }] as const) {
      expect((await see(profilesText, expected)).credential.access?.reveal()).toBe(work.access);
    }
  });

  test("an account that is not there is refused", async () => {
    const failure = await failureIn(() => see(profilesText, { provider: "anthropic", account: "home" }));
    expect(failure.message).toMatch(/default.*work|work.*default/);
  });
});

describe("a token of OpenAI", () => {
  test("a refresh token", async () => {
    const { credential, notices } = await see(JWT_REFRESH);
    expect(credential).toMatchObject({ kind: "login", provider: "openai", accessExpiresAt: undefined });
    expect(tokens(credential)).toEqual([undefined, JWT_REFRESH]);
    expect(livesFor(credential, 0, NOW)).toBe(false);
    expect(notices).toEqual([]);
  });

  test("an access token, with all that it tells", async () => {
    const { credential, notices } = await see(JWT);
    expect(credential).toMatchObject({
      kind: "access",
      provider: "openai",
      accessExpiresAt: END,
      accountId: ACCOUNT,
      plan: "plus",
    });
    expect(tokens(credential)).toEqual([JWT, undefined]);
    expect(notices).toEqual([]);
  });

  test.each<[string, (token: string) => string, RegExp[]]>([
    ["line breaks inside", (token) => lines(token, 60, "\n"), [/line breaks/]],
    ["the indent of a terminal", (token) => lines(token, 60, "\r\n    "), [/line breaks/]],
    ["quotes", (token) => `'${token}'`, [/quotes/]],
    ["a name", (token) => `export TOKEN="${token}"`, [/NAME=/, /quotes/]],
    ["a name without quotes", (token) => `TOKEN=${token}`, [/NAME=/]],
    ["Bearer", (token) => `Bearer ${token}`, [/Bearer/]],
  ])("repaired, and told: %s", async (_, wrap, looks) => {
    for (const token of [JWT, JWT_REFRESH]) {
      const { credential, notices } = await see(wrap(token));
      expect(tokens(credential)).toContain(token);
      expect(notices.map((notice) => looks.some((look) => look.test(notice)))).toEqual(looks.map(() => true));
    }
  });

  test("a refresh token of another look, where the provider is named", async () => {
    const token = "v1.MjAzMQ~".repeat(5);
    expect(tokens((await see(token, { provider: "openai" })).credential)).toEqual([undefined, token]);
    expect((await failureIn(() => see(token))).code).toBe("credential-unusable");
  });

  const secret = "Zq7".repeat(14);
  test.each<[string, string, code: string, advice: RegExp]>([
    ["a Codex access token", `at-${secret}`, "credential-is-api-key", /CODEX_ACCESS_TOKEN/],
    ["an API key", `sk-proj-${secret}`, "credential-is-api-key", /OPENAI_API_KEY/],
    ["an API key of a service account", `sk-svcacct-${secret}`, "credential-is-api-key", /OPENAI_API_KEY/],
    ["a GitHub token", `ghp_${secret}`, "credential-unusable", /secrets-token/],
    ["a JWT of nobody, as an id_token or another kind", newJwt(null), "credential-unusable", /CODEX_ACCESS_TOKEN/],
  ])("%s is refused, with or without `provider`", async (_, token, code, advice) => {
    for (const provider of ["auto", "openai"] as const) {
      const failure = await failureIn(() => see(token, { provider }));
      expect(failure.code).toBe(code);
      expect(failure.advice).toMatch(advice);
      expect(failure.explain()).not.toContain(token.slice(-30));
    }
  });

  test.each<[string, object | string]>([
    ["Codex", { OPENAI_API_KEY: `sk-proj-${secret}`, tokens: null }],
    ["Codex, in a mode of its own", { auth_mode: "apikey", OPENAI_API_KEY: `sk-proj-${secret}` }],
    ["pi", { "openai-codex": { type: "api_key", key: `sk-proj-${secret}` } }],
    ["opencode", { openai: { type: "api", key: `sk-proj-${secret}` } }],
    [
      "auth-profiles.json",
      profiles({ "openai:default": { type: "api_key", provider: "openai", key: `sk-${secret}` } }),
    ],
    ["Peekaboo", `# keys\nOPENAI_API_KEY=sk-proj-${secret}\nANTHROPIC_API_KEY=sk-ant-api03-${secret}\n`],
  ])("a file of %s that holds an API key alone is refused", async (_, file) => {
    const failure = await failureIn(() => see(typeof file === "string" ? file : json(file)));
    expect(failure.code).toMatch(/^credential-(is-api-key|unusable)$/);
    expect(failure.explain()).not.toContain(secret);
  });

  test.each<[string, object]>([
    ["alone", {}],
    ["as a mode", { auth_mode: "personalAccessToken", OPENAI_API_KEY: null, tokens: null, last_refresh: null }],
  ])("a Codex file with a Codex access token, %s: told as what it is", async (_, rest) => {
    for (const provider of ["auto", "openai"] as const) {
      const failure = await failureIn(() =>
        see(json({ ...rest, personal_access_token: `at-${secret}` }), { provider }),
      );
      expect(failure.code).toBe("credential-is-api-key");
      expect(failure.message).toContain("Codex access token");
      expect(failure.advice).toContain("CODEX_ACCESS_TOKEN");
      expect(failure.explain()).not.toContain(secret);
    }
  });

  test("a Codex file with an API key: told as what it is", async () => {
    const failure = await failureIn(() => see(json({ OPENAI_API_KEY: `sk-proj-${secret}`, tokens: null })));
    expect(failure.code).toBe("credential-is-api-key");
    expect(failure.advice).toMatch(/_API_KEY/);
  });
});

describe("of another provider than the one that is named", () => {
  test.each<[string, string, ProviderName]>([
    ["a setup token", CLAUDE, "openai"],
    ["Claude's refresh token", CLAUDE_REFRESH, "openai"],
    ["Claude's file", json({ claudeAiOauth: { accessToken: CLAUDE, refreshToken: CLAUDE_REFRESH } }), "openai"],
    ["a refresh token of OpenAI", JWT_REFRESH, "anthropic"],
    ["an access token of OpenAI", JWT, "anthropic"],
    ["an envelope with a Claude login", sealEnvelope(newLogin(), undefined), "openai"],
    ["an envelope with a ChatGPT login", sealEnvelope(newChatGpt(), undefined), "anthropic"],
    ["an envelope with a Claude login, custom", sealEnvelope(newLogin(), undefined), "custom"],
  ])("%s is refused", async (_, text, provider) => {
    const failure = await failureIn(() => see(text, { provider }));
    expect(failure.code).toBe("credential-unusable");
    expect(failure.message).toContain(provider);
    expect(failure.explain()).toContain("`provider`");
  });
});

describe("tokens of another issuer in a file of the same shape", () => {
  const [access, refresh] = ["ya29.a0Af-0123456789abcdef", "1//0gKq-0123456789abcdef"];
  const google = { user: { email: "me@example.com" }, tokens: { access_token: access, refresh_token: refresh } };
  const camel = { accessToken: `aoa-${access}`, refreshToken: `aor-${refresh}`, expiresAt: END };
  const bare = { access_token: newJwt(null), refresh_token: "v1.0123456789abcdef" };
  const FOREIGN: [string, object, ProviderName][] = [
    ["firebase-tools.json", google, "openai"],
    ["tokens that are JWTs of somebody", { tokens: { ...bare, id_token: newJwt(null) } }, "openai"],
    ["an object as Claude's, without its name", camel, "anthropic"],
    ["the same without an access token", { refreshToken: camel.refreshToken }, "anthropic"],
  ];

  test.each(FOREIGN)("%s is nobody's, unless the user says whose", async (_, file, provider) => {
    const others = (["auto", "anthropic", "openai", "custom"] as const).filter((named) => named !== provider);
    for (const named of others) {
      const failure = await failureIn(() => see(json(file), { provider: named }));
      expect([named, failure.code]).toEqual([named, "credential-unusable"]);
      expect(failure.message).toContain("nothing that says whose they are");
      expect(failure.advice).toContain(`\`provider: ${provider}\``);
      expect(failure.advice).toContain("`provider: custom`");
      for (const token of [access, refresh]) expect(failure.explain()).not.toContain(token);
    }
    expect((await see(json(file), { provider })).credential).toMatchObject({ provider, kind: "login" });
  });

  test.each<[string, object]>([
    ["its mode", { auth_mode: "chatgpt" }],
    ["the place of an API key", { OPENAI_API_KEY: null }],
    ["the time of its last refresh", { last_refresh: "2031-05-06T07:08:09Z" }],
    ["what an access token says", { tokens: { ...bare, access_token: JWT } }],
    ["what an identity says", { tokens: { ...bare, id_token: ID } }],
  ])("Codex's file is known by %s", async (_, change) => {
    const { credential } = await see(json({ tokens: bare, ...change }));
    expect(credential).toMatchObject({ provider: "openai", kind: "login" });
  });

  test.each<[string, object, Credential["kind"]]>([
    ["both tokens", { accessToken: CLAUDE, refreshToken: CLAUDE_REFRESH, expiresAt: END }, "login"],
    ["a refresh token alone", { refreshToken: CLAUDE_REFRESH }, "login"],
    ["an access token alone", { accessToken: CLAUDE, refreshToken: null }, "access"],
  ])("the object inside Claude's file is known by %s", async (_, file, kind) => {
    expect((await see(json(file))).credential).toMatchObject({ provider: "anthropic", kind });
  });

  test("Claude's file is known by its name, whatever the tokens look like", async () => {
    expect((await see(json({ claudeAiOauth: camel }))).credential).toMatchObject({ provider: "anthropic" });
  });

  test("an API key in the object is told as what it is", async () => {
    const failure = await failureIn(() => see(json({ accessToken: "sk-ant-api03-0123456789", refreshToken: refresh })));
    expect(failure.code).toBe("credential-is-api-key");
  });
});

describe("provider: custom", () => {
  const own = (raw: string) => see(raw, { provider: "custom" });

  test.each([
    ["any text", "1//0gKq-_~=/+.x:y|z"],
    ["hexadecimal digits", "0123456789abcdef0123456789abcdef01234567"],
    ["a JWT", newJwt(null)],
    ["a look that we know from elsewhere", CLAUDE_REFRESH],
  ])("a refresh token alone: %s", async (_, token) => {
    for (const text of [token, ` ${token}\r\n`, `"${token}"`]) {
      const { credential } = await own(text);
      expect(credential).toMatchObject({ kind: "login", provider: "custom", accessExpiresAt: undefined });
      expect(tokens(credential)).toEqual([undefined, token]);
    }
  });

  test.each<[string, object, number]>([
    ["Strava's answer", { access_token: "a-0123456789", refresh_token: "r-0123456789", expires_at: END / SECOND }, END],
    [
      "Google's answer, as its Python library keeps it",
      { token: "a-0123456789", refresh_token: "r-0123456789", expiry: new Date(END).toISOString() },
      END,
    ],
    [
      "Google's answer, as its Node library keeps it",
      { access_token: "a-0123456789", refresh_token: "r-0123456789", expiry_date: END },
      END,
    ],
    ["an answer without an absolute end", { access_token: "a-0123456789", refresh_token: "r-0123456789" }, NOW],
  ])("%s", async (_, answer, end) => {
    for (const text of [json(answer), JSON.stringify(answer), base64(json(answer)), `'${JSON.stringify(answer)}'`]) {
      const { credential } = await own(text);
      expect(credential).toMatchObject({ kind: "login", provider: "custom", accessExpiresAt: end });
      expect(tokens(credential)).toEqual(["a-0123456789", "r-0123456789"]);
    }
  });

  test("is not guessed: such an answer needs to be called what it is", async () => {
    const failure = await failureIn(() => see('{"access_token":"a-0123456789","refresh_token":"r-0123456789"}'));
    expect(failure.code).toBe("credential-unusable");
    expect(failure.advice).toContain("provider: custom");
  });

  test.each([
    ["two words", "r-0123456789 r-0123456789"],
    ["an expression", "${{ secrets.TOKEN }}"],
    ["a variable", "$TOKEN"],
    ["asterisks", "***"],
    ["an address", "https://example.com/callback?code=0123456789"],
    ["JSON without tokens", '{"error":"invalid_grant"}'],
    ["JSON that was cut off", '{"refresh_token":"r-01234'],
    ["nothing", '""'],
  ])("%s is none", async (_, text) => {
    expect((await failureIn(() => own(text))).code).toBe("credential-unusable");
  });
});

describe("whatever is pasted", () => {
  const jwt = fc.tuple(word(1, 40), word(20, 60), word(10, 50), fc.boolean()).map(([id, extra, sign, known]) => {
    const claims = { exp: END / SECOND, x: extra, "https://api.openai.com/auth": { chatgpt_account_id: id } };
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
    return [part({ alg: "RS256" }), part(known ? claims : { x: extra }), sign].join(".");
  });
  const token = fc.oneof(
    jwt,
    claudeToken("oat"),
    claudeToken("ort"),
    fc.tuple(fc.constantFrom("rt_", "at-", "sk-proj-", "ghp_", "v1."), word(16, 90)).map((parts) => parts.join("")),
  );
  const file = fc
    .tuple(token, token, token, fc.constantFrom("anthropic", "openai", "openai-codex"), word(1, 9))
    .chain(([a, b, c, provider, account]) => {
      const oauth = { type: "oauth", provider, access: a, refresh: b, expires: END };
      return fc.constantFrom<unknown>(
        { OPENAI_API_KEY: c, tokens: { access_token: a, refresh_token: b, id_token: c } },
        { tokens: { access_token: a, refresh_token: b, id_token: c, account_id: 5 } },
        { tokens: [a, b] },
        { [provider]: oauth },
        { [provider]: oauth, anthropic: { type: "api_key", key: c } },
        { [provider]: { type: "api", key: a } },
        profiles({ [`${provider}:${account}`]: oauth, [`${provider}:default`]: { ...oauth, access: c } }),
        profiles({ [`${provider}:default`]: { type: "token", provider, token: a } }),
        { version: 1, profiles: [oauth] },
        { access_token: a, refresh_token: b, expires_at: c },
        { token: a, expiry: b },
      );
    })
    .map((value) => JSON.stringify(value));
  const keyed = fc
    .array(
      fc.tuple(
        fc.constantFrom("ANTHROPIC_", "OPENAI_"),
        fc.constantFrom("ACCESS_TOKEN", "REFRESH_TOKEN", "API_KEY"),
        token,
      ),
      { minLength: 1, maxLength: 5 },
    )
    .map((all) => all.map((parts) => `${parts[0]}${parts[1]}=${parts[2]}`).join("\n"));
  const wrap = fc.constantFrom<(text: string) => string>(
    (text) => text,
    base64,
    (text) => `"${text}"`,
    (text) => `K=${text}`,
    (text) => `# x\n${text}`,
    (text) => text.slice(0, Math.ceil(text.length * 0.6)),
    (text) => text.slice(2),
    (text) => lines(text, 50, "\n"),
    (text) => `${text}\n${text}`,
  );
  const raw = fc
    .tuple(fc.oneof(token, file, keyed), fc.array(wrap, { maxLength: 3 }))
    .map(([text, wraps]) => wraps.reduce((all, one) => one(all), text));
  const expected = fc.record({
    provider: fc.constantFrom("auto" as const, "anthropic" as const, "openai" as const, "custom" as const),
    account: fc.constantFrom("default", "work"),
  });

  /** All that is said of it. Throws what is neither a credential nor a Failure about one. */
  const tellOf = async (text: string, given: Partial<Expected>): Promise<string> => {
    try {
      const { credential, notices, warnings } = await see(text, given);
      if (!credential.access && !credential.refresh) throw new Error("a credential without a token");
      if (given.provider !== "auto" && credential.provider !== given.provider) throw new Error("of another provider");
      if ((credential.kind === "login") !== (credential.refresh !== undefined)) throw new Error("of another kind");
      return [...notices, ...warnings, sayKind(credential)].join("\n");
    } catch (error) {
      if (!(error instanceof Failure) || !error.code.startsWith("credential-")) throw error;
      return error.explain();
    }
  };
  /** The text, and what stands in it in base64. */
  const readable = (text: string): string[] => {
    const texts = [text];
    for (let i = 0; i < 4; i++) texts.push(Buffer.from(texts[i] ?? "", "base64").toString());
    return texts;
  };

  test("it gives a credential or a Failure, and no piece of it is told", async () => {
    await fc.assert(
      fc.asyncProperty(raw, expected, async (text, given) => {
        const told = await tellOf(text, given);
        const random = readable(text).flatMap((look) => look.match(/[\w-]{14,}/g) ?? []);
        const tokenLike = random.filter((part) => /\d/.test(part) && /[A-Z]/.test(part) && /[a-z]/.test(part));
        expect(tokenLike.flatMap((part) => pieceOf(part, told, 14) ?? [])).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });
});
