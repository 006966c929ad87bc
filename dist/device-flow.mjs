import { Ct as Failure, at as HttpFailure } from "./common.mjs";
import { o as sayTooLate, t as sayCancelled } from "./say4.mjs";
import { t as exchange } from "./exchange.mjs";
async function signInByDevice(flow) {
	let { world, person, device, settings } = flow, code = await fetchCode(flow), minutes = Math.round(device.lifeMs / 6e4);
	person.tell(`Open this address in any browser, sign in, and type the code (it is good for ${minutes} minutes):\n\n  ${device.page}\n  ${code.userCode}\n\nType it only if you began this sign-in yourself, and tell it nobody.`);
	let grant = await poll(flow, code);
	return person.tell("The code was accepted; fetching the login …"), exchange(world, device.signIn, grant, settings);
}
async function fetchCode({ world, device }) {
	let answer = await ask(world, device.codeRequest(), 2);
	if (answer instanceof HttpFailure) throw new Failure("provider-unreachable", `OpenAI could not be reached (${answer.reason}).`, "Check the network (HTTPS_PROXY, NO_PROXY, a firewall), and run the same command once more.");
	let code = device.readCode(answer);
	if (code) return code;
	throw answer.status === 404 ? new Failure("request-rejected", "OpenAI does not offer a sign-in with a device code here (status 404).", "It may have to be allowed in the account's security settings, or by an administrator. Leave out `--device`.") : new Failure(answer.status === 403 || answer.status === 429 ? "throttled" : "answer-unclear", `OpenAI gave out no device code (status ${answer.status}).`, "Try again later, on another network, or without `--device`.");
}
async function poll({ world, device, stop }, code) {
	let deadline = world.now() + device.lifeMs, pause = code.intervalMs;
	for (;;) {
		if (await pauseUnless(stop, pause), world.now() > deadline) throw sayTooLate(Math.round(device.lifeMs / 6e4), !1);
		let answer = await ask(world, device.pollRequest(code), 1);
		if (answer instanceof HttpFailure) continue;
		let said = device.readPoll(answer, world.now());
		if (said.type === "granted") return said.grant;
		if (said.type === "failed") throw new Failure("sign-in-failed", `OpenAI ended the sign-in with the device code (status ${said.status}); nothing was stored.`, "Run the same command once more.");
		pause = Math.min(Math.max(code.intervalMs, said.waitMs ?? 0), 6e4);
	}
}
async function pauseUnless(stop, ms) {
	if (await new Promise((resolve) => {
		let end = () => {
			clearTimeout(timer), stop.removeEventListener("abort", end), resolve();
		}, timer = setTimeout(end, ms);
		stop.addEventListener("abort", end), stop.aborted && end();
	}), stop.aborted) throw sayCancelled();
}
async function ask(world, request, tries) {
	try {
		return await world.http(request);
	} catch (error) {
		if (!(error instanceof HttpFailure)) throw error;
		return error.sent || tries < 2 ? error : ask(world, request, tries - 1);
	}
}
export { signInByDevice };
