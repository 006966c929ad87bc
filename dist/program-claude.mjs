import { m as claude, vt as parseObject, wt as EMPTY } from "./common.mjs";
import { t as sent } from "./program.mjs";
const { join } = process.getBuiltinModule("node:path"), claudeProgram = {
	name: "Claude Code",
	command: "claude",
	npm: "@anthropic-ai/claude-code",
	target: claude,
	prepare(world, home, credential) {
		let folder = join(home, ".claude"), { refresh, scopes, clientId } = credential;
		return {
			args: ["auth", "login"],
			env: {
				CLAUDE_CONFIG_DIR: folder,
				CLAUDE_CODE_OAUTH_REFRESH_TOKEN: refresh?.reveal() ?? "",
				CLAUDE_CODE_OAUTH_SCOPES: scopes?.join(" ") ?? "user:profile user:inference user:sessions:claude_code user:mcp_servers user:file_upload user:plugins",
				...clientId !== void 0 && { CLAUDE_CODE_OAUTH_CLIENT_ID: clientId },
				DISABLE_AUTOUPDATER: "1",
				CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1"
			},
			file: join(folder, ".credentials.json"),
			put: {
				...EMPTY,
				kind: "login",
				refresh
			},
			stopEarly: !1,
			explain: (ended) => sent(knowsAccount(world, folder) ? thrownAway : understand(ended))
		};
	}
}, thrownAway = {
	type: "ambiguous",
	reason: "Claude Code got an answer, and threw the tokens away as not usable for it"
};
function knowsAccount(world, folder) {
	return world.files.exists(join(folder, ".credentials.json")) ? !0 : parseObject(world.files.read(join(folder, ".claude.json")) ?? "")?.oauthAccount !== void 0;
}
function understand({ status, stderr }) {
	let code = Number(/\bstatus code (\d{3})\b/.exec(stderr)?.[1] ?? 0);
	if (code === 400 || code === 401) return {
		type: "not-taken",
		program: "Claude Code"
	};
	if (code === 403 || code === 404 || code === 429) return {
		type: "throttled",
		status: code,
		retryAfterMs: void 0
	};
	if (code > 0) return {
		type: "ambiguous",
		reason: `status ${code}`
	};
	let unconnected = /\b(?:getaddrinfo|connect) (E[A-Z_]{1,20})\b|SSL certificate error \(([A-Z_]{1,40})\)/.exec(stderr);
	return unconnected ? {
		type: "not-sent",
		reason: unconnected[1] ?? unconnected[2] ?? "no connection"
	} : {
		type: "ambiguous",
		reason: `Claude Code ${status === void 0 ? "was stopped for want of time" : `ended with ${status}`} and stored no login`
	};
}
export { claudeProgram };
