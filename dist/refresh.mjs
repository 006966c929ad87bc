import { C as Failure, D as isoTime, O as possibleTime, P as secretOf, S as storedLocation, _ as sealEnvelope, h as maskSecrets, j as livesFor, o as openCapsule, t as HttpFailure, w as asFailure, x as sameLocation, y as readScopes } from "./common.mjs";
function jsonObject(answer) {
	try {
		let value = JSON.parse(answer.body);
		return typeof value == "object" && value ? value : void 0;
	} catch {
		return;
	}
}
function retryAfter(answer, receivedAt) {
	let value = answer.headers["retry-after"];
	if (value === void 0) return;
	if (/^\d+$/.test(value)) return Number(value) * 1e3;
	let until = Date.parse(value) - (answer.date ?? receivedAt);
	return Number.isNaN(until) ? void 0 : Math.max(0, until);
}
var ApiProblem = class extends Error {
	status;
	sent;
	waitMs;
	permission;
	constructor(status, sent, waitMs, permission) {
		super(`GitHub answered ${status}`);
		this.name = "ApiProblem";
		this.status = status;
		this.sent = sent;
		this.waitMs = waitMs;
		this.permission = permission;
	}
	get passing() {
		return this.status === 0 || this.status >= 500 || this.status === 409 || this.waitMs !== void 0;
	}
};
function githubApi(world, apiUrl, token, userAgent) {
	return async (method, path, expected, body) => {
		let answer;
		try {
			answer = await world.http({
				method,
				url: apiUrl + path,
				headers: {
					accept: "application/vnd.github+json",
					authorization: `Bearer ${token.reveal()}`,
					"user-agent": userAgent,
					"x-github-api-version": "2022-11-28",
					...body !== void 0 && { "content-type": "application/json" }
				},
				...body !== void 0 && { body: JSON.stringify(body) },
				timeoutMs: 8e3
			});
		} catch (error) {
			throw error instanceof HttpFailure ? new ApiProblem(0, error.sent) : error;
		}
		if (expected.includes(answer.status)) return answer;
		let permission = answer.headers["x-accepted-github-permissions"];
		throw new ApiProblem(answer.status, !0, limitWait(answer, world.now()), permission);
	};
}
function limitWait(answer, now) {
	if (answer.status !== 403 && answer.status !== 429 && answer.status !== 503) return;
	let asked = retryAfter(answer, now);
	if (asked !== void 0) return asked;
	if (answer.headers["x-ratelimit-remaining"] === "0") {
		let reset = Number(answer.headers["x-ratelimit-reset"]) * 1e3;
		return Math.max(1e3, (Number.isNaN(reset) ? 6e4 : reset - (answer.date ?? now)) + 1e3);
	}
	if (answer.status === 429 || /secondary rate limit/i.test(answer.body)) return 6e4;
}
async function patiently(world, deadline, call) {
	for (let pause = 1e3;; pause = Math.min(pause * 2, 15e3)) try {
		return await call();
	} catch (error) {
		if (!(error instanceof ApiProblem) || !error.passing) throw error;
		let wait = error.waitMs ?? pause;
		if (world.now() + wait > deadline()) throw error;
		await world.sleep(wait);
	}
}
function sayProblem({ status, permission, waitMs }, place) {
	if (status === 401 || status === 404 || status === 403 && waitMs === void 0) {
		let why = {
			401: "is not accepted by GitHub (401): it was revoked, cut off, or has ended (an App's token lives one hour).",
			403: `may not write ${place} (403).`,
			404: "does not see this repository (404)."
		}[status];
		return new Failure("secret-forbidden", `The token in \`secrets-token\` ${why}${permission ? ` GitHub says that it takes: ${permission}.` : ""}`, "Use a fine-grained personal access token, or a GitHub App's token, with the permission “Secrets: read and write” for this repository (a classic token: scope `repo`). GITHUB_TOKEN can never write secrets.");
	}
	let limited = waitMs === void 0 ? "" : `, and asks to wait ${Math.ceil(waitMs / 1e3)} s`;
	let said = status === 0 ? "did not answer" : `answered ${status}${limited}`;
	return new Failure("github-unreachable", `GitHub's API ${said} when ${place} was to be read or written.`, limited ? "Run the job again later, or give `secrets-token` a token that is used for nothing else." : "Run the job again later.");
}
async function prepare(world, store, credential, rules) {
	let { stored } = credential;
	let { location } = store;
	if (stored && !sameLocation(stored.location, location)) throw new Failure("secret-elsewhere", `This login is kept in the ${stored.location.kind} secret ${stored.location.name} of ${stored.location.repository}, but \`rotate-to\` names ${location.label}. A login may be renewed in one place only; nothing was spent.`, "Name the same secret in `credential` and `rotate-to`, or sign in once more for a login of its own here.");
	let deadline = world.now() + 2e4;
	let ask = (call) => patiently(world, () => deadline, call);
	try {
		let probedBefore = stored ? void 0 : await ask(store.probeMeta);
		let [meta, runCreatedAt, probe] = await Promise.all([
			ask(store.meta),
			stored ? void 0 : store.runCreatedAt(),
			ask(() => store.probe(stored?.probe))
		]);
		if (meta.updatedAt === void 0 && !rules.createSecrets) throw new Failure("secret-not-found", `There is no ${location.label.replace(/^the /, "")} yet, so a renewed login would have no known place. Nothing was spent.`, "Check the name in `rotate-to`. If it is right and the secret is to be made by this step, set `create-secrets: true`.");
		let stale = sayStale(meta, stored, runCreatedAt, probedBefore, rules.runAttempt);
		if (stale) throw new Failure("snapshot-stale", stale.what, stale.advice);
		return {
			baseline: meta.updatedAt,
			probe
		};
	} catch (error) {
		throw error instanceof ApiProblem ? sayProblem(error, location.label) : error;
	}
}
function sayStale(meta, stored, runCreatedAt, probedBefore, runAttempt) {
	let { updatedAt } = meta;
	if (updatedAt === void 0) return;
	let newRun = "Nothing was spent. Start a new run: a re-run gets the old copy again.";
	let at = isoTime(updatedAt);
	if (stored) {
		if (updatedAt <= stored.savedAt + 1e4) return;
		return {
			what: `This job holds an old copy of the login: stored at ${isoTime(stored.savedAt)}, and written again at ${at}.`,
			advice: newRun
		};
	}
	if (runCreatedAt !== void 0 && updatedAt > runCreatedAt) return {
		what: `The secret was written at ${at}, ${`after this run was created (${isoTime(runCreatedAt)})`}, so the job may hold an older copy.`,
		advice: newRun
	};
	let probedAt = probedBefore?.updatedAt;
	if (probedAt !== void 0 && updatedAt >= probedAt && updatedAt - probedAt <= 3e4) return {
		what: `The secret was last written by a rotation (${at}), but the \`credential\` of this step is not what a rotation writes.`,
		advice: "If this is a re-run, start a new run. Otherwise `credential` reads another secret than `rotate-to` writes: name the same one in both. Nothing was spent."
	};
	if (runCreatedAt !== void 0 || runAttempt === 1) return;
	return {
		what: "This is a re-run, and it cannot be told whether its copy of the login is still the present one.",
		advice: newRun
	};
}
async function storeGeneration(world, store, credential, prepared, ahead, deadline) {
	let { seal } = await import("./sealed-box.mjs");
	let { baseline, probe } = prepared;
	let key = ahead;
	let unsure = !1;
	let attempt = async () => {
		key ??= await store.publicKey();
		let asked = world.now();
		let before = await store.meta();
		if (before.updatedAt === void 0 && baseline !== void 0 || (before.updatedAt ?? 0) > (baseline ?? 0)) {
			if (unsure) return {
				type: "stored",
				confirmed: !1,
				updatedAt: before.updatedAt
			};
			await store.probe(probe);
			return { type: "moved" };
		}
		let savedAt = before.date + (world.now() - asked);
		let envelope = sealEnvelope(credential, {
			savedAt,
			location: storedLocation(store.location),
			probe
		});
		try {
			await store.put(seal(envelope, key));
		} catch (error) {
			error instanceof ApiProblem && error.sent && (error.status === 0 || error.status >= 500) && (unsure = !0);
			throw error;
		}
		let after = await readBack(world, store, before.date);
		return {
			type: "stored",
			confirmed: after !== void 0,
			updatedAt: after ?? before.updatedAt
		};
	};
	let withPresentKey = () => attempt().catch(async (error) => {
		if (!(error instanceof ApiProblem) || error.status !== 422) throw error;
		key = await store.publicKey();
		return attempt();
	});
	try {
		return await patiently(world, deadline, withPresentKey);
	} catch (error) {
		return {
			type: "failed",
			failure: error instanceof ApiProblem ? sayProblem(error, store.location.label) : asFailure(error)
		};
	}
}
async function readBack(world, store, since) {
	for (let pause of [
		0,
		1e3,
		2e3
	]) {
		pause > 0 && await world.sleep(pause);
		try {
			let { updatedAt } = await store.meta();
			if (updatedAt !== void 0 && updatedAt >= Math.floor(since / 1e3) * 1e3) return updatedAt;
		} catch (error) {
			if (!(error instanceof ApiProblem)) throw error;
		}
	}
}
const PROBE_NAME = "OAUTH_CREDS_PROBE";
function secretStore(world, location, github, call) {
	let metaOf = async (name) => {
		let answer = await call("GET", location.secretPath(name), [200, 404]);
		return {
			updatedAt: answer.status === 404 ? void 0 : timeOf(jsonObject(answer)?.updated_at),
			date: answer.date ?? world.now()
		};
	};
	let publicKey = async () => {
		let { key, key_id } = jsonObject(await call("GET", location.publicKeyPath, [200])) ?? {};
		if (typeof key != "string" || typeof key_id != "string") throw new ApiProblem(502, !0);
		return {
			key,
			key_id
		};
	};
	let putNamed = async (name, body) => void await call("PUT", location.secretPath(name), [201, 204], body);
	return {
		location,
		publicKey,
		meta: () => metaOf(location.name),
		probeMeta: () => metaOf(PROBE_NAME),
		put: (body) => putNamed(location.name, body),
		async runCreatedAt() {
			if (!github.runId) return;
			try {
				return timeOf(jsonObject(await call("GET", `/repos/${github.repository}/actions/runs/${github.runId}`, [200]))?.created_at);
			} catch {
				return;
			}
		},
		async probe(ready) {
			if (ready) try {
				await putNamed(PROBE_NAME, ready);
				return ready;
			} catch (error) {
				if (!(error instanceof ApiProblem) || error.status !== 422) throw error;
			}
			let [key, { seal }] = await Promise.all([publicKey(), import("./sealed-box.mjs")]);
			let body = seal("oauth-creds writes this to prove that it may write secrets here. It holds nothing.", key);
			await putNamed(PROBE_NAME, body);
			return body;
		}
	};
}
function timeOf(value) {
	let ms = typeof value == "string" ? Date.parse(value) : NaN;
	return Number.isNaN(ms) ? void 0 : ms;
}
const anthropic = {
	name: "anthropic",
	refreshRequest(credential, settings) {
		let scope = settings.scope;
		let fields = {
			grant_type: "refresh_token",
			refresh_token: credential.refresh?.reveal() ?? "",
			client_id: settings.clientId ?? credential.clientId ?? "9d1c250a-e61b-44d9-88ed-5944d1962f5e",
			...scope !== void 0 && { scope }
		};
		let form = settings.requestFormat === "form";
		return {
			method: "POST",
			url: settings.tokenUrl ?? "https://platform.claude.com/v1/oauth/token",
			headers: {
				"content-type": form ? "application/x-www-form-urlencoded" : "application/json",
				accept: "application/json",
				"user-agent": settings.userAgent
			},
			body: form ? new URLSearchParams(fields).toString() : JSON.stringify(fields),
			timeoutMs: settings.timeoutMs,
			fresh: !0
		};
	},
	interpret(answer, receivedAt) {
		let body = jsonObject(answer);
		if (answer.status === 200) return body ? readTokens(body, answer.date ?? receivedAt) : unclear("200 without JSON");
		return readRefusal(answer, body, receivedAt);
	}
};
function readTokens(body, serverTime) {
	let access = secretOf(body.access_token);
	let refresh = secretOf(body.refresh_token);
	if (!access && !refresh) return unclear("200 without tokens");
	return {
		type: "refreshed",
		tokens: {
			access,
			refresh,
			accessExpiresAt: after(serverTime, body.expires_in),
			loginExpiresAt: after(serverTime, body.refresh_token_expires_in),
			scopes: readScopes(body.scope),
			accountUuid: uuidOf(body.account),
			organizationUuid: uuidOf(body.organization)
		}
	};
}
function readRefusal(answer, body, receivedAt) {
	let { status } = answer;
	if (status === 429) return {
		type: "throttled",
		status,
		retryAfterMs: retryAfter(answer, receivedAt)
	};
	if (status >= 500) return unclear(`status ${status}`);
	let error = body?.error;
	let code = typeof error == "string" ? error : error?.type;
	let description = typeof body?.error_description == "string" ? body.error_description : "";
	let page = body?.error_uri;
	if (code === "access_denied" || code === "invalid_grant" && typeof page == "string") return {
		type: "attention",
		page: typeof page == "string" ? safePage(page) : void 0
	};
	if (status === 403 || status === 404) return {
		type: "throttled",
		status,
		retryAfterMs: void 0
	};
	if (code === "invalid_grant") {
		if (/expired/i.test(description)) return {
			type: "refused",
			why: "login-ended"
		};
		return {
			type: "refused",
			why: /no (organization|account) associated/i.test(description) ? "no-account" : "spent-or-revoked"
		};
	}
	if (typeof code == "string" && MISTAKES.has(code)) return {
		type: "mistake",
		error: code
	};
	return unclear(`status ${status}`);
}
const MISTAKES = new Set([
	"invalid_scope",
	"invalid_client",
	"unauthorized_client",
	"unsupported_grant_type",
	"invalid_request",
	"invalid_request_error"
]);
const unclear = (reason) => ({
	type: "ambiguous",
	reason
});
function uuidOf(value) {
	let uuid = value?.uuid;
	return typeof uuid == "string" ? uuid : void 0;
}
function after(serverTime, seconds) {
	return typeof seconds == "number" && seconds > 0 ? possibleTime(serverTime + seconds * 1e3) : void 0;
}
function safePage(page) {
	return /^https:\/\/[\w.-]+(\/[\w./-]*)?$/.test(page) ? page : void 0;
}
const SIGN_IN = "Sign in once more for CI and store the result: `claude setup-token` (good for a year), or `CLAUDE_CONFIG_DIR=$(mktemp -d) claude auth login` for a login of its own.";
const HARMLESS = new Set([
	"provider-unreachable",
	"throttled",
	"github-unreachable",
	"snapshot-stale",
	"secret-forbidden",
	"secret-not-found"
]);
const nothingWasSpent = (failure) => HARMLESS.has(failure.code);
function sayOutcome(outcome, unclearBefore, credential, inputs) {
	if (outcome.type === "ambiguous" || unclearBefore && outcome.type !== "refused") return new Failure("answer-unclear", `The provider gave no clear answer (${outcome.type === "ambiguous" ? outcome.reason : outcome.type}). The login may have been renewed without us.`, "Run the job again: if the login was not renewed it works as before. If the provider then refuses it, sign in once more.");
	switch (outcome.type) {
		case "not-sent": return new Failure("provider-unreachable", `The provider could not be reached (${outcome.reason}); nothing was sent, and the login is as it was.`, "Check the network of this runner (HTTPS_PROXY, NO_PROXY, a firewall, `token-url`) and run the job again.");
		case "throttled": {
			let wait = outcome.retryAfterMs === void 0 ? "" : ` and asks to wait ${Math.ceil(outcome.retryAfterMs / 1e3)} s`;
			return new Failure("throttled", `The provider turned the request away before looking at the login (status ${outcome.status})${wait}. The login is as it was.`, "It limits or filters by the runner's address or by the `user-agent`: run the job again later, not in a loop. If it happens on every run, use another runner, or a setup token, which needs no refresh.");
		}
		case "refused":
			if (unclearBefore && outcome.why === "spent-or-revoked") return new Failure("login-lost-in-flight", "The answer to a refresh was lost on its way, and the provider does not accept the old token a second time: it had renewed the login, and the new token never arrived. This login has ended.", SIGN_IN);
			if (outcome.why === "login-ended") {
				let end = credential.loginExpiresAt === void 0 ? "" : ` (its end was ${isoTime(credential.loginExpiresAt)})`;
				return new Failure("login-ended", `The login has reached the end that the provider gave it when it was made${end}.`, SIGN_IN);
			}
			return new Failure("login-refused", outcome.why === "no-account" ? "The provider says that no account or organisation belongs to this login any more." : "The provider no longer knows this login: it was revoked, or its refresh token was used elsewhere (another job, another workflow with the same secret, or a laptop that shares the login).", SIGN_IN);
		case "attention": return new Failure("account-attention", `The provider has put the account on hold; the login itself is as it was.${outcome.page ? ` It names this page: ${outcome.page}` : ""}`, "The owner of the account has to sign in to the provider's site and settle it; then run the job again.");
		case "mistake": return new Failure("request-rejected", `The provider did not take the request (${outcome.error}); the login is as it was.`, inputs.request.scope !== void 0 || inputs.request.clientId !== void 0 ? "Check `scope` and `client-id`, or leave them out." : "If nothing was set by `token-url` or `request-format`, please report this: the provider may have changed its rules.");
	}
}
async function sendRefresh(world, provider, credential, settings, hold) {
	let unsent = 0;
	let throttled = 0;
	let unclear = 0;
	for (;;) {
		let outcome = await once(world, provider, credential, settings);
		let stopping = hold.signalledAt() !== void 0;
		let pause;
		outcome.type === "not-sent" && !stopping && (pause = [1e3, 3e3][unsent++]);
		outcome.type === "throttled" && !stopping && throttled++ === 0 && (pause = outcome.retryAfterMs);
		outcome.type === "ambiguous" && unclear++ === 0 && (pause = stopping ? 0 : 2e3);
		if (pause === void 0 || pause > 3e4) return {
			outcome,
			unclearBefore: unclear > +(outcome.type === "ambiguous")
		};
		world.runner.log(`${provider.name}: ${say(outcome)}; trying once more${pause > 0 ? ` in ${Math.ceil(pause / 1e3)} s` : ""}.`);
		await world.sleep(pause);
	}
}
async function once(world, provider, credential, settings) {
	try {
		let answer = await world.http(provider.refreshRequest(credential, settings));
		return provider.interpret(answer, world.now());
	} catch (error) {
		if (!(error instanceof HttpFailure)) throw error;
		return error.sent ? {
			type: "ambiguous",
			reason: error.reason
		} : {
			type: "not-sent",
			reason: error.reason
		};
	}
}
function say(outcome) {
	if (outcome.type === "not-sent") return `no connection (${outcome.reason})`;
	if (outcome.type === "throttled") return `turned away with status ${outcome.status}`;
	return outcome.type === "ambiguous" ? `no clear answer (${outcome.reason})` : outcome.type;
}
async function refreshLogin(world, inputs, provider, credential, place) {
	let { runner } = world;
	let capsule = openCapsule(world, inputs.credential, "login");
	runner.state("capsule", capsule.path);
	let hold = world.holdSignals();
	try {
		let ahead = place && prepareSealing(place.store);
		let { used, tokens } = await spend(world, inputs, provider, credential, hold);
		maskSecrets(runner, [tokens.access, tokens.refresh]);
		let next = nextGeneration(credential, used, tokens);
		try {
			capsule.save(sealEnvelope(next, void 0));
		} catch (error) {
			runner.warning(`${asFailure(error).explain()} If this job dies now, its renewed login is lost with it.`);
		}
		let result = place && await storeGeneration(world, place.store, next, place.prepared, await ahead, storeDeadline(world, hold));
		(result?.type === "stored" || result?.type === "moved") && runner.state("stored", String(result.type === "stored" && result.updatedAt || ""));
		if (hold.signalledAt() !== void 0) {
			let kept = result?.type === "stored" ? "The renewed login is stored." : "The post step will try to store the renewed login.";
			throw new Failure("cancelled", `The job was cancelled while its login was being renewed. ${kept}`, "Nothing is to be done.");
		}
		if (!tokens.access && !livesFor(next, 0, world.now())) throw new Failure("answer-unclear", "The provider renewed the login but gave no access token.", "The login itself is kept: run the job again.");
		return {
			credential: next,
			result
		};
	} catch (error) {
		capsule.discard();
		throw error;
	} finally {
		hold.release();
	}
}
async function spend(world, inputs, provider, credential, hold) {
	let candidates = [credential.refresh, credential.predecessor].filter((token) => token !== void 0);
	for (let used of candidates) {
		let sent = await sendRefresh(world, provider, {
			...credential,
			refresh: used
		}, inputs.request, hold);
		let { outcome } = sent;
		if (outcome.type === "refreshed") return {
			used,
			tokens: outcome.tokens
		};
		if (outcome.type !== "refused" || outcome.why !== "spent-or-revoked" || sent.unclearBefore || used === candidates.at(-1)) throw sayOutcome(outcome, sent.unclearBefore, credential, inputs);
		world.runner.warning("The login that an earlier job's program wrote does not work; trying the one before it.");
	}
	throw Error("a login without a refresh token");
}
async function prepareSealing(store) {
	let wanted = [store.publicKey(), import("./sealed-box.mjs")];
	return Promise.all(wanted).then(([key]) => key, () => void 0);
}
function storeDeadline(world, hold) {
	let begun = world.now();
	return () => Math.min(begun + 6e4, (hold?.signalledAt() ?? Infinity) + 7e3);
}
function nextGeneration(before, used, tokens) {
	let ends = [before.loginExpiresAt, tokens.loginExpiresAt].filter((end) => end !== void 0);
	let { accountUuid, organizationUuid } = tokens;
	return {
		...before,
		generation: before.generation + 1,
		access: tokens.access ?? before.access,
		accessExpiresAt: tokens.access ? tokens.accessExpiresAt : before.accessExpiresAt,
		refresh: tokens.refresh ?? used,
		loginExpiresAt: ends.length > 0 ? Math.min(...ends) : void 0,
		scopes: tokens.scopes ?? before.scopes,
		other: {
			...before.other,
			...accountUuid && { accountUuid },
			...organizationUuid && { organizationUuid }
		},
		predecessor: void 0
	};
}
function openStore(world, inputs) {
	let { rotateTo, secretsToken, github, request } = inputs;
	if (!rotateTo || !secretsToken) return;
	return secretStore(world, rotateTo, github, githubApi(world, github.apiUrl, secretsToken, request.userAgent));
}
async function findPlace(world, inputs, stored) {
	let store = openStore(world, inputs);
	if (store) {
		let rules = {
			createSecrets: inputs.createSecrets,
			runAttempt: inputs.github.runAttempt
		};
		return {
			store,
			prepared: await prepare(world, store, { stored }, rules)
		};
	}
	if (inputs.allowUnstoredRefresh) return;
	throw new Failure("nowhere-to-store", "The login has to be renewed, but there is nowhere to keep the new one: its refresh token works once, so the stored login would be dead after this job. Nothing was spent.", "Set `rotate-to` (the name of the secret) and `secrets-token` (a token that may write it), or let a scheduled workflow do the renewing, or use a setup token.");
}
export { nothingWasSpent as a, storeDeadline as i, openStore as n, anthropic as o, refreshLogin as r, storeGeneration as s, findPlace as t };
