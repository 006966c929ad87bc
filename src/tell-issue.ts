import type { Acquired } from "./acquire.ts";
import { type Credential, EMPTY } from "./credential/credential.ts";
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
const ENDED: ReadonlySet<string> = new Set(["login-refused", "login-ended", "login-lost-in-flight"]);

/** Of a login the access token alone may have ended; a setup token is nothing else. */
const hasEnded = ({ code }: Failure, kind: Credential["kind"]): boolean =>
  ENDED.has(code) || (code === "credential-ended" && kind === "setup-token");

/**
 * Sees to the issue of `report: issue` after a run that is in charge of the login: one that stores it, or has the
 * ledger's root key, or holds a setup token. Never throws.
 *
 * @param acquired what the run has, or had at its beginning, and where that is from
 * @param failure why the run has no login
 */
export async function tellIssue(
  world: World,
  inputs: Inputs,
  { credential, source }: Pick<Acquired, "credential" | "source">,
  failure?: Failure,
): Promise<void> {
  const { rotateTo, ledgerKey, githubToken, github, account } = inputs;
  const { kind, provider, loginExpiresAt, accessExpiresAt } = credential;
  const inCharge = rotateTo || kind === "setup-token" || /\bocr1_/.test(ledgerKey?.reveal() ?? "");
  if (!inCharge || kind === "access" || (failure && !hasEnded(failure, kind))) return;
  if (!githubToken || !github.repository) {
    world.runner.warning("`report: issue` needs a repository and `github-token`; nothing was reported.");
    return;
  }
  const endsAt = kind === "login" ? loginExpiresAt : accessExpiresAt;
  const soon = endsAt !== undefined && endsAt - world.now() < inputs.warnBeforeMs;
  const state: ReportedLogin["state"] = failure ? "ended" : soon ? "ending" : "fine";
  const call = githubApi(world, github.apiUrl, githubToken, inputs.request.userAgent) as IssueCall;
  const where = await placeOf(world, inputs, credential);
  const renewed = !failure && (source === "refreshed" || source === "recovered");
  await reportIssue(world, call, github.repository, { provider, account, kind, ...where, state, endsAt, renewed });
}

/** By what the issue is found again: the same in every run that is in charge of this login, and in no other. */
async function placeOf(
  world: World,
  inputs: Inputs,
  { kind, provider }: Credential,
): Promise<{ readonly place: string; readonly label: string }> {
  const { rotateTo, ledgerKey } = inputs;
  if (kind === "setup-token") {
    // Nothing tells one secret from another but who reads it; outside of Actions no name of that stays the same.
    const { GITHUB_ACTIONS: inActions, GITHUB_WORKFLOW_REF: workflow = "", GITHUB_JOB: job = "" } = world.env;
    const place = inActions ? `${workflow.replace(/@.*/s, "")} ${job}` : "credential";
    return { place, label: "the secret that `credential` reads" };
  }
  if (ledgerKey) {
    const { openLedger } = await import("./ledger/open.ts");
    const { label } = await openLedger(world, inputs, provider);
    return { place: label, label };
  }
  return rotateTo
    ? { place: placeOfSecret(storedLocation(rotateTo)), label: rotateTo.label }
    : { place: "credential", label: "the secret that `credential` reads" };
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
  const provider = inputs.provider === "auto" ? undefined : inputs.provider;
  const shared = inputs.ledgerKey && provider && { ...EMPTY, kind: "login" as const, provider };
  const login = detected ? detected.credential : inputs.credential ? undefined : shared;
  if (!login) return;
  await tellIssue(world, inputs, { credential: login, source: "secret" }, await toFailure(error, world.env));
}
