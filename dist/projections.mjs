import { $ as patiently, Et as EMPTY, G as sameLocation, J as openEnvelope, X as sealEnvelope, Z as ApiProblem, bt as asFailure, pt as parseObject, q as isEnvelope, t as forgeApi } from "./common.mjs";
import { a as sayNotThere, c as sayProblem, r as sayHoldsLogin } from "./say-problem2.mjs";
import { n as gitlabVariable, r as openedOf } from "./gitlab.mjs";
import { t as openPlace } from "./other-places2.mjs";
function accessPart(credential) {
	let { kind, provider, generation, access, accessExpiresAt, loginExpiresAt } = credential, { scopes, clientId, plan, accountId, other } = credential;
	return {
		...EMPTY,
		kind: kind === "login" ? "access" : kind,
		provider,
		generation,
		access,
		accessExpiresAt,
		loginExpiresAt,
		scopes,
		clientId,
		plan,
		accountId,
		other: Object.fromEntries(Object.entries(other).filter(([, value]) => isHarmless(value)))
	};
}
const isHarmless = (value) => typeof value == "string" && value.length <= 40 || typeof value == "number" || typeof value == "boolean";
async function writeGiteaSecret(world, inputs, location, value) {
	let { kind, name, within = "", repository } = location, call = forgeApi(world, inputs, inputs.github.apiUrl, (token) => ({ authorization: `token ${token}` })), list = `${kind === "organization" ? `/orgs/${encodeURIComponent(within)}` : `/repos/${repository}`}/actions/secrets`, present = await (async () => {
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
	await call("PUT", `${list}/${name}`, [201, 204], {
		data: value,
		...description && { description }
	});
}
function listOf(text) {
	let list = parseObject(`{"list":${text}}`)?.list;
	return Array.isArray(list) ? list : void 0;
}
async function projectAccess(world, inputs, credential, since) {
	let { accessTo } = inputs;
	if (accessTo.length === 0 || !credential.access) return [];
	let hold = world.holdSignals(), begun = world.now(), deadline = () => Math.min(begun + 6e4, (hold.signalledAt() ?? Infinity) + 7e3), part = accessPart(credential);
	try {
		let projected = await Promise.all(accessTo.map((location) => projectInto(world, inputs, {
			location,
			part,
			since,
			deadline
		})));
		return warn(world, projected), projected.some(({ result }) => result === "failed") && world.runner.state("unprojected", "true"), projected;
	} finally {
		hold.release();
	}
}
async function projectInto(world, inputs, task) {
	let { location, deadline } = task;
	try {
		if (isCredentialOf(inputs, location)) throw sayHoldsLogin(location.label);
		let attempt = location.forge === "gitlab" ? () => intoVariable(world, inputs, task) : location.forge === "gitea" ? () => intoGitea(world, inputs, task) : await intoSecret(world, inputs, task);
		return {
			location,
			result: await patiently({
				now: () => world.now(),
				sleep: async (ms) => {
					for (let left = ms; left > 0 && world.now() <= deadline(); left -= 1e3) await world.sleep(Math.min(left, 1e3));
				}
			}, deadline, attempt),
			failure: void 0
		};
	} catch (error) {
		return {
			location,
			result: "failed",
			failure: error instanceof ApiProblem ? sayProblem(error, location) : asFailure(error)
		};
	}
}
function isCredentialOf({ credential }, location) {
	let text = credential?.reveal().trim() ?? "";
	try {
		let opened = isEnvelope(text) ? openEnvelope(text) : void 0;
		return opened?.stored !== void 0 && opened.credential.kind === "login" && sameLocation(opened.stored.location, location);
	} catch {
		return !1;
	}
}
async function intoSecret(world, inputs, { location, part, since, deadline }) {
	let text = sealEnvelope(part, void 0), [store, { seal }] = await Promise.all([openPlace(world, inputs, location), import("./sealed-box.mjs")]), inTime = (call) => {
		if (world.now() > deadline()) throw new ApiProblem(0, !1);
		return call();
	}, mayHoldLogin = [
		"repository",
		"environment",
		"organization"
	].includes(location.kind), key, baseline, begun = !1, unsure = !1, attempt = async () => {
		key ??= await inTime(store.publicKey);
		let probed = begun || !mayHoldLogin ? void 0 : await inTime(store.probeMeta);
		store.ready && await inTime(store.ready);
		let { updatedAt } = await inTime(store.meta);
		if (updatedAt === void 0 && !inputs.createSecrets) throw sayNotThere(location, !1);
		if (updatedAt !== void 0 && (probed?.updatedAt ?? 0) >= updatedAt) throw sayHoldsLogin(location.label);
		if (begun || (baseline = updatedAt), begun = !0, (updatedAt ?? 0) > (since ?? Infinity)) return "kept";
		if ((updatedAt ?? 0) > (baseline ?? 0)) return unsure ? "written" : "kept";
		let body = seal(text, key);
		return await inTime(() => store.put(body)).catch((error) => {
			throw error instanceof ApiProblem && error.sent && (error.status === 0 || error.status >= 500) && (unsure = !0), error;
		}), "written";
	};
	return () => attempt().catch(async (error) => {
		if (!(error instanceof ApiProblem) || error.status !== 422) throw error;
		return key = await inTime(store.publicKey), attempt();
	});
}
async function intoVariable(world, inputs, { location, part }) {
	let variable = gitlabVariable(world, inputs, location), present = await variable.read();
	if (!present && !inputs.createSecrets) throw sayNotThere(location, !1);
	let value = present?.value ?? "", there = openedOf(value);
	if (there?.kind === "login" || LOOKS_REFRESHABLE.test(value)) throw sayHoldsLogin(location.label);
	let younger = there && (there.accessExpiresAt ?? 0) > (part.accessExpiresAt ?? Infinity);
	return there && (there.access?.equals(part.access) || younger) ? "kept" : (await variable.write(sealEnvelope(part, void 0)), "written");
}
const LOOKS_REFRESHABLE = /sk-ant-ort|^\s*rt_|"refresh_?token"\s*:\s*"[^"]/i;
async function intoGitea(world, inputs, { location, part }) {
	return await writeGiteaSecret(world, inputs, location, sealEnvelope(part, void 0)), "written";
}
function warn({ runner }, projected) {
	let failed = projected.filter(({ result }) => result === "failed");
	if (failed.length === 0) return;
	let of = projected.length > 1 ? `${failed.length} of the ${projected.length} places` : "the one place", each = failed.map(({ location, failure }) => `${location.label}: ${failure?.explain()}`), list = each.length === 1 ? each.join("") : each.map((text, index) => `${index + 1}. ${text}`).join("\n");
	runner.warning(`The access token could not be written into ${of} that \`rotate-to\` names for it; what stands there is used until it ends. ${each.length > 1 ? "\n" : ""}${list}`);
}
export { projectAccess };
