const STILL_RENEWS = "What stands there renews it all the same: the provider gave no new refresh token.";
function sayResult({ runner }, { rotateTo }, { credential, used, ledger, result }) {
	let label = (result?.type === "failed" ? ledger : void 0) ?? rotateTo?.label ?? ledger ?? "";
	if (result?.type === "moved" && runner.warning(`The renewed login was not stored: ${label} was ${result.deleted ? "deleted" : "written by somebody else, and theirs was kept"}. This job uses its own.`), result?.type === "stored" && !result.confirmed && runner.warning(`The login was written into ${label}, but that was not confirmed. If the next run is told that the login was refused, sign in again.`), result?.type === "failed") {
		let [what, then] = used?.equals(credential.refresh) ? [`. ${STILL_RENEWS}`, ""] : [": the login stored there has ended.", " If that fails too, its recovery copy is the way back, where there is one; without that sign in again and store the new login."];
		runner.error(`The login was renewed, but ${label} could not be written${what} ${result.failure.explain()} This job has its access token and goes on; its post step tries once more to store the login.${then}`, "oauth-creds: could-not-store");
	}
}
export { sayResult as n, STILL_RENEWS as t };
