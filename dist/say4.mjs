import { Nt as sayDuration, bt as Failure, jt as isoTime } from "./common.mjs";
function sayProblem({ kind, wants, retryAfterMs }, label, unspent = !1) {
	switch (kind) {
		case "forbidden": return new Failure("ledger-forbidden", `The ledger (${label}) may not be read or written with this token.${wants ? ` The server says that it takes: ${wants}.` : ""}`, "Give the job `permissions: contents: write` (reading alone: `contents: read`), or a token in `github-token` that has it.");
		case "unsupported": return new Failure("ledger-forbidden", `The server does not take the changes that the ledger needs (${label}).`, "Allow `refs/oauth-creds/*` in the repository's rules, or choose another `ledger` or `ledger-repository`.");
		default: {
			let wait = retryAfterMs === void 0 ? "" : ` It asks to wait ${Math.ceil(retryAfterMs / 1e3)} s.`;
			return new Failure("ledger-unreachable", `The ledger (${label}) ${kind === "throttled" ? "turned us away for too many calls" : "could not be reached"}.${wait}`, `${unspent ? "Nothing was spent. " : ""}Run the job again later.`);
		}
	}
}
const sayAfterwards = ({ code, message, advice }) => new Failure(code, message.replace(" Nothing was spent.", ""), advice.replace(/Nothing was spent\. ?/, "").replace(/^Run the job again later\.$/, "")), UNREADABLE = {
	altered: ["was altered by somebody who does not have its key", "Look who may push to that repository. To begin anew, delete the ref by hand and start a new run with a fresh sign-in."],
	"other-place": ["was copied there from another place", "It is refused so that no login is taken for another. Look who may push to that repository."],
	"unknown-key": ["was written with a key that `ledger-key` does not hold", "Give the same key to all jobs. While a new key replaces an old one, `ledger-key` takes both, the new one first."],
	"newer-format": ["was written by a newer oauth-creds than this one", "Use the same version in all workflows."]
};
function sayUnreadable(why, label) {
	let [what, advice] = UNREADABLE[why];
	return new Failure("ledger-unreadable", `The record in the ledger (${label}) ${what}. It is not replaced.`, advice);
}
const sayRolledBack = (label, record, generation) => new Failure("ledger-rolled-back", `The record in the ledger (${label}) is of generation ${record.generation}, but the secret knows generation ${generation}: somebody has put an older record back. Nothing was spent.`, "Look who may push to that repository. Sign in once more, store the new login, and start a new run."), sayPutBack = (label) => new Failure("ledger-rolled-back", `The record in the ledger (${label}) is older than one that this job has seen: somebody has put it back.`, "Look who may push to that repository. Sign in once more, store the new login, and start a new run."), sayMissing = (label, why) => new Failure("ledger-empty", {
	"no-login": `There is no record in the ledger (${label}) yet, and \`credential\` holds no login to begin it with.`,
	"re-run": `There is no record in the ledger (${label}), and this is a re-run: its copy of the login may be an old one.`,
	"stored-by-ledger": `There is no record in the ledger (${label}), although the login in \`credential\` was stored by one: the record was deleted.`,
	"access-key": `There is no record in the ledger (${label}) yet, and an access key (oca1_…) cannot begin one.`
}[why], why === "access-key" ? "Run the workflow that renews the login once." : "Sign in once for CI, store the login as `credential`, and start a new run of the workflow that renews."), sayBusy = (lease, waitedMs) => {
	let who = lease?.owner ?? "another job", waited = `${sayDuration(waitedMs)}, longer than this one may wait`;
	return lease?.phase === "checked-out" ? new Failure("ledger-busy", `The login is lent to the program of another job (${who}) until that job ends. This job has waited for ${waited}.`, "Run the job again after that one, or let the rotator run so often that no job has to wait. If that job was killed, or what its program renewed could not be published, the login is free again six and a half hours after it was lent.") : new Failure("ledger-busy", `Another job (${who}) has been renewing the login for ${waited}.`, "Run the job again. If that job was killed, the next one takes over from it.");
}, sayDead = (at, why) => new Failure("login-refused", `The provider no longer takes this login (${why}${at > 0 ? `, found out at ${isoTime(at)}` : ""}); no job asks again.`, "Sign in once more for CI, store the new login as `credential`, and start a new run."), sayMustNotRenew = () => new Failure("credential-ended", "The access token in the ledger ends too soon, and `refresh: never` forbids to renew it.", "Let another job renew it first, or set `refresh: auto`."), sayLostByHolder = (holder) => new Failure("login-lost-in-flight", `Another job (${holder}) was ended while it renewed the login, and the provider does not take the old refresh token any more: the new one never arrived. This login has ended.`, "Sign in once more for CI, store the new login as `credential`, and start a new run."), sayUnproved = (label) => new Failure("ledger-empty", `There is no record in the ledger (${label}) yet, and the login in \`credential\` was renewed before: without \`rotate-to\` and \`secrets-token\` it cannot be told whether this copy is still the present one.`, "Give this step `rotate-to` and `secrets-token` once, or begin the record with a fresh sign-in."), sayCannotRenew = () => new Failure("credential-ended", "The access token in the ledger ends too soon, and a job with an access key (oca1_…) cannot renew it.", "Run the workflow that renews the login, and let it run more often than an access token lives."), sayBudget = (left) => new Failure("ledger-unreachable", `Only ${left} calls of GitHub's API are left to this token in this hour, too few to be sure of storing a renewed login. Nothing was spent.`, "Run the job again later, or give `github-token` a token with a budget of its own.");
export { sayAfterwards, sayBudget, sayBusy, sayCannotRenew, sayDead, sayLostByHolder, sayMissing, sayMustNotRenew, sayProblem, sayPutBack, sayRolledBack, sayUnproved, sayUnreadable };
