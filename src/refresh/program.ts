import type { Credential } from "../credential/credential.ts";
import type { FileTarget } from "../targets/target.ts";
import type { Ended, Output } from "../world/programs.ts";
import type { World } from "../world/world.ts";
import type { Sent } from "./send.ts";

/** How a provider's own program is made to renew a login. */
export interface OfficialProgram {
  /** As people call it. */
  readonly name: string;
  readonly command: string;
  /** Its package on npm. */
  readonly npm: string;
  /** The form of the file in which it keeps its login. */
  readonly target: FileTarget;
  /** Lays out what the program is to find in `home`, a private folder that is empty. */
  prepare(world: World, home: string, credential: Credential): Renewal;
}

/** One run of the program. */
export interface Renewal {
  readonly args: readonly string[];
  /** Beside the few variables that every run gets. */
  readonly env: Readonly<Record<string, string>>;
  /** Where it keeps its login. */
  readonly file: string;
  /** What stands there before the run, and is therefore no result. */
  readonly put: Credential;
  /** Whether nothing good can come any more. */
  hopeless?(soFar: Output): boolean;
  /** Whether the run is over once there are new tokens: what would follow is not wanted. */
  readonly stopEarly: boolean;
  /** What became of the refresh token, where the run ended without new tokens. */
  explain(ended: Ended): Sent;
}

/** One attempt, with none before it. */
export const sent = (outcome: Sent["outcome"]): Sent => ({ outcome, unclearBefore: false });
