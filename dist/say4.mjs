import { Ct as Failure, It as sayTime, ct as MISTAKES } from "./common.mjs";
const AGAIN = "Run the same command once more.", OWNERS = {
	anthropic: "Anthropic",
	openai: "OpenAI",
	custom: "The server"
}, ownerOf = (provider) => OWNERS[provider], sayCancelled = (what = "The sign-in was cancelled; nothing was stored.") => new Failure("cancelled", what, ""), sayTooLate = (minutes, pasted = !0) => new Failure("sign-in-failed", `No answer came within ${minutes} minutes, so the sign-in was given up; nothing was stored.`, pasted ? `${AGAIN} If the browser ends at a page that cannot be reached, paste that page's address here.` : AGAIN), sayNoWay = () => new Failure("sign-in-failed", "Nobody can paste a code here (stdin has ended), and this machine lets no port be opened for the browser.", "Run it in a terminal."), sayUselessPaste = (why) => new Failure("sign-in-failed", `What was pasted is not the answer of this sign-in. ${why}`, AGAIN);
function sayDenied(error, provider) {
	let owner = ownerOf(provider);
	if (error === "access_denied") return new Failure("sign-in-failed", `The sign-in was refused on ${owner}'s page: somebody said no there, or the account may not be used with this program.`, `${AGAIN} If you did not refuse it, check that the plan is active; in a team, ask an administrator.`);
	if (error === "temporarily_unavailable" || error === "server_error") return new Failure("answer-unclear", `${owner} had a fault during the sign-in (${error}); nothing was stored.`, "Try again in a few minutes.");
	if (MISTAKES.has(error) || error === "unsupported_response_type") return new Failure("request-rejected", `${owner} does not take the sign-in as it was asked for (${error}).`, "Check `--client-id`, `--scope`, `--redirect-uri` and `--authorize-url`: they must be as the client is registered.");
	let word = /^[a-z_]{1,40}$/.test(error) ? ` (${error})` : "";
	return new Failure("sign-in-failed", `${owner} did not let the sign-in go through${word}; nothing was stored.`, AGAIN);
}
function sayExchange(outcome, provider) {
	let owner = ownerOf(provider);
	switch (outcome.type) {
		case "not-sent": return new Failure("provider-unreachable", `You signed in, but ${owner} could not be reached from here to fetch the login (${outcome.reason}).`, `Check the network (HTTPS_PROXY, NO_PROXY, a firewall, \`--token-url\`). ${AGAIN}`);
		case "throttled": {
			let wait = outcome.retryAfterMs === void 0 ? "" : `, and asks to wait ${Math.ceil(outcome.retryAfterMs / 1e3)} s`;
			return new Failure("throttled", `You signed in, but ${owner} turned the request for the login away (status ${outcome.status})${wait}. It filters by address and by program.`, "Try again later, or on another network.");
		}
		case "refused": return new Failure("sign-in-failed", `${owner} did not take the code: it was used already, is too old, was cut off, or belongs to another sign-in.`, AGAIN);
		case "attention": return new Failure("account-attention", `${owner} wants something from the owner of the account before it gives out a login${outcome.page ? ` (${outcome.page})` : ""}.`, "Open its page in a browser, do what it says, and sign in again.");
		case "mistake": return new Failure("request-rejected", `${owner} does not take the request for the login (${outcome.error}).`, "Check `--client-id`, `--client-secret`, `--redirect-uri`, `--request-format` and `--token-url`.");
		case "ambiguous": return new Failure("answer-unclear", `You signed in, but ${owner} gave no clear answer when the login was fetched (${outcome.reason}). The code may be spent.`, AGAIN);
	}
}
function sayLogin({ kind, provider, plan, accessExpiresAt, loginExpiresAt }) {
	let owner = {
		anthropic: "Claude ",
		openai: "ChatGPT ",
		custom: ""
	}[provider], what = {
		login: `${owner}login`,
		"setup-token": "Claude setup token",
		access: `${owner}access token`
	}[kind], end = kind === "login" ? loginExpiresAt : accessExpiresAt;
	return `${what}${plan && /^[\w -]{1,30}$/.test(plan) ? `, plan ${plan}` : ""}${end === void 0 ? "" : `, which ends at ${sayTime(end)}`}`;
}
export { sayNoWay as a, sayLogin as i, sayDenied as n, sayTooLate as o, sayExchange as r, sayUselessPaste as s, sayCancelled as t };
