import type { Credential, ProviderName } from "../credential/credential.ts";
import type { Outcome } from "../refresh/outcome.ts";
import type { Secret } from "../secret.ts";
import type { HttpAnswer, HttpRequest } from "../world/world.ts";

/** How the user wants the request to be made. */
export interface RequestSettings {
  readonly tokenUrl: string | undefined;
  readonly clientId: string | undefined;
  readonly clientSecret: Secret | undefined;
  readonly scope: string | undefined;
  readonly userAgent: string;
  readonly requestFormat: "json" | "form" | undefined;
  readonly timeoutMs: number;
}

/** What a refresh is asked with. */
export interface Asking {
  readonly credential: Credential;
  readonly settings: RequestSettings;
}

/** A token issuer. Asking and understanding are kept apart: only the caller knows what an answer costs. */
export interface Provider {
  readonly name: ProviderName;
  refreshRequest(credential: Credential, settings: RequestSettings): HttpRequest;
  /** `receivedAt` (local ms) stands in where the answer has no `Date` header. */
  interpret(answer: HttpAnswer, receivedAt: number): Outcome;
  /**
   * How to ask once more after a `mistake` that certainly left the token as it was; undefined if there is no
   * better way to ask.
   */
  amend?(asked: Asking, error: string): Asking | undefined;
}
