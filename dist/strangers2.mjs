import { Ct as Failure, vt as parseObject } from "./common.mjs";
const CODEX_TOKEN = "A Codex access token needs no refreshing: give it to your step as the variable CODEX_ACCESS_TOKEN, and remove this step.", KNOWN = [
	[
		/^sk-ant-api/,
		"an Anthropic API key",
		"An API key needs no refreshing, so this action has nothing to do for it: give it to your step as the variable ANTHROPIC_API_KEY, and remove this step.",
		!0
	],
	[
		/^sk-ant-admin/,
		"an Anthropic admin key",
		"It administers an organisation and does not run Claude Code: take it out of this job. A job needs the output of `claude setup-token`, or an API key in the variable ANTHROPIC_API_KEY.",
		!0
	],
	[
		/^sk-(?!ant-)[A-Za-z0-9_-]{20,}$/,
		"an OpenAI API key",
		"An API key needs no refreshing: give it to your step as the variable OPENAI_API_KEY (Codex: CODEX_API_KEY), and remove this step.",
		!0
	],
	[
		/^(gh[opsur]_|github_pat_)/,
		"it is a GitHub token",
		"A GitHub token that may write secrets belongs in the input `secrets-token`."
	],
	[
		/^at-[\w-]{10,}/,
		"a Codex access token",
		CODEX_TOKEN,
		!0
	],
	[
		/^\{[\s\S]*"personal_access_token"\s*:\s*"/,
		"a Codex `auth.json` with a Codex access token",
		CODEX_TOKEN,
		!0
	],
	[
		/^eyJ[\w-]+\.[\w-]+\.[\w-]*$/,
		"it is a JSON Web Token, but not the access token of a ChatGPT login (it names no account)",
		"If it is a Codex access token, give it to your step as the variable CODEX_ACCESS_TOKEN. An `id_token` is no login."
	],
	[/^rt_/, "it begins like a refresh token of OpenAI but contains characters that none has"],
	[
		/^ocs1\./,
		"it is what a mint job has sealed for other jobs of its run",
		"Give this job the `ledger-key` too: an access key (oca1_…) is enough."
	],
	[
		/^oc[ra]1_/,
		"it is a key of the ledger",
		"A ledger key belongs in `ledger-key`."
	],
	[
		/^\*+$/,
		"it is a row of asterisks",
		"It was copied from a log, where it was masked: copy the value itself."
	],
	[
		/^\$\{\{|^\$[A-Z_{(]/,
		"it is an expression that was not evaluated",
		"In a workflow write `credential: ${{ secrets.NAME }}`."
	],
	[
		/^(undefined|null|None|\[object Object\]|true|false)$/,
		"it is the word that a program writes for “nothing”",
		"What stored it had no value at hand."
	],
	[
		/^[\w-]{20,}#[\w-]{20,}$/,
		"it is the code that a browser shows after signing in, not a token",
		"Paste the code into the program that asked for it (`claude setup-token`), and store what that prints."
	],
	[
		/^https?:\/\//,
		"it is a web address",
		"Open it to sign in; store what the program prints then."
	],
	[
		/^\{[\s\S]*"OPENAI_API_KEY"\s*:\s*"/,
		"a Codex `auth.json` with an API key",
		"An API key needs no refreshing: give it to your step as the variable CODEX_API_KEY, and remove this step.",
		!0
	],
	[
		/^\{(?![\s\S]*"(claudeAiOauth|auth_mode|OPENAI_API_KEY|last_refresh)")[\s\S]*"((access|refresh)Token|tokens"\s*:\s*\{[\s\S]*"(access|refresh)_token)"\s*:\s*"[^"]/,
		"it is JSON with tokens, but with nothing that says whose they are",
		"If it is Claude Code's login all the same, say `provider: anthropic`; if it is Codex's, `provider: openai`. One of another server is taken with `provider: custom`: store its refresh token alone."
	],
	[/^\{[\s\S]*"(tokens|profiles)"/, "it is the file of Codex or OpenClaw (by its look), but without a login that can be used"],
	[/^(sk-ant-o[ar]t\d*-)/, "it begins like a Claude token but contains characters that none has"]
];
function sayWhatItIs(text) {
	for (let [look, seen, advice, apiKey] of KNOWN) if (look.test(text)) return {
		seen,
		advice,
		...apiKey && { apiKey }
	};
	if (text.startsWith("{") && !parseObject(text)) return {
		seen: "it begins like JSON but is not valid JSON: it was cut off, or a shell removed its quotes",
		advice: void 0
	};
	if (/^\{[\s\S]*"(access|refresh)_token"/.test(text)) return {
		seen: "it is the answer of a token endpoint, which does not say whose",
		advice: "If it is of a server that is neither Anthropic's nor OpenAI's, say `provider: custom`."
	};
	if (text.startsWith("{")) return {
		seen: "it is JSON, but it holds no tokens in a form that we know",
		advice: void 0
	};
	let lines = text.includes("\n") ? ` on ${text.split("\n").length} lines` : "";
	return {
		seen: `it is a text of ${text.length} characters${lines} that begins like none of the credentials we know`,
		advice: /^[\w.~+/=-]{16,}$/.test(text) ? "Store it again, whole and on one line. If it is the refresh token of another server, say `provider: custom`." : void 0
	};
}
function notOurs(text) {
	let { seen, advice, apiKey } = sayWhatItIs(text);
	return apiKey ? new Failure("credential-is-api-key", `The credential is ${seen}.`, advice ?? "") : unusable(seen, advice);
}
const JOINED = "The token had line breaks or spaces inside; they were removed.", sayShort = ({ length }) => `The token has only ${length} characters. If the provider refuses it, it was cut off when it was copied.`, sayOther = (provider, named) => unusable(`it is of the provider ${provider}, but \`provider\` says ${named}`, "Correct `provider`, or leave it out: a credential is recognised by its content."), sayDeadFile = () => unusable("it is the file that Claude Code leaves behind when a login has ended: its tokens are empty"), sayBroken = () => unusable("a token inside it contains a line break or a space");
function unusable(seen, advice) {
	return new Failure("credential-unusable", `The credential cannot be used: ${seen}.`, advice ?? "Store it again, whole and on one line: the output of `claude setup-token`, or the content of the file of a login of its own for CI, such as `.credentials.json` (`gh secret set NAME < file` adds nothing to it).");
}
export { sayOther as a, unusable as c, sayDeadFile as i, notOurs as n, sayShort as o, sayBroken as r, sayWhatItIs as s, JOINED as t };
