import { readInputs } from "../../inputs.ts";
import { maskInputs } from "../../recognise/recognise.ts";
import type { World } from "../../world/world.ts";
import { usage } from "../arguments.ts";
import { EXIT, exitCodeOf } from "../exit-code.ts";
import type { Call } from "../verb.ts";
import { type Ask, askNobody, Stopped } from "./ask.ts";
import { asData } from "./change.ts";
import { carryOut } from "./carry-out.ts";
import { custom, type Wishes } from "./decide.ts";
import { examine } from "./examine.ts";
import { type Fresh, rescue } from "./fresh.ts";
import { findRepository, type Place } from "./repository.ts";
import { asList, inFull, nextSteps } from "./say-plan.ts";
import { type Plan, plan } from "./set-up.ts";
import { wrap } from "./wrap.ts";

/** What `uses:` names in the workflows, unless `--action` says it: as in README.md and examples/. */
const ACTION = "org/oauth-creds@v1";

/** The guided set-up of a repository. */
export async function run({ world, terminal, flags }: Call): Promise<number> {
  const wishes = read(flags, world);
  const somebody = process.stdin.isTTY === true && process.stderr.isTTY === true;
  if (!wishes.yes && !somebody) {
    throw usage(
      "There is no terminal here to ask at. Say `--yes` to take the flags, and what is recommended, as answers.",
    );
  }
  if (terminal.json && !wishes.yes) throw usage("`--json` is for programs, and they cannot be asked: say `--yes` too.");
  await maskInputs(world);
  const wizard = wishes.yes ? undefined : (await import("./wizard.ts")).wizard();
  const ask: Ask = wizard ?? askNobody(terminal);
  const quiet = { ...world, runner: { ...terminal, log: ask.say.info, notice: ask.say.info, warning: ask.say.warn } };
  const fresh: Fresh = { login: undefined };
  try {
    wizard?.begin(wishes.dryRun ? "oauth-creds init: a rehearsal, nothing will be changed" : "oauth-creds init");
    const place = await findRepository(quiet, ask, wishes.repository);
    const planned = await plan(quiet, ask, wishes, place, fresh);
    const told = (more: object = {}) => ({
      repository: planned.session.facts.fullName,
      topology: planned.blueprint.topology,
      environment: planned.blueprint.environment ?? null,
      dryRun: wishes.dryRun,
      changes: planned.changes.filter(({ type }) => type !== "check").map(asData),
      kept: planned.kept,
      ...more,
    });
    if (wishes.dryRun) {
      wizard?.end("Nothing was changed.");
      terminal.answer(inFull(planned), told());
      return EXIT.done;
    }
    if (!(await agreed(ask, planned))) throw new Stopped(false);
    await carryOut(quiet, ask, planned.changes);
    const doctor = wishes.skipDoctor ? undefined : await examine(quiet, ask, planned, place);
    finish(terminal, planned, place, wizard, told({ doctor: typeof doctor === "number" ? doctor : null }));
    return doctor === "stopped" ? gone() : EXIT.done;
  } catch (error) {
    rescue(world, ask, fresh);
    if (!(error instanceof Stopped)) {
      wizard?.end("It did not come to an end:");
      throw error;
    }
    wizard?.stopped("Stopped. Nothing was changed.");
    return error.gone ? gone() : exitCodeOf("cancelled");
  }
}

/** As everywhere: ctrl-C ends the program by the signal, so that a shell's script does not go on. */
function gone(): number {
  process.kill(process.pid, "SIGINT");
  return exitCodeOf("cancelled");
}

function finish(
  terminal: Call["terminal"],
  planned: Plan,
  place: Place,
  wizard: { end(text: string): void } | undefined,
  data: Readonly<Record<string, unknown>>,
): void {
  const steps = nextSteps(planned, place);
  const width = wizard ? (process.stdout.columns ?? 100) - 4 : Number.POSITIVE_INFINITY;
  const text = steps.map((step, index) => sayStep(step, index, width)).join("\n");
  const done = planned.changes.length > 0 ? "Set up." : "Everything was there already; nothing was changed.";
  wizard?.end(`${done} What is left to do:`);
  terminal.answer(wizard ? text : `${done} What is left to do:\n${text}`, { ...data, next: steps });
}

/** The first line is a sentence; those below it are commands, which stay whole to be copied. */
function sayStep(step: string, index: number, width: number): string {
  const [sentence = "", ...commands] = step.split("\n");
  const said = wrap(sentence, width).join("\n   ");
  return [`${index + 1}. ${said}`, ...commands.map((command) => `     ${command}`)].join("\n");
}

/** A person sees every change before it is made. */
async function agreed(ask: Ask, planned: Plan): Promise<boolean> {
  const { changes, session } = planned;
  if (changes.length === 0) return true;
  for (;;) {
    ask.say.note(`In ${session.facts.fullName}`, asList(planned));
    const answer = await ask.choice({
      message: "Do it?",
      options: [
        { value: "yes", label: "Yes", reason: "in this order; it can be run again at any time" },
        { value: "show", label: "Show it in full", reason: "every call and the text of every file" },
        { value: "no", label: "No", reason: "nothing was changed so far" },
      ],
    });
    if (answer !== "show") return answer === "yes";
    ask.say.note("In full", inFull(planned).split("\n"));
  }
}

function read(flags: Call["flags"], world: World): Wishes {
  const text = (name: string) => (typeof flags[name] === "string" ? flags[name].trim() || undefined : undefined);
  // Whatever is wrong with an input is said as everywhere else. (There, what is missing has no meaning here.)
  const { provider, account } = readInputs({ ...world.env, "INPUT_SECRETS-TOKEN": "" }, "post");
  if (provider === "custom") throw custom();
  const environment = text("environment");
  if (environment !== undefined && !/^\w[\w.-]{0,99}$/.test(environment)) {
    throw usage("`--environment` takes a name of letters, digits, `.`, `_` and `-`, or `none`.");
  }
  const action = text("action") ?? ACTION;
  if (!/^[\w.-]+\/[\w./-]+@[\w./-]+$/.test(action)) throw usage("`--action` takes `owner/name@ref`.");
  return {
    topology: text("topology"),
    repository: text("repository"),
    environment,
    action,
    account,
    yes: flags["yes"] === true,
    dryRun: flags["dry-run"] === true,
    signIn: flags["sign-in"] === true,
    force: flags["force"] === true,
    newKeys: flags["new-keys"] === true,
    saveKey: text("save-key"),
    skipDoctor: flags["skip-doctor"] === true,
  };
}
