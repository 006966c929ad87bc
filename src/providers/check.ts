import type { Credential } from "../credential/credential.ts";
import type { HttpAnswer, HttpRequest } from "../world/world.ts";
import type { RequestSettings } from "./provider.ts";

/** What the provider says of an access token that is shown to it. */
export type Verdict =
  /** The provider knows the token. `plan` as it names it (`max`, `plus`), if it does. */
  | { readonly type: "valid"; readonly plan?: string | undefined }
  | { readonly type: "refused"; readonly why: Refusal }
  /** It is good, but the plan's limit is used up until `resetAt` (ms since 1970, undefined if not told). */
  | { readonly type: "limited"; readonly resetAt: number | undefined }
  /**
   * Turned away by something in front of the provider, or no answer that means anything: says nothing of the
   * token. `status` is 0 where there was no answer at all.
   */
  | { readonly type: "unknown"; readonly status: number };

/**
 * - `cut-off`: not known, and it looks as if it lost a part or was changed on its way;
 * - `wrong-kind`: not known, and it is another kind of token;
 * - `revoked`: not known any more: revoked, or at its end;
 * - `scope-missing`: known, but made without the scope that the program needs;
 * - `not-allowed`: known, but its account or organisation may not use it: no new token helps.
 */
export type Refusal = "cut-off" | "wrong-kind" | "revoked" | "scope-missing" | "not-allowed";

/** How an access token is shown to its provider, and what the answer means. */
export interface Check {
  /** Spends nothing that is single-use. `credential` has an access token. */
  request(credential: Credential, settings: RequestSettings): HttpRequest;
  interpret(answer: HttpAnswer, credential: Credential): Verdict;
}

export const saysNothing = ({ status }: HttpAnswer): Verdict => ({ type: "unknown", status });
export const refused = (why: Refusal): Verdict => ({ type: "refused", why });
