/**
 * OpenAI's logins in memory with the strictest rule: a refresh token works once, and showing a
 * spent one ends the whole login, its access tokens too.
 */
import {
  type Account,
  LOGIN_SCOPES,
  newAccessToken,
  newAccount,
  newIdToken,
  newRefreshToken,
  type OpenaiAnswer,
} from "./openai-facts.ts";

type Login = {
  account: Account;
  revoked: boolean;
  /** The one refresh token that works. */
  current: string;
};

/** What a refresh token is worth now. `foreign`: not from here. */
export type OpenaiTokenState = "alive" | "spent" | "revoked" | "foreign";

export type OpenaiSignIn = {
  accessToken: string;
  refreshToken: string;
  idToken: string;
  accountId: string;
  plan: string;
  /** ms since 1970, by the server's clock. */
  accessExpiresAt: number;
};

export class OpenaiLogins {
  readonly #accessSeconds: number;
  /** The server's clock, ms since 1970. */
  readonly #now: () => number;
  readonly #byRefreshToken = new Map<string, Login>();
  /** Every token that was ever given out. */
  readonly issued: string[] = [];
  readonly #byAccessToken = new Map<string, { login: Login; endsAt: number }>();

  constructor(accessSeconds: number, now: () => number) {
    this.#accessSeconds = accessSeconds;
    this.#now = now;
  }

  signIn(wanted: Partial<Account>): OpenaiSignIn {
    const account = newAccount(wanted);
    const refreshToken = newRefreshToken();
    const login = { account, revoked: false, current: refreshToken };
    this.#byRefreshToken.set(refreshToken, login);
    this.issued.push(refreshToken);
    const { accessToken, idToken, endsAt } = this.#newTokens(login);
    const { accountId, plan } = account;
    return { accessToken, refreshToken, idToken, accountId, plan, accessExpiresAt: endsAt };
  }

  state(refreshToken: string): OpenaiTokenState {
    const login = this.#byRefreshToken.get(refreshToken);
    if (login === undefined) return "foreign";
    if (login.current !== refreshToken) return "spent";
    return login.revoked ? "revoked" : "alive";
  }

  /** Ends the login that a refresh token, spent or not, belongs to. */
  revoke(refreshToken: string): void {
    const login = this.#byRefreshToken.get(refreshToken);
    if (login !== undefined) login.revoked = true;
  }

  accessTokenAlive(accessToken: string): boolean {
    const found = this.#byAccessToken.get(accessToken);
    return found !== undefined && !found.login.revoked && found.endsAt > this.#now();
  }

  /** New tokens for one that is alive; `rotate` false keeps the refresh token and leaves it out. */
  refresh(refreshToken: string, rotate: boolean): OpenaiAnswer {
    const login = this.#byRefreshToken.get(refreshToken);
    if (login === undefined) throw new Error("only a token from here can be refreshed");
    if (rotate) {
      login.current = newRefreshToken();
      this.#byRefreshToken.set(login.current, login);
      this.issued.push(login.current);
    }
    const { accessToken, idToken } = this.#newTokens(login);
    return {
      id_token: idToken,
      access_token: accessToken,
      ...(rotate && { refresh_token: login.current }),
      token_type: "Bearer",
      expires_in: this.#accessSeconds,
      scope: LOGIN_SCOPES.join(" "),
    };
  }

  #newTokens(login: Login): { accessToken: string; idToken: string; endsAt: number } {
    const from = this.#now();
    // A JWT tells its end in whole seconds.
    const endsAt = Math.floor(from / 1000 + this.#accessSeconds) * 1000;
    const accessToken = newAccessToken(login.account, { from, until: endsAt });
    this.#byAccessToken.set(accessToken, { login, endsAt });
    const idToken = newIdToken(login.account, { from, until: from + 3_600_000 });
    this.issued.push(accessToken, idToken);
    return { accessToken, idToken, endsAt };
  }
}
