import { sayTime } from "../../duration.ts";
import { cleanRun } from "../clean/clean-run.ts";
import { EXIT } from "../exit-code.ts";
import type { Call } from "../verb.ts";
import { unsettled } from "../state.ts";
import { outputsAsJson } from "../write/outputs-json.ts";
import { perform } from "../write/perform.ts";

/**
 * A rotator's run: renews the login if it ends too soon, and writes no file. Who runs only this never comes back to
 * clean, so what could not be stored is tried once more. Exit code 5 if that was in vain, too.
 */
export async function run(call: Call): Promise<number> {
  const { world, terminal, flags } = call;
  const { login, left } = await perform(call, terminal, { INPUT_TARGETS: "none" });
  if (left && unsettled(left)) await cleanRun({ ...world, runner: terminal }, left, true);
  if (terminal.json) terminal.answer("", outputsAsJson(terminal.given));
  else if (login && flags["quiet"] !== true) terminal.answer(say(terminal.given), {});
  return EXIT.done;
}

function say(given: Readonly<Record<string, string>>): string {
  const end = Date.parse(given["expires-at"] ?? "");
  const until = Number.isNaN(end) ? "" : `; its access token ends at ${sayTime(end)}`;
  return given["refreshed"] === "true" ? `Renewed${until}.` : `Not renewed: there was no need${until}.`;
}
