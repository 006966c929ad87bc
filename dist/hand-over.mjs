import { r as parseKeys } from "./keys.mjs";
import { t as openHandOver } from "./handover.mjs";
import { c as unusable } from "./strangers2.mjs";
function readHandOver(text, ledgerKey) {
	let keys = parseKeys(ledgerKey.reveal()), opened = typeof keys == "string" ? keys : openHandOver(text, keys);
	if (typeof opened != "string") return opened;
	throw unusable(opened, "Pass the mint job's output on as it is, and give both jobs keys of the same ledger.");
}
export { readHandOver };
