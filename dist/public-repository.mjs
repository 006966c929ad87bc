import { bt as Failure, ht as parseObject, pt as jsonObject } from "./common.mjs";
async function refusePublic(world, inputs) {
	let { repository } = inputs.github;
	if (inputs.allowPublicRepository || !repository) return;
	let known = inEvent(world) ?? await askGitHub(world, inputs, repository);
	if (known !== "private") {
		if (known === void 0) world.runner.warning(`Whether ${repository} is public could not be found out. A ChatGPT login must not be used in a public repository.`);
		else throw new Failure("public-repository", `${repository} is public, and OpenAI's guide for CI keeps the login of a ChatGPT plan out of public repositories: who may open a pull request may get near it. Nothing was spent.`, "Use an API key there (CODEX_API_KEY), or set `allow-public-repository: true` if you answer for it.");
	}
}
function inEvent({ env, files }) {
	let path = env.GITHUB_EVENT_PATH;
	return visibility((path ? parseObject(files.read(path) ?? "") : void 0)?.repository);
}
async function askGitHub(world, { github, request }, repository) {
	try {
		let answer = await world.http({
			method: "GET",
			url: `${github.apiUrl}/repos/${repository}`,
			headers: {
				accept: "application/vnd.github+json",
				"user-agent": request.userAgent
			},
			timeoutMs: 1e4
		});
		return answer.status === 404 || answer.status === 401 ? "private" : answer.status === 200 ? visibility(jsonObject(answer)) : void 0;
	} catch {
		return;
	}
}
function visibility(repository) {
	let hidden = repository?.private;
	return typeof hidden == "boolean" ? hidden ? "private" : "public" : void 0;
}
export { refusePublic };
