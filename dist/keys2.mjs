const MORE = { type: "more" }, SEQUENCE = /^(?:\[[0-9;?]*[ -/]*[@-~]|O.|[^[O])/, BEGIN = "\x1B[200~", END = "\x1B[201~", asPaste = (text) => BEGIN + text + END, MARK_PASTES = "\x1B[?2004h", MARK_NO_PASTES = "\x1B[?2004l";
function keyReader(whole) {
	let text = "", pasting = !1, rest = "";
	return (chunk) => {
		let keys = rest + chunk;
		for (rest = ""; keys !== "";) {
			let sequence = keys.startsWith("\x1B") ? SEQUENCE.exec(keys.slice(1))?.[0] : "";
			if (sequence === void 0) return rest = keys, MORE;
			let key = sequence === "" ? keys[0] ?? "" : "\x1B" + sequence;
			if (keys = keys.slice(key.length), key === BEGIN || key === END) pasting = key === BEGIN;
			else if (sequence !== "") continue;
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
export { keyReader as i, MARK_PASTES as n, asPaste as r, MARK_NO_PASTES as t };
