function tidy(raw, notice) {
	let text = raw;
	for (let round = 0; round < 6; round++) {
		let before = text;
		text = text.replace(/^\uFEFF/, "").trim();
		let quoted = /^(["'`])([\s\S]*)\1$/.exec(text);
		quoted?.[2] !== void 0 && (notice("The value stood in quotes; they were removed."), text = quoted[2]);
		let named = !/\n\s*(?:export\s+)?[A-Za-z_]\w*=/.test(text) && /^(?:export\s+|set\s+)?[A-Za-z_][A-Za-z0-9_]*=(?=["'`{]|sk-ant-|oc1\.|eyJ|rt_)/.exec(text);
		if (named && (notice("The value began with NAME=; that was removed."), text = text.slice(named[0].length)), /^Bearer\s/i.test(text) && (notice("The value began with “Bearer”; that was removed."), text = text.slice(7)), text = fromBase64(text, notice) ?? text, text === before) break;
	}
	return text;
}
function fromBase64(text, notice) {
	if (!/^[A-Za-z0-9+/_-][A-Za-z0-9+/_\s-]{20,}=*\s*$/.test(text)) return;
	let decoded = Buffer.from(text, "base64").toString("utf8").replace(/^\uFEFF/, "").trim();
	if (/^\{[\s\S]*\}$/.test(decoded) || /^[A-Z_]+_TOKEN=\S/m.test(decoded)) return notice("The value was base64 of a file; it was decoded."), decoded;
}
export { tidy };
