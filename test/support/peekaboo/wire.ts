/**
 * Which credential Peekaboo would send to a provider, and how: what its two layers make of the file, the environment
 * and `config.json`. Re-stated from the sources named in parsers.ts and, for later releases:
 *
 * - P 05251f1: github.com/openclaw/Peekaboo, ConfigurationManager+Accessors.swift
 * - T 886c917: github.com/openclaw/Tachikoma, AnthropicProvider.swift, OpenAIResponsesProvider.swift
 * - T 0.3.0: AuthManager.swift as its CHANGELOG of 2026-08-02 describes it; of this text the commit is not known
 */
import {
  keysByName,
  keysBySubstring,
  peekabooSnapshot,
  peekabooValues,
  tachikomaStore,
  type Values,
} from "./parsers.ts";
import { readDouble, readInt } from "./swift.ts";

export type Provider = "anthropic" | "openai";

export interface Situation {
  /** The content of `credentials`. */
  readonly text: string;
  readonly env: Readonly<Record<string, string>>;
  /** `aiProviders` of `config.json`. */
  readonly config: Readonly<{ openaiApiKey?: string; anthropicApiKey?: string }>;
  /** ms since 1970. */
  readonly now: number;
}

/** What leaves the machine. */
export interface Sent {
  readonly how: "x-api-key" | "Authorization: Bearer";
  readonly secret: string;
  /** The header `anthropic-beta`, of a Bearer for Anthropic. */
  readonly beta?: readonly string[];
  /** The header `ChatGPT-Account-ID`: the request goes to the Codex backend, not to the API. */
  readonly account?: string;
}

export interface Release {
  readonly name: string;
  /** Undefined: the provider counts as not set up, or its login as ended. `refresh`: it asks the token endpoint first. */
  sends(provider: Provider, situation: Situation): Sent | "refresh" | undefined;
}

/** The token of a login that Peekaboo takes for living: P ConfigurationManager+Credentials.swift:81-91@4316611. */
function livingToken(values: Values, prefix: string, now: number): string | undefined {
  const token = values.get(`${prefix}_ACCESS_TOKEN`); // :83
  const end = readInt(values.get(`${prefix}_ACCESS_EXPIRES`) ?? ""); // :84-85, no integer: no end
  return end === undefined || Number(end) * 1000 > now ? token : undefined; // :86-90
}

const prefixOf = (provider: Provider): string => (provider === "openai" ? "OPENAI" : "ANTHROPIC");
const configKey = ({ config }: Situation, provider: Provider): string | undefined =>
  provider === "openai" ? config.openaiApiKey : config.anthropicApiKey;

/** Up to 3.2.0: the access token goes the way of an API key, which Anthropic refuses (openclaw/Peekaboo#44). */
const early: Release = {
  name: "3.2.0",
  sends(provider, situation) {
    const { text, env, now } = situation;
    const prefix = prefixOf(provider);
    const variable = env[`${prefix}_API_KEY`];
    const values = peekabooValues(text);
    // P ConfigurationManager+Accessors.swift:41-80@4316611
    const own =
      variable ?? livingToken(values, prefix, now) ?? values.get(`${prefix}_API_KEY`) ?? configKey(situation, provider);
    // T Configuration.swift:278-291@38f243d, then P ConfigurationManager+Accessors.swift:117-123@4316611
    const key = own || variable || keysBySubstring(text).get(provider);
    if (provider === "openai") {
      // T OpenAIProvider.swift:29-40@38f243d; resolveAuth, AuthManager.swift:183-192
      const store = tachikomaStore(text);
      const secret = key ?? store.get("OPENAI_ACCESS_TOKEN") ?? store.get("OPENAI_API_KEY");
      return secret === undefined ? undefined : { how: "Authorization: Bearer", secret };
    }
    // T BaseProviders.swift:30-40 and :276-284@38f243d
    if (key !== undefined) return { how: "x-api-key", secret: key };
    return resolveAnthropic(text, env);
  },
};

/** T AuthManager.swift:193-203@38f243d, `resolveAuth`; the same in Tachikoma 0.3.0. */
function resolveAnthropic(text: string, env: Situation["env"]): Sent | undefined {
  const store = tachikomaStore(text);
  if (env["ANTHROPIC_API_KEY"]) return { how: "x-api-key", secret: env["ANTHROPIC_API_KEY"] };
  const token = store.get("ANTHROPIC_ACCESS_TOKEN");
  if (token !== undefined) {
    const beta = store.get("ANTHROPIC_BETA_HEADER") ?? env["ANTHROPIC_BETA_HEADER"] ?? "";
    return { how: "Authorization: Bearer", secret: token, beta: mergedBeta(beta) };
  }
  const key = store.get("ANTHROPIC_API_KEY");
  return key === undefined ? undefined : { how: "x-api-key", secret: key };
}

/** T BaseProviders.swift:20-23 and :58-79@38f243d: what the file says, and two flags of the program's own. */
function mergedBeta(existing: string): string[] {
  const flags = existing.split(",").map((flag) => flag.trim());
  const required = ["interleaved-thinking-2025-05-14", "fine-grained-tool-streaming-2025-05-14"];
  return [...new Set([...flags, ...required])].filter(Boolean);
}

/**
 * Anthropic's part from 3.2.1 on (2026-05-18, openclaw/Peekaboo#154), OpenAI's from 2026-08-02 on (#293). The strict file
 * came with 4.3.0, by its CHANGELOG.
 */
