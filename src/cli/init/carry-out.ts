import { asFailure } from "../../as-failure.ts";
import { Failure } from "../../errors.ts";
import { ApiProblem } from "../../rotation/github-api.ts";
import type { World } from "../../world/world.ts";
import type { Ask } from "./ask.ts";
import { type Change, sayProblem } from "./change.ts";

/**
 * Makes the changes one after the other. Whatever stops it, the Failure says what was made, what was not, and how to
 * go on: the next run finds what is there and makes the rest. Ctrl-C stops before the next change.
 */
export async function carryOut(world: World, ask: Ask, changes: readonly Change[]): Promise<void> {
  const made: Change[] = [];
  const signals = world.holdSignals();
  try {
    for (const change of changes) {
      if (signals.signalledAt() !== undefined) {
        throw new Failure("cancelled", "You stopped it.", "");
      }
      await change.apply();
      made.push(change);
      const text = `${change.label}: ${DONE[change.type]}`;
      if (made.length === 1) ask.say.step(text);
      else ask.say.done(text);
    }
  } catch (error) {
    const cause = error instanceof ApiProblem ? sayProblem(error, changes[made.length]?.label ?? "") : asFailure(error);
    throw new Failure(
      cause.code,
      `${cause.message} ${sayState(made, changes.slice(made.length))}`,
      advise(cause, made),
    );
  } finally {
    signals.release();
  }
}

const DONE = { environment: "made", secret: "stored", file: "written", check: "may write there" } as const;

function sayState(made: readonly Change[], left: readonly Change[]): string {
  const isMade = ({ type }: Change) => type !== "check";
  const done = made.filter(isMade).map(({ label }) => label);
  const open = left.filter(isMade).map(({ label }) => label);
  const list = (labels: readonly string[]) => labels.map((label) => `\n  - ${label}`).join("");
  return `${done.length > 0 ? `Made:${list(done)}\n` : "Nothing was made. "}Not made:${list(open)}\n`;
}

function advise({ advice }: Failure, made: readonly Change[]): string {
  const again =
    made.length > 0
      ? "Then run `oauth-creds init` again: it finds what is there, and makes the rest."
      : "Then run `oauth-creds init` again.";
  return [advice, again].filter(Boolean).join(" ");
}
