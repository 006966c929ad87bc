/** Runs a whole action: main, whatever else the job does meanwhile, and post. */
import { conditionHolds, readActionFile } from "./action-file.ts";
import { runStep, type StepOptions, type StepResult } from "./step.ts";

type Shared = Omit<StepOptions, "entry" | "stage" | "state" | "action">;

export interface ActionOptions extends Shared {
  /** An `action.yml` or its folder: names the entries and the defaults of inputs. */
  readonly action?: string;
  /** Absolute paths of the entries, instead of those that `action` names. */
  readonly main?: string;
  readonly post?: string;
  /** What differs in the post step: signals, KILL_AT, variables. Nothing of main's carries over. */
  readonly postOptions?: Partial<Pick<Shared, (typeof PER_STAGE)[number] | "env">>;
  /** The steps of the job between main and post. */
  readonly between?: (main: StepResult) => void | Promise<void>;
}

/** Options that concern one process, not the step. */
const PER_STAGE = ["cancel", "killOnLine", "killAt", "failAt", "preload", "timeoutMs"] as const;

/**
 * Runs main, then `between`, then post with the inputs and the state of main, also after main has
 * failed or was killed. `post` is missing if there is no such entry, or `post-if` says no.
 */
export async function runAction(options: ActionOptions): Promise<{ main: StepResult; post?: StepResult }> {
  const { between, postOptions, ...shared } = options;
  const file = options.action === undefined ? undefined : readActionFile(options.action);
  const entry = options.main ?? file?.main;
  if (entry === undefined) throw new Error("runAction needs `main` or `action`");
  const main = await runStep({ ...shared, entry });
  await between?.(main);
  const postEntry = options.post ?? file?.post;
  if (postEntry === undefined) return { main };
  if (!conditionHolds(file?.postIf ?? "always()", options.job.status)) return { main };
  const base = Object.fromEntries(
    Object.entries(shared).filter(([name]) => !(PER_STAGE as readonly string[]).includes(name)),
  ) as typeof shared;
  const post = await runStep({
    ...base,
    ...postOptions,
    entry: postEntry,
    stage: "post",
    state: main.state,
  });
  return { main, post };
}
