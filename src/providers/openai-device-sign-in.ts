import { Secret } from "../secret.ts";
import { jsonObject, retryAfter } from "../world/answer.ts";
import type { HttpAnswer, HttpRequest } from "../world/world.ts";
import { isPage, numberOf } from "./answer.ts";
import { challengeOf, type Grant, type SignIn } from "./authorize.ts";
import { CLIENT_ID, openaiSignIn, TOKEN_URL } from "./openai-sign-in.ts";
import type { RequestSettings } from "./provider.ts";
import { tokenRequest } from "./request.ts";

/**
 * OpenAI's sign-in with a code that is typed on another machine, as Codex does it (codex-rs/login,
 * device_code_auth.rs). Its shape is OpenAI's own, not that of RFC 8628: the server makes the PKCE pair, and what
 * the device gets in the end is a code to be exchanged.
 */
export interface DeviceSignIn {
  /** What the person opens. */
  readonly page: string;
  /** ms that a code lives. */
  readonly lifeMs: number;
  readonly signIn: SignIn;
  codeRequest(): HttpRequest;
  pollRequest(code: DeviceCode): HttpRequest;
  /** Undefined if the answer has no code. */
  readCode(answer: HttpAnswer): DeviceCode | undefined;
  readPoll(answer: HttpAnswer, receivedAt: number): Poll;
}

export interface DeviceCode {
  readonly id: Secret;
  /** What the person types: shown to nobody else. */
  readonly userCode: string;
  readonly intervalMs: number;
}

export type Poll =
  | { readonly type: "waiting"; readonly waitMs: number | undefined }
  | { readonly type: "granted"; readonly grant: Grant }
  | { readonly type: "failed"; readonly status: number };

const MINUTE_MS = 60_000;

export function openaiDeviceSignIn(settings: RequestSettings): DeviceSignIn {
  const issuer = new URL(settings.tokenUrl ?? TOKEN_URL).origin;
  const clientId = settings.clientId ?? CLIENT_ID;
  const base = `${issuer}/api/accounts/deviceauth`;
  const json = { ...settings, requestFormat: undefined };
  return {
    page: `${issuer}/codex/device`,
    lifeMs: 15 * MINUTE_MS,
    signIn: openaiSignIn(settings, { authorizeUrl: undefined }),
    codeRequest: () => tokenRequest(`${base}/usercode`, { client_id: clientId }, json, "json"),
    pollRequest: ({ id, userCode }) =>
      tokenRequest(`${base}/token`, { device_auth_id: id.reveal(), user_code: userCode }, json, "json"),

    readCode(answer) {
      const body = jsonObject(answer);
      const userCode = body?.["user_code"] ?? body?.["usercode"];
      const id = body?.["device_auth_id"];
      if (answer.status !== 200 || typeof id !== "string" || typeof userCode !== "string") return undefined;
      if (!/^[\w-]{4,40}$/.test(userCode)) return undefined; // it is shown on the screen
      const seconds = numberOf(body?.["interval"]); // comes as text
      return { id: new Secret(id), userCode, intervalMs: Math.min(Math.max(seconds || 5, 1), 60) * 1000 };
    },

    readPoll(answer, receivedAt) {
      const { status } = answer;
      if (status === 403 || status === 404 || status === 429 || status >= 500) {
        return { type: "waiting", waitMs: retryAfter(answer, receivedAt) };
      }
      const body = jsonObject(answer);
      const [code, verifier, challenge] = ["authorization_code", "code_verifier", "code_challenge"].map(
        (name) => body?.[name],
      );
      const whole = status === 200 && typeof code === "string" && typeof verifier === "string";
      if (!whole || isPage(answer) || (challenge !== undefined && challengeOf(verifier) !== challenge)) {
        return { type: "failed", status };
      }
      const redirectUri = `${issuer}/deviceauth/callback`;
      const grant = { code: new Secret(code), verifier: new Secret(verifier), redirectUri, state: undefined };
      return { type: "granted", grant };
    },
  };
}
