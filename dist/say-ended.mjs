import { Ct as Failure, Dt as sayKind, Et as livesFor, Ft as sayDuration, H as nothingWasSpent, It as sayTime, Nt as isoTime, Tt as USABLE_MS } from "./common.mjs";
import { t as sayMoved } from "./say-moved.mjs";
function sayEnded(credential) {
	let end = credential.accessExpiresAt === void 0 ? "" : ` at ${isoTime(credential.accessExpiresAt)}`;
	return credential.kind === "login" && credential.shared ? new Failure("credential-ended", `The access token ends too soon${end}, and what renews this login is sealed for jobs with its \`ledger-key\`.`, "Give this job the `ledger-key` (an access key, oca1_…, is enough), or let the workflow that renews run more often.") : credential.kind === "login" ? new Failure("credential-ended", credential.access ? `The access token ends too soon${end}, and \`refresh: never\` forbids to renew it.` : "The credential holds no access token, and `refresh: never` forbids to fetch one.", "Let another job refresh it first, or set `refresh: auto`.") : new Failure("credential-ended", `The ${sayKind(credential)} ended${end}, and it cannot be renewed.`, credential.provider === "anthropic" ? "Make a new one with `claude setup-token` and store it with `gh secret set`." : "Store a login with its refresh token, or a new access token.");
}
function sayNoKey({ writeRefreshToken }) {
	let [setting, other] = writeRefreshToken ? ["write-refresh-token: true", "without it"] : ["refresh: always", "with `auto`"];
	return new Failure("input-invalid", `\`${setting}\` cannot be done here: what renews this login is sealed for jobs with the root key of its ledger, and this job has none.`, `Give it the root key (\`ledger-key\`, ocr1_…) if it is to renew the login; ${other} it uses the access token.`);
}
function sayLeftEnded({ accessExpiresAt }, result, label) {
	let end = accessExpiresAt === void 0 ? "" : ` at ${isoTime(accessExpiresAt)}`, why = result.type === "moved" ? sayMoved(result.deleted, label) : result.confirmed ? "The Actions cache did not answer, so it cannot be told whether an earlier job has renewed it once more already." : `It was written into ${label} without a confirmation, so what stands there may be somebody else's.`;
	return new Failure("credential-ended", `The recovered login's access token ends too soon${end}, and the login is not renewed in this run. ${why}`, result.type === "moved" && result.deleted ? "Store a login there, and start a new run." : "Start a new run, not a re-run: it gets what stands there now, and renews that.");
}
const sayTooSoon = (credential, now) => `The access token ends ${sayEnd(credential, now)}, sooner than \`min-validity\`, and \`refresh\` is \`never\`.`;
function goOnOrThrow(world, inputs, error, credential) {
	let now = world.now();
	if (!(error instanceof Failure && nothingWasSpent(error) && livesFor(credential, USABLE_MS, now)) || inputs.refresh === "always" || inputs.writeRefreshToken) throw error;
	let end = sayEnd(credential, now);
	world.runner.warning(`${error.explain()} The job goes on with the access token that it has, which ends ${end}.`);
}
const sayEnd = ({ accessExpiresAt }, now) => accessExpiresAt === void 0 ? "at a time that is not known" : `at ${sayTime(accessExpiresAt)} (in ${sayDuration(accessExpiresAt - now)})`;
export { goOnOrThrow, sayEnded, sayLeftEnded, sayNoKey, sayTooSoon };
