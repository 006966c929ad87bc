import { Ct as Failure, Dt as sayKind, It as sayTime, at as HttpFailure } from "./common.mjs";
import { t as refused } from "./check.mjs";
const BEARER = /^[\w.~+/-]+=*$/;
async function validate(world, credential, settings) {
	let check = await loadCheck(credential.provider);
	if (check && credential.access) {
		if (!BEARER.test(credential.access.reveal())) return refused("cut-off");
		for (let tries = 1;; tries++) try {
			return check.interpret(await world.http(check.request(credential, settings)), credential);
		} catch (error) {
			if (!(error instanceof HttpFailure)) throw error;
			if (error.sent || tries === 2) return {
				type: "unknown",
				status: 0
			};
			await world.sleep(1e3);
		}
	}
}
async function loadCheck(provider) {
	if (provider === "anthropic") return (await import("./anthropic-check.mjs")).check;
	if (provider === "openai") return (await import("./openai-check.mjs")).check;
}
function sayVerdict(verdict, credential) {
	let owner = credential.provider === "openai" ? "OpenAI" : "Anthropic", name = nameOf(credential);
	switch (verdict.type) {
		case "valid": return {
			level: "log",
			text: `${owner} accepts the ${name}${verdict.plan === void 0 ? "" : ` (plan: ${verdict.plan})`}.`
		};
		case "limited": return {
			level: "warning",
			text: `${owner} accepts the ${name}, but the plan's usage limit is reached${verdict.resetAt === void 0 ? "" : ` until ${sayTime(verdict.resetAt)}`}: what this job asks for meanwhile will be refused. The token is good: a new one would not help.`
		};
		case "unknown": return {
			level: "warning",
			text: `The ${name} could not be checked (${verdict.status === 0 ? "no answer came" : `status ${verdict.status}, not an answer about the token`}). This says nothing about the token: the network of the runner, a filter by its address, or a fault of the service is the likely cause. The job goes on.`
		};
		case "refused": return {
			level: "failure",
			failure: sayRefusal(verdict.why, credential, owner)
		};
	}
}
const nameOf = (credential) => credential.kind === "login" ? `access token of the ${sayKind(credential)}` : sayKind(credential);
function sayRefusal(why, credential, owner) {
	let name = nameOf(credential), what = {
		"cut-off": `The ${name} is none that ${owner} knows; it looks cut off, or changed on its way (it has ${credential.access?.reveal().length ?? 0} characters).`,
		"wrong-kind": `What was stored as the ${name} is none that ${owner} knows: it is another kind of token.`,
		revoked: `${owner} does not accept the ${name} (any more): it was revoked, or it has ended.`,
		"scope-missing": `${owner} knows the ${name}, but it was made without the permission to ask a model (the scope user:inference).`,
		"not-allowed": `${owner} knows the ${name}, but does not let its account or organisation use it.`
	}[why];
	return new Failure("token-refused", what, adviseOn(why, credential));
}
function adviseOn(why, { kind, provider }) {
	if (why === "not-allowed") return provider === "openai" ? "A new sign-in will not help: check that the workspace is active and paid for, or ask its administrator." : "A new token will not help: check at claude.ai/settings that the subscription is active; in a team or an enterprise, ask an administrator whether Claude Code may be used with it.";
	let again = provider === "openai" ? OPENAI_AGAIN : kind === "setup-token" ? SETUP_AGAIN : CLAUDE_AGAIN;
	return why === "cut-off" ? `Store it again, whole: a terminal breaks a long token into two lines. ${again}` : why === "revoked" && kind === "login" ? `Run the job once with \`refresh: always\` to fetch a new access token. If that is refused too: ${again}` : again;
}
const SETUP_AGAIN = "Run `claude setup-token` again and store the token, from `sk-ant-oat` to its last character, with `gh secret set`.", CLAUDE_AGAIN = "Sign in once more for CI, with `claude setup-token` or with `CLAUDE_CONFIG_DIR=$(mktemp -d) claude auth login`, and store the result with `gh secret set`.", OPENAI_AGAIN = "Sign in once more for CI with `CODEX_HOME=$(mktemp -d) codex login` and store its `auth.json` with `gh secret set`.";
export { validate as n, sayVerdict as t };
