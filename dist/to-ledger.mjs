import { Ct as Failure, It as sayTime, Ot as tokensOf, _ as recognise, g as maskInputs, kt as Secret, y as readInputs, z as maskSecrets } from "./common.mjs";
import { i as usage } from "./arguments.mjs";
import { a as lookOnward, l as saying, r as isRoot, s as openSession } from "./session.mjs";
import { t as openShared } from "./shared-envelope.mjs";
import { o as openCopy } from "./copy2.mjs";
import { i as publishLeft, n as Waiting, r as isOvertaken } from "./waiting.mjs";
import { a as siteOf, i as keysOf, t as asRenewed } from "./unpublished2.mjs";
async function recoverToLedger(world, text, header) {
	let named = world.env.INPUT_PROVIDER || header.provider, masked = await maskInputs(world), inputs = readInputs({
		...world.env,
		INPUT_PROVIDER: named
	}, "post");
	if (!inputs.ledgerKey) throw usage("This copy was sealed under a ledger's root key: `recover` needs `ledger-key` (`ocr1_…`).");
	let detected = inputs.credential ? await recognise(world, inputs, masked) : void 0, provider = detected?.credential.provider ?? (named === "auto" ? header.provider : inputs.provider), session = await openSession(world, inputs, provider);
	if (session.keys.root.length === 0) throw usage("An access key (`oca1_…`) opens no recovery copy: `recover` needs the root key (`ocr1_…`).");
	refuseEarly(text, session, header);
	let waiting = new Waiting(session);
	for (let round = 1;;) {
		let seen = await lookOnward(session), { what, fresh, left } = open(text, session, seen, detected && openShared(detected.credential, session.keys, session.site), header);
		if (isOvertaken(what, seen, left)) throw sayOvertaken(session);
		let { lease } = seen.record ?? {};
		if (lease?.phase === "intent" && seen.leaseLeftMs > 0) {
			if (waiting.waitedMs > 18e4) throw (await saying()).sayBusy(lease, waiting.waitedMs);
			await waiting.wait(seen);
			continue;
		}
		let { published } = await publishLeft({
			world,
			inputs,
			session,
			seen
		}, what, fresh, {
			stored: void 0,
			replaceable: !1
		}, left) ?? {};
		if (published?.type === "failed") throw published.failure;
		if (published?.type === "published") return {
			generation: published.record.generation,
			label: session.ledger.label
		};
		if (round++ === 5) throw (await saying()).sayBusy(lease, waiting.waitedMs);
	}
}
function refuseEarly(text, session, header) {
	let { provider, account } = session.site, why = keysOf(session).map((key) => {
		let opened = openCopy(text, key, {
			provider,
			account,
			place: header.place
		}, new Secret(""));
		return opened.type === "refused" ? opened.why : "other-login";
	}).find((one) => one !== "other-key") ?? "other-key";
	if (why !== "other-login" && why !== "other-place") throw sayRefused(why, header, session);
}
function open(text, session, { record, entry }, snapshot, header) {
	let tokens = [[
		"record",
		void 0,
		isRoot(record) ? record.refresh : void 0
	], [
		record ? "sign-in" : "seed",
		snapshot,
		snapshot?.refresh
	]], worst = "other-login";
	for (let [what, fresh, spent] of tokens) for (let key of spent ? keysOf(session) : []) {
		let opened = openCopy(text, key, siteOf(session), spent), left = opened.type === "opened" ? asRenewed(opened.credential) : void 0;
		if (opened.type === "opened" && maskSecrets(session.world.runner, tokensOf(opened.credential)), left) return {
			what,
			fresh,
			left
		};
		opened.type === "refused" && opened.why !== "other-key" && (worst = opened.why);
	}
	if (worst !== "other-login") throw sayRefused(worst, header, session);
	if (!record) throw new Failure("ledger-empty", `There is no record in the ledger (${session.ledger.label}), and with it the token is gone that opens the copy.`, "If the copy came of a login in `credential`, give that. Otherwise sign in again.");
	let { generation } = record, since = entry?.writtenAt, newer = since !== void 0 && since > header.at ? `, and was written at ${sayTime(since)}` : "";
	throw new Failure("credential-unusable", `The copy of ${sayTime(header.at)} is not the successor of what stands in the ledger (${session.ledger.label}): generation ${generation}${newer}.`, "If the post step of that job or a later run has published it, or somebody has signed in since, it is not needed any more. If it came of a fresh sign-in, give that as `credential`. Otherwise take the line from the newest run that could not publish the login.");
}
const sayOvertaken = ({ ledger }) => new Failure("credential-unusable", `The copy came of a sign-in, and somebody has signed in anew since: theirs is the login in the ledger (${ledger.label}).`, "The copy is not needed any more.");
function sayRefused(why, header, { ledger, site }) {
	let WHY = {
		"other-key": "The copy was sealed under another root key than `ledger-key` holds.",
		"other-provider": `The copy is of a login of ${header.provider}, not of ${site.provider}.`,
		"other-account": `The copy is of the account \`${header.account}\`, not of \`${site.account}\`.`,
		"other-place": `The copy belongs to another ledger (${header.label}) than the settings name (${ledger.label}).`,
		"newer-format": "A later release of oauth-creds has made this copy.",
		"no-successor": "The copy holds nothing that renews the login but what stands in the ledger already."
	}, settings = [
		"other-key",
		"other-provider",
		"other-account",
		"other-place"
	].includes(why);
	return new Failure("credential-unusable", WHY[why] ?? "The copy was cut off or altered.", settings ? "Give `recover` the `ledger-key`, `ledger-repository` and `account` of the step that has made the copy." : "Copy the whole line again from the summary of the newest run that could not publish the login. Otherwise sign in again.");
}
export { recoverToLedger };
