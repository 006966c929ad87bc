import { n as HttpProxyAgent, r as HttpsProxyAgent, t as getProxyForUrl } from "./proxy-agent.mjs";
function agentFor(url) {
	let proxy = getProxyForUrl(url);
	if (!proxy) return;
	return url.startsWith("https:") ? new HttpsProxyAgent({ proxy }) : new HttpProxyAgent({ proxy });
}
export { agentFor };
