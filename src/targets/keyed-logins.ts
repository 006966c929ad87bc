import { type Credential, EMPTY, type ProviderName } from "../credential/credential.ts";
import { readJwt } from "../credential/jwt.ts";
import { possibleTime } from "../duration.ts";
import { parseObject } from "../json.ts";
import { secretOf } from "../secret.ts";
import type { Doc, FileTarget, Section, Slot } from "./target.ts";

/** The end of the year 9999, ms since 1970. */
const NEVER = 253_402_300_799_000;
const DAY_MS = 86_400_000;

/** One JSON object with an entry for each provider: what programs of this shape do not have in common. */
export interface Layout {
  /** The name of each provider's entry. Other entries are none of ours. */
  readonly keys: Partial<Record<ProviderName, string>>;
  /** The `type` of an entry that is a key alone. */
  readonly keyType: string;
  /** How much too early the program notes the end of an access token, ms; 0 if left out. */
  readonly early: Partial<Record<ProviderName, number>>;
}

type Common = "providers" | "full" | "parse" | "print" | "slots" | "get" | "set" | "read";

/** What a target of this shape does as every other. */
export function keyedLogins({ keys, keyType, early }: Layout): Pick<FileTarget, Common> {
  const providers = Object.keys(keys) as ProviderName[];
  const get = (doc: Doc, { provider }: Slot): Section | undefined => {
    const key = keys[provider];
    const entry = key === undefined ? undefined : doc[key];
    return typeof entry === "object" && entry !== null ? (entry as Section) : undefined;
  };
  const read = (entry: Section, { provider }: Slot, now: number): Credential | undefined =>
    readEntry(entry, provider, keyType, early[provider] ?? 0, now);
  return {
    providers,
    full: true,
    // Present releases of these programs skip a byte order mark.
    parse: (text) => parseObject(text.replace(/^\uFEFF/, "")),
    print: (doc) => JSON.stringify(doc, null, 2),
    slots: (doc) =>
      providers
        .map((provider) => ({ provider, account: "default" }))
        .filter((slot) => {
          const entry = get(doc, slot);
          return entry !== undefined && read(entry, slot, 0) !== undefined;
        }),
    get,
    set(doc, { provider }, section) {
      const key = keys[provider];
      if (key === undefined) return doc;
      if (section) return { ...doc, [key]: section };
      const { [key]: _ours, ...others } = doc;
      return others;
    },
    read,
  };
}

/**
 * An entry of the type `oauth`. As soon as `expires` has come, these programs post the refresh token, even an
 * empty one: so an entry that cannot be renewed never ends for them, and a real end is the provider's to tell.
 * `expires` must be a whole number and `accountId` a text, else opencode drops the entry.
 */
export function oauthEntry(credential: Credential, full: boolean, earlyMs: number): Section {
  const { access, refresh, accessExpiresAt = 0, accountId } = credential;
  const token = access?.reveal() ?? "";
  const account = accountId ?? readJwt(token)?.accountId;
  return {
    type: "oauth",
    access: token,
    refresh: full && refresh ? refresh.reveal() : "",
    // Renewed at its first use, if nobody knows the end.
    expires: full && refresh ? Math.max(0, Math.floor(accessExpiresAt - earlyMs)) : NEVER,
    ...(account !== undefined && { accountId: account }),
  };
}

/** Undefined for an entry without a token, for a real API key, and for the login of another client. */
function readEntry(
  entry: Section,
  provider: ProviderName,
  keyType: string,
  earlyMs: number,
  now: number,
): Credential | undefined {
  const { type, key, expires } = entry;
  const isKey = type === keyType;
  // pi 1.x signs in to `openai` as a client of its own, at an endpoint of its own.
  if (!(isKey || type === "oauth") || entry["clientId"] !== undefined) return undefined;
  const access = secretOf(isKey ? key : entry["access"]);
  const refresh = isKey ? undefined : secretOf(entry["refresh"]);
  const token = access?.reveal() ?? "";
  const jwt = readJwt(token);
  const isToken = provider === "anthropic" ? /^sk-ant-oat\d*-/.test(token) : jwt?.accountId !== undefined;
  if (isKey ? !isToken : !access && !refresh) return undefined;
  const noted = typeof expires === "number" && expires < NEVER ? possibleTime(expires) : undefined;
  const end = jwt?.expiresAt ?? (noted === undefined ? undefined : noted + (isKey ? 0 : earlyMs));
  // Nobody but `claude setup-token` gives out a bearer of Anthropic's that lives for months.
  const setup = provider === "anthropic" && !refresh && (end === undefined || end - now > 60 * DAY_MS);
  const { accountId } = entry;
  return {
    ...EMPTY,
    kind: refresh ? "login" : setup ? "setup-token" : "access",
    provider,
    access,
    refresh,
    accessExpiresAt: end,
    scopes: setup ? ["user:inference"] : undefined,
    plan: jwt?.plan,
    accountId: typeof accountId === "string" && accountId !== "" ? accountId : jwt?.accountId,
  };
}
