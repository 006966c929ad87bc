/** What servers do, as the oracle sees it: their own books, not anybody's words. */

/** All refresh tokens that follow from one sign-in. */
export interface Family {
  readonly id: number;
  /** Whose it is: the index of the login in the plan. */
  readonly login: number;
  readonly bornAt: number;
  readonly tokens: RefreshToken[];
  revoked: Revocation | undefined;
}

export interface Revocation {
  readonly seq: number;
  readonly t: number;
  readonly why: "reuse" | "by the account's owner";
  /** The spent token that was shown. */
  readonly shown: RefreshToken | undefined;
  readonly call: number | undefined;
}

export interface RefreshToken {
  readonly text: string;
  readonly family: Family;
  /** 0 for that of the sign-in. */
  readonly generation: number;
  /** The first renewal with it. */
  spent: Spending | undefined;
  /** Since when a sibling has its place (`newest-wins`): a `seq`. */
  superseded: number | undefined;
}

export interface Spending {
  readonly seq: number;
  readonly t: number;
  /** Undefined for a program on somebody's laptop. */
  readonly call: number | undefined;
  readonly issued: Issued;
}

export interface AccessToken {
  readonly text: string;
  readonly family: Family;
  readonly endsAt: number;
  ended: boolean;
}

/** One generation. */
export interface Issued {
  readonly access: AccessToken;
  readonly refresh: RefreshToken;
}

/** One content of a secret. */
export interface Version {
  readonly index: number;
  /** By GitHub's clock, ms; `updated_at` shows whole seconds of it. */
  readonly at: number;
  readonly seq: number;
  /** `b.main`, `a person`. */
  readonly by: string;
  readonly call: number | undefined;
  /** Undefined: the secret was deleted. */
  readonly value: (() => string) | undefined;
}

/** One value of a ref. */
export interface RefVersion {
  readonly index: number;
  readonly sha: string;
  /** The record; undefined: the ref was deleted. */
  readonly text: string | undefined;
  /** The date of its commit, ms, in whole seconds; and when the ref was moved to it. */
  readonly at: number;
  readonly movedAt: number;
  readonly seq: number;
  readonly by: string;
  readonly call: number | undefined;
}

export type Effect =
  | { readonly kind: "renewed"; readonly token: RefreshToken; readonly issued: Issued; readonly how: Renewal }
  | { readonly kind: "refused"; readonly token: RefreshToken | undefined; readonly why: string }
  /** The token was not looked at. */
  | { readonly kind: "turned away"; readonly token: RefreshToken | undefined }
  | { readonly kind: "shown"; readonly secret: string; readonly version: Version | undefined }
  | { readonly kind: "stored"; readonly secret: string; readonly version: Version }
  | { readonly kind: "ref shown"; readonly ref: string; readonly version: RefVersion | undefined }
  | { readonly kind: "ref"; readonly ref: string; readonly version: RefVersion }
  | { readonly kind: "told"; readonly what: string }
  | { readonly kind: "declined"; readonly what: string };

/** `kept`: the refresh token stays as it is. */
export type Renewal = "rotated" | "same-again" | "sibling" | "kept";

export function sayEffect(effect: Effect): string {
  switch (effect.kind) {
    case "renewed":
      return `${sayToken(effect.token)} renewed (${effect.how}): ${sayToken(effect.issued.refresh)}`;
    case "refused":
      return `${sayToken(effect.token)} refused: ${effect.why}`;
    case "turned away":
      return "turned away";
    case "shown":
      return `shows ${effect.secret} ${sayVersion(effect.version)}`;
    case "stored":
      return `${effect.secret} is now ${sayVersion(effect.version)}`;
    case "ref shown":
      return `shows the record ${sayRecord(effect.version)}`;
    case "ref":
      return `the record is now ${sayRecord(effect.version)}`;
    case "told":
    case "declined":
      return effect.what;
  }
}

/** `3: generation 4, epoch 5, held by b.main` from what stands in clear. */
export function sayRecord(version: RefVersion | undefined): string {
  if (version?.text === undefined) return "absent";
  const [, json = "{}"] = /^(\{.*?),"fingerprints":/.exec(version.text) ?? [];
  const { lineage, generation, epoch, lease, dead } = JSON.parse(`${json}}`) as Record<string, unknown>;
  const held = lease as { phase: string; nonce: string; attempts: number } | undefined;
  const says = [
    `lineage ${String(lineage)} generation ${String(generation)}`,
    `epoch ${String(epoch)}`,
    held && `${held.phase} ${held.nonce} (attempt ${held.attempts})`,
    dead !== undefined && "DEAD",
  ];
  return `version ${version.index} by ${version.by}: ${says.filter(Boolean).join(", ")}`;
}

/** `R2 of family 1`. */
export const sayToken = (token: RefreshToken | undefined): string =>
  token ? `R${token.generation} of family ${token.family.id}` : "a token that was never issued";

export const sayVersion = (version: Version | undefined): string =>
  version ? `version ${version.index} (by ${version.by})${version.value ? "" : ", deleted"}` : "as absent";
