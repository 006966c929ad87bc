import { U as secretStore, gt as jsonObject, nt as ApiProblem, rt as githubApi } from "./common.mjs";
async function openPlace(world, inputs, location) {
	if (location.forge === "gitlab") return (await import("./gitlab.mjs")).gitlabStore(world, inputs, location);
	let { github, request, secretsToken } = inputs;
	if (!secretsToken) throw Error("no token for the place");
	let call = githubApi(world, github.apiUrl, secretsToken, request.userAgent, versionFor(location)), path = pathOf(location);
	return secretStore(world, location, github, call, location.kind === "organization" ? ofOrganization(call, path, location, github.repositoryId) : { path });
}
const versionFor = ({ kind }) => kind === "agents" ? "2026-03-10" : void 0;
function pathOf({ kind, within = "", repository }) {
	let name = encodeURIComponent(within);
	return kind === "organization" ? `/orgs/${name}/actions/secrets` : `/repos/${repository}/${kind === "environment" ? `environments/${name}` : kind === "repository" ? "actions" : kind}/secrets`;
}
const NOBODY = {
	visibility: "selected",
	selected_repository_ids: []
};
function ofOrganization(call, path, location, repositoryId) {
	let readers;
	return {
		path,
		async ready() {
			let answer = await call("GET", `${path}/${location.name}`, [200, 404]);
			if (answer.status === 404) return readers = {
				visibility: "selected",
				selected_repository_ids: repositoryId ? [Number(repositoryId)] : []
			}, { absent: !0 };
			let visibility = jsonObject(answer)?.visibility;
			if (visibility === "all" || visibility === "private") readers = { visibility };
			else if (visibility !== "selected") throw new ApiProblem(502, !0);
			else readers = {
				visibility,
				selected_repository_ids: await selectedRepositories(call, path, location)
			};
			return { absent: !1 };
		},
		bodyOf: (name, sealed) => ({
			...sealed,
			...name === location.name ? readers : NOBODY
		})
	};
}
async function selectedRepositories(call, path, location) {
	for (let tries = 1;; tries++) {
		let { ids, total } = await pagesOf(call, `${path}/${location.name}/repositories`);
		if (total === ids.length) return ids;
		if (tries === 3) throw (await import("./say-problem.mjs")).sayPartialList(location, ids.length, total);
	}
}
async function pagesOf(call, path) {
	let ids = new Set();
	for (let page = 1;; page++) {
		let answer = jsonObject(await call("GET", `${path}?per_page=100&page=${page}`, [200])), repositories = answer?.repositories;
		if (!Array.isArray(repositories)) throw new ApiProblem(502, !0);
		let before = ids.size;
		for (let { id } of repositories) typeof id == "number" && ids.add(id);
		let total = answer?.total_count;
		if (ids.size === before || ids.size >= Number(total)) return {
			ids: [...ids],
			total
		};
	}
}
export { openPlace, pathOf, versionFor };
