import { G as asking, J as told, et as readIso, gt as jsonObject, nt as ApiProblem, vt as parseObject } from "./common.mjs";
const MARKED_WITHIN_MS = 3e3;
async function newProbe(publicKey) {
	let [key, { seal }] = await Promise.all([publicKey(), import("./sealed-box.mjs")]);
	return seal("oauth-creds writes this to prove that it may write secrets here. It holds nothing.", key);
}
async function missing(world, store, rules) {
	if (!rules.createSecrets) throw (await import("./say-problem.mjs")).sayNotFound(store.location.label);
	let ask = asking(world);
	for (let pause of [1e3, 2e3]) {
		await world.sleep(pause);
		let { updatedAt } = await ask(store.meta);
		if (updatedAt !== void 0) return updatedAt;
	}
}
async function preparePasted(world, store, rules) {
	let problems = () => import("./say-problem.mjs"), { location } = store, ask = asking(world);
	try {
		let [meta, probed, since] = await Promise.all([
			ask(store.meta),
			ask(store.probeMeta),
			store.runCreatedAt(),
			store.refuseStranger?.(),
			store.ready && ask(store.ready)
		]), updatedAt = meta.updatedAt ?? (rules.createSecrets ? await missing(world, store, rules) : void 0), stale = staleness(updatedAt, probed.updatedAt, since, rules.runAttempt);
		if (stale) throw (await problems()).sayStale(stale);
		let probe = await ask(() => store.probe(void 0));
		if (updatedAt === void 0 && !rules.createSecrets) throw (await problems()).sayNotFound(location.label);
		return {
			baseline: updatedAt,
			probe
		};
	} catch (error) {
		throw await told(error, location);
	}
}
function staleness(updatedAt, probedAt, since, runAttempt) {
	if (updatedAt !== void 0) return since !== void 0 && updatedAt > since ? {
		type: "written-after-run",
		updatedAt,
		since
	} : probedAt !== void 0 && probedAt >= updatedAt && probedAt - updatedAt <= MARKED_WITHIN_MS ? {
		type: "written-by-rotation",
		updatedAt
	} : since !== void 0 || runAttempt === 1 ? void 0 : { type: "re-run" };
}
async function copyTime(around) {
	let { world, location, github, call } = around;
	if (!github.runId) return;
	let run = `/repos/${github.repository}/actions/runs/${github.runId}`, ask = asking(world), createdAt = await ask(async () => {
		let at = readIso(jsonObject(await call("GET", run, [200]))?.created_at);
		if (at === void 0) throw new ApiProblem(502, !0);
		return at;
	}).catch((error) => {
		if (!(error instanceof ApiProblem) || error.passing) throw error;
	});
	if (location.kind !== "environment" || createdAt === void 0 || github.runAttempt > 1) return createdAt;
	let startedAt = await ask(() => jobStart(around, run)).catch(() => void 0);
	return Math.max(createdAt, (startedAt ?? 0) - 6e4);
}
async function jobStart({ world, call }, run) {
	let runner = world.env.RUNNER_NAME;
	if (runner) for (let page = 1; page <= 10; page++) {
		let jobs = jsonObject(await call("GET", `${run}/attempts/1/jobs?per_page=100&page=${page}`, [200]))?.jobs ?? [], starts = jobs.filter(({ status, runner_name }) => status === "in_progress" && runner_name === runner).map(({ started_at }) => readIso(started_at)).filter((start) => start !== void 0);
		if (starts.length > 0) return Math.min(...starts);
		if (jobs.length < 100) return;
	}
}
async function refuseStranger({ world, location, github, call }) {
	let { kind, name, within } = location, refuse = async (label, why) => {
		throw (await import("./say-problem.mjs")).sayShadowed(location, label, why);
	}, exists = (path) => call("GET", `${path}/${name}`, [200]).then(() => !0, () => !1);
	if (location.repository !== github.repository && kind !== "organization") return;
	let repository = `/repos/${github.repository}`, [environment, ofRepository] = await Promise.all([environmentOf(world, github), kind === "organization" && exists(`${repository}/actions/secrets`)]);
	if (kind === "environment") {
		if (environment !== void 0 && environment.toLowerCase() !== within?.toLowerCase()) {
			let named = environment === "" ? "no environment" : `the environment ${environment}`;
			await refuse(location.label, `this job names ${named} (\`environment:\`), so it does not read`);
		}
	} else environment && await exists(`${repository}/environments/${encodeURIComponent(environment)}/secrets`) && await refuse(`the secret of that name of the environment ${environment}`, "this job reads"), ofRepository && await refuse("the repository's own secret of that name", "a job in this repository reads");
}
async function environmentOf(world, { repository }) {
	let { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = world.env;
	if (url && token) try {
		let headers = {
			accept: "application/json",
			authorization: `Bearer ${token}`,
			"user-agent": "oauth-creds"
		}, asked = `${url}${url.includes("?") ? "&" : "?"}audience=oauth-creds`, answer = await world.http({
			method: "GET",
			url: asked,
			headers,
			timeoutMs: 5e3
		}), identity = String(jsonObject(answer)?.value ?? "");
		identity && world.runner.mask([identity]);
		let claims = parseObject(Buffer.from(identity.split(".")[1] ?? "", "base64url").toString("utf8"));
		if (claims?.repository !== repository) return;
		let { environment = "" } = claims;
		return typeof environment == "string" ? environment : void 0;
	} catch {
		return;
	}
}
async function unmark(world, store, { updatedAt = 0, date }, probe, deadline) {
	let wait = updatedAt + MARKED_WITHIN_MS + 2e3 - date;
	wait <= 0 || world.now() + wait > deadline() || (await world.sleep(wait), await store.probe(probe).catch(() => {}));
}
export { copyTime, missing, newProbe, preparePasted, refuseStranger, unmark };
