import type { Credential } from "../credential/credential.ts";
import { readJwt } from "../credential/jwt.ts";
import { possibleTime } from "../duration.ts";
import type { Outcome } from "../refresh/outcome.ts";
import { jsonObject, retryAfter } from "../world/answer.ts";
import type { HttpAnswer } from "../world/world.ts";
import {
  after,
  type Body,
  type Dialect,
  isPage,
  MISTAKES,
  numberOf,
  readTokenAnswer,
  safePage,
  turnedAway,
  unclear,
} from "./answer.ts";
import type { Asking, Provider, RequestSettings } from "./provider.ts";
import { tokenRequest } from "./request.ts";

/** Any authorization server by RFC 6749. `tokenUrl` and a client id are given: the inputs demand them. */
export const custom: Provider = {
  name: "custom",

  refreshRequest(credential: Credential, settings: RequestSettings) {
    const { scope, tokenUrl = "" } = settings;
    const id = settings.clientId ?? credential.clientId ?? "";
    const secret = settings.clientSecret?.reveal();
    const basic = usesBasic({ credential, settings });
    const fields = {
      grant_type: "refresh_token",
      refresh_token: credential.refresh?.reveal() ?? "",
      ...(scope !== undefined && { scope }),
      // One way to prove oneself in a request, never two (RFC 6749, section 2.3).
      ...(!basic && { client_id: id }),
      ...(!basic && secret !== undefined && { client_secret: secret }),
    };
    const proof = basic ? { authorization: `Basic ${btoa(`${encode(id)}:${encode(secret ?? "")}`)}` } : {};
    return tokenRequest(tokenUrl, fields, settings, "form", proof);
  },

  interpret(answer: HttpAnswer, receivedAt: number) {
    const outcome = readTokenAnswer(answer, receivedAt, DIALECT);
    // GitHub tells its refusals with status 200.
    const success = answer.status >= 200 && answer.status < 300;
    const said = success && outcome.type === "ambiguous" && readWord(answer, jsonObject(answer), receivedAt);
    return said || outcome;
  },

  /**
   * A server that does not know HTTP Basic, or not its encoding, takes the id and the secret in the body.
   * What it says of the client or of the form of the request it says before it looks at the grant.
   */
  amend(asked: Asking, error: string) {
    if (!usesBasic(asked) || !ABOUT_CLIENT.has(error)) return undefined;
    return { ...asked, credential: { ...asked.credential, clientAuth: "post" } };
  },
};

/** Every server must know HTTP Basic (RFC 6749, section 2.3.1), but it goes with a form only. */
const usesBasic = ({ credential, settings }: Asking): boolean =>
  settings.clientSecret !== undefined && settings.requestFormat !== "json" && credential.clientAuth !== "post";

/** In these words servers say that they do not see who asks (the second is Bitbucket's, the third oidc-provider's). */
const ABOUT_CLIENT: ReadonlySet<string> = new Set(["invalid_client", "unauthorized_client", "invalid_request"]);

/**
 * Form encoding of one value (RFC 6749, appendix B). `-`, `_`, `.` and `*` stay as they are: a server that
 * decodes reads the same, and one that does not is not misled by what ids and secrets are mostly made of.
 */
const encode = (value: string): string => new URLSearchParams({ "": value }).toString().slice(1);

const DIALECT: Dialect = {
  // A `refresh_token_expires_in` is not read: with most servers a refresh moves that end.
  more(body, serverTime) {
    const access = body["access_token"];
    const accessExpiresAt =
      after(serverTime, body["expires_in"]) ??
      readTime(body["expires_at"]) ??
      (typeof access === "string" ? readJwt(access)?.expiresAt : undefined);
    return { accessExpiresAt };
  },

  refusal(answer: HttpAnswer, body: Body | undefined, receivedAt: number): Outcome {
    const said = readWord(answer, body, receivedAt);
    if (said) return said;
    const { status, headers } = answer;
    if (status === 401 && /^basic\b/i.test(headers["www-authenticate"] ?? "")) {
      return { type: "mistake", error: "invalid_client" };
    }
    // No token endpoint answers so: `token-url` names something else.
    if (status < 400 || status === 404 || status === 405) return { type: "mistake", error: `status ${status}` };
    return status === 403 || isPage(answer) ? turnedAway(answer) : unclear(`status ${status}`);
  },
};

const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  // GitHub
  ["bad_refresh_token", "invalid_grant"],
  ["incorrect_client_credentials", "invalid_client"],
  // Strava, which names the thing that was wrong
  ["Application", "invalid_client"],
  ["RefreshToken", "invalid_grant"],
]);

/** What the server itself says of the refresh; undefined if that is nothing that we know. */
function readWord(answer: HttpAnswer, body: Body | undefined, receivedAt: number): Outcome | undefined {
  const said = body?.["error"] ?? (body?.["errors"] as [{ resource?: unknown }?] | null | undefined)?.[0]?.resource;
  if (typeof said !== "string") return undefined;
  const code = OTHER_NAMES.get(said) ?? said;
  const { status } = answer;
  switch (code) {
    case "invalid_grant":
      return { type: "refused", why: "spent-or-revoked" };
    case "access_denied":
    case "interaction_required":
    case "consent_required":
      return { type: "attention", page: safePage(body?.["error_uri"]) };
    case "temporarily_unavailable":
      return { type: "throttled", status, retryAfterMs: retryAfter(answer, receivedAt) };
    case "slow_down": // 5 s by RFC 8628, section 3.5
      return { type: "throttled", status, retryAfterMs: retryAfter(answer, receivedAt) ?? 5000 };
    default:
      return MISTAKES.has(code) ? { type: "mistake", error: code } : undefined;
  }
}

/** An absolute time (ms) from seconds or milliseconds. */
function readTime(value: unknown): number | undefined {
  const number = numberOf(value);
  return possibleTime(number > 1e11 ? number : number * 1000); // 1e11 ms is 1973, 1e11 s is the year 5138
}
