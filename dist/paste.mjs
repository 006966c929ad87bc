import { Dt as Secret } from "./common.mjs";
import { a as sameText, i as readResponse } from "./authorize.mjs";
function openersOf(platform, env) {
	if (platform === "darwin") return [{
		file: "/usr/bin/open",
		args: []
	}];
	let dll = "url.dll,FileProtocolHandler";
	return platform === "win32" ? [{
		file: `${env.SystemRoot || "C:\\Windows"}\\System32\\rundll32.exe`,
		args: [dll]
	}] : env.WSL_DISTRO_NAME || env.WSL_INTEROP ? [{
		file: "wslview",
		args: []
	}, {
		file: "/mnt/c/Windows/System32/rundll32.exe",
		args: [dll]
	}] : env.DISPLAY || env.WAYLAND_DISPLAY || env.BROWSER ? [{
		file: "xdg-open",
		args: []
	}] : [];
}
async function openBrowser({ platform, env }, address) {
	let { href, protocol } = new URL(address);
	if (protocol !== "https:" && protocol !== "http:") return !1;
	for (let { file, args } of openersOf(platform, env)) if (await starts(file, [...args, href], env)) return !0;
	return !1;
}
function starts(file, args, env) {
	let { spawn } = process.getBuiltinModule("node:child_process");
	return new Promise((resolve) => {
		let child = spawn(file, args, {
			env: withoutSecrets(env),
			stdio: "ignore",
			detached: !0,
			windowsHide: !0
		}), timer = setTimeout(() => resolve(!0), 1500), end = (good) => {
			clearTimeout(timer), resolve(good);
		};
		child.once("error", () => end(!1)).once("exit", (status) => end(status === 0)), child.unref();
	});
}
function withoutSecrets(env) {
	return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(INPUT_|OAUTH_CREDS_)/.test(name)));
}
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
export { openBrowser as n, withoutSecrets as r, readPasted as t };
