import { Ct as Failure, gt as jsonObject, vt as parseObject } from "./common.mjs";
async function refusePublic(world, inputs) {
	let { repository, forge, project } = inputs.github, name = forge === "gitlab" ? project ?? "this project" : repository;
	if (inputs.allowPublicRepository || !name) return;
	let seen = forge === "gitlab" ? onGitLab(world.env.CI_PROJECT_VISIBILITY) : inEvent(world) ?? await askGitHub(world, inputs, name);
	if (seen !== "private") {
		if (seen === void 0) world.runner.warning(`Whether ${name} is public could not be found out, so this job goes on. A ChatGPT login must not be used in a public repository.`);
		else throw new Failure("public-repository", `${name} is public, and OpenAI's guide for CI keeps the login of a ChatGPT plan out of public repositories: who may open a pull request may get near it. Nothing was spent.`, "Use an API key there (CODEX_API_KEY), or set `allow-public-repository: true` if you answer for it.");
	}
}
const onGitLab = (word) => word ? word === "public" ? "public" : "private" : void 0;
function inEvent({ env, files }) {
	let path = env.GITHUB_EVENT_PATH;
	return visibility((path ? parseObject(files.read(path) ?? "") : void 0)?.repository);
}
async function askGitHub(world, inputs, repository) {
	let { githubToken } = inputs;
	return await askOnce(world, inputs, repository, void 0) ?? (githubToken && await askOnce(world, inputs, repository, githubToken));
}
async function askOnce(world, { github, request }, repository, token) {
	try {
		let answer = await world.http({
			method: "GET",
			url: `${github.apiUrl}/repos/${repository}`,
			headers: {
				accept: "application/vnd.github+json",
				"user-agent": request.userAgent,
				...token && { authorization: `Bearer ${token.reveal()}` }
			},
			timeoutMs: 1e4
		});
		return !token && (answer.status === 404 || answer.status === 401) ? "private" : answer.status === 200 ? visibility(jsonObject(answer)) : void 0;
	} catch {
		return;
	}
}
function visibility(repository) {
	let hidden = repository?.private;
	return typeof hidden == "boolean" ? hidden ? "private" : "public" : void 0;
}
export { refusePublic };
