import { Nt as isoTime } from "./common.mjs";
import { i as usage } from "./arguments.mjs";
import { t as EXIT } from "./exit-code.mjs";
import { n as refuseKeyHelper, r as refuseLog, t as listener } from "./listener.mjs";
import { t as perform } from "./perform.mjs";
async function run(call) {
	let { world, terminal, flags } = call, format = formatOf(flags.format, terminal.json), reader = listener();
	refuseKeyHelper(world.env), refuseLog(world.env, reader);
	let { login } = await perform(call, untilProvided(terminal), { INPUT_TARGETS: "none" });
	if (!login) return EXIT.usage;
	let { access } = login.acquired.credential, token = access?.reveal() ?? "";
	return reader.terminal && terminal.notice("This is a secret; your terminal may keep it. `| pbcopy`, `| wl-copy` do not."), format === "json" && !terminal.json ? terminal.answer(JSON.stringify({
		version: 1,
		...describe(login)
	}), {}) : terminal.answer(format === "header" ? `Authorization: Bearer ${token}` : token, describe(login)), EXIT.done;
}
function formatOf(flag, json) {
	let format = flag ?? (json ? "json" : "text");
	if (format !== "text" && format !== "header" && format !== "json") throw usage("`--format` must be `text`, `header` or `json`.");
	if (json && format !== "json") throw usage("`--json` and another `--format` contradict each other.");
	return format;
}
function describe({ acquired, inputs }) {
	let { kind, provider, access, accessExpiresAt, loginExpiresAt } = acquired.credential;
	return {
		access_token: access?.reveal() ?? null,
		token_type: "Bearer",
		expires_at: timeOf(accessExpiresAt),
		login_expires_at: timeOf(loginExpiresAt),
		provider,
		account: inputs.account,
		kind
	};
}
const timeOf = (ms) => ms === void 0 ? null : isoTime(ms);
function untilProvided(runner) {
	let provided = !1;
	return {
		...runner,
		outputs: () => void (provided = !0),
		log: (text) => void (provided || runner.log(text)),
		notice: (message) => void (provided || runner.notice(message))
	};
}
export { run };
