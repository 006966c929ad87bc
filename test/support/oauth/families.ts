/** Which refresh tokens came from which sign-in, and what the server says about them now. */
import type { RealProvider } from "./real-provider.ts";

export type Family = {
  /** `revoked`: the grant is gone, so that no token of it works. `unknown`: never issued here. */
  state: "alive" | "revoked" | "unknown";
  /** Every refresh token of it, oldest first. */
  refreshTokens: string[];
};

/** What our tokens have before the part that the real server knows; it may be nothing. */
export type Prefixes = { access: string; refresh: string };

/** Reads the server's own store, so that asking spends nothing. */
export class Families {
  readonly #real: RealProvider;
  readonly #prefixes: Prefixes;
  readonly #byGrant = new Map<string, string[]>();

  constructor(real: RealProvider, prefixes: Prefixes) {
    this.#real = real;
    this.#prefixes = prefixes;
  }

  /** Notes a refresh token that was just issued. */
  async add(refreshToken: string): Promise<void> {
    const bare = withoutPrefix(refreshToken, this.#prefixes.refresh);
    const { grantId } = (await this.#real.provider.RefreshToken.find(bare)) ?? {};
    if (grantId === undefined) return;
    const known = this.#byGrant.get(grantId) ?? [];
    this.#byGrant.set(grantId, known.includes(refreshToken) ? known : [...known, refreshToken]);
  }

  async of(refreshToken: string): Promise<Family> {
    for (const [grantId, refreshTokens] of this.#byGrant) {
      if (!refreshTokens.includes(refreshToken)) continue;
      return { state: (await this.#grantAlive(grantId)) ? "alive" : "revoked", refreshTokens };
    }
    return { state: "unknown", refreshTokens: [] };
  }

  async refreshTokenAlive(refreshToken: string): Promise<boolean> {
    const bare = withoutPrefix(refreshToken, this.#prefixes.refresh);
    const found = await this.#real.provider.RefreshToken.find(bare);
    if (found === undefined || found.consumed !== undefined) return false;
    return this.#grantAlive(found.grantId);
  }

  /** The account of an access token that is alive; undefined for any other. */
  async accountOf(accessToken: string): Promise<string | undefined> {
    const bare = withoutPrefix(accessToken, this.#prefixes.access);
    const found = await this.#real.provider.AccessToken.find(bare);
    if (found === undefined || !(await this.#grantAlive(found.grantId))) return undefined;
    return found.accountId;
  }

  async #grantAlive(grantId: string): Promise<boolean> {
    return (await this.#real.provider.Grant.find(grantId)) !== undefined;
  }
}

/** The part that the real server knows. One without its prefix becomes a token that it does not. */
export function withoutPrefix(token: string, prefix: string): string {
  return token.startsWith(prefix) ? token.slice(prefix.length) : `no-prefix.${token}`;
}
