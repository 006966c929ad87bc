import type { Acquired } from "../acquire.ts";
import type { Credential } from "../credential/credential.ts";
import type { Failure } from "../errors.ts";
import type { Inputs } from "../inputs.ts";
import type { Detected } from "../recognise/detect.ts";
import type { Prepared } from "../rotation/rotate.ts";
import type { Secret } from "../secret.ts";
import type { World } from "../world/world.ts";
import type { Situation } from "./decide.ts";
import type { LedgerRecord, RootRecord } from "./record.ts";
import { isRoot, type Seen, type Session } from "./session.ts";

/** Everything that one round of looking and deciding is about. */
export interface Round {
  readonly world: World;
  readonly inputs: Inputs;
  readonly session: Session;
  readonly seen: Seen;
  readonly situation: Situation;
  /** The credential, with what was sealed in it; undefined if there is none. */
  readonly snapshot: Credential | undefined;
  readonly detected: Detected | undefined;
  /** The rounds to come go by what this one adds to it. */
  readonly learned: Learned;
}

/** What the rounds of one job have taught it of the login. */
export interface Learned {
  /** The record as this job first saw it. Undefined: what stands there next may be renewed, however young it is. */
  first: LedgerRecord | RootRecord | undefined;
  /** An access token that the provider did not take. */
  refused: Secret | undefined;
  /** The refresh token in the credential is none that may be sent: it counts as known. */
  distrusted: boolean;
  /** It may be a sign-in all the same: what stands in its secret is not replaced. */
  spared: boolean;
  /** That its secret holds the login in the credential, and can be written. */
  proved: Prepared | undefined;
  /** The provider has refused this refresh token: this job does not send it again. */
  hopeless: { readonly token: Secret | undefined; readonly failure: Failure } | undefined;
  /** The check-out whose leavings were looked for. */
  searched: string | undefined;
  /** How often something was seen that is not to be believed at first sight. */
  doubts: number;
}

/** An access token, and the record as it stands where that is known: what can be checked out. */
export interface Carried {
  readonly acquired: Acquired;
  readonly at: Seen | undefined;
}

/** What renews the login of the record, for those who may. */
export const refreshTokenOf = ({ record }: Seen): Secret | undefined => (isRoot(record) ? record.refresh : undefined);
