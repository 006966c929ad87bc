import { G as Failure, J as isoTime } from "./common.mjs";
function sayProblem({ status, permission, waitMs }, place) {
	if (status === 401 || status === 404 || status === 403 && waitMs === void 0) {
		let why = {
			401: "is not accepted by GitHub (401): it was revoked, cut off, or has ended (an App's token lives one hour).",
			403: `may not write ${place} (403).`,
			404: "does not see this repository (404)."
		}[status];
		return new Failure("secret-forbidden", `The token in \`secrets-token\` ${why}${permission ? ` GitHub says that it takes: ${permission}.` : ""}`, "Use a fine-grained personal access token, or a GitHub App's token, with the permission “Secrets: read and write” for this repository (a classic token: scope `repo`). GITHUB_TOKEN can never write secrets.");
	}
	let limited = waitMs === void 0 ? "" : `, and asks to wait ${Math.ceil(waitMs / 1e3)} s`, said = status === 0 ? "did not answer" : `answered ${status}${limited}`;
	return new Failure("github-unreachable", `GitHub's API ${said} when ${place} was to be read or written.`, "Run the job again later.");
}
function sayStale(stale) {
	let newRun = "Nothing was spent. Start a new run: a re-run gets the old copy again.";
	switch (stale.type) {
		case "written-again": return new Failure("snapshot-stale", `This job holds an old copy of the login: stored at ${isoTime(stale.since)}, and written again at ${isoTime(stale.updatedAt)}.`, newRun);
		case "written-after-run": {
			let since = `after this run was created (${isoTime(stale.since)})`;
			return new Failure("snapshot-stale", `The secret was written at ${isoTime(stale.updatedAt)}, ${since}, so the job may hold an older copy.`, newRun);
		}
		case "written-by-rotation": return new Failure("snapshot-stale", `The secret was last written by a rotation (${isoTime(stale.updatedAt)}), but the \`credential\` of this step is not what a rotation writes.`, "Nothing was spent. If this is a re-run, start a new run. Otherwise `credential` reads another secret than `rotate-to` writes: name the same one in both. If you have only just pasted it, paste it once more.");
		case "re-run": return new Failure("snapshot-stale", "This is a re-run, and it cannot be told whether its copy of the login is still the present one.", newRun);
	}
}
const sayElsewhere = ({ location: kept }, here) => new Failure("secret-elsewhere", `This login is kept in the ${kept.kind} secret ${kept.name} of ${kept.repository}, but \`rotate-to\` names ${here.label}. A login may be renewed in one place only; nothing was spent.`, "Name the same secret in `credential` and `rotate-to`, or sign in once more for a login of its own here."), sayNotFound = (label) => new Failure("secret-not-found", `There is no ${label.replace(/^the /, "")} yet, so a renewed login would have no known place. Nothing was spent.`, "Check the name in `rotate-to`. If it is right and the secret is to be made by this step, set `create-secrets: true`."), sayNowhere = () => new Failure("nowhere-to-store", "The login has to be renewed, but there is nowhere to keep the new one: its refresh token works once, so the stored login would be dead after this job. Nothing was spent.", "Set `rotate-to` (the name of the secret) and `secrets-token` (a token that may write it), or let a scheduled workflow do the renewing, or use a setup token.");
export { sayElsewhere, sayNotFound, sayNowhere, sayProblem, sayStale };
