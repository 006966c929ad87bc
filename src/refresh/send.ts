import { Failure } from "../errors.ts";
import type { Credential } from "../credential/credential.ts";
import type { Asking, Provider, RequestSettings } from "../providers/provider.ts";
import type { Keeping } from "./keeping.ts";
import { HttpFailure, type SignalHold, type World } from "../world/world.ts";
import type { NotTaken, Outcome } from "./outcome.ts";

/** The last outcome, and whether an earlier attempt with the same token had no clear answer. */
export interface Sent {
  readonly outcome: Outcome | NotTaken;
  readonly unclearBefore: boolean;
  /** What the provider had to be asked with, where that differs from what it was first asked with. */
  readonly clientAuth?: Credential["clientAuth"];
}

/** A server that asks for longer than this is answered by the next run, not by this job. */
const LONGEST_WAIT_MS = 30_000;

/**
 * Sends the refresh request, and again only where that can do no harm:
 * - not sent: twice more;
 * - throttled: once more, if the provider says when;
 * - ambiguous: once more. If the token was not spent, it works; a provider with a grace window answers
 *   again; and if the token was spent under strict reuse detection, the login was lost already;
 * - a mistake that the provider's rules know how to mend: once more.
 * After SIGINT or SIGTERM nothing more is sent.
 */
export async function sendRefresh(
  world: World,
  provider: Provider,
  credential: Credential,
  settings: RequestSettings,
  hold: SignalHold,
  keeping?: Pick<Keeping, "beforeSend" | "stillWanted" | "unclear">,
): Promise<Sent & { readonly outcome: Outcome }> {
  // The runner kills 10 s after its signal: what is sent then may be answered to nobody.
  const wanted = () => hold.signalledAt() === undefined;
  let unsent = 0;
  let throttled = 0;
  let unclear = 0;
  let asking: Asking = { credential, settings };
  for (;;) {
    try {
      await keeping?.beforeSend?.();
    } catch (error) {
      // Nothing more may be sent: what was sent before stays unclear, unless somebody else has found out.
      if (unclear === 0 || (!(error instanceof Failure) && wanted())) throw error;
      return { outcome: { type: "ambiguous", reason: "no clear answer" }, unclearBefore: unclear > 1 };
    }
    const outcome = await once(world, provider, asking, () => wanted() && keeping?.stillWanted?.() !== false);
    let pause: number | undefined;
    if (outcome.type === "mistake" && asking.credential === credential && asking.settings === settings) {
      const better = provider.amend?.(asking, outcome.error);
      if (better) [asking, pause] = [better, 0];
    }
    if (outcome.type === "not-sent") pause = [1000, 3000][unsent++];
    if (outcome.type === "throttled" && throttled++ === 0) pause = outcome.retryAfterMs;
    if (outcome.type === "ambiguous") keeping?.unclear?.();
    if (outcome.type === "ambiguous" && unclear++ === 0) pause = 2000;
    const { clientAuth } = asking.credential;
    const sent = { outcome, unclearBefore: unclear > (outcome.type === "ambiguous" ? 1 : 0), clientAuth };
    if (pause === undefined || pause > LONGEST_WAIT_MS || !wanted()) return sent;
    world.runner.log(`${provider.name}: ${(await import("./say-outcome.ts")).sayRetry(outcome, pause)}.`);
    if (pause > 0) await world.sleep(pause);
    if (!wanted()) return sent;
  }
}

async function once(
  world: World,
  provider: Provider,
  { credential, settings }: Asking,
  stillWanted: () => boolean,
): Promise<Outcome> {
  try {
    const answer = await world.http({ ...provider.refreshRequest(credential, settings), stillWanted });
    return provider.interpret(answer, world.now());
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error;
    return error.sent ? { type: "ambiguous", reason: error.reason } : { type: "not-sent", reason: error.reason };
  }
}
