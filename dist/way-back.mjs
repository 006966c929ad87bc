import { n as keepUnstored } from "./unstored2.mjs";
async function keepWayBack(world, { account }, location, generations, newest, deadline) {
	let { env } = world;
	if (env.STATE_copied && !generations.captured) return !0;
	let copies = await Promise.all(before(generations, Number(env.STATE_stored) > 0).map((login) => keepUnstored(world, {
		login,
		account,
		location
	}, newest, deadline))), kept = copies.filter(({ kept: one }) => one !== void 0);
	for (let [index, copy] of (kept.length > 0 ? kept : copies.slice(0, 1)).entries()) copy.tell(index > 0);
	return kept.length > 0;
}
function before({ given, taken, renewed, captured }, settled) {
	let first = taken ?? given;
	return (settled && renewed ? [renewed] : captured ? [first, renewed] : [first]).filter((login) => login !== void 0);
}
export { keepWayBack };
