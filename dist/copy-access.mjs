import { t as projectAccess } from "./projections.mjs";
async function copyAccess(world, { inputs, acquired }) {
	let { source, result, credential } = acquired;
	if (source !== "refreshed" && source !== "recovered" || result?.type === "moved") return [];
	let since = result?.type === "stored" ? result.updatedAt : void 0;
	return (await projectAccess(world, inputs, credential, since)).filter(({ result: done }) => done !== "failed").map(({ location }) => location.label);
}
export { copyAccess };
