/**
 * Logins in memory with the strictest rule: a refresh token works once, and showing a spent one
 * ends the whole family, its access tokens too.
 */
import { randomUUID } from "node:crypto";
import { ACCESS_PREFIX, accountOf, randomToken, REFRESH_PREFIX, type TokenAnswer } from "./anthropic-facts.ts";

type Login = {
  scope: string;
  accountUuid: string;
  organizationUuid: string;
  /** ms since 1970. */
  endsAt: number;
  revoked: boolean;
  /** The one refresh token that works. */
  current: string;
};

export type LoginSettings = {
  accessSeconds: number;
  loginSeconds: number;
  tellLoginEnd: boolean;
};

/** What a refresh token is worth now. `foreign`: not from here. */
export type TokenState = "alive" | "spent" | "revoked" | "ended" | "foreign";

export class StrictLogins {
  readonly #settings: LoginSettings;
  readonly #byRefreshToken = new Map<string, Login>();
  readonly #byAccessToken = new Map<string, { login: Login; endsAt: number }>();

  constructor(settings: LoginSettings) {
    this.#settings = settings;
  }

  signIn(scope: string): { accessToken: string; refreshToken: string; scope: string } {
    const refreshToken = randomToken(REFRESH_PREFIX);
    const login: Login = {
      scope,
      accountUuid: randomUUID(),
      organizationUuid: randomUUID(),
      endsAt: Date.now() + this.#settings.loginSeconds * 1000,
      revoked: false,
      current: refreshToken,
    };
    this.#byRefreshToken.set(refreshToken, login);
    return { accessToken: this.#newAccessToken(login), refreshToken, scope };
  }

  state(refreshToken: string): TokenState {
    const login = this.#byRefreshToken.get(refreshToken);
    if (login === undefined) return "foreign";
    if (login.revoked) return "revoked";
    if (login.current !== refreshToken) return "spent";
    return login.endsAt <= Date.now() ? "ended" : "alive";
  }

  /** Whether every scope of a list was granted to the login of this token. */
  grants(refreshToken: string, scope: string): boolean {
    const granted = this.#byRefreshToken.get(refreshToken)?.scope.split(" ") ?? [];
    return scope.split(" ").every((name) => granted.includes(name));
  }

  /** Ends the login that a refresh token, spent or not, belongs to. */
  revoke(refreshToken: string): void {
    const login = this.#byRefreshToken.get(refreshToken);
    if (login !== undefined) login.revoked = true;
  }

  accessTokenAlive(accessToken: string): boolean {
    const found = this.#byAccessToken.get(accessToken);
    return found !== undefined && !found.login.revoked && found.endsAt > Date.now();
  }

  /** New tokens for one that is alive; `rotate` false keeps the refresh token and leaves it out. */
  refresh(refreshToken: string, scope: string | undefined, rotate: boolean): TokenAnswer {
    const login = this.#byRefreshToken.get(refreshToken);
    if (login === undefined) throw new Error("only a token from here can be refreshed");
    if (rotate) {
      login.current = randomToken(REFRESH_PREFIX);
      this.#byRefreshToken.set(login.current, login);
    }
    const secondsLeft = Math.floor((login.endsAt - Date.now()) / 1000);
    return {
      token_type: "Bearer",
      access_token: this.#newAccessToken(login),
      expires_in: this.#settings.accessSeconds,
      ...(rotate && { refresh_token: login.current }),
      ...(this.#settings.tellLoginEnd && { refresh_token_expires_in: secondsLeft }),
      scope: scope ?? login.scope,
      account: accountOf(login.accountUuid),
      organization: { uuid: login.organizationUuid, name: "Example organization" },
    };
  }

  #newAccessToken(login: Login): string {
    const token = randomToken(ACCESS_PREFIX);
    const endsAt = Date.now() + this.#settings.accessSeconds * 1000;
    this.#byAccessToken.set(token, { login, endsAt });
    return token;
  }
}
