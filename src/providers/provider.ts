import type { Credential } from "../credential/credential.ts";
import type { Outcome } from "../refresh/outcome.ts";
import type { HttpAnswer, HttpRequest } from "../world/world.ts";

/** How the user wants the request to be made. */
export interface RequestSettings {
  readonly tokenUrl: string | undefined;
  readonly clientId: string | undefined;
  readonly scope: string | undefined;
  readonly userAgent: string;
  readonly requestFormat: "json" | "form" | undefined;
  readonly timeoutMs: number;
}

/** A token issuer. Asking and understanding are kept apart: only the caller knows what an answer costs. */
export interface Provider {
  readonly name: string;
  refreshRequest(credential: Credential, settings: RequestSettings): HttpRequest;
  /** `receivedAt` (local ms) stands in where the answer has no `Date` header. */
  interpret(answer: HttpAnswer, receivedAt: number): Outcome;
}
