import type { Credential } from "../credential/credential.ts";
import type { HttpAnswer, HttpRequest } from "../world/world.ts";
import type { RequestSettings } from "./provider.ts";

/** What the provider says of an access token that is shown to it. */
export type Verdict =
  | { readonly type: "valid"; readonly plan?: string | undefined }
  /** The provider does not know it: cut off, of another kind, or revoked and ended. */
  | { readonly type: "refused"; readonly why: "cut-off" | "wrong-kind" | "revoked" | "scope-missing" }
  /** It is good, but the plan's limit is used up until `resetAt` (ms, undefined if not told). */
  | { readonly type: "limited"; readonly resetAt: number | undefined }
  /** Turned away by something in front of the provider, or no answer that means anything: says nothing of the token. */
  | { readonly type: "unknown"; readonly status: number };

/** How an access token is shown to its provider, and what the answer means. */
export interface Check {
  /** Spends nothing that is single-use. */
  request(credential: Credential, settings: RequestSettings): HttpRequest;
  interpret(answer: HttpAnswer, credential: Credential): Verdict;
}
