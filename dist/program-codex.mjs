import { kt as Secret } from "./common.mjs";
import { a as codex } from "./other-programs.mjs";
import { t as sent } from "./program.mjs";
const { join } = process.getBuiltinModule("node:path"), LONG_AGO = Date.UTC(2020, 0, 1), codexProgram = {
	name: "Codex",
	command: "codex",
	npm: "@openai/codex",
	target: codex,
	prepare(world, home, credential) {
		let folder = join(home, ".codex"), ended = endedToken(credential.accountId), put = {
			...credential,
			access: ended,
			idToken: credential.idToken ?? ended
		}, file = join(folder, "auth.json"), section = codex.write(put, {
			full: !0,
			now: LONG_AGO
		}), doc = codex.set(codex.parse("") ?? {}, {
			provider: "openai",
			account: "default"
		}, section);
		return world.files.makeFolder(folder), world.files.openNew(file).commit(codex.print(doc)), world.files.openNew(join(folder, "config.toml")).commit(CONFIG), {
			args: [
				"exec",
				"--skip-git-repo-check",
				"--sandbox",
				"read-only",
				"Reply with the word ok."
			],
			env: {
				CODEX_HOME: folder,
				RUST_LOG: "error,reqwest::connect=debug,hyper_util::client::legacy::connect=debug"
			},
			file,
			put,
			stopEarly: !0,
			hopeless: ({ stderr }) => isRefused(stderr) || isUnconnected(stderr),
			explain: understand
		};
	}
}, CONFIG = "cli_auth_credentials_store = \"file\"\ncheck_for_update_on_startup = false\nchatgpt_base_url = \"unused:\"\nmodel_provider = \"unused\"\n\n[model_providers.unused]\nname = \"unused\"\nbase_url = \"unused:\"\nwire_api = \"responses\"\nrequires_openai_auth = true\nsupports_websockets = false\nrequest_max_retries = 0\nstream_max_retries = 0\n\n[analytics]\nenabled = false\n\n[history]\npersistence = \"none\"\n";
function endedToken(accountId) {
	let part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url"), claims = {
		exp: LONG_AGO / 1e3,
		"https://api.openai.com/auth": { chatgpt_account_id: accountId }
	};
	return new Secret(`${part({
		alg: "none",
		typ: "JWT"
	})}.${part(claims)}.${part({})}`);
}
const REFUSALS = [
	[/refresh token was already used/, "spent"],
	[/refresh token has expired/, "login-ended"],
	[/refresh token was revoked/, "revoked"],
	[/"invalid_grant"/, "spent-or-revoked"]
], UNEXPLAINED = /could not be refreshed\. /, attempts = (stderr) => stderr.split("\n").filter((line) => line.includes("Failed to refresh token: ")), refusal = (attempt) => REFUSALS.find(([words]) => words.test(attempt))?.[1], isRefused = (stderr) => attempts(stderr).some((attempt) => refusal(attempt) ?? UNEXPLAINED.test(attempt)), isUnconnected = (stderr) => attempts(stderr).length > 0 && stderr.includes("starting new connection") && !stderr.includes(" connected to ");
function understand({ status, stderr }) {
	if (isUnconnected(stderr)) return sent({
		type: "not-sent",
		reason: "no connection"
	});
	let unclear, throttled, notTaken;
	for (let attempt of attempts(stderr)) {
		let why = refusal(attempt);
		if (why) return {
			outcome: {
				type: "refused",
				why
			},
			unclearBefore: unclear !== void 0
		};
		if (UNEXPLAINED.test(attempt)) {
			notTaken ??= {
				outcome: {
					type: "not-taken",
					program: "Codex"
				},
				unclearBefore: unclear !== void 0
			};
			continue;
		}
		let code = Number(/Failed to refresh token: (\d{3})\b/.exec(attempt)?.[1] ?? 0);
		code === 403 || code === 404 || code === 429 ? throttled = {
			type: "throttled",
			status: code,
			retryAfterMs: void 0
		} : code !== 401 && (unclear = {
			type: "ambiguous",
			reason: code > 0 ? `status ${code}` : "connection failed"
		});
	}
	return notTaken || (status === void 0 && (unclear = {
		type: "ambiguous",
		reason: "Codex was stopped for want of time"
	}), sent(unclear ?? throttled ?? {
		type: "ambiguous",
		reason: `Codex ended with ${status} and stored no login`
	}));
}
export { codexProgram };
