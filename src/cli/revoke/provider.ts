import type { ProviderName } from "../../credential/credential.ts";
import { asFailure } from "../../as-failure.ts";
import { Failure } from "../../errors.ts";
import type { RequestSettings } from "../../providers/provider.ts";
import { readRevocation, type Revocation, revokeRequest, revokeUrlOf } from "../../providers/revoke.ts";
import { HttpFailure, type World } from "../../world/world.ts";
import { usage } from "../arguments.ts";
import type { Told } from "./holdings.ts";

/** What became of one token at its provider. */
export interface TokenEnd {
  readonly told: Told;
  /** The server's word for not ending such tokens; undefined if it took the revocation. */
  readonly left: string | undefined;
}

/** What became of all of them. */
export interface TokenEnds {
  readonly ends: readonly TokenEnd[];
  /** Why the rest could not be told; undefined if all were. */
  readonly failure: Failure | undefined;
}

const TRIES = 4;
/** Nothing that we could do better (RFC 7009, section 2.2.1): what is left is to remove the copies. */
const UNSUPPORTED: ReadonlySet<string> = new Set(["unsupported_token_type"]);
const LONGEST_WAIT_MS = 30_000;

/**
 * Tells the provider, one token after the other; to tell it twice does no harm. Throws a Failure where nothing was
 * ended. As long as one was not told, nothing else is to be removed, so that the same can be tried again.
 */
export async function endAtProvider(
  world: World,
  provider: ProviderName,
  tokens: readonly Told[],
  settings: RequestSettings,
  said: string | undefined,
): Promise<TokenEnds> {
  const url = revokeUrlOf(provider, settings, said);
  if (url === undefined) {
    throw usage("Where does this server end tokens? Say it by `--revoke-url` (RFC 7009). Nothing was removed.");
  }
  const ends: TokenEnd[] = [];
  for (const told of tokens) {
    try {
      const revocation = await tell(world, provider, url, told, settings);
      if (revocation.type === "refused" && !UNSUPPORTED.has(revocation.error)) throw sayRefused(revocation.error);
      ends.push({ told, left: revocation.type === "refused" ? revocation.error : undefined });
    } catch (error) {
      if (ends.length === 0) throw error;
      return { ends, failure: asFailure(error) };
    }
  }
  return { ends, failure: undefined };
}

async function tell(
  world: World,
  provider: ProviderName,
  url: string,
  { token, hint, of }: Told,
  settings: RequestSettings,
): Promise<Exclude<Revocation, { type: "passing" }>> {
  let { clientAuth } = of;
  for (let tries = 1; ; tries++) {
    const request = revokeRequest(provider, url, { token, hint, clientId: of.clientId, clientAuth }, settings);
    const revocation = await ask(world, provider, request);
    const mayBePost = provider === "custom" && settings.clientSecret && clientAuth === undefined;
    if (revocation.type === "refused" && revocation.error === "invalid_client" && mayBePost) {
      clientAuth = "post";
      continue;
    }
    if (revocation.type !== "passing") return revocation;
    const pause = revocation.waitMs ?? 1000 * 2 ** (tries - 1);
    if (tries >= TRIES || pause > LONGEST_WAIT_MS) throw sayNotAsked(revocation.status);
    await world.sleep(pause);
  }
}

async function ask(world: World, provider: ProviderName, request: Parameters<World["http"]>[0]): Promise<Revocation> {
  try {
    return readRevocation(provider, await world.http(request), world.now());
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error;
    return { type: "passing", status: 0, waitMs: undefined };
  }
}

const sayRefused = (error: string): Failure =>
  new Failure(
    "request-rejected",
    `The provider does not take the revocation (${error}), so the login still works. Nothing was removed.`,
    "Check `--client-id`, `--client-secret`, `--token-url` and `--revoke-url`.",
  );

function sayNotAsked(status: number): Failure {
  const what =
    status === 0
      ? "The provider could not be reached"
      : `The provider did not take the revocation (status ${status}, after ${TRIES} tries)`;
  const code =
    status === 0 ? "provider-unreachable" : status === 403 || status === 429 ? "throttled" : "answer-unclear";
  return new Failure(code, `${what}, so the login may still work. Nothing was removed.`, "Run the same command later.");
}
