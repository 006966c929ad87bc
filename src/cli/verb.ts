import type { World } from "../world/world.ts";
import type { Terminal } from "./terminal.ts";

/** What a verb is called with. */
export interface Call {
  /** The inputs of the action stand in `world.env`, as `INPUT_…`. */
  readonly world: World;
  readonly terminal: Terminal;
  /** The verb's own flags; those that are inputs are in the world. */
  readonly flags: Readonly<Record<string, string | boolean | undefined>>;
  readonly positionals: readonly string[];
}

/** What a verb is, for the help and the reading of its flags. */
export interface Verb {
  /** After the program's name: `login <provider>`. */
  readonly usage: string;
  readonly summary: string;
  /** Flags besides the inputs: those with a value name it in angle brackets. */
  readonly flags: Readonly<Record<string, readonly [value: string, meaning: string]>>;
  /** Inputs that make sense here, besides those that every verb has; `all`: every one. */
  readonly inputs: "all" | "none" | readonly string[];
  readonly examples: readonly (readonly [command: string, meaning: string])[];
  /** What the verb itself reads from stdin with these flags, so that no secret can come that way. */
  readonly stdin?: (flags: Call["flags"]) => string | undefined;
  /** At most so many words may follow the verb. */
  readonly words: number;
  /** Gives the exit code. Throws a Failure or InputProblems. */
  readonly load: () => Promise<(call: Call) => Promise<number>>;
}

/** Every verb has these. */
export const COMMON_FLAGS: Verb["flags"] = {
  json: ["", "one line of JSON on stdout, errors as JSON on stderr"],
  help: ["", "this text"],
};
