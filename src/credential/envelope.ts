import { secretOf } from "../secret.ts";
import { parseObject } from "../json.ts";
import { isoTime, possibleTime } from "../duration.ts";
import { type Credential, EMPTY, type ProviderName, type Shared } from "./credential.ts";

/** `oc1.` + base64url of JSON, on one line: what rotation writes into a secret. */
const PREFIX = "oc1.";

/** What an envelope tells besides the credential: where and when it was stored. */
export interface Stored {
  /** By GitHub's own clock, just before it was written; ms. */
  readonly savedAt: number;
  readonly location: StoredLocation;
  /** A ready-made body that proves the write permission: see `probe` in rotation/secret-store.ts. */
  readonly probe: SealedBody | undefined;
}

/** The one place whose copy may be refreshed. The repository's id outlives its renaming. */
export interface StoredLocation {
  /** The last three never hold what renews a login, so no envelope names one. */
  readonly kind: "repository" | "environment" | "organization" | "dependabot" | "codespaces" | "agents";
  readonly name: string;
  /** `owner/name`; the organization's own name where it belongs to no repository. */
  readonly repository: string;
  readonly repositoryId: string | undefined;
  /** The environment, or the organization, that it is a secret of. */
  readonly within?: string | undefined;
}

/** The body of a PUT that sets a secret: public, since only GitHub can open it. */
export interface SealedBody {
  readonly encrypted_value: string;
  readonly key_id: string;
}

const PROVIDERS: ReadonlySet<unknown> = new Set<ProviderName>(["anthropic", "openai", "custom"]);
const SECRETS = ["access", "refresh", "predecessor", "idToken", "recovery"];
const TEXTS = ["clientId", "clientAuth", "plan", "accountId"];

export const isEnvelope = (text: string): boolean => text.startsWith(PREFIX);

/** Without `stored` it is a credential on its way, not one in a secret. */
export function sealEnvelope(credential: Credential, stored: Stored | undefined): string {
  const { access, refresh, predecessor, idToken, recovery, accessExpiresAt, loginExpiresAt, ...plain } = credential;
  const json = JSON.stringify({
    v: 1,
    ...plain,
    access: access?.reveal(),
    accessExpiresAt: accessExpiresAt && isoTime(accessExpiresAt),
    refresh: refresh?.reveal(),
    loginExpiresAt: loginExpiresAt && isoTime(loginExpiresAt),
    predecessor: predecessor?.reveal(),
    idToken: idToken?.reveal(),
    recovery: recovery?.reveal(),
    stored: stored && { ...stored, savedAt: isoTime(stored.savedAt) },
  });
  return PREFIX + Buffer.from(json).toString("base64url");
}

/** Throws an Error that says what is wrong with it, without its content. */
export function openEnvelope(text: string): { credential: Credential; stored: Stored | undefined } {
  const fields = parseObject(Buffer.from(text.slice(PREFIX.length), "base64url").toString("utf8"));
  if (!fields) throw new Error("it is an envelope of ours (oc1.…) that was cut off or altered");
  if (fields["v"] !== 1) throw new Error("it is an envelope of a newer oauth-creds than this one");
  const { v: _v, kind, provider, generation, scopes, other = {}, shared, stored, ...later } = fields;
  const [access, refresh, predecessor, idToken, recovery] = SECRETS.map((name) => secretOf(fields[name]));
  const texts = Object.fromEntries(TEXTS.map((name) => [name, fields[name] as string | undefined]));
  const { savedAt, location, probe } = (stored ?? {}) as Record<string, unknown>;
  const savedMs = readIso(savedAt);
  const complete =
    PROVIDERS.has(provider) &&
    ((kind === "login" && (refresh || isShared(shared))) ||
      ((kind === "access" || kind === "setup-token") && access)) &&
    Number.isInteger(generation) &&
    (scopes === undefined || (Array.isArray(scopes) && scopes.every(isText))) &&
    TEXTS.every((name) => fields[name] === undefined || isText(fields[name])) &&
    typeof other === "object" &&
    other !== null &&
    (stored === undefined || (savedMs !== undefined && isLocation(location)));
  if (!complete) throw new Error("it is an envelope of ours (oc1.…) with fields missing");
  return {
    credential: {
      ...EMPTY,
      ...later, // what a later version of this format adds is kept
      ...texts,
      kind,
      provider: provider as ProviderName,
      generation: generation as number,
      access,
      refresh,
      predecessor,
      idToken,
      recovery,
      accessExpiresAt: readIso(fields["accessExpiresAt"]),
      loginExpiresAt: readIso(fields["loginExpiresAt"]),
      scopes: scopes as string[] | undefined,
      other: other as Record<string, unknown>,
      shared: isShared(shared) ? shared : undefined,
    },
    stored:
      savedMs !== undefined && isLocation(location)
        ? { savedAt: savedMs, location, probe: isSealedBody(probe) ? probe : undefined }
        : undefined,
  };
}

const isText = (value: unknown): value is string => typeof value === "string";

/** A time in ISO 8601 as ms since 1970; undefined for anything else. */
export const readIso = (value: unknown): number | undefined =>
  isText(value) ? possibleTime(Date.parse(value)) : undefined;

function isLocation(value: unknown): value is StoredLocation {
  const { kind, name, repository, within } = (value ?? {}) as Record<string, unknown>;
  const placed = kind === "repository" || ((kind === "environment" || kind === "organization") && isText(within));
  return placed && isText(name) && isText(repository);
}

function isShared(value: unknown): value is Shared {
  const { place, lineage, sealed } = (value ?? {}) as Record<string, unknown>;
  return [place, lineage, sealed].every(isText);
}

function isSealedBody(value: unknown): value is SealedBody {
  const { encrypted_value, key_id } = (value ?? {}) as Record<string, unknown>;
  return typeof encrypted_value === "string" && typeof key_id === "string";
}
