import type { Agent } from "node:https";
import { HttpsProxyAgent } from "hpagent";
import { getProxyForUrl } from "proxy-from-env";
import { decoded } from "./userinfo.ts";

/** A tunnelling agent for an https `url`, or undefined where NO_PROXY excludes it. Reads the usual variables. */
export function agentFor(url: string): Agent | undefined {
  const proxy = getProxyForUrl(url);
  if (!proxy) return undefined;
  const address = new URL(proxy);
  // The agent decodes them by itself, and throws where it cannot.
  address.username = encodeURIComponent(decoded(address.username));
  address.password = encodeURIComponent(decoded(address.password));
  return new HttpsProxyAgent({ proxy: address });
}
