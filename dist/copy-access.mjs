import { t as projectAccess } from "./projections2.mjs";
async function copyAccess(world, { inputs, acquired }) {
	let { source, result, credential, keptAt } = acquired;
	if ((source === "secret" || result?.type === "moved") && keptAt === void 0) return [];
	let since = keptAt ?? (result?.type === "stored" ? result.updatedAt : void 0);
	return (await projectAccess(world, inputs, credential, since)).filter(({ result: done }) => done !== "failed").map(({ location }) => location.label);
}
export { copyAccess };
