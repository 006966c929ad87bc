import { n as HttpProxyAgent, r as HttpsProxyAgent, t as getProxyForUrl } from "./proxy-agent.mjs";

// src/world/proxy.ts
function agentFor(url) {
	const proxy = getProxyForUrl(url);
	if (!proxy) return void 0;
	return url.startsWith("https:") ? new HttpsProxyAgent({ proxy }) : new HttpProxyAgent({ proxy });
}

export { agentFor };