import { Ft as sayTime } from "./common.mjs";
import { t as EXIT } from "./exit-code.mjs";
import { t as cleanRun, u as unsettled } from "./clean-run.mjs";
import { t as outputsAsJson } from "./outputs-json.mjs";
import { t as perform } from "./perform.mjs";
async function run(call) {
	let { world, terminal, flags } = call, { login, left } = await perform(call, terminal, { INPUT_TARGETS: "none" });
	return left && unsettled(left) && await cleanRun({
		...world,
		runner: terminal
	}, left, !0), terminal.json ? terminal.answer("", outputsAsJson(terminal.given)) : login && flags.quiet !== !0 && terminal.answer(say(terminal.given), {}), EXIT.done;
}
function say(given) {
	let end = Date.parse(given["expires-at"] ?? ""), until = Number.isNaN(end) ? "" : `; its access token ends at ${sayTime(end)}`;
	return given.refreshed === "true" ? `Renewed${until}.` : `Not renewed: there was no need${until}.`;
}
export { run };
