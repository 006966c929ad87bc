import { Ct as Failure, Nt as isoTime } from "./common.mjs";
const SIGN_IN = {
	anthropic: "Sign in once more for CI and store the result: `claude setup-token` (good for a year), or `CLAUDE_CONFIG_DIR=$(mktemp -d) claude auth login` for a login of its own.",
	openai: "Sign in once more for CI (`CODEX_HOME=$(mktemp -d) codex login`) and store the content of its `auth.json`. An API key or a Codex access token needs no refreshing at all.",
	custom: "Sign in once more for CI and store the new refresh token."
}, REFUSED = {
	"spent-or-revoked": "The provider no longer knows this login: it was revoked, or its refresh token was used elsewhere (another job, another workflow with the same secret, or a laptop that shares the login).",
	spent: "The provider says that this refresh token has been used already: another job, another workflow with the same secret, or a laptop that shares the login has its successor.",
	revoked: "The provider says that this login was revoked: by a sign-out, a change of password, or an administrator.",
	"no-account": "The provider says that no account or organisation belongs to this login any more."
};
function sayOutcome(outcome, unclearBefore, credential, inputs) {
	let signIn = SIGN_IN[credential.provider];
	if (outcome.type === "ambiguous" || unclearBefore && outcome.type !== "refused") return new Failure("answer-unclear", `The provider gave no clear answer (${outcome.type === "ambiguous" ? outcome.reason : outcome.type}). The login may have been renewed without us.`, "Run the job again. If the provider then refuses the login, sign in once more.");
	switch (outcome.type) {
		case "not-sent": return new Failure("provider-unreachable", `The provider could not be reached (${outcome.reason}); nothing was sent, and the login is as it was.`, "Check the network of this runner (HTTPS_PROXY, NO_PROXY, a firewall, `token-url`) and run the job again.");
		case "throttled": {
			let wait = outcome.retryAfterMs === void 0 ? "" : ` and asks to wait ${Math.ceil(outcome.retryAfterMs / 1e3)} s`;
			return new Failure("throttled", `The provider turned the request away before looking at the login (status ${outcome.status})${wait}. The login is as it was.`, "It limits or filters by the runner's address or by the `user-agent`: run the job again later, not in a loop. If it happens on every run, use another runner, or a setup token, which needs no refresh.");
		}
		case "refused":
			if (unclearBefore && (outcome.why === "spent-or-revoked" || outcome.why === "spent")) return new Failure("login-lost-in-flight", "The answer to a refresh was lost on its way, and the provider does not accept the old token a second time: it had renewed the login, and the new token never arrived. This login has ended.", signIn);
			if (outcome.why === "login-ended") {
				let end = credential.loginExpiresAt === void 0 ? "" : ` (its end was ${isoTime(credential.loginExpiresAt)})`;
				return new Failure("login-ended", `The login has reached the end that the provider gave it when it was made${end}.`, signIn);
			}
			return new Failure("login-refused", REFUSED[outcome.why], signIn);
		case "not-taken": return new Failure("login-not-taken", `${outcome.program} says that the provider did not take the login, and not why. It may have ended, been revoked, or been used elsewhere; the account may be on hold; or what the program asked for may not fit the login. It was not sent again, and nothing was changed.`, `Look at the provider's site whether the account needs something. To be told the reason, let one run renew without \`refresh-with: cli\`. If the login has ended: ${signIn}`);
		case "attention": return new Failure("account-attention", `${credential.provider === "custom" ? "The provider wants its user to do something first" : "The provider has put the account on hold"}; the login itself is as it was.${outcome.page ? ` It names this page: ${outcome.page}` : ""}`, "The owner of the account has to sign in to the provider's site and settle it; then run the job again.");
		case "mistake": return new Failure("request-rejected", `The provider did not take the request (${outcome.error}); the login is as it was.`, credential.provider === "custom" ? "Check `token-url`, `client-id`, `client-secret`, `scope` and `request-format`: what the server wants stands in its documentation." : inputs.request.scope !== void 0 || inputs.request.clientId !== void 0 ? "Check `scope` and `client-id`, or leave them out." : "If nothing was set by `token-url` or `request-format`, please report this: the provider may have changed its rules.");
	}
}
const sayStopped = () => new Failure("cancelled", "The job was cancelled; nothing was spent.", ""), sayCancelled = (result) => new Failure("cancelled", `The job was cancelled while its login was being renewed. ${sayStored(result)}`, ""), sayNoAccess = (result) => new Failure("answer-unclear", `The provider renewed the login but gave no access token. ${sayStored(result)}`, result ? result.type === "moved" ? "Start a new run, not a re-run: it gets what stands there now." : "Run the job again." : "Sign in once more.");
function sayStored(result) {
	return `The renewed login ${{
		stored: "is stored",
		failed: "is left to the post step to store",
		moved: `was not stored: its place was ${result?.type === "moved" && result.deleted ? "deleted meanwhile" : "written by somebody else meanwhile, and theirs was kept"}`,
		nowhere: "is lost: there is no place to store it in"
	}[result?.type ?? "nowhere"]}.`;
}
function sayRetry(outcome, pauseMs) {
	let when = pauseMs > 0 ? `in ${Math.ceil(pauseMs / 1e3)} s` : "in another way";
	return `${sayBriefly(outcome)}; trying once more ${when}`;
}
function sayBriefly(outcome) {
	return outcome.type === "not-sent" ? `no connection (${outcome.reason})` : outcome.type === "throttled" ? `turned away with status ${outcome.status}` : outcome.type === "mistake" ? `refused the form of the request (${outcome.error})` : outcome.type === "ambiguous" ? `no clear answer (${outcome.reason})` : outcome.type;
}
export { sayCancelled, sayNoAccess, sayOutcome, sayRetry, sayStopped };
