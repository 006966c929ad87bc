import { Et as livesFor, It as sayTime } from "./common.mjs";
import { n as exitCodeOf, t as EXIT } from "./exit-code.mjs";
import { s as unsettled } from "./here.mjs";
import { t as cleanRun } from "./clean-run.mjs";
import { t as outputsAsJson } from "./outputs-json.mjs";
import { t as perform } from "./perform.mjs";
async function run(call) {
	let { world, terminal, flags } = call, warnings = [], warning = (message) => {
		warnings.push(message), terminal.warning(message);
	}, { login, left } = await perform(call, {
		...terminal,
		warning
	}, { INPUT_TARGETS: "none" });
	left && unsettled(left) && await cleanRun({
		...world,
		runner: terminal
	}, left, !0);
	let why = login && whyNot(login, world.now(), warnings);
	terminal.json ? terminal.answer("", outputsAsJson(terminal.given)) : login && flags.quiet !== !0 && terminal.answer(say(terminal.given, why), {});
	let failed = why === SEE_WARNING ? warnings.map(codeIn).findLast((code) => code !== void 0) : void 0;
	return failed ? exitCodeOf(failed) : EXIT.done;
}
const SEE_WARNING = "see the warning";
function whyNot({ inputs, acquired }, now, warnings) {
	let { credential, source } = acquired;
	if (source !== "refreshed") return credential.kind === "login" ? livesFor(credential, inputs.minValidityMs, now) ? "there was no need" : warnings.length > 0 ? SEE_WARNING : "what renews it is sealed for others" : "this token cannot be";
}
const codeIn = (message) => /\[([a-z-]+)\]/.exec(message)?.[1];
function say(given, why) {
	let end = Date.parse(given["expires-at"] ?? ""), until = Number.isNaN(end) ? "" : `; its access token ends at ${sayTime(end)}`;
	return why === void 0 ? `Renewed${until}.` : `Not renewed: ${why}${until}.`;
}
export { run };
