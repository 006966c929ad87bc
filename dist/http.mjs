import { t as HttpFailure } from "./common.mjs";
function nodeHttp(env) {
	return async (request) => send(request, await proxyAgent(env, request.url));
}
function send(request, proxy) {
	let secure = request.url.startsWith("https:");
	let client = secure ? process.getBuiltinModule("node:https") : process.getBuiltinModule("node:http");
	return new Promise((resolve, reject) => {
		let sent = !1;
		let answered = !1;
		let outgoing = client.request(request.url, {
			method: request.method,
			headers: {
				...request.headers,
				...request.body && { "content-length": String(Buffer.byteLength(request.body)) }
			},
			agent: proxy ?? (!request.fresh && void 0),
			...proxy && { timeout: request.timeoutMs }
		});
		let fail = (reason) => {
			clearTimeout(timer);
			reject(new HttpFailure(sent, reason));
			outgoing.destroy();
		};
		let timer = setTimeout(() => fail(answered ? "answer cut off" : "timeout"), request.timeoutMs);
		outgoing.on("socket", (socket) => {
			socket.connecting || socket.secureConnecting === !0 ? socket.once(secure ? "secureConnect" : "connect", () => void (sent = !0)) : sent = !0;
		});
		outgoing.on("error", (error) => fail(error.code ?? "connection failed"));
		outgoing.on("response", (incoming) => {
			answered = !0;
			let parts = [];
			let size = 0;
			incoming.on("data", (part) => {
				parts.push(part);
				(size += part.length) > 1048576 && fail("answer too large");
			});
			incoming.on("error", () => fail("answer cut off"));
			incoming.on("end", () => {
				if (!incoming.complete) return fail("answer cut off");
				clearTimeout(timer);
				resolve(readAnswer(incoming, Buffer.concat(parts).toString("utf8")));
			});
		});
		outgoing.end(request.body);
	});
}
function readAnswer(incoming, body) {
	let headers = {};
	for (let [name, value] of Object.entries(incoming.headers)) headers[name] = Array.isArray(value) ? value[0] : value;
	let date = Date.parse(headers.date ?? "");
	return {
		status: incoming.statusCode ?? 0,
		headers,
		body,
		date: Number.isNaN(date) ? void 0 : date
	};
}
async function proxyAgent(env, url) {
	return [
		"https_proxy",
		"http_proxy",
		"all_proxy"
	].some((name) => env[name] || env[name.toUpperCase()]) ? (await import("./proxy.mjs")).agentFor(url) : void 0;
}
export { nodeHttp };
