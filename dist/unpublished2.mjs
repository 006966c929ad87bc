import { i as cacheService } from "./cache.mjs";
import { i as keepCopy, n as findCopy, r as isKept, t as recoverySection } from "./say5.mjs";
async function keepUnpublished(session, spent, renewed, deadline) {
	let { world, ledger } = session, [key] = keysOf(session);
	if (!key) return;
	let { next, lineage, how } = renewed, { place } = session.site, credential = {
		...next,
		shared: {
			place,
			lineage,
			sealed: "",
			unpublished: how
		}
	}, kept = await keepCopy(world, key, {
		...siteOf(session),
		label: ledger.label
	}, spent, credential, deadline);
	if (!kept) return;
	let inCache = isKept(kept);
	return {
		inCache,
		tell() {
			world.runner.summary(recoverySection(kept.text, inCache)), world.runner.warning(inCache ? "A sealed recovery copy of the renewed login is in the Actions cache and in the job summary: the next run that would renew this login takes it over instead." : "A sealed recovery copy of the renewed login is in the job summary only, which says how to use it (the Actions cache did not take it).");
		}
	};
}
async function findUnpublished(session, spent) {
	let { world } = session;
	if (!cacheService(world.env)) return;
	let until = world.now() + 8e3, found = await findCopy(world, keysOf(session), siteOf(session), spent, () => until);
	found.type === "unclear" && world.runner.warning("The Actions cache did not answer, so it cannot be told whether an earlier job has left a recovery copy of this login there. If the provider refuses the login now, look into the summaries of the last runs for one.");
	let renewed = found.type === "found" ? asRenewed(found.credential) : void 0;
	return renewed && {
		...renewed,
		complete: found.type === "found" && found.complete
	};
}
function asRenewed(credential) {
	let { shared } = credential;
	if (shared?.unpublished) return {
		next: {
			...credential,
			shared: void 0
		},
		lineage: shared.lineage,
		how: shared.unpublished
	};
}
const keysOf = ({ keys }) => keys.root.map(({ key }) => ({
	from: "ledger",
	key
})), siteOf = ({ site: { provider, account, place } }) => ({
	provider,
	account,
	place
});
export { siteOf as a, keysOf as i, findUnpublished as n, keepUnpublished as r, asRenewed as t };
