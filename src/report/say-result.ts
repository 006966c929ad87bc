import type { Acquired } from "../acquire.ts";
import type { Inputs } from "../inputs.ts";
import type { World } from "../world/world.ts";

/** Where the provider gave no new refresh token. */
export const STILL_RENEWS = "What stands there renews it all the same: the provider gave no new refresh token.";

const WAY_BACK =
  " If that fails too, its recovery copy is the way back, where there is one; without that sign in again and store the new login.";

/** What became of a renewed login that is not simply stored. */
export function sayResult(
  { runner }: World,
  { rotateTo }: Inputs,
  { credential, used, ledger, result }: Pick<Acquired, "credential" | "used" | "ledger" | "result">,
): void {
  // Beside a ledger it is the secret that something else than a failure is about.
  const label = (result?.type === "failed" ? ledger : undefined) ?? rotateTo?.label ?? ledger ?? "";
  if (result?.type === "moved") {
    runner.warning(
      `The renewed login was not stored: ${label} was ${result.deleted ? "deleted" : "written by somebody else, and theirs was kept"}. This job uses its own.`,
    );
  }
  if (result?.type === "stored" && !result.confirmed) {
    runner.warning(
      `The login was written into ${label}, but that was not confirmed. If the next run is told that the login was refused, sign in again.`,
    );
  }
  if (result?.type === "failed") {
    const ended = !used?.equals(credential.refresh);
    const [what, then] = ended ? [": the login stored there has ended.", WAY_BACK] : [`. ${STILL_RENEWS}`, ""];
    runner.error(
      `The login was renewed, but ${label} could not be written${what} ${result.failure.explain()} This job has its ` +
        `access token and goes on; its post step tries once more to store the login.${then}`,
      "oauth-creds: could-not-store",
    );
  }
}
