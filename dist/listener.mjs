import { Ct as Failure } from "./common.mjs";
import { n as isCi } from "./ci2.mjs";
function listener() {
	let { fstatSync } = process.getBuiltinModule("node:fs"), { isatty } = process.getBuiltinModule("node:tty");
	try {
		let [out, err] = [fstatSync(1), fstatSync(2)], shared = out.ino !== 0 && out.ino === err.ino && out.dev === err.dev && !out.isCharacterDevice();
		return {
			terminal: isatty(1),
			log: shared
		};
	} catch {
		return {
			terminal: !1,
			log: !1
		};
	}
}
function refuseLog(env, { terminal, log }, what = "The token", advice = "Let a variable take it: `TOKEN=\"$(oauth-creds token)\"`; or pipe it: `oauth-creds token --format header | curl -H @- …`.") {
	if (isCi(env) && (terminal || log)) throw new Failure("input-invalid", `${what} would be printed into this job's log.`, advice);
}
function refuseKeyHelper(env) {
	let started = env.CLAUDE_CODE_ENTRYPOINT;
	if (!(!started || /^sdk-(?!cli$)/.test(started) || env.CLAUDECODE || env.CLAUDE_PROJECT_DIR)) throw new Failure("input-invalid", "This was started by Claude Code, as an `apiKeyHelper`, which cannot carry an OAuth token: Claude Code would send it as an API key, and the API would refuse it.", "Remove `apiKeyHelper` from its settings, and give it the login before it starts: `oauth-creds write`, or `CLAUDE_CODE_OAUTH_TOKEN=\"$(oauth-creds token)\" claude …`. A script that is no such helper says so: `env -u CLAUDE_CODE_ENTRYPOINT oauth-creds token`.");
}
export { refuseKeyHelper as n, refuseLog as r, listener as t };
