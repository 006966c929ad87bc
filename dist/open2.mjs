import { bt as Failure } from "./common.mjs";
const { join } = process.getBuiltinModule("node:path");
async function openLedger(world, inputs, provider) {
	let { env } = world, { account, github, githubToken: token, ledgerRepository, request } = inputs, ref = `refs/oauth-creds/v1/${provider}/${account}`, repository = ledgerRepository ?? github.repository, pushes = !!(env.GITEA_ACTIONS || env.FORGEJO_ACTIONS), kind = inputs.ledger === "auto" ? pushes ? "git-push" : repository ? "git-ref" : "file" : inputs.ledger, needs = (what) => new Failure("input-invalid", `\`ledger: ${kind}\` needs ${what}.`, "Every input is described in action.yml.");
	if (kind === "file") {
		let folder = inputs.home ?? (env.HOME || process.getBuiltinModule("node:os").homedir()), state = env.XDG_STATE_HOME || join(folder, ".local", "state"), { fileLedger } = await import("./file.mjs");
		return fileLedger(world, { path: join(state, "oauth-creds", provider, account) });
	}
	if (kind === "git-push") {
		let server = (env.GITHUB_SERVER_URL || "https://github.com").replace(/\/+$/, "");
		if (!repository) throw needs("`ledger-repository`: `owner/name`, or the address of a repository");
		let remote = /^[\w.-]+\/[\w.-]+$/.test(repository) ? `${server}/${repository}.git` : repository, folder = join(env.RUNNER_TEMP || process.getBuiltinModule("node:os").tmpdir(), `oauth-creds-ledger-${Buffer.from(world.random(8)).toString("hex")}`), { gitPushLedger } = await import("./git-push.mjs");
		return gitPushLedger(world, {
			remote,
			ref,
			place: `${remote} ${ref}`,
			token,
			folder
		});
	}
	if (!repository) throw needs("`ledger-repository` outside of GitHub Actions");
	if (!token) throw needs("`github-token`");
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
export { openLedger as t };