const later = (name: string, read: (text: string) => Values | undefined): Release => ({
  name,
  sends(provider, situation) {
    const { text, env, now } = situation;
    const prefix = prefixOf(provider);
    const variable = env[`${prefix}_API_KEY`];
    const values = read(text) ?? new Map<string, string>();
    // P ConfigurationManager+Accessors.swift `getOpenAIAPIKey`, `getAnthropicAPIKey`@05251f1: true API keys only
    const own = variable ?? values.get(`${prefix}_API_KEY`) ?? configKey(situation, provider);
    // the same, `hasOpenAIAuth`, `hasAnthropicAuth`: otherwise the provider counts as not set up
    // and since #293 a refresh token of OpenAI is enough (its ConfigurationAccessorsOAuthTests.swift)
    const renewable = provider === "openai" && (env["OPENAI_REFRESH_TOKEN"] || values.has("OPENAI_REFRESH_TOKEN"));
    if (!own && !renewable && validToken(values, env, prefix, now) === undefined) return undefined;
    // T Configuration.swift `loadConfiguration`, then P `applyAIProviderKeys`
    const key = own || variable || keysByName(text).get(provider);
    if (provider === "anthropic")
      // T AnthropicProvider.swift `init`@886c917
      return key === undefined ? resolveAnthropic(text, env) : { how: "x-api-key", secret: key };
    // T OpenAIResponsesProvider.swift `init`@886c917
    if (key !== undefined) return { how: "Authorization: Bearer", secret: key };
    return resolveOpenAI(situation);
  },
});

/** P ConfigurationManager+Credentials.swift `validOAuthAccessToken`@b9991e0 (openclaw). */
function validToken(values: Values, env: Situation["env"], prefix: string, now: number): string | undefined {
  const sources = [(name: string) => env[name], (name: string) => values.get(name)];
  for (const read of sources) {
    const token = read(`${prefix}_ACCESS_TOKEN`);
    const end = readDouble(read(`${prefix}_ACCESS_EXPIRES`) ?? "");
    if (token && (end === undefined || end * 1000 > now)) return token;
  }
  return undefined;
}

interface Session {
  readonly token: string | undefined;
  readonly refresh: string | undefined;
  /** ms since 1970 */
  readonly end: number | undefined;
  readonly account: string | undefined;
  readonly stored: boolean;
}

/** T AuthManager.swift, Tachikoma 0.3.0: `openAICodexCredentialState`, `openAICodexEnvironmentSnapshot`. */
function session(read: (name: string) => string | undefined, stored: boolean): Session {
  const token = read("OPENAI_ACCESS_TOKEN") || undefined;
  const refresh = read("OPENAI_REFRESH_TOKEN") || undefined;
  const claims = token === undefined ? {} : claimsOf(token);
  const seconds = readDouble(read("OPENAI_ACCESS_EXPIRES") ?? "") ?? claims.exp;
  const account = claims["https://api.openai.com/auth"]?.chatgpt_account_id || undefined;
  return { token, refresh, end: seconds === undefined ? undefined : seconds * 1000, account, stored };
}

interface Claims {
  readonly exp?: number;
  readonly "https://api.openai.com/auth"?: { readonly chatgpt_account_id?: string };
}

/** The same, `TKOpenAICodexJWT`. */
function claimsOf(token: string): Claims {
  const parts = token.split(".");
  if (parts.length !== 3 || !parts[1]) return {};
  try {
    const payload: unknown = JSON.parse(Buffer.from(parts[1], "base64url").toString("utf8"));
    return payload instanceof Object ? (payload as Claims) : {};
  } catch {
    return {};
  }
}

/** The same, `resolveAuth(for: .openai)`, then `hasOpenAICodexCredentials` and `resolveOpenAICodexAuth`. */
function resolveOpenAI({ text, env, now }: Situation): Sent | "refresh" | undefined {
  const store = tachikomaStore(text);
  const how = "Authorization: Bearer";
  const stored = session((name) => store.get(name), true);
  const key = env["OPENAI_API_KEY"] || store.get("OPENAI_API_KEY");
  if (key !== undefined) return { how, secret: key };
  // A token that names no account is one for the API, but only if nothing else of a login stands beside it.
  if (stored.token && !stored.account && !stored.refresh && !store.get("OPENAI_ACCESS_EXPIRES"))
    return { how, secret: stored.token };
  const sessions = prioritized(
    [session((name) => env[name], false), stored].filter(({ token, refresh }) => token ?? refresh),
    now,
  );
  const valid = sessions.find((one) => isValid(one, now));
  if (valid?.token && valid.account) return { how, secret: valid.token, account: valid.account };
  return sessions.some(({ refresh }) => refresh) ? "refresh" : undefined;
}

/** The same, `hasValidAccessToken`: a minute before its end the token counts as ended. */
const isValid = ({ token, account, end }: Session, now: number): boolean =>
  token !== undefined && account !== undefined && (end === undefined || end > now + 60_000);

/** The same, `prioritizedOpenAICodexSnapshots`. */
function prioritized(sessions: readonly Session[], now: number): readonly Session[] {
  const variable = sessions.find(({ stored }) => !stored);
  const stored = sessions.find((one) => one.stored);
  if (!variable || !stored) return sessions;
  if (variable.account !== undefined && variable.account === stored.account) {
    return (variable.end ?? -Infinity) > (stored.end ?? -Infinity) ? [variable, stored] : [stored, variable];
  }
  return isValid(variable, now) || variable.refresh ? [variable] : [stored, variable];
}

export const EARLY = early;
export const BEARER = later("2026-08", peekabooValues);
export const STRICT = later("4.3.0", peekabooSnapshot);
