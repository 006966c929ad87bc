import { C as contradictions, xt as InputProblems } from "./common.mjs";
import { i as usage } from "./arguments.mjs";
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
	let rotates = !!env["INPUT_ROTATE-TO"]?.trim(), problems = contradictions(inputs, env, rotates).filter(([kind, name]) => kind === "missing" ? name !== "credential" : kind === "custom-needs" ? !token : kind !== "full-without-place" && kind !== "custom-validate");
	if (problems.length > 0) throw new InputProblems(problems);
}
function isSafe(address) {
	if (!URL.canParse(address)) return !1;
	let { protocol, hostname, username, hash } = new URL(address), loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
	return username === "" && hash === "" && (protocol === "https:" || protocol === "http:" && loopback);
}
export { providerOf as n, readOptions as r, isSafe as t };
