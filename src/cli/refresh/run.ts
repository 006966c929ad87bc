import { livesFor } from "../../credential/credential.ts";
import { sayTime } from "../../duration.ts";
import type { Code } from "../../errors.ts";
import type { Login } from "../../run.ts";
import { cleanRun } from "../clean/clean-run.ts";
import { EXIT, exitCodeOf } from "../exit-code.ts";
import type { Call } from "../verb.ts";
import { unsettled } from "../state.ts";
import { outputsAsJson } from "../write/outputs-json.ts";
import { perform } from "../write/perform.ts";

/**
 * A rotator's run: renews the login if it ends too soon, and writes no file. Who runs only this never comes back to
 * clean, so what could not be stored is tried once more. Exit code 5 if that was in vain, too. After a renewal that
 * failed a job goes on with what is left of the access token, and a warning; here it is the failure that counts.
 */
export async function run(call: Call): Promise<number> {
  const { world, terminal, flags } = call;
  const warnings: string[] = [];
  const warning = (message: string) => {
    warnings.push(message);
    terminal.warning(message);
  };
  const { login, left } = await perform(call, { ...terminal, warning }, { INPUT_TARGETS: "none" });
  if (left && unsettled(left)) await cleanRun({ ...world, runner: terminal }, left, true);
  const why = login && whyNot(login, world.now(), warnings);
  if (terminal.json) terminal.answer("", outputsAsJson(terminal.given));
  else if (login && flags["quiet"] !== true) terminal.answer(say(terminal.given, why), {});
  const failed = why === SEE_WARNING ? warnings.map(codeIn).findLast((code) => code !== undefined) : undefined;
  return failed ? exitCodeOf(failed) : EXIT.done;
}

const SEE_WARNING = "see the warning";

/** Why it was not renewed; undefined if it was. */
function whyNot({ inputs, acquired }: Login, now: number, warnings: readonly string[]): string | undefined {
  const { credential, source } = acquired;
  if (source === "refreshed") return undefined;
  if (credential.kind !== "login") return "this token cannot be";
  if (livesFor(credential, inputs.minValidityMs, now)) return "there was no need";
  return warnings.length > 0 ? SEE_WARNING : "what renews it is sealed for others";
}

/** Of the failure that a run went on after: its explanation ends with it. */
const codeIn = (message: string): Code | undefined => /\[([a-z-]+)\]/.exec(message)?.[1] as Code | undefined;

function say(given: Readonly<Record<string, string>>, why: string | undefined): string {
  const end = Date.parse(given["expires-at"] ?? "");
  const until = Number.isNaN(end) ? "" : `; its access token ends at ${sayTime(end)}`;
  return why === undefined ? `Renewed${until}.` : `Not renewed: ${why}${until}.`;
}
