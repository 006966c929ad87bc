/**
 * Four manners of giving out refresh tokens, as small as they can be: a login (a family of tokens) has one token
 * that works now, and what becomes of the ones before it differs. Tokens and families are numbers.
 */

/**
 * - `strict`: a token works once; one that comes a second time ends the whole family (RFC 9700, 4.14.2).
 * - `same`: the token before the present one gets the same successor again, until that has been used.
 * - `latest`: it gets another successor, which then is the only one that works.
 * - `none`: tokens are not rotated.
 */
export type Manner = "strict" | "same" | "latest" | "none";

export interface Family {
  /** The one token that works; undefined once the family has been ended. */
  readonly current: number | undefined;
  /** The one before it, which `same` and `latest` still take. */
  readonly before: number | undefined;
}

export interface Issuer {
  readonly families: readonly Family[];
  /** The family of each token; its number is its place here. */
  readonly tokens: readonly number[];
}

export interface Issued {
  readonly issuer: Issuer;
  /** The successor; undefined for a refusal. */
  readonly token: number | undefined;
  /** Whether a token was presented that was spent before. */
  readonly replay: boolean;
}

/** So many logins, each with its first token: token 0 of family 0, token 1 of family 1, … */
export const issuerOf = (families: number): Issuer => ({
  families: Array.from({ length: families }, (_, current) => ({ current, before: undefined })),
  tokens: Array.from({ length: families }, (_, family) => family),
});

export const familyOf = (issuer: Issuer, token: number): Family =>
  issuer.families[issuer.tokens[token] as number] as Family;

/** Whether this very token would be taken, and be the newest of its family. */
export const lives = (issuer: Issuer, token: number): boolean => familyOf(issuer, token).current === token;

/** What the provider does with a token that is presented to it. */
export function redeem(issuer: Issuer, manner: Manner, token: number): Issued {
  const family = issuer.tokens[token] as number;
  const { current, before } = familyOf(issuer, token);
  const change = (next: Family, tokens = issuer.tokens): Issuer => ({
    families: issuer.families.with(family, next),
    tokens,
  });
  if (manner === "none") return { issuer, token: current === undefined ? undefined : token, replay: false };
  if (current === undefined) return { issuer, token: undefined, replay: token !== current };
  if (token === before && manner === "same") return { issuer, token: current, replay: true };
  if (token === current || (token === before && manner === "latest")) {
    const successor = issuer.tokens.length;
    const next = { current: successor, before: token };
    return { issuer: change(next, [...issuer.tokens, family]), token: successor, replay: token !== current };
  }
  // A sibling that the latest one has replaced is refused by itself; anything older ends the family.
  const ends = manner !== "latest";
  return { issuer: ends ? change({ current: undefined, before: undefined }) : issuer, token: undefined, replay: true };
}
