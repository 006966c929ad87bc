import { S as contradictions, ht as parseObject, vt as InputProblems } from "./common.mjs";
import { r as usage } from "./arguments.mjs";
import { i as keyReader, n as MARK_PASTES, r as asPaste, t as MARK_NO_PASTES } from "./keys2.mjs";
function providerOf(word) {
	if (word === "anthropic" || word === "openai" || word === "custom") return word;
	throw usage("Say with whom you sign in: `login anthropic`, `login openai` or `login custom`.");
}
function readOptions({ flags, world }, provider, inputs) {
	let on = (name) => flags[name] === !0, text = (name) => typeof flags[name] == "string" && flags[name] !== "" ? flags[name] : void 0, [authorizeUrl, redirectUri] = [text("authorize-url"), text("redirect-uri")], [token, device, longLived, pkce] = [
		on("with-token"),
		on("device"),
		on("long-lived"),
		on("pkce")
	], only = (given, flag, wanted) => {
		if (given && provider !== wanted) throw usage(`\`--${flag}\` is for \`login ${wanted}\` only.`);
	};
	if (only(device, "device", "openai"), only(longLived, "long-lived", "anthropic"), only(pkce, "pkce", "anthropic"), only(redirectUri !== void 0, "redirect-uri", "custom"), token && (device || longLived || pkce || authorizeUrl || redirectUri)) throw usage("With `--with-token` there is no sign-in, so it goes with none of the flags for one.");
	if (device && authorizeUrl) throw usage("`--device` and `--authorize-url` are two ways to sign in: name one.");
	for (let [name, url] of [["authorize-url", authorizeUrl], ["redirect-uri", redirectUri]]) if (url !== void 0 && !isSafe(url)) throw usage(`\`--${name}\` must be an https address (http only on a loopback address).`);
	if (provider === "custom" && !token && !authorizeUrl) throw usage("`login custom` needs `--authorize-url`, the server's authorization endpoint.");
	checkInputs(inputs, world.env, token);
	let { tokenUrl, clientId, scope } = inputs.request, ours = pkce || authorizeUrl !== void 0 || [
		tokenUrl,
		clientId,
		scope
	].some((value) => value !== void 0);
	return {
		how: token ? "token" : device ? "device" : provider === "anthropic" && !ours ? "official" : "browser",
		longLived,
		browser: flags.browser !== !1,
		output: text("output"),
		force: on("force"),
		authorizeUrl,
		redirectUri
	};
}
function checkInputs(inputs, env, token) {
	let rotates = !!env["INPUT_ROTATE-TO"]?.trim(), problems = contradictions(inputs, env, rotates).filter(([kind, name]) => kind === "missing" ? name !== "credential" : kind === "custom-needs" ? !token : kind !== "full-without-place" && kind !== "custom-validate" && !(kind === "place-none" && saysPlace(inputs)));
	if (problems.length > 0) throw new InputProblems(problems);
}
const saysPlace = ({ rotateTo }) => !!rotateTo?.repository;
function isSafe(address) {
	if (!URL.canParse(address)) return !1;
	let { protocol, hostname, username, hash } = new URL(address), loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
	return username === "" && hash === "" && (protocol === "https:" || protocol === "http:" && loopback);
}
function meet(terminal, cancel) {
	let { stdin, stderr } = process, present = stdin.isTTY === !0 && stderr.isTTY === !0, lines;
	return {
		present,
		tell: (text) => terminal.json ? terminal.notice(text) : terminal.log(text),
		async ask(question) {
			if (!present) return "";
			let { createInterface } = process.getBuiltinModule("node:readline/promises"), dialog = createInterface({
				input: stdin,
				output: stderr
			}), aborted = new Promise((resolve) => {
				dialog.once("SIGINT", () => {
					cancel(), resolve("");
				}), dialog.once("close", () => resolve(""));
			});
			try {
				return (await Promise.race([dialog.question(question), aborted])).trim();
			} finally {
				dialog.close();
			}
		},
		paste(question, { all = !1, signal } = {}) {
			return present ? readKeys(stdin, question, all, signal, cancel) : (lines ??= new Lines(stdin), all ? lines.all() : lines.next(signal));
		},
		leave: () => void stdin.destroy()
	};
}
function readKeys(stdin, question, all, signal, cancel) {
	let { stderr } = process, read = keyReader((text) => !all || !text.trimStart().startsWith("{") || parseObject(text) !== void 0);
	return new Promise((resolve) => {
		let quiet, finish = (text) => {
			clearTimeout(quiet), stdin.off("data", hear).off("end", ended), signal?.removeEventListener("abort", ended), stdin.setRawMode(!1), stdin.pause(), stderr.write(`${MARK_NO_PASTES}\n`), resolve(text);
		}, ended = () => finish(void 0), hear = (chunk) => {
			let typed = read(quiet === void 0 ? String(chunk) : asPaste("\n") + String(chunk));
			if (clearTimeout(quiet), quiet = void 0, typed.type !== "more") {
				if (typed.type === "done") return void (quiet = setTimeout(finish, 100, typed.text));
				cancel(), finish(void 0);
			}
		};
		if (signal?.aborted) return resolve(void 0);
		signal?.addEventListener("abort", ended, { once: !0 }), stderr.write(`${question}${MARK_PASTES}`), stdin.setRawMode(!0), stdin.setEncoding("utf8").on("data", hear).once("end", ended).resume();
	});
}
var Lines = class {
	#text = "";
	#ended = !1;
	#wake;
	constructor(stdin) {
		let end = () => {
			this.#ended = !0, this.#wake?.();
		};
		stdin.setEncoding("utf8").on("data", (chunk) => {
			this.#text += chunk, this.#wake?.();
		}).once("end", end).once("error", end).once("close", end);
	}
	async next(signal) {
		for (;;) {
			let end = this.#text.indexOf("\n");
			if (end >= 0 || this.#ended && this.#text !== "") {
				let line = end < 0 ? this.#text : this.#text.slice(0, end);
				return this.#text = end < 0 ? "" : this.#text.slice(end + 1), line;
			}
			if (this.#ended || signal?.aborted) return;
			await this.#more(signal);
		}
	}
	async all() {
		for (; !this.#ended;) await this.#more(void 0);
		return this.#text;
	}
	#more(signal) {
		return new Promise((resolve) => {
			this.#wake = resolve, signal?.addEventListener("abort", () => resolve(), { once: !0 });
		});
	}
};
export { saysPlace as a, readOptions as i, isSafe as n, providerOf as r, meet as t };
