import { B as keepInSecret, Ct as Failure, Z as storedLocation, _ as recognise, g as maskInputs, k as findPlace, y as readInputs } from "./common.mjs";
import { t as sayMoved } from "./say-moved.mjs";
import { i as usage } from "./arguments.mjs";
import { t as EXIT } from "./exit-code.mjs";
import { t as readSecret } from "./read-secret.mjs";
import { t as withScratch } from "./scratch.mjs";
import { n as describeCopy, o as openCopy } from "./copy2.mjs";
import { t as placeOfSecret } from "./place.mjs";
async function run({ world, terminal }) {
	if (!world.env.INPUT_CREDENTIAL && !world.env["INPUT_LEDGER-KEY"]) throw usage("`recover` needs `ledger-key`, or `credential` (what the secret holds) and `rotate-to`.");
	let text = readSecret("-");
	if (typeof text != "string") throw usage(`\`recover\` reads the recovery copy from stdin: ${text.problem}.`);
	let header = describeCopy(text);
	if (!header) throw sayRefused(whyNone(text));
	if (header.from === "ledger") {
		let { recoverToLedger } = await import("./to-ledger.mjs"), { generation, label } = await withScratch(world, (own) => recoverToLedger(own, text, header));
		return terminal.answer(`Generation ${generation} of the login now stands in ${label}.`, {
			stored: !0,
			generation
		}), EXIT.done;
	}
	let masked = await maskInputs(world), inputs = readInputs(world.env), { rotateTo: location, account } = inputs;
	if (!inputs.credential || !location) throw usage("`recover` needs `credential` (what the secret holds) and `rotate-to`.");
	let detected = await recognise(world, inputs, masked), login = detected.credential;
	if (!login.recovery || !login.refresh) throw sayKeyless(location.label);
	let site = {
		provider: login.provider,
		account,
		place: placeOfSecret(storedLocation(location))
	}, opened = openCopy(text, {
		from: "envelope",
		key: login.recovery
	}, site, login.refresh);
	if (opened.type === "refused") throw sayRefused(opened.why);
	let place = await findPlace(world, inputs, detected.stored);
	if (!place) throw usage("`recover` needs `secrets-token`.");
	let until = world.now() + 18e4, result = await keepInSecret(world, place, {
		login,
		account
	}).store(opened.credential, () => until);
	if (result.type === "failed") throw result.failure;
	if (result.type === "moved") throw new Failure("could-not-store", sayMoved(result.deleted, location.label), "The copy is not needed any more.");
	let { generation } = opened.credential;
	return terminal.answer(`Generation ${generation} of the login is now stored in ${location.label}.`, {
		stored: !0,
		generation
	}), EXIT.done;
}
function whyNone(text) {
	let [, version] = /^\s*ocrec(\d+)\./.exec(text) ?? [];
	return version === void 0 ? "not-a-copy" : version === "1" ? "damaged" : "newer-format";
}
const sayKeyless = (label) => new Failure("credential-unusable", `\`credential\` is not what a rotation has written into ${label}: it carries no key for recovery copies.`, "Run `recover` in a workflow step that gets this very secret. If a person has pasted a login since, the copy is worthless.");
function sayRefused(why) {
	return new Failure("credential-unusable", {
		"not-a-copy": "What came by standard input is no recovery copy (a line that begins with `ocrec1.`).",
		"newer-format": "A later release of oauth-creds has made this copy.",
		damaged: "The copy was cut off or altered.",
		"no-successor": "The copy holds nothing that renews the login but what is stored already."
	}[why] ?? "The copy belongs to another login, another secret, or another generation of this one.", "Copy the whole line again from the summary of the newest run that could not store the login. Otherwise sign in again.");
}
export { run };
