import { It as sayTime, Ot as tokensOf, z as maskSecrets } from "./common.mjs";
import { i as needsCopy, n as describeCopy, o as openCopy, r as entryName, s as sealCopy } from "./copy2.mjs";
import { n as saveEntry, r as within, t as loadEntry } from "./cache.mjs";
const isKept = ({ saved }) => saved.type === "saved" || saved.type === "present" && saved.same;
async function keepCopy(world, key, site, spent, next, deadline) {
	if (!needsCopy(next, spent)) return;
	let until = within(world, deadline), text = sealCopy(next, spent, key, site, world.now(), (bytes) => world.random(bytes)), name = entryName(key, site.provider, spent);
	for (let number = 1;; number++) {
		let saved = await saveEntry(world, `${name}.${number}`, text, until), kept = {
			text,
			saved
		};
		if (!(saved.type === "present" && !saved.same || saved.type === "unclear" && TAKEN.has(saved.reason)) || number === 3 || world.now() >= until()) return kept;
	}
}
const TAKEN = new Set([
	"reserved by another job",
	"no connection",
	"server error",
	"not uploaded",
	"not completed"
]);
async function findCopy(world, keys, site, spent, deadline) {
	let until = within(world, deadline), newest;
	for (let token = spent, steps = 0; steps < 8; steps++) {
		let found = await findNext(world, keys, site, token, until);
		if (found.type !== "found") return newest ? {
			...newest,
			complete: found.type === "none"
		} : found;
		maskSecrets(world.runner, tokensOf(found.credential)), newest = found, token = found.credential.refresh;
	}
	return newest ? {
		...newest,
		complete: !1
	} : { type: "none" };
}
async function findNext(world, keys, site, spent, until) {
	let worst = { type: "none" };
	for (let key of keys) {
		let name = entryName(key, site.provider, spent), looks = [() => loadEntry(world, `${name}.`, "prefix", until), ...numbered(world, name, until)];
		for (let [index, look] of looks.entries()) {
			let seen = await look();
			if (seen.type === "denied" || seen.type === "unavailable") return seen;
			seen.type === "unclear" && (worst = seen), seen.type === "foreign" && worst.type === "none" && (worst = {
				type: "unreadable",
				why: "foreign"
			});
			for (let { text } of seen.type === "found" ? seen.entries : []) {
				let opened = openCopy(text, key, site, spent);
				if (opened.type === "opened") return {
					...opened,
					type: "found",
					complete: !1
				};
				let account = opened.why === "other-account" ? describeCopy(text)?.account : void 0;
				if (account !== void 0 && openCopy(text, key, {
					...site,
					account
				}, spent).type === "opened") return {
					type: "other-account",
					account
				};
				worst.type === "none" && (worst = {
					type: "unreadable",
					why: opened.why
				});
			}
			if (index === 0 && (seen.type === "none" || seen.type === "unclear")) break;
		}
	}
	return worst;
}
const numbered = (world, name, until) => Array.from({ length: 3 }, (_, index) => () => loadEntry(world, `${name}.${index + 1}`, "exact", until));
function recoverySection(text, saved) {
	let header = describeCopy(text);
	if (!header) return "";
	let { label, at, from } = header, found = saved ? "It also lies in this repository's Actions cache. The next run that may renew this login looks there before it spends anything, takes it over and stores it: then nothing is to be done. A run on another branch may not see it." : "It could not be put into this repository's Actions cache, so the next run does not find it by itself.", who = from === "ledger" ? "Opened it can be by whoever has the root key (`ocr1_…`) and the token that was spent, which the ledger's present record holds. This page alone tells nothing of the login, and a job with an access key (`oca1_…`) cannot open it either." : `Opened it can be only together with the present content of ${label}, which holds its key. GitHub shows that to no person, you included: a step of a workflow that gets the secret has to do it. This page alone tells nothing of the login.`;
	return [
		"",
		`### The renewed login is not stored in ${label}`,
		"",
		`It was renewed at ${sayTime(at)}. The provider accepts only its newest generation, which the sealed copy below holds. ${found} Should the post step of this job have stored it after all, which its log says, this copy is not needed.`,
		"",
		"<details><summary>Sealed copy, and how to use it</summary>",
		"",
		"1. Mend what kept it from being stored: see this step's error.",
		from === "ledger" ? "2. Run `oauth-creds recover` with `ledger-key` and the other settings of this step (also `credential`, where that held a fresh sign-in), and give it the line below on its standard input." : "2. Run `oauth-creds recover` in a workflow step that has `credential`, `rotate-to` and `secrets-token` as this step has them, and give it the line below on its standard input.",
		"3. Do it before another run renews the login, and do not store another copy of the old one: it has been spent.",
		"",
		"If neither is possible, sign in again: a new sign-in makes this copy worthless.",
		"",
		"```text",
		text,
		"```",
		"",
		who,
		"",
		"</details>",
		"",
		""
	].join("\n");
}
export { keepCopy as i, findCopy as n, isKept as r, recoverySection as t };
