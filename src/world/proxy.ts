import type { Agent } from "node:http";
import { HttpProxyAgent, HttpsProxyAgent } from "hpagent";
import { getProxyForUrl } from "proxy-from-env";

/** A tunnelling agent for `url`, or undefined where NO_PROXY excludes it. Reads the usual variables. */
export function agentFor(url: string): Agent | undefined {
  const proxy = getProxyForUrl(url);
  if (!proxy) return undefined;
  return url.startsWith("https:") ? new HttpsProxyAgent({ proxy }) : new HttpProxyAgent({ proxy });
}
