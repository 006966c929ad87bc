import { join, resolve } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Credential, EMPTY } from "../../../src/credential/credential.ts";
import { Secret } from "../../../src/secret.ts";
import { codex } from "../../../src/targets/codex.ts";
import type { Section } from "../../../src/targets/target.ts";
import { DAY, HOUR, NOW } from "./support.ts";

const AUTH = "https://api.openai.com/auth";
const SLOT = { provider: "openai", account: "default" } as const;
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const jwt = (payload: unknown): string => `${part({ alg: "RS256" })}.${part(payload)}.c2ln`;
const claims = { chatgpt_account_id: "acc-of-the-token", chatgpt_plan_type: "plus" };
const access = jwt({ exp: (NOW + 5 * DAY) / 1000, [AUTH]: claims });
const idToken = jwt({ exp: (NOW + HOUR) / 1000, [AUTH]: { ...claims, chatgpt_plan_type: "pro" } });
const REFRESH = "rt_of-the-unit-tests-0123456789";

const login: Credential = {
  ...EMPTY,
  provider: "openai",
  kind: "login",
  access: new Secret(access),
  refresh: new Secret(REFRESH),
  accessExpiresAt: NOW + 5 * DAY,
  idToken: new Secret(idToken),
  accountId: "acc-1",
  plan: "plus",
};

const write = (credential: Credential, full = false): Record<string, any> =>
  codex.write(credential, { full, now: NOW });
const read = (section: Section): Credential | undefined => codex.read(section, SLOT, NOW);
/** Secrets compare by what they hide. */
const shown = (credential: Credential | undefined) =>
  credential &&
  Object.fromEntries(
    Object.entries(credential).map(([key, value]) => [key, value instanceof Secret ? value.reveal() : value]),
  );

describe("where Codex looks", () => {
  const path = (env: Record<string, string>) => codex.path({ env, home: "/home/someone" });

  test("is the home folder, or CODEX_HOME", () => {
    expect(path({})).toBe(resolve("/home/someone/.codex/auth.json"));
    expect(path({ CODEX_HOME: "" })).toBe(resolve("/home/someone/.codex/auth.json"));
    expect(path({ CODEX_HOME: "/srv/codex" })).toBe(resolve("/srv/codex/auth.json"));
    expect(path({ CODEX_HOME: "relative" })).toBe(resolve("relative", "auth.json"));
  });
});

describe("what is written", () => {
  test("holds the access token only, in the mode that never renews it", () => {
    expect(write(login)).toEqual({
      auth_mode: "chatgptAuthTokens",
      OPENAI_API_KEY: null,
      tokens: { id_token: idToken, access_token: access, refresh_token: "", account_id: "acc-1" },
      last_refresh: "2031-05-06T07:08:09Z",
    });
  });

  test("holds the refresh token on request, in the mode that renews it", () => {
    expect(write(login, true)).toEqual({
      auth_mode: "chatgpt",
      OPENAI_API_KEY: null,
      tokens: { id_token: idToken, access_token: access, refresh_token: REFRESH, account_id: "acc-1" },
      last_refresh: "2031-05-06T07:08:09Z",
    });
  });

  test("has no mode that renews where there is nothing to renew with", () => {
    const bare: Credential = { ...login, kind: "access", refresh: undefined };

    expect(write(bare, true)).toEqual(write(bare, false));
  });

  test("takes the account from the access token, else from the id token", () => {
    const account = (credential: Credential) => write(credential)["tokens"].account_id;
    const nameless = { ...login, accountId: undefined };

    expect(account(nameless)).toBe("acc-of-the-token");
    expect(account({ ...nameless, access: new Secret("opaque-access-token") })).toBe("acc-of-the-token");
    expect(account({ ...nameless, access: new Secret("opaque-access-token"), idToken: undefined })).toBeNull();
  });

  test.each([
    ["the access token where there is no id token", { idToken: undefined }, access],
    ["the access token where the id token cannot be read", { idToken: new Secret("cut-off") }, access],
    [
      "the access token where the id token has no signature",
      { idToken: new Secret(`${part({})}.${part({})}.`) },
      access,
    ],
    ["an empty one where nothing can be read", { idToken: undefined, access: new Secret("opaque") }, "e30.e30.e30"],
  ])("has as id token %s", (_, change, expected) => {
    expect(write({ ...login, ...change })["tokens"].id_token).toBe(expected);
  });

  test("is printed as Codex prints it", () => {
    const text = codex.print(write(login));

    expect(text).toContain('{\n  "auth_mode": "chatgptAuthTokens",\n  "OPENAI_API_KEY": null,\n  "tokens": {\n    "id');
    expect(codex.parse(text)).toEqual(write(login));
  });
});

