import { Ct as Failure } from "./common.mjs";
const { isAbsolute, join } = process.getBuiltinModule("node:path");
function whereabouts({ env }, inputs, provider) {
	let { account, github, ledgerRepository } = inputs, ref = `refs/oauth-creds/v1/${provider}/${account}`, repository = ledgerRepository ?? github.repository, pushes = !!(env.GITEA_ACTIONS || env.FORGEJO_ACTIONS), kind = inputs.ledger === "auto" ? pushes ? "git-push" : repository ? "git-ref" : "file" : inputs.ledger, server = (env.GITHUB_SERVER_URL || "https://github.com").replace(/\/+$/, ""), named = /^[\w.-]+\/[\w.-]+$/.test(repository ?? "");
	return {
		kind,
		ref,
		repository,
		named,
		remote: named ? `${server}/${repository}.git` : repository ?? ""
	};
}
function nameOfLedger(world, inputs, provider) {
	let { kind, ref, repository, remote } = whereabouts(world, inputs, provider);
	if (!(!repository || kind !== "git-ref" && kind !== "git-push")) return `${kind} ${kind === "git-ref" ? repository.toLowerCase() : withoutUser(remote)} ${ref}`;
}
async function openLedger(world, inputs, provider) {
	let { env } = world, { account, github, githubToken: token, ledgerRepository, request } = inputs, { kind, ref, repository, remote, named } = whereabouts(world, inputs, provider), needs = (what) => new Failure("input-invalid", `\`ledger: ${kind}\` needs ${what}.`, "Every input is described in action.yml.");
	if (kind === "file") {
		inputs.ledger === "auto" && await refuseInCi(env);
		let { fileLedger } = await import("./file.mjs");
		return fileLedger(world, { path: join(stateFolder(env), "oauth-creds", provider, account) });
	}
	if (kind === "git-push") {
		if (!repository) throw needs("`ledger-repository`: `owner/name`, or the address of a repository");
		let folder = join(env.RUNNER_TEMP || process.getBuiltinModule("node:os").tmpdir(), `oauth-creds-ledger-${Buffer.from(world.random(8)).toString("hex")}`), { gitPushLedger } = await import("./git-push.mjs");
		return gitPushLedger(world, {
			remote,
			ref,
			place: `${withoutUser(remote)} ${ref}`,
			token,
			folder
		});
	}
	if (!repository) throw needs("`ledger-repository` outside of GitHub Actions");
	if (!token) throw needs("`github-token`");
	if (!named) throw needs("`owner/name` in `ledger-repository`: an address is for `ledger: git-push`");
	let { gitRefLedger } = await import("./git-ref.mjs");
	return gitRefLedger(world, {
		apiUrl: github.apiUrl,
		token,
		repository,
		repositoryId: ledgerRepository === void 0 ? github.repositoryId : void 0,
		ref,
		userAgent: request.userAgent
	});
}
async function refuseInCi(env) {
	let { isCi } = await import("./ci.mjs");
	if (isCi(env)) throw new Failure("input-invalid", "`ledger` has to be named here: this is a job of a CI without a repository on GitHub, and a folder may go with the job's machine.", "Name `git-push` with `ledger-repository`, or `file` only if this machine stays, and its jobs run as one user.");
}
function stateFolder(env) {
	let given = env.XDG_STATE_HOME;
	return given && isAbsolute(given) ? given : join(env.HOME || process.getBuiltinModule("node:os").homedir(), ".local", "state");
}
const withoutUser = (remote) => remote.replace(/^([\w+.-]+:\/\/)[^/]*@/, "$1");
export { openLedger as n, nameOfLedger as t };
