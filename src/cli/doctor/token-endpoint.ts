import type { Credential, ProviderName } from "../../credential/credential.ts";
import type { Inputs } from "../../inputs.ts";
import type { Asking, Provider } from "../../providers/provider.ts";
import type { Outcome } from "../../refresh/outcome.ts";
import { loadProvider } from "../../refresh/index.ts";
import { HttpFailure, type World } from "../../world/world.ts";
import { type Check, ok, wrong } from "./check.ts";
import { madeUpLogin } from "./made-up.ts";
import type { Network } from "./network.ts";
import { OTHER_AGENT, sayTurnedAway, sayUnreachable } from "./turned-away.ts";

/**
 * Whether the endpoint that renews logins answers us: it is asked with a made-up refresh token, never with the real
 * one, as a refresh would ask.
 *
 * @param like the login whose client is to be tried
 */
export async function tokenEndpoint(
  world: World,
  inputs: Inputs,
  provider: ProviderName,
  net: Network,
  like: Credential | undefined,
): Promise<Check[]> {
  const { request: settings } = inputs;
  if (provider === "custom" && !settings.tokenUrl) return []; // the settings say so
  const protocol = await loadProvider(provider);
  const credential = madeUpLogin(world, provider, like);
  const asking = { credential, settings };
  const { url } = protocol.refreshRequest(credential, settings);
  if (!(await net.reach(url, "provider"))) return [];
  const { host } = new URL(url);
  const outcome = await ask(world, protocol, asking);
  if (outcome.type !== "throttled") return [say(outcome, host, inputs)];
  const other = await ask(world, protocol, { ...asking, settings: { ...settings, userAgent: OTHER_AGENT } });
  const agentAlone = settings.userAgent !== OTHER_AGENT && (other.type === "refused" || other.type === "mistake");
  return [sayTurnedAway(host, { ...outcome, agentAlone, agent: settings.userAgent })];
}

async function ask(world: World, protocol: Provider, asking: Asking): Promise<Outcome> {
  try {
    const answer = await world.http(protocol.refreshRequest(asking.credential, asking.settings));
    const outcome = protocol.interpret(answer, world.now());
    const better = outcome.type === "mistake" ? protocol.amend?.(asking, outcome.error) : undefined;
    return better ? await ask(world, protocol, better) : outcome;
  } catch (error) {
    if (error instanceof HttpFailure) return { type: "not-sent", reason: error.reason };
    throw error;
  }
}

function say(outcome: Exclude<Outcome, { type: "throttled" }>, host: string, { provider }: Inputs): Check {
  switch (outcome.type) {
    case "refused":
    case "attention":
      return ok("Provider", `The token endpoint ${host} answers, and refuses a made-up token as it should.`);
    case "not-sent":
      return sayUnreachable(`The token endpoint ${host}`, outcome.reason);
    case "refreshed":
      return wrong(
        "Provider",
        "request-rejected",
        `The token endpoint ${host} gives tokens for a refresh token that was made up: it is none.`,
        "Correct `token-url`: a real refresh token must not be sent there.",
      );
    case "mistake":
      return wrong(
        "Provider",
        "request-rejected",
        `The token endpoint ${host} does not take our request, before it looks at the token (${outcome.error}).`,
        provider === "custom"
          ? "Compare `token-url`, `client-id`, `client-secret`, `scope` and `request-format` with the server's documentation."
          : "Leave out `client-id`, `scope`, `token-url` and `request-format`; if none is set, please report it.",
      );
    case "ambiguous":
      return wrong(
        "Provider",
        "provider-unclear",
        `The token endpoint ${host} gives no clear answer (${outcome.reason}).`,
        "A fault of the service, most likely: nothing is sent there while that lasts, if you can help it. Try again later.",
      );
  }
}
