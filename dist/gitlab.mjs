import { $ as openEnvelope, G as asking, J as told, Q as isEnvelope, Z as storedLocation, gt as jsonObject, it as patiently, nt as ApiProblem, tt as sealEnvelope } from "./common.mjs";
import { t as asFailure } from "./as-failure2.mjs";
import { t as forgeApi } from "./forge-api.mjs";
const NO_PROBE = {
	encrypted_value: "",
	key_id: ""
}, byValue = (world, place) => ({
	prepare: (createSecrets) => prepareByValue(world, place, createSecrets),
	store: (...given) => storeByValue(world, place, ...given)
});
async function prepareByValue(world, place, createSecrets) {
	let { location, held } = place, ask = asking(world), say = () => import("./say-problem.mjs");
	try {
		let [present] = await Promise.all([ask(place.read), ask(place.prove)]);
		if (!present) {
			if (!createSecrets) throw (await say()).sayNotFound(location.label);
			return {
				baseline: void 0,
				probe: NO_PROBE
			};
		}
		if (present.value === void 0) throw (await say()).sayHidden(location.label);
		if (bare(present.value) !== bare(held ?? "")) throw (await say()).sayStale({ type: "another-value" });
		return {
			baseline: markOf(present.value),
			probe: NO_PROBE
		};
	} catch (error) {
		throw await told(error, location);
	}
}
async function storeByValue(world, place, credential, { baseline }, begun, deadline) {
	let missing = 0, attempt = async () => {
		let before = await place.read(), deleted = !before && baseline !== void 0;
		if (deleted && missing++ < 2) throw new ApiProblem(502, !0);
		if (deleted) return {
			type: "moved",
			deleted
		};
		if (before?.value !== void 0 && holds(before.value, credential)) return {
			type: "stored",
			confirmed: !0,
			updatedAt: markOf(before.value)
		};
		if (before && (before.value === void 0 || !((value) => markOf(value) === baseline || begun.earlier !== void 0 && holds(value, begun.earlier.credential))(before.value))) return {
			type: "moved",
			deleted: !1
		};
		let stored = {
			savedAt: before?.date ?? world.now(),
			location: storedLocation(place.location),
			probe: void 0
		}, envelope = sealEnvelope(credential, stored);
		return begun.tell(stored.savedAt), await place.write(envelope), {
			type: "stored",
			confirmed: await isThere(world, place, envelope),
			updatedAt: markOf(envelope)
		};
	};
	try {
		return await patiently(world, deadline, attempt, begun.failed);
	} catch (error) {
		return {
			type: "failed",
			failure: asFailure(await told(error, place.location))
		};
	}
}
async function isThere(world, place, envelope) {
	for (let pause of [
		0,
		1e3,
		2e3
	]) {
		pause > 0 && await world.sleep(pause);
		try {
			if ((await place.read())?.value === envelope) return !0;
		} catch (error) {
			if (!(error instanceof ApiProblem)) throw error;
		}
	}
	return !1;
}
function holds(value, credential) {
	let there = openedOf(value);
	if (!there || there.generation !== credential.generation) return !1;
	let { refresh, shared } = credential;
	return refresh ? refresh.equals(there.refresh) : shared !== void 0 && shared.sealed === there.shared?.sealed;
}
function openedOf(value) {
	try {
		return isEnvelope(value.trim()) ? openEnvelope(value.trim()).credential : void 0;
	} catch {
		return;
	}
}
const bare = (value) => value.replaceAll(/\s+/g, "");
function markOf(value) {
	let { createHash } = process.getBuiltinModule("node:crypto");
	return createHash("sha256").update(`oauth-creds mark\n${bare(value)}`).digest().readUIntBE(0, 6);
}
function gitlabStore(world, inputs, location) {
	let place = gitlabVariable(world, inputs, location), none = async () => {
		throw new ApiProblem(501, !1);
	};
	return {
		location,
		...byValue(world, place),
		async meta() {
			let seen = await place.read();
			return {
				updatedAt: seen && 0,
				date: seen?.date ?? world.now()
			};
		},
		probeMeta: none,
		publicKey: none,
		put: none,
		probe: none,
		runCreatedAt: async () => world.now()
	};
}
function variablesOf(world, inputs, { kind, within = "", repository }) {
	let { env } = world, server = (env.CI_API_V4_URL || `${env.CI_SERVER_URL || "https://gitlab.com"}/api/v4`).replace(/\/+$/, ""), call = forgeApi(world, inputs, server, (token) => ({ "private-token": token })), owner = kind === "organization" ? `/groups/${encodeURIComponent(within)}` : `/projects/${encodeURIComponent(repository)}`, scope = kind === "environment" ? within : "*", list = `${owner}/variables`;
	return {
		call,
		list,
		pathOf: (key) => `${list}/${key}?filter%5Benvironment_scope%5D=${encodeURIComponent(scope)}`,
		scope
	};
}
const saysNoVariable = ({ body }) => /variable/i.test(body);
async function deleteVariable(world, inputs, location) {
	let { call, pathOf } = variablesOf(world, inputs, location), answer = await call("DELETE", pathOf(location.name), [204, 404]);
	if (answer.status === 404 && !saysNoVariable(answer)) throw new ApiProblem(404, !0);
	return answer.status === 204;
}
function gitlabVariable(world, inputs, location) {
	let { env } = world, { name, accessOnly } = location, { call, list, pathOf, scope } = variablesOf(world, inputs, location), flags, create = async (key, value, more) => {
		let body = {
			key,
			value,
			variable_type: "env_var",
			environment_scope: scope,
			raw: !0,
			...more
		}, answer = await call("POST", list, [201, 400], body);
		if (answer.status === 400) throw new ApiProblem(/taken/.test(answer.body) ? 409 : 400, !0);
	};
	return {
		location,
		held: inputs.credential?.reveal(),
		async read() {
			let answer = await call("GET", pathOf(name), [200, 404]);
			if (answer.status === 404) {
				if (!saysNoVariable(answer)) throw new ApiProblem(404, !0);
				flags = void 0;
				return;
			}
			let fields = jsonObject(answer);
			if (!fields) throw new ApiProblem(502, !0);
			let { value, variable_type, protected: isProtected, masked, raw, environment_scope, description } = fields;
			return flags = {
				variable_type,
				protected: isProtected,
				masked,
				raw,
				environment_scope,
				...typeof description == "string" && { description }
			}, {
				value: typeof value == "string" ? value : void 0,
				date: answer.date ?? world.now()
			};
		},
		async write(value) {
			if (flags) return void await call("PUT", pathOf(name), [200], {
				value,
				...flags
			});
			let forThisJob = {
				protected: env.CI_COMMIT_REF_PROTECTED === "true",
				masked: !0
			};
			await create(name, value, accessOnly ? {
				...forThisJob,
				masked_and_hidden: !0
			} : forThisJob);
		},
		async prove() {
			let key = `OAUTH_CREDS_PROBE_${name}`, value = "oauth-creds writes this to prove that it may write variables here. It holds nothing.", answer = await call("PUT", pathOf(key), [200, 404], { value });
			if (answer.status === 404 && !saysNoVariable(answer)) throw new ApiProblem(404, !0);
			answer.status === 404 && await create(key, value, {
				protected: !0,
				masked: !1
			});
		}
	};
}
const LOOKS_REFRESHABLE = /sk-ant-ort|^\s*rt_|"refresh_?token"\s*:\s*"[^"]/i;
async function projectIntoVariable(world, inputs, location, part) {
	let say = () => import("./say-problem.mjs"), variable = gitlabVariable(world, inputs, location), present = await variable.read();
	if (!present && !inputs.createSecrets) throw (await say()).sayNotThere(location, !1);
	let value = present?.value ?? "", there = openedOf(value);
	if (there?.kind === "login" || LOOKS_REFRESHABLE.test(value)) throw (await say()).sayHoldsLogin(location.label);
	let younger = there && (there.accessExpiresAt ?? 0) > (part.accessExpiresAt ?? Infinity);
	return there && (there.access?.equals(part.access) || younger) ? "kept" : (await variable.write(sealEnvelope(part, void 0)), "written");
}
export { deleteVariable, gitlabStore, projectIntoVariable };
