import { $ as openEnvelope, J as told, Q as isEnvelope, V as noteForPost, X as sameLocation, it as patiently, nt as ApiProblem, tt as sealEnvelope } from "./common.mjs";
import { t as asFailure } from "./as-failure2.mjs";
import { t as accessPart } from "./access-part.mjs";
const problems = () => import("./say-problem.mjs");
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
		return warn(world, projected), projected.some(({ result }) => result === "failed") && noteForPost(world, "unprojected", "true"), projected;
	} finally {
		hold.release();
	}
}
async function projectInto(world, inputs, task) {
	let { location, deadline } = task;
	try {
		if (isCredentialOf(inputs, location)) throw (await problems()).sayHoldsLogin(location.label);
		let attempt = await attemptOf(world, inputs, task);
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
			failure: asFailure(await told(error, location))
		};
	}
}
async function attemptOf(world, inputs, task) {
	let { location, part } = task;
	if (location.forge === "gitlab") {
		let { projectIntoVariable } = await import("./gitlab.mjs");
		return () => projectIntoVariable(world, inputs, location, part);
	}
	if (location.forge === "gitea") {
		let { projectIntoGitea } = await import("./gitea.mjs");
		return () => projectIntoGitea(world, inputs, location, part);
	}
	return intoSecret(world, inputs, task);
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
	let text = sealEnvelope(part, void 0), [{ openPlace }, { seal }] = await Promise.all([import("./other-places.mjs"), import("./sealed-box.mjs")]), store = await openPlace(world, inputs, location), inTime = (call) => {
		if (world.now() > deadline()) throw new ApiProblem(0, !1);
		return call();
	}, mayHoldLogin = [
		"repository",
		"environment",
		"organization"
	].includes(location.kind), key, baseline, begun = !1, unsure = !1, attempt = async () => {
		key ??= await inTime(store.publicKey);
		let probed = begun || !mayHoldLogin ? void 0 : await inTime(store.probeMeta), ready = store.ready && await inTime(store.ready), { updatedAt } = await inTime(store.meta);
		if (ready?.absent && updatedAt !== void 0) throw new ApiProblem(502, !0);
		if (updatedAt === void 0 && !inputs.createSecrets) throw (await problems()).sayNotThere(location, !1);
		if (updatedAt !== void 0 && (probed?.updatedAt ?? 0) >= updatedAt) throw (await problems()).sayHoldsLogin(location.label);
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
function warn({ runner }, projected) {
	let failed = projected.filter(({ result }) => result === "failed");
	if (failed.length === 0) return;
	let of = projected.length > 1 ? `${failed.length} of the ${projected.length} places` : "the one place", each = failed.map(({ location, failure }) => `${location.label}: ${failure?.explain()}`), list = each.length === 1 ? each.join("") : each.map((text, index) => `${index + 1}. ${text}`).join("\n");
	runner.warning(`The access token could not be written into ${of} that \`rotate-to\` names for it; what stands there is used until it ends. ${each.length > 1 ? "\n" : ""}${list}`);
}
export { projectAccess as t };
