import { type Credential, type ProviderName, sayKind } from "../../credential/credential.ts";
import { sayTime } from "../../duration.ts";
import type { Inputs } from "../../inputs.ts";
import type { Check as ProviderCheck, Refusal, Verdict } from "../../providers/check.ts";
import { sayVerdict, validate } from "../../validate.ts";
import { retryAfter } from "../../world/answer.ts";
import { type HttpAnswer, HttpFailure, type World } from "../../world/world.ts";
import { type Check, type ClassCode, ok, type Subject, wrong } from "./check.ts";
import { madeUpLogin } from "./made-up.ts";
import type { Network } from "./network.ts";
import { OTHER_AGENT, sayTurnedAway, sayUnreachable } from "./turned-away.ts";

const CODES: Record<Refusal, ClassCode> = {
  "cut-off": "truncated",
  "wrong-kind": "wrong-kind",
  revoked: "revoked",
  "scope-missing": "scope-missing",
  "not-allowed": "not-allowed",
};

/**
 * Shows the access token to its provider. Without one (`credential` undefined) a made-up one shows whether the
 * provider's API lets us through at all.
 */
export async function accessToken(
  world: World,
  inputs: Inputs,
  net: Network,
  shown: { readonly provider: ProviderName; readonly credential: Credential | undefined },
): Promise<Check[]> {
  const { provider, credential } = shown;
  const check = await loadCheck(provider);
  if (!check) return [];
  const { request: settings } = inputs;
  const madeUp = madeUpLogin(world, provider);
  const { url } = check.request(credential ?? madeUp, settings);
  if (!(await net.reach(url, "provider"))) return [];
  const { host } = new URL(url);

  // The last answer is looked at once more, for what a verdict does not tell.
  let last: HttpAnswer | undefined;
  let failed = "timeout";
  const watching: World = {
    ...world,
    async http(request) {
      try {
        return (last = await world.http(request));
      } catch (error) {
        if (error instanceof HttpFailure) failed = error.reason;
        throw error;
      }
    },
  };
  const verdict = await validate(watching, credential ?? madeUp, settings);
  if (!verdict) return [];
  if (verdict.type !== "unknown") return [say(verdict, host, credential)];
  if (verdict.status === 0) return [sayUnreachable(host, failed)];
  if (!/^(401|403|404|429)$/.test(String(verdict.status))) {
    const text = `${host} gives no answer about the token (status ${verdict.status}).`;
    return [wrong("Provider", "provider-unclear", text, "A fault of the service, most likely. Try again later.")];
  }
  const other = settings.userAgent === OTHER_AGENT ? undefined : await ask(world, check, madeUp, inputs);
  return [
    sayTurnedAway(host, {
      status: verdict.status,
      retryAfterMs: last && retryAfter(last, world.now()),
      agentAlone: other !== undefined && other.type !== "unknown",
      agent: settings.userAgent,
    }),
  ];
}

/** With another `user-agent`, and a token that was made up. */
async function ask(world: World, check: ProviderCheck, madeUp: Credential, { request }: Inputs): Promise<Verdict> {
  try {
    const answer = await world.http(check.request(madeUp, { ...request, userAgent: OTHER_AGENT }));
    return check.interpret(answer, madeUp);
  } catch (error) {
    if (error instanceof HttpFailure) return { type: "unknown", status: 0 };
    throw error;
  }
}

async function loadCheck(provider: ProviderName): Promise<ProviderCheck | undefined> {
  if (provider === "anthropic") return (await import("../../providers/anthropic-check.ts")).check;
  if (provider === "openai") return (await import("../../providers/openai-check.ts")).check;
  return undefined;
}

function say(verdict: Exclude<Verdict, { type: "unknown" }>, host: string, credential: Credential | undefined): Check {
  const subject: Subject = "Provider";
  if (!credential) return ok(subject, `${host} answers, and refuses a made-up token as it should.`);
  switch (verdict.type) {
    case "valid":
      return ok(subject, `${host} accepts the ${sayKind(credential)}${verdict.plan ? ` (plan ${verdict.plan})` : ""}.`);
    case "limited": {
      const until = verdict.resetAt === undefined ? "" : ` until ${sayTime(verdict.resetAt)}`;
      return wrong(
        subject,
        "usage-limit",
        `${host} accepts the ${sayKind(credential)}, but the plan's usage limit is reached${until}.`,
        "Wait until then, or use another plan. The login is good: a new sign-in would not help.",
      );
    }
    case "refused": {
      const said = sayVerdict(verdict, credential);
      if (said.level !== "failure") throw new Error("a refusal is a failure");
      return wrong(subject, CODES[verdict.why], said.failure.message, said.failure.advice);
    }
  }
}
