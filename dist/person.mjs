import { ht as parseObject } from "./common.mjs";
import { i as keyReader, n as MARK_PASTES, r as asPaste, t as MARK_NO_PASTES } from "./keys2.mjs";
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
export { meet as t };
