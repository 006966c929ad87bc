import { n as getProxyForUrl, t as HttpsProxyAgent } from "./proxy-agent.mjs";
function agentFor(url) {
	let proxy = getProxyForUrl(url);
	return proxy ? new HttpsProxyAgent({ proxy }) : void 0;
}
export { agentFor };
