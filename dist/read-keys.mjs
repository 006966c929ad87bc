import { vt as parseObject } from "./common.mjs";
const MORE = { type: "more" }, SEQUENCE = /^(?:\[[0-?]*[ -/]*[@-~]|O\P{Cc}|[^[O\p{Cc}])/u, BEGUN = /^(?:\[[0-?]*[ -/]*|O)?/, BEGIN = "\x1B[200~", END = "\x1B[201~", asPaste = (text) => BEGIN + text + END, MARK_PASTES = "\x1B[?2004h", MARK_NO_PASTES = "\x1B[?2004l";
function keyReader(whole) {
	let text = "", pasting = !1, rest = "";
	return (chunk) => {
		let keys = rest + chunk;
		for (rest = ""; keys !== "";) {
			let key = keys.startsWith("\x1B") ? sequenceAt(keys) : keys[0] ?? "";
			if (key === void 0) return rest = keys, MORE;
			if (keys = keys.slice(key.length), key === BEGIN || key === END) pasting = key === BEGIN;
			else if (key.startsWith("\x1B")) continue;
			else if (pasting) text += key === "\r" ? "\n" : key;
			else if (key === "") return { type: "cancel" };
			else if (key === "") return {
				type: "done",
				text
			};
			else if (key === "") text = "";
			else if (key === "" || key === "\b") text = text.slice(0, -1);
			else if (key !== "\r" && key !== "\n") text += key;
			else if (keys.replace(/^[\r\n]+/, "") !== "" || !whole(text)) text += "\n";
			else return {
				type: "done",
				text
			};
		}
		return MORE;
	};
}
function sequenceAt(keys) {
	let after = keys.slice(1), sequence = SEQUENCE.exec(after)?.[0];
	if (sequence !== void 0) return "\x1B" + sequence;
	let begun = BEGUN.exec(after)?.[0] ?? "";
	return begun === after ? void 0 : "\x1B" + begun;
}
const oneLine = () => !0, oneLineOrFile = (text) => !text.trimStart().startsWith("{") || parseObject(text) !== void 0;
function readKeys(stdin, { whole, signal, seen = () => {} }) {
	let read = keyReader(whole);
	return new Promise((resolve) => {
		let quiet, finish = (heard) => {
			clearTimeout(quiet), stdin.off("data", hear).off("end", gone), signal?.removeEventListener("abort", gone), stdin.setRawMode(!1), stdin.pause(), resolve(heard);
		}, gone = () => finish({ type: "gone" }), hear = (chunk) => {
			let typed = read(quiet === void 0 ? String(chunk) : asPaste("\n") + String(chunk));
			if (clearTimeout(quiet), quiet = void 0, typed.type === "cancel") return finish({ type: "cancelled" });
			typed.type === "done" && (quiet = setTimeout(finish, 100, {
				type: "text",
				text: typed.text
			})), seen(String(chunk));
		};
		if (signal?.aborted) return resolve({ type: "gone" });
		signal?.addEventListener("abort", gone, { once: !0 }), stdin.setRawMode(!0), stdin.setEncoding("utf8").on("data", hear).once("end", gone).resume();
	});
}
export { MARK_PASTES as a, MARK_NO_PASTES as i, oneLineOrFile as n, readKeys as r, oneLine as t };
