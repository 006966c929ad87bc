import { Ct as Failure, kt as Secret, vt as parseObject, wt as EMPTY, yt as readClaudeOauth, z as maskSecrets } from "./common.mjs";
import { n as withoutInputs, r as windowsCommand } from "./programs.mjs";
import { t as asFailure } from "./as-failure2.mjs";
import { o as sayTooLate, r as sayExchange, t as sayCancelled } from "./say4.mjs";
import { t as readPasted } from "./paste.mjs";
const PATIENCE_MS = 6e5;
function whyNot({ world, person, longLived, browser }) {
	if (world.platform === "darwin" && !longLived) return "on a Mac Claude Code keeps its login in the Keychain";
	if (longLived && !person.present) return "`claude setup-token` works in a terminal only";
	if (!browser && world.platform === "win32") return "Claude Code cannot be kept from opening a browser here";
}
async function signInByClaude(official) {
	let { world, person, longLived } = official, fs = process.getBuiltinModule("node:fs"), { join } = process.getBuiltinModule("node:path"), home = fs.mkdtempSync(join(fs.realpathSync(process.getBuiltinModule("node:os").tmpdir()), "oauth-creds-login-")), remove = () => fs.rmSync(home, {
		recursive: !0,
		force: !0,
		maxRetries: 5
	});
	process.once("exit", remove);
	try {
		let ended = await runClaude(official, home);
		if (!ended) return;
		let credential = longLived ? fromOutput(ended.stdout, world.now()) : fromFile(world, join(home, ".credentials.json"));
		if (!credential) throw explain(ended);
		return maskSecrets(world.runner, [credential.access, credential.refresh]), credential;
	} finally {
		process.off("exit", remove);
		try {
			remove();
		} catch (error) {
			let code = asFailure(error).message;
			person.tell(`The folder ${home} could not be removed: it may hold a copy of the login. ${code}`);
		}
	}
}
async function runClaude(official, home) {
	let { world, person, longLived, stop } = official, output = {
		stdout: "",
		stderr: ""
	};
	if (stop.aborted) throw sayCancelled();
	let child = start(official, home), over = new AbortController(), address, asked, hear = (name) => (text) => {
		output[name].length < 1048576 && (output[name] += text);
		let first = address === void 0;
		address ??= addressIn(output.stdout), first && address && invite(official, address), address && !longLived && /Paste code here/i.test(output.stdout) && (asked ??= pass(person, child, address, over.signal).catch(() => {}));
	};
	child.stdout?.setEncoding("utf8").on("data", hear("stdout")), child.stderr?.setEncoding("utf8").on("data", hear("stderr")), child.stdin?.on("error", () => {});
	let failure, end = (why) => {
		failure ??= why, child.kill("SIGTERM");
	}, cancel = () => end(sayCancelled());
	stop.addEventListener("abort", cancel, { once: !0 });
	let timer = setTimeout(() => end(sayTooLate(PATIENCE_MS / 6e4)), PATIENCE_MS), killed = () => void child.kill("SIGKILL");
	process.once("exit", killed);
	try {
		let status = await new Promise((resolve) => {
			child.once("error", () => child.pid === void 0 && resolve(void 0)), child.once("close", resolve);
		});
		if (failure) throw failure;
		return status === void 0 ? void 0 : {
			status,
			...output
		};
	} finally {
		clearTimeout(timer), stop.removeEventListener("abort", cancel), process.off("exit", killed), over.abort(), await asked, longLived && process.stdin.isTTY && process.stdin.setRawMode(!1), world.runner.log("");
	}
}
function start({ world, longLived, browser }, home) {
	let { spawn } = process.getBuiltinModule("node:child_process"), { existsSync } = process.getBuiltinModule("node:fs"), own = Object.entries(withoutInputs(world.env)).filter(([name]) => !/^(CLAUDE|ANTHROPIC)/i.test(name)), env = {
		...Object.fromEntries(own),
		CLAUDE_CONFIG_DIR: home,
		DISABLE_AUTOUPDATER: "1",
		CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
		...!browser && { BROWSER: "true" }
	}, args = longLived ? ["setup-token"] : ["auth", "login"], { file, args: all, verbatim } = world.platform === "win32" ? windowsCommand("claude", args, env, existsSync) : {
		file: "claude",
		args,
		verbatim: !1
	};
	return spawn(file, all, {
		cwd: home,
		env,
		stdio: [
			longLived ? "inherit" : "pipe",
			"pipe",
			"pipe"
		],
		windowsVerbatimArguments: verbatim
	});
}
function addressIn(output) {
	for (let [found] of output.matchAll(/https:\/\/[!-~]+(?=[^!-~])/g)) {
		let url = URL.canParse(found) ? new URL(found) : void 0;
		if ((url?.searchParams.get("state") ?? "").length >= 20 && /(^|\.)(claude\.(com|ai)|anthropic\.com)$/.test(url?.hostname ?? "")) return url;
	}
}
function invite({ person, longLived, browser }, { href }) {
	let then = longLived ? "paste the code that it shows (it will not be shown here), and press Enter" : "paste the code that it shows";
	person.tell(browser ? `Claude Code opens your browser now. If it does not, open this address, and ${then}:\n\n${href}\n` : `Open this address in a browser, sign in, and ${then}:\n\n${href}\n`);
}
async function pass(person, child, address, signal) {
	let state = address.searchParams.get("state") ?? "", attempt = {
		state,
		challenge: "",
		verifier: new Secret("")
	}, redirects = {
		loopback: void 0,
		codePage: address.searchParams.get("redirect_uri") ?? void 0
	};
	for (;;) {
		let text = await person.paste("Paste it here (it will not be shown): ", { signal });
		if (text === void 0) return;
		let pasted = readPasted(text, attempt, redirects);
		if (pasted.type === "response" && pasted.response.type === "code") {
			child.stdin?.write(`${pasted.response.code.reveal()}#${state}\n`);
			return;
		}
		text.trim() !== "" && person.tell(pasted.type === "useless" ? pasted.why : "That is an answer without a code.");
	}
}
function fromOutput(stdout, now) {
	let token = /(?<![\w-])sk-ant-oat\d*-[\w.~+/=-]{20,}(?=\s)/.exec(stdout)?.[0];
	if (token !== void 0) return {
		...EMPTY,
		kind: "setup-token",
		access: new Secret(token),
		accessExpiresAt: now + 31536e6,
		scopes: ["user:inference"]
	};
}
function fromFile(world, path) {
	let oauth = parseObject(world.files.read(path) ?? "")?.claudeAiOauth;
	return oauth instanceof Object ? readClaudeOauth(oauth, world.now()) : void 0;
}
function explain({ status, stdout, stderr }) {
	let said = `${stdout}\n${stderr}`, code = Number(/\bstatus code (\d{3})\b/.exec(said)?.[1] ?? 0), unconnected = /\b(?:getaddrinfo|connect) (E[A-Z_]{1,20})\b|SSL certificate error \(([A-Z_]{1,40})\)/.exec(said), outcome;
	return code === 400 || code === 401 ? outcome = {
		type: "refused",
		why: "spent-or-revoked"
	} : code === 403 || code === 404 || code === 429 ? outcome = {
		type: "throttled",
		status: code,
		retryAfterMs: void 0
	} : code > 0 ? outcome = {
		type: "ambiguous",
		reason: `status ${code}`
	} : unconnected && (outcome = {
		type: "not-sent",
		reason: unconnected[1] ?? unconnected[2] ?? "no connection"
	}), outcome ? sayExchange(outcome, "anthropic") : new Failure("sign-in-failed", `Claude Code ended (${status === null ? "killed" : `status ${status}`}) without a login.`, "Run the same command once more; with `--pkce` oauth-creds signs in by itself.");
}
export { signInByClaude, whyNot };
