import { sayKind, tokensOf } from "../../credential/credential.ts";
import { InputProblems } from "../../input-problems.ts";
import { contradictions } from "../../input-rules.ts";
import { type Inputs, readInputs } from "../../inputs.ts";
import { maskInputs } from "../../recognise/recognise.ts";
import { maskSecrets } from "../../runner/mask.ts";
import type { World } from "../../world/world.ts";
import { usage } from "../arguments.ts";
import { EXIT } from "../exit-code.ts";
import { isSafe } from "../login/options.ts";
import { meet, type Person } from "../login/person.ts";
import { sayCancelled } from "../login/say.ts";
import { withScratch } from "../scratch.ts";
import type { Call } from "../verb.ts";
import { endEverywhere, type Report } from "./end-everywhere.ts";
import { gather, type Holdings, lookAgain } from "./holdings.ts";

/** Ends a login, everywhere that can be reached from here, and says plainly what is left. */
export const run = (call: Call): Promise<number> => withScratch(call.world, (world) => endLogin({ ...call, world }));

async function endLogin({ world, terminal, flags }: Call): Promise<number> {
  await maskInputs(world);
  const inputs = readInputs(world.env, "post");
  checkInputs(inputs, world);
  const [path, revokeUrl] = ["file", "revoke-url"].map((name) => flags[name] as string | undefined);
  if (revokeUrl !== undefined && !isSafe(revokeUrl)) {
    throw usage("`--revoke-url` must be an https address (http only on a loopback address).");
  }
  let holdings = await gather(world, inputs, path);
  maskSecrets(world.runner, holdings.credentials.flatMap(tokensOf));

  const person = meet(terminal, () => interrupted(world));
  try {
    if (flags["yes"] !== true) {
      await confirm(person, holdings, inputs);
      holdings = await lookAgain(holdings);
      maskSecrets(world.runner, holdings.credentials.flatMap(tokensOf));
    }
  } finally {
    person.leave();
  }
  const report: Report = { done: [], left: [], notes: [] };
  await endEverywhere(world, inputs, holdings, revokeUrl, report);
  terminal.answer(tell(report), { provider: holdings.provider, ...report });
  return report.left.length > 0 ? EXIT.failure : EXIT.done;
}

/** Noted by whoever called this, who ends the process by that signal: so that a shell's script does not go on. */
function interrupted(world: World): void {
  const hold = world.holdSignals();
  process.emit("SIGINT", "SIGINT");
  hold.release();
}

const tell = ({ done, left, notes }: Report): string =>
  [
    ...done.map((text) => `Done: ${text}`),
    ...left.map((text) => `NOT done: ${text}`),
    ...notes.map((text) => `Note: ${text}`),
  ].join("\n");

async function confirm(person: Person, { credentials, ledger, files, path }: Holdings, inputs: Inputs): Promise<void> {
  if (!person.present) throw usage("Nobody can be asked here: `--yes` ends the login without asking.");
  const places = [inputs.rotateTo ?? [], inputs.accessTo].flat();
  const also = [ledger?.label, ...places.map(({ label }) => label), ...files.map((file) => file.path), path].filter(
    Boolean,
  );
  const names = [...new Set(credentials.map(sayKind))].join(", ");
  const copies = also.length > 0 ? `\nIts copies here: ${also.join("; ")}.` : "";
  const answer = await person.ask(
    `End this login for good: ${names}?${copies}\nWhatever uses it stops working. [y/N] `,
  );
  if (!/^y(es)?$/i.test(answer ?? "")) throw sayCancelled("Nothing was ended.");
}

function checkInputs(inputs: Inputs, world: World): void {
  const rotates = Boolean(world.env["INPUT_ROTATE-TO"]?.trim());
  // What needs no saying here, or is known only when the login has been recognised.
  const kinds = new Set(["ledger-provider", "custom-needs", "custom-validate", "secret-of-public-client"]);
  const problems = contradictions(inputs, world.env, rotates).filter(([kind, name]) => {
    if (kind === "missing") return name !== "credential" && name !== "secrets-token";
    return !kinds.has(kind);
  });
  if (problems.length > 0) throw new InputProblems(problems);
}
