import type { Agent } from "node:https";
import { HttpsProxyAgent } from "hpagent";
import { getProxyForUrl } from "proxy-from-env";

/** A tunnelling agent for an https `url`, or undefined where NO_PROXY excludes it. Reads the usual variables. */
export function agentFor(url: string): Agent | undefined {
  const proxy = getProxyForUrl(url);
  return proxy ? new HttpsProxyAgent({ proxy }) : undefined;
}
