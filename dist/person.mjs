import { i as usage } from "./arguments.mjs";
import { a as MARK_PASTES, i as MARK_NO_PASTES, n as oneLineOrFile, r as readKeys, t as oneLine } from "./read-keys.mjs";
function meet(terminal, cancel) {
	let { stdin, stderr } = process, present = stdin.isTTY === !0 && stderr.isTTY === !0, lines;
	return {
		present,
		tell: (text) => terminal.json ? terminal.notice(text) : terminal.log(text),
		async ask(question) {
			if (!present) return;
			let { createInterface } = process.getBuiltinModule("node:readline/promises"), dialog = createInterface({
				input: stdin,
				output: stderr
			}), aborted = new Promise((resolve) => {
				dialog.once("SIGINT", () => {
					cancel(), resolve(void 0);
				}), dialog.once("close", () => resolve(void 0));
			});
			try {
				return (await Promise.race([dialog.question(question), aborted]))?.trim();
			} finally {
				dialog.close();
			}
		},
		async paste(question, { all = !1, signal } = {}) {
			return stdin.isTTY ? pasteAt(stdin, question, {
				whole: all ? oneLineOrFile : oneLine,
				signal
			}, cancel) : (lines ??= new Lines(stdin), all ? lines.all() : lines.next(signal));
		},
		leave: () => void stdin.destroy()
	};
}
async function pasteAt(stdin, question, reading, cancel) {
	if (reading.signal?.aborted) return;
	let { stderr } = process, own = stderr.isTTY ? void 0 : openTerminal(), display = own ?? stderr;
	try {
		let hearing = readKeys(stdin, reading);
		display.write(`${question}${MARK_PASTES}`);
		let heard = await hearing;
		return display.write(`${MARK_NO_PASTES}\n`), heard.type === "cancelled" && cancel(), heard.type === "text" ? heard.text : void 0;
	} finally {
		own?.close();
	}
}
function openTerminal() {
	let { closeSync, openSync, writeSync } = process.getBuiltinModule("node:fs");
	try {
		let fd = openSync(process.platform === "win32" ? "\\\\.\\CONOUT$" : "/dev/tty", "w");
		return {
			write: (text) => void writeSync(fd, text),
			close: () => closeSync(fd)
		};
	} catch {
		throw usage("The prompt for what is to be pasted cannot be shown here: stderr is no terminal. Pipe it in instead.");
	}
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
