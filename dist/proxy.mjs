import { n as getProxyForUrl, t as HttpsProxyAgent } from "./proxy-agent.mjs";
import { t as decoded } from "./userinfo.mjs";
function agentFor(url) {
	let proxy = getProxyForUrl(url);
	if (!proxy) return;
	let address = new URL(proxy);
	return address.username = encodeURIComponent(decoded(address.username)), address.password = encodeURIComponent(decoded(address.password)), new HttpsProxyAgent({ proxy: address });
}
export { agentFor };
