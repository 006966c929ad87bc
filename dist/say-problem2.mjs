import { Ct as Failure, Nt as isoTime } from "./common.mjs";
const PERMISSIONS = {
	repository: ["“Secrets: read and write” for this repository", "repo"],
	environment: ["“Environments: read and write” for this repository", "repo"],
	organization: ["“Secrets: read and write” for this organization (it stands below the organization's permissions)", "admin:org"],
	dependabot: ["“Dependabot secrets: read and write” for this repository", "repo"],
	codespaces: ["“Codespaces secrets: read and write” for this repository", "repo"],
	agents: ["“Agent secrets: read and write” for this repository", "repo"]
};
function sayProblem({ status, permission, waitMs }, place) {
	let { kind, forge, label } = typeof place == "string" ? {
		kind: "repository",
		forge: void 0,
		label: place
	} : place;
	if (status === 401 || status === 404 || status === 403 && waitMs === void 0) {
		let why = {
			401: `is not accepted by ${forge ? FORGES[forge] : "GitHub"} (401): it was revoked, cut off, or has ended${forge ? "." : " (an App's token lives one hour)."}`,
			403: `may not write ${label} (403).`,
			404: `does not see ${UNSEEN[kind]} (404).`
		}[status];
		return new Failure("secret-forbidden", `The token in \`secrets-token\` ${why}${permission ? ` GitHub says that it takes: ${permission}.` : ""}`, forge ? ON_FORGES[forge] : onGitHub(kind));
	}
	if (status === 400 || status === 413 || status === 422) return new Failure("secret-forbidden", `${forge ? FORGES[forge] : "GitHub"} refused what was to be written into ${label} (${status}).`, "It would be refused again. See whether the place is full (GitHub: 100 secrets in a repository or an environment, 1,000 in an organization, 48 KB each; the probe is one of them), and whether the server keeps the name for itself.");
	let limited = waitMs === void 0 ? "" : `, and asks to wait ${Math.ceil(waitMs / 1e3)} s`, said = status === 0 ? "did not answer" : `answered ${status}${limited}`;
	return new Failure("github-unreachable", `${forge ? FORGES[forge] : "GitHub"}'s API ${said} when ${label} was to be read or written.`, "Run the job again later.");
}
function sayScopeless(scopes, { kind, label }) {
	let [, scope] = PERMISSIONS[kind], has = scopes.split(/[\s,]+/).filter(Boolean);
	if (!has.includes(scope)) return new Failure("secret-forbidden", `The token in \`secrets-token\` may not write ${label}: it lacks the scope \`${scope}\`; it has ${has.join(", ") || "none"}.`, onGitHub(kind));
}
const FORGES = {
	gitea: "Gitea",
	gitlab: "GitLab"
}, UNSEEN = {
	repository: "this repository",
	environment: "this repository, or there is no such environment",
	organization: "this organization",
	dependabot: "this repository",
	codespaces: "this repository",
	agents: "this repository, or this server has no agents secrets"
}, ON_FORGES = {
	gitea: "Use an access token with the scope `write:repository` (`write:organization` for an organization's secret) of an owner.",
	gitlab: "Use a project access token with the scope `api` and the role Maintainer (for a group's variable: a group access token with the role Owner). CI_JOB_TOKEN can never write variables."
};
function onGitHub(kind) {
	let [permission, scope] = PERMISSIONS[kind];
	return `Use a fine-grained personal access token, or a GitHub App's token, with the permission ${permission} (a classic token: scope \`${scope}\`). GITHUB_TOKEN can never write secrets.`;
}
function sayStale(stale) {
	let newRun = "Nothing was spent. Start a new run: a re-run gets the old copy again.";
	switch (stale.type) {
		case "written-again": return new Failure("snapshot-stale", `This job holds an old copy of the login: stored at ${isoTime(stale.since)}, and written again at ${isoTime(stale.updatedAt)}.`, stale.kind === "organization" ? `${newRun} ${EDITED}` : newRun);
		case "another-value": return new Failure("snapshot-stale", "This job holds an old copy of the login: another value stands in the variable by now. Or `credential` reads another variable than `rotate-to` writes.", "Nothing was spent. Start the job anew. If that does not help, name the same variable in both.");
		case "written-after-run": {
			let since = `after this run was created (${isoTime(stale.since)})`;
			return new Failure("snapshot-stale", `The secret was written at ${isoTime(stale.updatedAt)}, ${since}, so the job may hold an older copy.`, newRun);
		}
		case "written-by-rotation": return new Failure("snapshot-stale", `The secret was last written by a rotation (${isoTime(stale.updatedAt)}), but the \`credential\` of this step is not what a rotation writes.`, "Nothing was spent. If this is a re-run, start a new run. Otherwise `credential` reads another secret than `rotate-to` writes: name the same one in both. If you have only just pasted it, paste it once more.");
		case "re-run": return new Failure("snapshot-stale", "This is a re-run, and it cannot be told whether its copy of the login is still the present one.", newRun);
	}
}
const EDITED = "If it comes back in new runs, the secret's visibility or list of repositories was changed since: store a new login then, or the same one if no job has renewed it.", nameOf = ({ kind, name, within, repository }) => `the ${kind} secret ${name} of ${kind === "environment" ? `${within} of ${repository}` : repository}`, sayElsewhere = ({ location: kept }, here) => new Failure("secret-elsewhere", `This login is kept in ${nameOf(kept)}, but \`rotate-to\` names ${here.label}. A login may be renewed in one place only; nothing was spent.`, "Name the same secret in `credential` and `rotate-to`, or sign in once more for a login of its own here."), sayShadowed = (here, shadow, why) => new Failure("secret-elsewhere", `\`rotate-to\` names ${here.label}, but ${why} ${shadow}. A renewed login would be stored where no job looks for it; nothing was spent.`, "Name in `rotate-to` the very secret that the job reads (`environment/ENVIRONMENT/NAME` for one of the environment that the job names), or remove the other one."), sayPartialList = ({ label }, seen, all) => new Failure("secret-forbidden", `The token in \`secrets-token\` sees ${seen} of the ${String(all)} repositories that may read ${label}: to write it would take it away from the others.`, "Use a token that sees all of them (an App installed on all repositories of the organization, or a classic token with the scope `admin:org`), or give the secret the visibility “all” or “private”."), sayHoldsLogin = (label) => new Failure("secret-elsewhere", `By all that can be seen ${label} holds a login that can be renewed, so the access token was not written into it.`, "If that login is no longer needed, delete the secret, and let this step make it (`create-secrets: true`). Otherwise name another one."), sayHidden = (label) => new Failure("secret-elsewhere", `${label} is hidden: its value cannot be read, so that a login which somebody stores meanwhile could not be told from this job's. Nothing was spent.`, "A variable stays hidden for good: make one that is masked and not hidden, and store the login there. Or keep it in a ledger (`ledger-key`)."), sayNotThere = ({ label }, untold) => new Failure("secret-not-found", untold ? `This server does not tell whether there is ${label}.` : `There is no ${label.replace(/^the /, "")} yet.`, "Check the name in `rotate-to`. If it is right and the secret may be made by this step, set `create-secrets: true`."), sayNotFound = (label) => new Failure("secret-not-found", `There is no ${label.replace(/^the /, "")} yet, so a renewed login would have no known place. Nothing was spent.`, "Check the name in `rotate-to`. If it is right and the secret is to be made by this step, set `create-secrets: true`."), sayNowhere = () => new Failure("nowhere-to-store", "The login has to be renewed, but there is nowhere to keep the new one: its refresh token works once, so the stored login would be dead after this job. Nothing was spent.", "Set `rotate-to` (the name of the secret) and `secrets-token` (a token that may write it), or let a scheduled workflow do the renewing, or use a setup token.");
export { sayNotThere as a, sayProblem as c, sayStale as d, sayNotFound as i, sayScopeless as l, sayHidden as n, sayNowhere as o, sayHoldsLogin as r, sayPartialList as s, sayElsewhere as t, sayShadowed as u };