describe("what is read", () => {
  test("is a login of OpenAI, whose end and plan the access token tells", () => {
    expect(shown(read(write(login, true)))).toEqual(shown(login));
  });

  test("is an access token where the refresh token is empty", () => {
    expect(shown(read(write(login)))).toEqual(shown({ ...login, kind: "access", refresh: undefined }));
  });

  test("is a login without an access token", () => {
    const { tokens, ...rest } = write(login, true);
    const found = read({ ...rest, tokens: { ...tokens, access_token: "" } });

    expect(found).toMatchObject({ kind: "login", access: undefined, accessExpiresAt: undefined, plan: "pro" });
  });

  test("has the account of a token where the file names none", () => {
    for (const account_id of [null, undefined, "", 7]) {
      const { tokens } = write(login, true);
      expect(read({ tokens: { ...tokens, account_id } })?.accountId).toBe("acc-of-the-token");
    }
  });

  test("has no id token where ours only stood in for one", () => {
    expect(read(write({ ...login, idToken: undefined }))?.idToken).toBeUndefined();
    expect(read(write({ ...login, idToken: undefined, access: new Secret("opaque") }))?.idToken).toBeUndefined();
  });

  test("has no end that an opaque token does not tell", () => {
    expect(read(write({ ...login, access: new Secret("opaque") }))).toMatchObject({ accessExpiresAt: undefined });
  });

  test.each([
    ["an API key", { auth_mode: "apikey", OPENAI_API_KEY: "sk-proj-of-the-unit-tests" }],
    ["no tokens", { tokens: null }],
    ["tokens of another shape", { tokens: "text" }],
    ["empty tokens", { tokens: { access_token: "", refresh_token: "" } }],
    ["nothing", {}],
  ])("is nothing where there is %s", (_, section) => {
    expect(read(section)).toBeUndefined();
  });
});

describe("the file", () => {
  test("holds one login, and knows its own", () => {
    expect(codex.slots(write(login))).toEqual([SLOT]);
    expect(codex.slots({ OPENAI_API_KEY: "sk-proj-of-the-unit-tests" })).toEqual([]);
    expect(codex.slots({ anthropic: { type: "oauth" } })).toEqual([]);
    expect(codex.get({ unknown: 1 }, SLOT)).toBeUndefined();
    expect(codex.parse("\uFEFF{}")).toBeUndefined(); // nor does Codex read it
  });

  test("gives back an API key that stood there", () => {
    const before = { auth_mode: "apikey", OPENAI_API_KEY: "sk-proj-of-the-unit-tests", unknown: { kept: true } };
    const ours = codex.set(before, SLOT, write(login));
    expect(ours).toEqual({ ...write(login), unknown: { kept: true } });

    expect(codex.set(ours, SLOT, codex.get(before, SLOT))).toEqual(before);
    expect(codex.set(ours, SLOT, undefined)).toEqual({ unknown: { kept: true } });
  });

  test("keeps what is not ours, whatever stood there", () => {
    const own = fc.record(
      {
        auth_mode: fc.constantFrom("chatgpt", "apikey", null),
        OPENAI_API_KEY: fc.option(fc.string()),
        tokens: fc.option(fc.dictionary(fc.string(), fc.string())),
        last_refresh: fc.string(),
      },
      { requiredKeys: [] },
    );
    const others = fc.dictionary(fc.string({ minLength: 1 }), fc.jsonValue());
    fc.assert(
      fc.property(own, others, fc.boolean(), (mine, rest, full) => {
        const before = { ...rest, ...mine };
        const section = codex.get(before, SLOT);
        const ours = codex.set(before, SLOT, write(login, full));

        expect(codex.get(ours, SLOT)).toEqual(write(login, full));
        expect(codex.set(ours, SLOT, undefined)).toEqual(codex.set(before, SLOT, undefined));
        expect(codex.set(ours, SLOT, section)).toEqual(before);
      }),
    );
  });
});

describe("what Codex would use instead", () => {
  const home = "/home/someone";
  const config = join(resolve(home), ".codex", "config.toml");
  const shadows = (env: Record<string, string>, toml?: string): string[] =>
    codex.shadows!({ env, home }, (at) => (at === config ? toml : undefined), codex.path({ env: {}, home }));

  test("is nothing in an ordinary job", () => {
    expect(shadows({ OPENAI_API_KEY: "sk-proj-x", CODEX_API_KEY: "", CODEX_ACCESS_TOKEN: " " })).toEqual([]);
    expect(shadows({}, 'model = "m"\ncli_auth_credentials_store = "file"\nforced_login_method = "chatgpt"')).toEqual(
      [],
    );
  });

  test.each(["CODEX_API_KEY", "CODEX_ACCESS_TOKEN"])("is the variable %s", (name) => {
    const found = shadows({ [name]: "value-of-the-unit-tests" });

    expect(found).toEqual([expect.stringContaining(name)]);
    expect(found.join()).not.toContain("value-of-the-unit-tests");
  });

  test.each([
    ['cli_auth_credentials_store = "keyring"', "keyring: Codex does not read"],
    ["model='m'\n  cli_auth_credentials_store='ephemeral' # why\n[x]", "ephemeral: Codex does not read"],
    ['cli_auth_credentials_store = "auto"', "auto: a login in the machine's keyring wins"],
    ['forced_login_method = "api"', "Codex deletes this login"],
  ])("is told of the setting %s", (toml, said) => {
    expect(shadows({}, toml)).toEqual([expect.stringContaining(said)]);
    expect(shadows({}, toml).join()).toContain(config);
  });

  test("is not a setting of something else", () => {
    expect(shadows({}, '[x]\ncli_auth_credentials_store = "keyring"')).toEqual([]);
    expect(shadows({}, '# cli_auth_credentials_store = "keyring"')).toEqual([]);
  });
});
