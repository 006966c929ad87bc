const ALL = [
	"ready",
	"meta",
	"probeMeta",
	"runCreatedAt",
	"refuseStranger",
	"publicKey",
	"put",
	"probe"
], BY_VALUE = ["prepare", "store"];
function lazyStore(world, inputs, location) {
	let opened, methods = [...ALL, ...location.forge ? BY_VALUE : []].map((name) => [name, async (...given) => (opened ??= import("./other-places.mjs").then(({ openPlace }) => openPlace(world, inputs, location)), (await opened)[name]?.(...given))]);
	return {
		location,
		...Object.fromEntries(methods)
	};
}
export { lazyStore as t };
