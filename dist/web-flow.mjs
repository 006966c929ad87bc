import { n as withoutInputs } from "./programs.mjs";
import { t as asFailure } from "./as-failure2.mjs";
import { a as sayNoWay, n as sayDenied, o as sayTooLate, s as sayUselessPaste, t as sayCancelled } from "./say4.mjs";
import { t as exchange } from "./exchange.mjs";
import { a as sameText, i as readResponse, r as newAttempt, t as authorizationUrl } from "./authorize.mjs";
import { t as readPasted } from "./paste.mjs";
function openersOf(platform, env) {
	if (platform === "darwin") return [{
		file: "/usr/bin/open",
		args: []
	}];
	let dll = "url.dll,FileProtocolHandler";
	return platform === "win32" ? [{
		file: `${env.SystemRoot || "C:\\Windows"}\\System32\\rundll32.exe`,
		args: [dll]
	}] : env.WSL_DISTRO_NAME || env.WSL_INTEROP ? [{
		file: "wslview",
		args: []
	}, {
		file: "/mnt/c/Windows/System32/rundll32.exe",
		args: [dll]
	}] : env.DISPLAY || env.WAYLAND_DISPLAY || env.BROWSER ? [{
		file: "xdg-open",
		args: []
	}] : [];
}
async function openBrowser({ platform, env }, address) {
	let { href, protocol } = new URL(address);
	if (protocol !== "https:" && protocol !== "http:") return !1;
	for (let { file, args } of openersOf(platform, env)) if (await starts(file, [...args, href], env)) return !0;
	return !1;
}
function starts(file, args, env) {
	let { spawn } = process.getBuiltinModule("node:child_process");
	return new Promise((resolve) => {
		let child = spawn(file, args, {
			env: withoutInputs(env),
			stdio: "ignore",
			detached: !0,
			windowsHide: !0
		}), timer = setTimeout(() => resolve(!0), 1500), end = (good) => {
			clearTimeout(timer), resolve(good);
		};
		child.once("error", () => end(!1)).once("exit", (status) => end(status === 0)), child.unref();
	});
}
const SIGNED_IN = {
	status: 200,
	title: "You are signed in",
	text: "oauth-creds has the login now. You can close this tab and go back to the terminal.",
	good: !0
}, FAILED = {
	status: 400,
	title: "The sign-in did not work",
	text: "Nothing was stored. The terminal says why, and what to do. You can close this tab.",
	good: !1
}, WRONG_SIGN_IN = {
	status: 400,
	title: "This is another sign-in",
	text: "The answer in this tab does not belong to the sign-in that the terminal waits for, so it was not used. Open the address in the terminal again.",
	good: !1
}, ALREADY = {
	status: 409,
	title: "This sign-in was answered already",
	text: "Another tab was first, and an answer works once. The terminal says what came of it. You can close this tab.",
	good: !1
}, HEADERS = {
	"cache-control": "no-store",
	"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	"referrer-policy": "no-referrer",
	"x-content-type-options": "nosniff",
	"x-frame-options": "DENY",
	connection: "close"
};
function render({ title, text, good }) {
	return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · oauth-creds</title>
<style>
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 18vh auto 0; padding: 0 1.5rem; }
h1 { font-size: 1.4rem; margin: 0 0 .5rem; }
p { margin: 0; }
b { display: inline-block; width: 1.6em; line-height: 1.6em; border-radius: 50%; text-align: center; color: #fff;
  background: ${good ? "#1a7f37" : "#b35900"}; margin-right: .5em; }
