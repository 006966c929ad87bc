import { kt as Secret } from "./common.mjs";
import { a as sameText, i as readResponse } from "./authorize.mjs";
function readPasted(text, { state }, redirects) {
	let whole = text.replace(/\s+/g, "").replace(/^(["'`<])(.*?)(["'`>])$/, "$2");
	if (whole === "") return useless("Nothing was pasted.");
	if (/^(https?|localhost|127\.)/i.test(whole) || /^\?|^[^#]*&(code|state)=|^code=/.test(whole)) return fromAddress(whole, state, redirects);
	let [code = "", shown, ...more] = whole.split("#");
	if (!/^[\w.~+/=%-]{4,}$/.test(code) || more.length > 0) return useless("That is not a code: copy it from the page again, whole.");
	let redirectUri = redirects.codePage ?? redirects.loopback ?? "", granted = {
		type: "code",
		code: new Secret(code)
	};
	return shown === void 0 || sameText(shown, state) ? {
		type: "response",
		redirectUri,
		response: granted
	} : useless(shown.length < state.length ? CUT_OFF : OTHER);
}
const CUT_OFF = "The end of it is missing: copy it again, to its last character.", OTHER = "It belongs to another sign-in (an older tab, or an address that somebody sent you): open the address above again, and paste what that shows.", useless = (why) => ({
	type: "useless",
	why
});
function fromAddress(text, state, redirects) {
	let fallback = redirects.loopback ?? redirects.codePage ?? "", address = /^https?:/i.test(text) ? text : /^(localhost|127\.)/i.test(text) ? `http://${text}` : `${fallback}?${text.replace(/^\?/, "")}`;
	if (!URL.canParse(address)) return useless("That is not an address: copy it from the browser again, whole.");
	let url = new URL(address), redirectUri = [redirects.loopback, redirects.codePage].find((wanted) => wanted !== void 0 && samePlace(url, new URL(wanted)));
	if (redirectUri === void 0) return useless(url.searchParams.has("code_challenge") ? "That is the address to open. Paste the one that the browser ends at after the sign-in." : "That is not the address that the browser is sent to after the sign-in.");
	let response = readResponse(url.searchParams, state), shown = url.searchParams.get("state") ?? "";
	return response.type === "wrong-state" ? useless(state.startsWith(shown) ? CUT_OFF : OTHER) : response.type === "incomplete" ? useless(CUT_OFF) : {
		type: "response",
		redirectUri,
		response
	};
}
function samePlace(one, other) {
	let plain = ({ protocol, host, pathname }) => `${protocol}//${host.replace(/^127\.0\.0\.1/, "localhost")}${pathname}`;
	return plain(one) === plain(other);
}
export { readPasted as t };
