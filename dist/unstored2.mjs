import { Ct as Failure, V as noteForPost, Z as storedLocation } from "./common.mjs";
import { t as placeOfSecret } from "./place.mjs";
import { i as cacheService } from "./cache.mjs";
import { i as keepCopy, n as findCopy, r as isKept, t as recoverySection } from "./say5.mjs";
async function keepUnstored(world, { login, account, location }, next, deadline) {
	let key = keyOf(login), site = {
		...siteOf(login, account, location),
		label: location.label
	}, kept = key && login.refresh && await keepCopy(world, key, site, login.refresh, next, deadline), needless = !kept && (login.recovery !== void 0 || next.refresh?.equals(login.refresh) === !0);
	return {
		kept,
		tell(again = !1) {
			needless || (world.env.GITHUB_STEP_SUMMARY ? sayUnstored(world, location, kept, again) : (again || world.env.STATE_told !== String(next.generation)) && (sayOutside(world, location, kept), noteForPost(world, "told", String(next.generation))));
		}
	};
}
function sayOutside({ runner }, { label }, kept) {
	runner.warning(kept ? `A sealed recovery copy of the renewed login, should this machine go before it is stored: give the line below to \`oauth-creds recover\`, with what ${label} holds now as \`credential\`.\n${kept.text}` : `${label} holds a login as a person has pasted it, which carries no key for a recovery copy: should this machine go before the renewed login is stored, it is lost, and somebody has to sign in again.`);
}
function sayUnstored({ runner }, location, kept, again) {
	kept ? (runner.summary(recoverySection(kept.text, isKept(kept))), !again && runner.warning(isKept(kept) ? `A sealed recovery copy of the renewed login is in the Actions cache and in the job summary: the next run takes it over and stores it in ${location.label}.` : "A sealed recovery copy of the renewed login is in the job summary only, which says how to use it (the Actions cache did not take it).")) : runner.warning(`${location.label} holds a login as a person has pasted it, which carries no key for a recovery copy: if the renewed login cannot be stored by this job, it is lost, and somebody has to sign in again.`);
}
async function findUnstored(world, { rotateTo, account }, login) {
	let key = keyOf(login);
	if (!key || !login.refresh || !rotateTo || !cacheService(world.env)) return;
	let until = world.now() + 8e3, found = await findCopy(world, [key], siteOf(login, account, rotateTo), login.refresh, () => until);
	return found.type === "unclear" && world.runner.warning("The Actions cache did not answer, so it cannot be told whether an earlier run has left a recovery copy of this login there. If the provider refuses the login now, look into the summaries of the last runs for one."), found.type === "other-account" ? new Failure("input-invalid", `An earlier job has renewed this login for the account \`${found.account}\` and could not store it: its recovery copy is in the Actions cache, and what ${rotateTo.label} holds is spent.`, `Set \`account: ${found.account}\` for one run, which stores it there. (Or sign in once more.)`) : found.type === "found" ? {
		next: found.credential,
		complete: found.complete
	} : void 0;
}
const keyOf = ({ recovery }) => recovery && {
	from: "envelope",
	key: recovery
}, siteOf = ({ provider }, account, location) => ({
	provider,
	account,
	place: placeOfSecret(storedLocation(location))
});
export { keepUnstored as n, findUnstored as t };
