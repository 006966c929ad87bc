import { tt as sealEnvelope, vt as parseObject } from "./common.mjs";
import { t as forgeApi } from "./forge-api.mjs";
function secretsOf(world, inputs, { kind, within = "", repository }) {
	return {
		call: forgeApi(world, inputs, inputs.github.apiUrl, (token) => ({ authorization: `token ${token}` })),
		list: `${kind === "organization" ? `/orgs/${encodeURIComponent(within)}` : `/repos/${repository}`}/actions/secrets`
	};
}
async function deleteFromGitea(world, inputs, location) {
	let { call, list } = secretsOf(world, inputs, location), answer = await call("DELETE", `${list}/${location.name}`, [204, 404]);
	return answer.status === 404 && await call("GET", `${list}?page=1&limit=1`, [200]), answer.status === 204;
}
async function projectIntoGitea(world, inputs, location, part) {
	let { name } = location, { call, list } = secretsOf(world, inputs, location), present = await (async () => {
		for (let page = 1; page <= 100; page++) {
			let answer = await call("GET", `${list}?page=${page}&limit=50`, [
				200,
				404,
				405
			]), secrets = answer.status === 200 ? listOf(answer.body) : void 0;
			if (!secrets) return null;
			let found = secrets.find((secret) => String(secret.name).toUpperCase() === name);
			if (found || secrets.length === 0) return found;
		}
		return null;
	})();
	if (!present && !inputs.createSecrets) throw (await import("./say-problem.mjs")).sayNotThere(location, present === null);
	let description = typeof present?.description == "string" ? present.description : "";
	return await call("PUT", `${list}/${name}`, [201, 204], {
		data: sealEnvelope(part, void 0),
		...description && { description }
	}), "written";
}
function listOf(text) {
	let list = parseObject(`{"list":${text}}`)?.list;
	return Array.isArray(list) ? list : void 0;
}
export { deleteFromGitea, projectIntoGitea };
