import { type Credential, EMPTY, type ProviderName } from "./credential/credential.ts";
import type { Failure } from "./errors.ts";
import { toFailure } from "./input-problems.ts";
import type { Inputs } from "./inputs.ts";
import { recognise } from "./recognise/recognise.ts";
import { placeOfSecret } from "./recovery/place.ts";
import { githubApi } from "./rotation/github-api.ts";
import { storedLocation } from "./rotation/location.ts";
import type { World } from "./world/world.ts";
import { type IssueCall, reportIssue } from "./report/issue.ts";
import type { ReportedLogin } from "./report/say-issue.ts";

/** Only a new sign-in helps. */
const ENDED: ReadonlySet<string> = new Set([
  "login-refused",
  "login-ended",
  "login-lost-in-flight",
  "credential-ended",
]);

/**
 * Sees to the issue of `report: issue` after a run that is in charge of the login: one that stores it, or has the
 * ledger's root key, or holds a setup token. Never throws.
 *
 * @param credential what the run has, or had at its beginning
 * @param failure why the run has no login
 */
export async function tellIssue(
  world: World,
  inputs: Inputs,
  credential: Credential,
  failure?: Failure,
): Promise<void> {
  const { rotateTo, ledgerKey, githubToken, github, account } = inputs;
  const { kind, provider, loginExpiresAt, accessExpiresAt } = credential;
  const inCharge = rotateTo || kind === "setup-token" || /\bocr1_/.test(ledgerKey?.reveal() ?? "");
  if (!inCharge || kind === "access" || (failure && !ENDED.has(failure.code))) return;
  if (!githubToken || !github.repository) {
    world.runner.warning("`report: issue` needs a repository and `github-token`; nothing was reported.");
    return;
  }
  const endsAt = kind === "login" ? loginExpiresAt : accessExpiresAt;
  const soon = endsAt !== undefined && endsAt - world.now() < inputs.warnBeforeMs;
  const state: ReportedLogin["state"] = failure ? "ended" : soon ? "ending" : "fine";
  const call = githubApi(world, github.apiUrl, githubToken, inputs.request.userAgent) as IssueCall;
  const place = rotateTo ? placeOfSecret(storedLocation(rotateTo)) : ledgerKey ? "ledger" : "credential";
  const label = rotateTo?.label ?? (ledgerKey ? "the ledger" : "the secret that `credential` reads");
  await reportIssue(world, call, github.repository, { provider, account, kind, place, label, state, endsAt });
}

/** The same for a run that has no login: nothing is said of what is not the login's end. */
export async function tellEnd(
  world: World,
  inputs: Inputs,
  masked: ReadonlySet<string>,
  error: unknown,
): Promise<void> {
  const detected = inputs.credential && (await recognise(world, inputs, masked).catch(() => undefined));
  // With a ledger alone it is the record's login, of which a run that has failed knows no more than the provider.
  const shared: Credential = { ...EMPTY, kind: "login", provider: inputs.provider as ProviderName };
  const login = detected ? detected.credential : inputs.credential ? undefined : shared;
  if (login) await tellIssue(world, inputs, login, await toFailure(error, world.env));
}
