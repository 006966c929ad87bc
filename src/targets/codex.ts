import { type Credential, EMPTY } from "../credential/credential.ts";
import { readJwt } from "../credential/jwt.ts";
import { isoTime } from "../duration.ts";
import { parseObject } from "../json.ts";
import { type Secret, secretOf } from "../secret.ts";
import type { Doc, FileTarget, Section, Slot, Whereabouts, Writing } from "./target.ts";

const { dirname, join, resolve } = process.getBuiltinModule("node:path");

const SLOT: Slot = { provider: "openai", account: "default" };

/** Together they are one login: which of them Codex uses, the others decide. An API key stands there too. */
const OWN = ["auth_mode", "OPENAI_API_KEY", "tokens", "last_refresh"];

/** Codex's `auth.json`: one login, or an API key in its place. */
export const codex: FileTarget = {
  name: "codex",
  providers: ["openai"],
  full: true,
  path: ({ env, home }) => join(resolve(env["CODEX_HOME"] || join(home, ".codex")), "auth.json"),
  parse: parseObject,
  print: (doc) => JSON.stringify(doc, null, 2),
  slots: (doc) => (tokensOf(doc) ? [SLOT] : []),
  get: (doc) => (OWN.some((key) => key in doc) ? pick(doc, true) : undefined),
  set: (doc, _slot, section = {}) => ({ ...section, ...pick(doc, false) }),
  write,
  read,
  shadows,
};

/** Whether a file of this shape says that it is Codex's: other programs keep tokens of other issuers under `tokens`. */
export function isCodexs(doc: Doc): boolean {
  const { id_token, access_token } = tokensOf(doc) ?? {};
  return (
    ["auth_mode", "OPENAI_API_KEY", "last_refresh"].some((key) => key in doc) ||
    [id_token, access_token].some((token) => claimsOf(secretOf(token))?.accountId !== undefined)
  );
}

function pick(doc: Doc, own: boolean): Doc {
  return Object.fromEntries(Object.entries(doc).filter(([key]) => OWN.includes(key) === own));
}

function tokensOf(section: Section): Readonly<Record<string, unknown>> | undefined {
  const { tokens } = section;
  return typeof tokens === "object" && tokens !== null ? (tokens as Record<string, unknown>) : undefined;
}

/**
 * The mode `chatgpt` makes Codex ask the token endpoint as soon as the access token ends or is turned away, also
 * where it has nothing but an empty refresh token to send; and `codex logout` then revokes the access token that
 * other jobs share. In the mode `chatgptAuthTokens` somebody else keeps the tokens alive, and it does neither.
 * Every field counts: without `last_refresh` or a readable `id_token` it runs without any login.
 */
function write(credential: Credential, { full, now }: Writing): Section {
  const { access, idToken, accountId } = credential;
  const refresh = full ? credential.refresh : undefined;
  return {
    auth_mode: refresh ? "chatgpt" : "chatgptAuthTokens",
    OPENAI_API_KEY: null,
    tokens: {
      id_token: [idToken, access].find(isReadable)?.reveal() ?? NO_CLAIMS,
      access_token: access?.reveal() ?? "",
      refresh_token: refresh?.reveal() ?? "",
      account_id: accountId ?? claimsOf(access)?.accountId ?? claimsOf(idToken)?.accountId ?? null,
    },
    last_refresh: isoTime(now),
  };
}

/** `{}` three times over: Codex reads the claims of an `id_token`, and does not verify it. */
const NO_CLAIMS = "e30.e30.e30";

const claimsOf = (token: Secret | undefined) => readJwt(token?.reveal() ?? "");

/** Codex wants a signature, whatever it is. */
const isReadable = (token: Secret | undefined): boolean => !!claimsOf(token) && !token?.reveal().endsWith(".");

function read(section: Section): Credential | undefined {
  const tokens = tokensOf(section) ?? {};
  const access = secretOf(tokens["access_token"]);
  const refresh = secretOf(tokens["refresh_token"]);
  if (!access && !refresh) return undefined;
  const idToken = secretOf(tokens["id_token"]);
  const account = tokens["account_id"];
  const claims = claimsOf(access);
  const stand = idToken?.equals(access) || idToken?.reveal() === NO_CLAIMS; // what we put where there was none
  return {
    ...EMPTY,
    provider: "openai",
    kind: refresh ? "login" : "access",
    access,
    refresh,
    accessExpiresAt: claims?.expiresAt,
    idToken: stand ? undefined : idToken,
    accountId:
      typeof account === "string" && account !== "" ? account : (claims?.accountId ?? claimsOf(idToken)?.accountId),
    plan: claims?.plan ?? claimsOf(idToken)?.plan,
  };
}

/** Of `config.toml` only what stands before its first table counts for the whole program. */
function shadows({ env }: Whereabouts, readFile: (path: string) => string | undefined, path: string): string[] {
  const found = ["CODEX_API_KEY", "CODEX_ACCESS_TOKEN"]
    .filter((name) => env[name]?.trim())
    .map(
      (name) =>
        `The variable ${name} is set in this job: Codex uses it instead of this login. Remove it from the job's \`env\`.`,
    );
  const config = join(dirname(path), "config.toml");
  const settings = (readFile(config) ?? "").split(/^\s*\[/m)[0] ?? "";
  const setting = (name: string) => new RegExp(`^\\s*${name}\\s*=\\s*["'](\\w+)["']`, "m").exec(settings)?.[1];
  const store = setting("cli_auth_credentials_store");
  if (store === "keyring" || store === "ephemeral") {
    found.push(
      `${config} sets \`cli_auth_credentials_store\` to ${store}: Codex does not read this login then. ${TO_FILE}`,
    );
  } else if (store === "auto") {
    found.push(
      `${config} sets \`cli_auth_credentials_store\` to auto: a login in the machine's keyring wins over this one. ${TO_FILE}`,
    );
  }
  if (setting("forced_login_method") === "api") {
    found.push(
      `${config} sets \`forced_login_method\` to api: Codex deletes this login when it starts. Remove the setting.`,
    );
  }
  return found;
}

const TO_FILE = 'Set it to "file".';
