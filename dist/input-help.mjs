import { Ct as Failure, S as NAMES, T as STEERING, w as PROGRAMS } from "./common.mjs";
function explainProblems(found, env) {
	let unread = found.some(([kind]) => kind.startsWith("place-") && kind !== "place-access"), problems = found.filter(([kind]) => !(unread && kind === "place-access")), texts = problems.map(([kind, ...words]) => say(kind, words, env)), [first] = problems;
	if (problems.length === 1 && first?.[0] === "missing" && first[1] === "credential") return new Failure("credential-missing", texts[0] ?? "", "");
	let advice = "Every input is described in action.yml.";
	if (problems.length === 1) return new Failure("input-invalid", texts[0] ?? "", advice);
	let list = texts.map((text, index) => `${index + 1}. ${text}`).join("\n");
	return new Failure("input-invalid", `${problems.length} settings need mending:\n${list}\n`, advice);
}
const say = (kind, words, env) => TEXTS[kind](words, env), code = (value) => `\`${value}\``, listed = (values) => values.map(code).join(", "), FORGES = {
	gitea: "Gitea",
	gitlab: "GitLab"
}, TEXTS = {
	choice: ([name = "", value = "", ...allowed]) => `${code(name)} must be ${allowed.map(code).join(" or ")}, not ${quote(value)}.`,
	flag: ([name = "", value = ""]) => `${code(name)} must be \`true\` or \`false\`, not ${quote(value)}.`,
	duration: ([name = "", value = ""]) => `${code(name)} must be a duration such as \`90m\`, \`1h\` or \`10d\`, not ${quote(value)}.`,
	target: ([value = ""]) => {
		let steers = value.startsWith("env:") ? STEERING.exec(value.slice(4))?.[0] : void 0;
		return steers === void 0 ? `\`targets\`: ${quote(value)} is none of ${listed([
			...Object.keys(PROGRAMS),
			"env",
			"env:NAME",
			"output",
			"none"
		])}.` : `\`targets\`: a variable ${code(clip(steers))} or one that begins so steers the job itself, or how programs of later steps start. Name one that only your program reads.`;
	},
	account: () => "`account` may hold letters, digits, `.`, `_` and `-` only.",
	date: ([name = "", value = ""]) => `${code(name)} must be a date such as \`2027-11-21\`, not ${quote(value)}.`,
	"token-url": () => "`token-url` must be an https address (http only on a loopback address): a refresh token would travel over it.",
	timeout: () => "`timeout` must lie between `1s` and `2m`.",
	header: ([name = ""]) => `${code(name)} holds a line break or a character that no header may.`,
	unknown: ([name = ""]) => {
		let near = nearest(name);
		return `There is no input ${code(clip(name))}${near ? `: did you mean ${code(near)}?` : "."}`;
	},
	override: ([name = ""]) => `The variable ${name} is set: it would send a refresh token to an address that this step did not choose. Remove it, or say the address in \`token-url\`.`,
	missing: ([name = ""], env) => sayMissing(name, env),
	places: () => "`rotate-to` names several places, but only one copy of a login may be refreshable: a refresh token works once. Put `:access` behind the others (`NAME:access`): they then get the access token alone.",
	"place-twice": () => "`rotate-to` names one place twice. The copy that gives access only would replace the one that can be renewed.",
	"place-access": () => "`rotate-to` names only places for the access token (`:access`, Dependabot, Codespaces, agents): a renewed login would have nowhere to be stored. Name the secret that `credential` reads as well, or keep the login in a ledger (`ledger-key`).",
	"place-form": () => "`rotate-to` takes `NAME`, `repository/NAME`, `environment/ENVIRONMENT/NAME`, `organization/ORGANIZATION/NAME`, `dependabot/NAME`, `codespaces/NAME` or `agents/NAME`, with `:access` or `@OWNER/REPO` behind it or without. In the name of an environment a space is written as `%20`, a comma as `%2C`, an `@` as `%40`.",
	"place-name": () => "`rotate-to` holds something that cannot be the name of a secret, or that looks like a token.",
	"place-forge": ([forge = "", kind = ""]) => kind !== "repository" && kind !== "organization" ? `\`rotate-to\`: ${FORGES[forge] ?? forge} has no ${kind} secrets.` : "`rotate-to`: Gitea and Forgejo do not tell when a secret was written, so a login that is renewed cannot be kept in one. Keep it in a ledger (`ledger-key` with `ledger: git-push`). The secret can take the access token: `NAME:access`.",
	"place-none": () => "`rotate-to` does not say in which repository the secret is, and GITHUB_REPOSITORY (on GitLab CI_PROJECT_PATH) is not set here. Say it with the name: `NAME@OWNER/REPO`.",
	"token-without-place": () => "`secrets-token` is given, but `rotate-to` does not say which secret it is to write.",
	"create-nothing": () => "`create-secrets` is set, but `rotate-to` names no secret.",
	"unstored-and-stored": () => "`allow-unstored-refresh` says that a new login may be thrown away, `rotate-to` where to keep it.",
	"ledger-provider": () => "`ledger-key` without `credential`: say by `provider` whose login is meant (`anthropic` or `openai`).",
	"ledger-without-key": () => "`ledger-repository` is given, but no `ledger-key`.",
	"cache-without-key": () => "`access-cache` keeps the access token of a ledger's login in the Actions cache, and there is no ledger here: give `ledger-key` (and not `ledger: none`), or leave `access-cache` out.",
	"cache-and-full": () => "`write-refresh-token` lends the login itself to this job, which only the ledger can do: leave `access-cache` out here.",
	"none-and-others": () => "`targets` names `none` together with others.",
	"target-needed": () => "`targets` is not given, and this provider has no program of its own: name `env:NAME` or `output`.",
	"target-provider": ([program = "", provider = ""]) => `\`targets\`: ${program} cannot use a login of the provider ${provider}.`,
	"env-openai": () => "`targets: env`: no variable of Codex takes the token of a ChatGPT login. Use `codex`, or name a variable of your own (`env:NAME`).",
	"env-custom": () => "`targets: env`: this provider has no variable of its own. Name one: `env:NAME`.",
	"env-unfit": ([provider = "", variable = ""]) => sayUnfit(provider, variable),
	"full-and-left": () => "`write-refresh-token` with `cleanup: false` would leave a second copy of the login that can be renewed.",
	"full-and-several": () => "`write-refresh-token` with several files in `targets` would hand out several copies of a token that works once.",
	"full-and-peekaboo": () => "`write-refresh-token` is set, but the file of Peekaboo is written without it: most of its releases never renew a login, and the token would be exposed for nothing.",
	"full-and-openclaw": () => "`write-refresh-token` is set, but OpenClaw from 2026.6.5 keeps logins where no renewed one could be taken over from.",
	"full-and-keychain": () => "`write-refresh-token` is set, but on macOS Claude Code moves a login that it renews into the Keychain and deletes the file: the renewed one could not be taken over.",
	"full-without-file": () => "`write-refresh-token` is set, but no target in `targets` is a file.",
	"full-without-place": () => "`write-refresh-token` hands the job a login that its program will renew, but without `rotate-to` or a ledger (`ledger-key`) the new one would be lost with the runner.",
	"custom-needs": ([name = ""]) => `\`provider: custom\` needs ${code(name)}: a server of your own has no standard one.`,
	"custom-validate": () => "`validate: online` is not possible with `provider: custom`: no request is known that would show it.",
	"custom-fallback": () => "`fallback-api-key` is not possible with `provider: custom`: no variable is known that takes it.",
	"custom-cli": () => "`refresh-with: cli` is not possible with `provider: custom`: it has no program of its own.",
	"secret-of-public-client": () => "`client-secret` is for `provider: custom` only: the clients of the others are public.",
	"cli-decides": ([name = ""]) => `${code(name)} has no effect with \`refresh-with: cli\`: the program decides that itself.`,
	"fallback-is-token": () => "`fallback-api-key` holds an OAuth token: only an API key works there."
};
function sayUnfit(provider, variable) {
	let what = `\`targets\`: the variable ${variable} `;
	if (variable === "CODEX_ACCESS_TOKEN") return `${what}takes no token of this kind: Codex would run without a login. Use the target \`codex\`, or name a variable of your own.`;
	if (variable.endsWith("_OAUTH_TOKEN")) return `${what}is for a Claude login: its program would send this one to Anthropic. ${provider === "openai" ? "Use the target `codex` for a ChatGPT login." : "Name a variable that only your own program reads."}`;
	let instead = provider === "anthropic" ? "Use `env` (CLAUDE_CODE_OAUTH_TOKEN), or `env:ANTHROPIC_OAUTH_TOKEN` for pi, Clawdbot and OpenClaw." : "Use the target `codex`, or name a variable of your own.";
	return variable === "ANTHROPIC_AUTH_TOKEN" ? `${what}would be sent without the mark of a login, refused, and preferred to any login that works. ${instead}` : `${what}takes an API key: a login's token is refused there, and programs prefer it to a login that works. ${instead}`;
}
function sayMissing(name, env) {
	let likely = env.GITHUB_ACTOR === "dependabot[bot]" ? "This run belongs to Dependabot, which sees Dependabot secrets only." : env.GITHUB_EVENT_NAME === "pull_request" ? "This is a pull request: one from a fork gets no secrets." : "The secret may not exist in this repository, or under another name.";
	return `${code(name)} is empty. ${likely}` + (name === "credential" ? " With `if-no-credential: skip` such a run goes on without a login." : "") + " Other causes: a reusable workflow called without `secrets: inherit`; a secret of an environment that the job does not name with `environment:`; a typo in the secret's name.";
}
function quote(value) {
	return value.length <= 11 && !/sk-|gh[opsu]_|pat_|oc1\./.test(value) ? code(value.replace(/[`\r\n]/g, " ")) : "what was given";
}
const clip = (text) => text.length > 40 ? `${text.slice(0, 40)}…` : text;
function nearest(name) {
	let bare = (text) => text.toLowerCase().replaceAll(/[^a-z]|s$/g, ""), wanted = bare(name);
	return NAMES.find((known) => bare(known) === wanted || wanted.length > 3 && bare(known).startsWith(wanted));
}
export { explainProblems };