</style>
</head>
<body>
<main>
<h1><b aria-hidden="true">${good ? "✓" : "!"}</b>${title}</h1>
<p>${text}</p>
</main>
</body>
</html>
`;
}
async function listen({ host, ports, path }, hooks) {
	let { promise: arrival, resolve: arrive } = Promise.withResolvers(), answered = !1, waiting, names = () => new Set(["localhost", "127.0.0.1"].map((name) => `${name}:${port}`)), server = process.getBuiltinModule("node:http").createServer({
		maxHeaderSize: 16384,
		headersTimeout: 1e4,
		requestTimeout: 1e4
	}, (request, response) => {
		let refuse = (status) => void response.writeHead(status, HEADERS).end(), named = request.headers.host ?? "";
		if (!names().has(named.includes(":") ? named : `${named}:80`)) return refuse(421);
		let url = URL.canParse(request.url ?? "", "http://localhost") ? new URL(request.url ?? "", "http://localhost") : void 0;
		if (url?.pathname !== path || url.host !== "localhost") return refuse(404);
		if (request.method !== "GET") return refuse(405);
		if (!hooks.isOurs(url.searchParams)) hooks.onStranger(), show(response, WRONG_SIGN_IN);
		else {
			if (answered) return void show(response, ALREADY);
			answered = !0, waiting = response, arrive({
				params: url.searchParams,
				respond: (page) => show(response, page)
			});
		}
	}), port = await firstFree(server, ports);
	if (port !== void 0) return {
		redirectUri: `http://${host}${port === 80 ? "" : `:${port}`}${path}`,
		arrival,
		async close() {
			waiting && !waiting.writableEnded && await show(waiting, FAILED), await new Promise((resolve) => {
				server.close(resolve), server.closeAllConnections();
			});
		}
	};
}
async function firstFree(server, ports) {
	for (let port of ports) {
		let free = await new Promise((resolve) => {
			server.once("error", () => resolve(!1)), server.listen({
				port,
				host: "127.0.0.1",
				exclusive: !0
			}, () => resolve(!0));
		});
		if (server.removeAllListeners("error"), free) return server.address().port;
	}
}
function show(response, page) {
	return new Promise((resolve) => {
		let slow = setTimeout(resolve, 3e3);
		if (response.once("close", () => {
			clearTimeout(slow), resolve();
		}), response.destroyed) return void response.emit("close");
		let headers = {
			...HEADERS,
			"content-type": "text/html; charset=utf-8"
		};
		response.writeHead(page.status, headers).end(render(page));
	});
}
async function signInByBrowser(flow) {
	let { world, person, signIn, settings } = flow, attempt = newAttempt((bytes) => world.random(bytes)), listener = signIn.callback && await openListener(flow, attempt.state), redirects = {
		loopback: listener?.redirectUri ?? deafAddress(world, signIn),
		codePage: signIn.codePage
	};
	try {
		await invite(flow, listener !== void 0, redirects, (to) => authorizationUrl(signIn, attempt, to));
		let { response, redirectUri, arrival } = await wait(flow, listener, attempt, redirects);
		try {
			if (response.type !== "code") throw response.type === "error" ? sayDenied(response.error, signIn.provider) : sayUselessPaste(INCOMPLETE);
			person.tell("The browser has answered; fetching the login …");
			let { verifier, state } = attempt, credential = await exchange(world, signIn, {
				code: response.code,
				redirectUri,
				verifier,
				state
			}, settings);
			return await arrival?.respond(SIGNED_IN), credential;
		} catch (error) {
			throw await arrival?.respond(FAILED), error;
		}
	} finally {
		await listener?.close();
	}
}
const INCOMPLETE = "The answer of the server has neither a code nor an error.";
async function openListener({ person, signIn }, state) {
	let told = !1;
	return listen(signIn.callback, {
		isOurs: (params) => params.getAll("state").length === 1 && sameText(params.get("state") ?? "", state),
		onStranger() {
			told || person.tell("A tab came back that belongs to another sign-in; it was turned away. Still waiting."), told = !0;
		}
	});
}
function deafAddress(world, { callback, codePage }) {
	if (!callback || codePage !== void 0) return;
	let [low = 0, high = 0] = world.random(2), port = callback.ports[0] || 49152 + (low * 256 + high) % 16e3;
	return `http://${callback.host}:${port}${callback.path}`;
}
async function invite({ world, person, browser }, listening, { loopback, codePage }, address) {
	let here = address((listening || codePage === void 0 ? loopback : codePage) ?? ""), elsewhere = address(codePage ?? loopback ?? ""), opened = browser && await openBrowser(world, here);
	opened ? person.tell(`Your browser opens now. If it does not, open this address:\n\n${here}\n`) : person.tell(`Open this address in a browser, and sign in:\n\n${elsewhere}\n`);
	let paste = codePage === void 0 ? "If the browser then ends at a page that cannot be reached, paste the address of that page here." : opened ? `If your browser is on another machine, open this one there, and paste the code that it shows:\n\n${elsewhere}\n` : "Then paste the code that it shows.";
	person.tell(paste);
}
async function wait({ person, stop, patienceMs = 6e5 }, listener, attempt, redirects) {
	let { promise: settled, resolve, reject } = Promise.withResolvers(), over = new AbortController(), fail = (failure) => reject(failure), cancel = () => fail(sayCancelled()), timer = setTimeout(() => fail(sayTooLate(Math.round(patienceMs / 6e4))), patienceMs);
	stop.aborted && cancel(), stop.addEventListener("abort", cancel, { once: !0 }), listener?.arrival.then((arrival) => {
		let response = readResponse(arrival.params, attempt.state);
		resolve({
			redirectUri: listener.redirectUri,
			response,
			arrival
		});
	});
	let pasting = askForPaste(person, over.signal, (text) => {
		let pasted = readPasted(text, attempt, redirects);
		if (pasted.type === "useless") return pasted.why;
		resolve({
			...pasted,
			arrival: void 0
		});
	});
	pasting.then((why) => {
		why !== void 0 && listener === void 0 && fail(why === "" ? sayNoWay() : sayUselessPaste(why));
	}, (error) => fail(asFailure(error)));
	try {
		return await settled;
	} finally {
		clearTimeout(timer), stop.removeEventListener("abort", cancel), over.abort(), await pasting.catch(() => {});
	}
}
async function askForPaste(person, signal, take) {
	let why = "";
	for (;;) {
		let text = await person.paste("Paste it here (it will not be shown): ", { signal });
		if (text === void 0) return why;
		if (text.trim() === "") continue;
		let problem = take(text);
		if (problem === void 0) return;
		why = problem, person.tell(problem);
	}
}
export { signInByBrowser };
