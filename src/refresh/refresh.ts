import type { Credential } from "../credential/credential.ts";
import { livesFor } from "../credential/credential.ts";
import { sealEnvelope } from "../credential/envelope.ts";
import { Failure } from "../errors.ts";
import type { Inputs } from "../inputs.ts";
import type { Provider } from "../providers/provider.ts";
import type { StoreResult } from "../rotation/rotate.ts";
import { maskSecrets } from "../runner/mask.ts";
import type { Secret } from "../secret.ts";
import type { SignalHold, World } from "../world/world.ts";
import { fingerprint, openCapsule } from "../capsule.ts";
import { deadlineFor } from "./deadline.ts";
import type { Keeping } from "./keeping.ts";
import { type NewTokens, nothingWasSpent } from "./outcome.ts";
import { type Sent, sendRefresh } from "./send.ts";

export interface Refreshed {
  readonly credential: Credential;
  /** The refresh token that was sent: not every provider gives a new one. */
  readonly used: Secret;
  /** Undefined where there is no place to store it in (`allow-unstored-refresh`). */
  readonly result: StoreResult | undefined;
  /** The file that carries it to post; undefined if there is none. */
  readonly capsule: string | undefined;
}

/** What is said of failures, which most runs never need. */
const telling = () => import("./say-outcome.ts");

/** How long storing may take in all, and once the runner has asked us to stop (it kills 10 s after that). */
const STORE_MS = 180_000;
const STORE_AFTER_SIGNAL_MS = 7_000;

/**
 * The critical section, and the only code that spends a refresh token. The order is what keeps the login:
 * answer → masked → capsule on the disk → stored where it is kept → (the caller) files.
 * SIGINT and SIGTERM do not interrupt it; after it, one that came is a Failure.
 */
export async function refreshLogin(
  world: World,
  inputs: Inputs,
  provider: Provider,
  credential: Credential,
  keeping: Keeping | undefined,
): Promise<Refreshed> {
  const { runner } = world;
  const key = inputs.sealingKey;
  // Carries the renewed login over our death to its place; without a place there is nowhere to carry it.
  const capsule = keeping && openCapsule(world, key, "login");
  if (capsule) runner.state("capsule", capsule.path);
  const hold = world.holdSignals();
  /** Whether the token may be on its way, or further. */
  let sent = false;
  const around = {
    async beforeSend() {
      sent = false; // of what went before, the answer was clear
      await keeping?.beforeSend?.();
      sent = true;
    },
    stillWanted: () => keeping?.stillWanted?.() !== false,
    unclear: () => keeping?.unclear?.(),
  };
  try {
    const { used, tokens, clientAuth } = await spend(world, inputs, provider, credential, hold, around);
    maskSecrets(runner, [tokens.access, tokens.refresh, tokens.idToken]);
    const next = { ...nextGeneration(credential, used, tokens), clientAuth };
    // From here to the store nothing may fail: not for a full disk, not for anything.
    const orWarn = async (work: () => void) => {
      try {
        work();
      } catch (error) {
        const { asFailure } = await import("../as-failure.ts");
        runner.warning(`${asFailure(error).explain()} If this job dies now, its renewed login is lost with it.`);
      }
    };
    await orWarn(() => capsule?.save(sealEnvelope(next, undefined)));
    // How post knows the file that is written from this. (A program may renew its access token alone.)
    await orWarn(() => {
      if (next.access) runner.state("access", fingerprint(key, next.access));
      if (inputs.writeRefreshToken && next.refresh) runner.state("refresh", fingerprint(key, next.refresh));
    });
    const result = keeping && (await keeping.store(next, storeDeadline(world, hold)));
    // Settled, so that post need not try again; empty if the secret holds somebody else's login.
    if (result?.type === "stored" || result?.type === "moved") {
      await orWarn(() => runner.state("stored", String((result.type === "stored" && result.updatedAt) || "")));
    }
    if (hold.signalledAt() !== undefined) {
      throw (await telling()).sayCancelled(result);
    }
    if (!tokens.access && !livesFor(next, 0, world.now())) {
      throw (await telling()).sayNoAccess(result);
    }
    return { credential: next, used, result, capsule: capsule?.path };
  } catch (error) {
    capsule?.discard();
    // Told to stop, the job does not go on with what it has, nor looks again, as it may where nothing was spent.
    const harmless = error instanceof Failure ? nothingWasSpent(error) : !sent;
    throw harmless && hold.signalledAt() !== undefined ? (await telling()).sayStopped() : error;
  } finally {
    hold.release();
  }
}

/** Sends the refresh token, or the one before it where a consumer wrote the present one and it never worked. */
async function spend(
  world: World,
  inputs: Inputs,
  provider: Provider,
  credential: Credential,
  hold: SignalHold,
  keeping: Required<Pick<Keeping, "beforeSend" | "stillWanted" | "unclear">>,
): Promise<{ used: Secret; tokens: NewTokens; clientAuth: Credential["clientAuth"] }> {
  // The provider's own program may do it instead: a promise with less behind it, which the user has chosen.
  const send = inputs.refreshWith === "cli" ? (await import("./official-program.ts")).sendByProgram : sendRefresh;
  const candidates = [credential.refresh, credential.predecessor].filter((token) => token !== undefined);
  for (const used of candidates) {
    const sent: Sent = await send(world, provider, { ...credential, refresh: used }, inputs.request, hold, keeping);
    const { outcome } = sent;
    const last = used === candidates.at(-1);
    if (outcome.type === "refreshed") {
      const { tokens } = outcome;
      if (last || !otherAccount(credential, tokens)) return { used, tokens, clientAuth: sent.clientAuth };
    } else if (outcome.type !== "refused" || outcome.why === "login-ended" || sent.unclearBefore || last) {
      throw (await telling()).sayOutcome(outcome, sent.unclearBefore, credential, inputs);
    }
    world.runner.warning(
      "The login that an earlier job's program wrote does not work, or is of another account; trying the one before it.",
    );
  }
  throw new Error("a login without a refresh token");
}

/** Whether new tokens belong to somebody else than the login that they should renew. */
function otherAccount(credential: Credential, tokens: NewTokens): boolean {
  const known = credential.accountId ?? credential.other["accountUuid"];
  const now = tokens.accountId ?? tokens.accountUuid;
  return known !== undefined && now !== undefined && known !== now;
}

export const storeDeadline = (world: World, hold: SignalHold | undefined): (() => number) =>
  deadlineFor(world, STORE_MS, hold, STORE_AFTER_SIGNAL_MS);

/** What the provider left out stays as it was; the login's end is never moved further away. */
function nextGeneration(before: Credential, used: Secret, tokens: NewTokens): Credential {
  const ends = [before.loginExpiresAt, tokens.loginExpiresAt].filter((end) => end !== undefined);
  const { accountUuid, organizationUuid } = tokens;
  return {
    ...before,
    generation: before.generation + 1,
    access: tokens.access ?? before.access,
    accessExpiresAt: tokens.access ? tokens.accessExpiresAt : before.accessExpiresAt,
    refresh: tokens.refresh ?? used,
    loginExpiresAt: ends.length > 0 ? Math.min(...ends) : undefined,
    scopes: tokens.scopes ?? before.scopes,
    plan: tokens.plan ?? before.plan,
    idToken: tokens.idToken ?? before.idToken,
    accountId: tokens.accountId ?? before.accountId,
    other: { ...before.other, ...(accountUuid && { accountUuid }), ...(organizationUuid && { organizationUuid }) },
    predecessor: undefined,
  };
}
