import { type Credential, sayKind } from "../../credential/credential.ts";
import { sayWhen } from "../status/times.ts";
import { type Check, ok, type Subject, wrong } from "./check.ts";

const AGAIN = {
  anthropic: "Make a setup token (`claude setup-token`), or sign in once more for CI, and store the result.",
  openai: "Sign in once more for CI (`CODEX_HOME=$(mktemp -d) codex login`), and store its `auth.json`.",
  custom: "Sign in once more, and store the new refresh token.",
} as const;

export const signInAgain = ({ provider }: Pick<Credential, "provider">): string => AGAIN[provider];

/**
 * What a login's own dates and scopes say. Times in ms.
 *
 * @param where names it; `lean`: what is wrong with it does not matter much
 */
export function endChecks(
  subject: Subject,
  where: string,
  credential: Credential,
  { now, warnBeforeMs, lean }: { readonly now: number; readonly warnBeforeMs: number; readonly lean: boolean },
): Check[] {
  const level = lean ? "warn" : "fail";
  const { kind, provider, accessExpiresAt, loginExpiresAt, scopes, refresh, shared } = credential;
  const name = sayKind(credential);
  const again = signInAgain(credential);
  const found: Check[] = [];
  if (provider === "anthropic" && scopes && !scopes.includes("user:inference")) {
    const text = `${where}: the ${name} was made without the scope user:inference, so Claude Code says “Not logged in”.`;
    found.push(wrong(subject, "scope-missing", text, again, level));
  }
  if (loginExpiresAt !== undefined && loginExpiresAt <= now) {
    const text = `${where}: the ${name} ended ${sayWhen(loginExpiresAt, now)}; no renewal moves this end.`;
    return [...found, wrong(subject, "login-ended", text, again, level)];
  }
  const renewable = refresh !== undefined || shared !== undefined;
  if (accessExpiresAt !== undefined && accessExpiresAt <= now && !renewable) {
    const what = kind === "setup-token" ? name : `access token of the ${name}`;
    const advice =
      kind === "login"
        ? "Run the workflow that renews it, and let it run more often than an access token lives."
        : again;
    const text = `${where}: the ${what} ended ${sayWhen(accessExpiresAt, now)}, and nothing here can renew it.`;
    return [...found, wrong(subject, "access-ended", text, advice, level)];
  }
  const end = kind === "login" ? loginExpiresAt : kind === "setup-token" ? accessExpiresAt : undefined;
  if (end !== undefined && end - now < warnBeforeMs) {
    return [
      ...found,
      wrong(subject, "ends-soon", `${where}: the ${name} ends ${sayWhen(end, now)}.`, `Before then: ${again}`, "warn"),
    ];
  }
  if (found.length > 0) return found;
  const parts = [sayEnd("access token", accessExpiresAt, now)];
  if (kind === "login") parts.push(sayEnd("login", loginExpiresAt, now));
  return [ok(subject, `${where}: ${parts.join("; ")}.`)];
}

const sayEnd = (what: string, ms: number | undefined, now: number): string =>
  ms === undefined ? `the end of the ${what} is not known` : `the ${what} ends ${sayWhen(ms, now)}`;
