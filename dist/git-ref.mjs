import { at as HttpFailure, gt as jsonObject } from "./common.mjs";
import { t as LedgerProblem } from "./ledger.mjs";
const writeMessage = ({ text, depth }, nonce) => `${text}\n\noauth-creds ${nonce} ${depth} [skip ci]\n`;
function readMessage(message) {
	let [last, depth] = /\n\noauth-creds [0-9a-f]+ (\d+) \[skip ci\]\s*$/.exec(message) ?? [""];
	return {
		text: message.slice(0, message.length - last.length),
		depth: Number(depth ?? 0)
	};
}
const branchOf = (ref) => ref.startsWith("refs/heads/") ? void 0 : ref.replace(/^refs\/(oauth-creds\/)?(v\d+\/)?/, "refs/heads/oauth-creds/"), REFUSED = new Set([
	400,
	403,
	404,
	405,
	422
]);
function githubCalls(world, settings) {
	let { apiUrl, token, userAgent, timeoutMs = 8e3 } = settings, left = new Map();
	async function send(api, method, url, call) {
		let { body, etag, changes = !1 } = call, answer;
		try {
			answer = await world.http({
				method,
				url,
				headers: {
					accept: "application/vnd.github+json",
					authorization: `Bearer ${token.reveal()}`,
					"user-agent": userAgent,
					"x-github-api-version": "2022-11-28",
					...body !== void 0 && { "content-type": "application/json" },
					...etag !== void 0 && { "if-none-match": etag }
				},
				...body !== void 0 && { body: JSON.stringify(body) },
				timeoutMs
			});
		} catch (error) {
			throw error instanceof HttpFailure ? new LedgerProblem("unreachable", changes && error.sent) : error;
		}
		let remaining = Number.parseInt(answer.headers["x-ratelimit-remaining"] ?? "", 10);
		remaining >= 0 && left.set(api, remaining);
		let retryAfterMs = answer.status === 403 || answer.status === 429 ? await askedWait(answer) : void 0;
		if (retryAfterMs !== void 0) throw new LedgerProblem("throttled", !1, { retryAfterMs });
		return answer;
	}
	let askedWait = async (answer) => (await import("./limit.mjs")).limitWait(answer, world.now());
	return {
		async rest(call) {
			let answer = await send("rest", call.method, apiUrl + call.path, call);
			if (call.expected.includes(answer.status)) return answer;
			throw problemOf$1(answer, call.changes === !0);
		},
		async graphql(query, variables) {
			let answer = await send("graphql", "POST", graphqlUrl(apiUrl), {
				body: {
					query,
					variables
				},
				changes: !0
			});
			if (answer.status === 200 && errorsOf(answer).some(isLimit)) {
				let retryAfterMs = await askedWait({
					...answer,
					status: 429
				}), { data } = jsonObject(answer) ?? {};
				throw new LedgerProblem("throttled", data instanceof Object, { retryAfterMs });
			}
			if (answer.status === 200 || REFUSED.has(answer.status)) return answer;
			throw problemOf$1(answer, !0);
		},
		left: (api) => left.get(api)
	};
}
const graphqlUrl = (apiUrl) => `${apiUrl.replace(/\/v3$/, "")}/graphql`;
function errorsOf(answer) {
	let errors = jsonObject(answer)?.errors;
	return Array.isArray(errors) ? errors.filter((error) => error instanceof Object) : [];
}
const isLimit = ({ type, message }) => type === "RATE_LIMITED" || /rate limit/i.test(String(message)), wantsOf = (answer) => answer.headers["x-accepted-github-permissions"];
function problemOf$1(answer, changes) {
	let { status } = answer;
	return status === 401 || status === 403 || status === 404 ? new LedgerProblem("forbidden", !1, { wants: wantsOf(answer) }) : status >= 400 && status < 500 && status !== 408 ? new LedgerProblem("unsupported", !1) : new LedgerProblem("unreachable", changes);
}
const PAUSES = [
	250,
	750,
	2250
];
function gitObjects(world, { rest }, repository) {
	let base = `/repos/${repository}`, kept = new Map(), tree, ids, inOneCall = !0;
	function keep(name, answer, held) {
		return kept.set(name, {
			etag: answer.headers.etag,
			held
		}), tree = held.tree, {
			held,
			now: answer.date
		};
	}
	async function look(ref) {
		if (!inOneCall) return lookInTwo(ref);
		let name = `commits ${ref}`, { etag, held } = kept.get(name) ?? {}, answer = await rest({
			method: "GET",
			path: `${base}/commits/${inPath(ref)}`,
			expected: [
				200,
				304,
				404,
				409,
				422
			],
			etag
		});
		if (answer.status === 304) return {
			held,
			now: answer.date
		};
		if (answer.status === 200) {
			let { sha, commit } = jsonObject(answer) ?? {};
			return keep(name, answer, heldIn(sha, commit));
		}
		if (isEmpty(answer) || answer.status === 422 && ref.startsWith("refs/heads/")) return {
			held: void 0,
			now: answer.date
		};
		let second = await lookInTwo(ref);
		if (second.held) inOneCall = !1;
		else if (answer.status === 404 && !await isSeen()) throw new LedgerProblem("forbidden", !1, { wants: wantsOf(answer) });
		return second;
	}
	async function lookInTwo(ref) {
		let name = `ref ${ref}`, before = kept.get(name), answer = await getRef(ref, before?.etag);
		if (isEmpty(answer)) return {
			held: void 0,
			now: answer.date
		};
		if (answer.status === 304) return {
			held: before?.held,
			now: answer.date
		};
		let sha = tipIn(answer);
		return sha === void 0 ? {
			held: void 0,
			now: answer.date
		} : keep(name, answer, before?.held.version === sha ? before.held : await readCommit(sha));
	}
	let getRef = (ref, etag) => rest({
		method: "GET",
		path: `${base}/git/ref/${inPath(ref.replace(/^refs\//, ""))}`,
		expected: [
			200,
			304,
			404,
			409
		],
		etag
	});
	async function readCommit(sha) {
		for (let pause of [...PAUSES, void 0]) {
			let answer = await rest({
				method: "GET",
				path: `${base}/git/commits/${sha}`,
				expected: [200, 404]
			});
			if (answer.status === 200) return heldIn(sha, jsonObject(answer));
			pause !== void 0 && await world.sleep(pause);
		}
		throw new LedgerProblem("unreachable", !1);
	}
	async function create(kind, body) {
		for (let pause of [...PAUSES, void 0]) {
			let answer = await rest({
				method: "POST",
				path: `${base}/git/${kind}`,
				expected: [
					201,
					409,
					422
				],
				body
			});
			if (answer.status === 201) return answer;
			if (!isLag(answer.body)) throw new LedgerProblem("unsupported", !1);
			pause !== void 0 && await world.sleep(pause);
		}
		throw new LedgerProblem("unreachable", !1);
	}
	async function makeTree() {
		return shaOf(jsonObject(await create("trees", { tree: [{
			path: "README.md",
			mode: "100644",
			type: "blob",
			content: "oauth-creds keeps the encrypted record of a login here. Do not change or delete it.\n"
		}] }))?.sha);
	}
	let isSeen = async () => (await rest({
		method: "GET",
		path: base,
		expected: [200, 404]
	})).status === 200;
	async function findIds() {
		let { id, node_id: nodeId } = jsonObject(await rest({
			method: "GET",
			path: base,
			expected: [200]
		})) ?? {};
		if (typeof id != "number" || typeof nodeId != "string") throw new LedgerProblem("unreachable", !1);
		return {
			id: String(id),
			nodeId
		};
	}
	return {
		look,
		async tip(ref) {
			let answer = await getRef(ref);
			return isEmpty(answer) ? void 0 : tipIn(answer);
		},
		async commit(text, parent) {
			tree = parent?.tree ?? tree ?? await makeTree();
			let nonce = Buffer.from(world.random(12)).toString("hex"), message = writeMessage({
				text,
				depth: parent ? parent.depth + 1 : 0
			}, nonce), parents = parent ? [parent.version] : [], made = jsonObject(await create("commits", {
				message,
				tree,
				parents
			}));
			return heldIn(made?.sha, made);
		},
		ids: () => ids ??= findIds().catch((error) => {
			throw ids = void 0, error;
		})
	};
}
function isEmpty({ status, body }) {
	if (status === 409 && !/empty/i.test(body)) throw new LedgerProblem("unreachable", !1);
	return status === 409;
}
const isLag = (text) => /does not exist/i.test(text) && !/reference does not exist/i.test(text), inPath = (ref) => ref.split("/").map(encodeURIComponent).join("/");
function tipIn(answer) {
	if (answer.status === 200) return shaOf(jsonObject(answer)?.object?.sha);
}
function shaOf(value) {
	if (typeof value == "string" && /^[0-9a-f]{40,64}$/.test(value)) return value;
	throw new LedgerProblem("unreachable", !1);
}
function heldIn(sha, commit) {
	let { message, committer, tree } = commit ?? {}, date = committer?.date, writtenAt = Date.parse(String(date));
	if (typeof message != "string" || Number.isNaN(writtenAt)) throw new LedgerProblem("unreachable", !1);
	return {
		...readMessage(message),
		version: shaOf(sha),
		writtenAt,
		tree: shaOf(tree?.sha)
	};
}
function refChanger(world, calls, objects, repository) {
	let graphqlWorks = !0, byGraphql = async ({ ref, expected, sha, force = !1 }) => {
		let { nodeId } = await objects.ids(), update = {
			name: ref,
			beforeOid: expected ?? NONE,
			afterOid: sha,
			force
		};
		return readGraphql(await calls.graphql(UPDATE_REFS, { input: {
			repositoryId: nodeId,
			refUpdates: [update]
		} }));
	}, byRest = async ({ ref, expected, sha }) => {
		let refs = `/repos/${repository}/git/refs`, inPath = ref.replace(/^refs/, "").split("/").map(encodeURIComponent).join("/"), refusals = [
			403,
			404,
			409,
			422
		];
		return readRest(await (expected === void 0 ? calls.rest({
			method: "POST",
			path: refs,
			body: {
				ref,
				sha
			},
			expected: [201, ...refusals],
			changes: !0
		}) : calls.rest({
			method: "PATCH",
			path: refs + inPath,
			body: {
				sha,
				force: !1
			},
			expected: [200, ...refusals],
			changes: !0
		})));
	}, isUsedUp = (error) => error instanceof LedgerProblem && error.kind === "throttled" && !error.sent && calls.left("graphql") === 0;
	async function tip(ref) {
		try {
			return await objects.tip(ref);
		} catch (error) {
			throw error instanceof LedgerProblem ? new LedgerProblem(error.kind, !0, error) : error;
		}
	}
	async function insist(change, attempt, again) {
		for (let tries = 0;; tries++) {
			let no = await attempt(change);
			if (!no) return { type: "changed" };
			if (no.why !== "absent" && no.why !== "forbidden") {
				let now = await tip(change.ref);
				if (now === change.sha) return { type: "changed" };
				if (no.why === "moved" || now !== change.expected) return { type: "conflict" };
			}
			let pause = PAUSES[tries];
			if (pause === void 0 || !again.includes(no.why)) return {
				type: "refused",
				by: no
			};
			await world.sleep(pause);
		}
	}
	return {
		usesGraphql: () => graphqlWorks,
		tip,
		async change(change) {
			let first;
			if (graphqlWorks) try {
				if (first = await insist(change, byGraphql, ["lag"]), first.type !== "refused") return first;
				graphqlWorks = first.by.why !== "absent";
			} catch (error) {
				if (change.force || !isUsedUp(error)) throw error;
			}
			if (change.force) return first ?? {
				type: "refused",
				by: { why: "absent" }
			};
			let second = await insist(change, byRest, [
				"lag",
				"busy",
				"unclear"
			]);
			return second.type === "changed" && (graphqlWorks = !1), second;
		}
	};
}
const UPDATE_REFS = "mutation($input: UpdateRefsInput!) { updateRefs(input: $input) { clientMutationId } }", NONE = "0".repeat(40);
function readGraphql(answer) {
	if (answer.status === 403) return {
		why: "forbidden",
		wants: wantsOf(answer)
	};
	if (answer.status !== 200) return { why: "absent" };
	let json = jsonObject(answer);
	if (!json) throw new LedgerProblem("unreachable", !0);
	let errors = errorsOf(answer), { updateRefs } = json.data ?? {};
	if (errors.length === 0 && updateRefs instanceof Object) return;
	let said = errors.map(({ message, extensions }) => `${extensions?.code} ${message}`).join("\n");
	return /undefinedField|doesn't exist on type/i.test(said) ? { why: "absent" } : { why: isLag(said) ? "lag" : "unclear" };
}
function readRest(answer) {
	if (answer.status < 300) return;
	if (answer.status === 403 || answer.status === 404) return {
		why: "forbidden",
		wants: wantsOf(answer)
	};
	if (answer.status === 409) return { why: "busy" };
	let message = String(jsonObject(answer)?.message);
	return /reference already exists|not a fast forward/i.test(message) ? { why: "moved" } : { why: isLag(message) ? "lag" : "unclear" };
}
const CONFLICT = { type: "conflict" };
function gitRefLedger(world, settings) {
	let { repository, ref } = settings, calls = githubCalls(world, settings), objects = gitObjects(world, calls, repository), refs = refChanger(world, calls, objects, repository), branch = branchOf(ref), id = settings.repositoryId, at, held, looked = !1;
	async function look() {
		let known = at ?? ref, [here, ids] = await Promise.all([objects.look(known), id === void 0 ? objects.ids() : void 0]);
		id ??= ids?.id;
		let other = known === ref ? branch : ref, seen = here.held || other === void 0 ? here : await objects.look(other);
		return at = seen.held && (seen === here ? known : other), held = seen.held, looked = !0, seen.now;
	}
	async function present(version) {
		return looked && held?.version === version || await look(), held;
	}
	async function write(text, before, force = !1) {
		let [next] = await Promise.all([objects.commit(text, force ? void 0 : before), refs.usesGraphql() ? objects.ids() : void 0]), to = at ?? ref, change = {
			expected: before?.version,
			sha: next.version,
			force
		}, changed = await refs.change({
			...change,
			ref: to
		}), now = to;
		if (changed.type === "refused" && !before && branch !== void 0 && (now = branch, changed = await refs.change({
			...change,
			ref: branch
		}), changed.type === "changed" && await refs.tip(ref) !== void 0)) return CONFLICT;
		if (changed.type === "refused") throw force ? new LedgerProblem("unsupported", !1) : problemOf(changed.by);
		return changed.type === "conflict" ? CONFLICT : (at = now, held = next, {
			type: "swapped",
			version: next.version,
			writtenAt: next.writtenAt
		});
	}
	return {
		get label() {
			return `the ref ${at ?? ref} of ${repository}`;
		},
		get place() {
			if (id === void 0) throw Error("the place of this ledger is known after its first load");
			return `github:${id}:${ref}`;
		},
		serverTime: !0,
		budget() {
			let told = [calls.left("rest"), refs.usesGraphql() ? calls.left("graphql") : void 0].filter((count) => count !== void 0);
			return told.length > 0 ? Math.min(...told) : void 0;
		},
		async load() {
			let now = await look();
			return {
				entry: held && entryOf(held),
				now
			};
		},
		async compareAndSwap(expected, text) {
			let before = await present(expected);
			return before?.version === expected ? write(text, before) : CONFLICT;
		},
		async compact(expected) {
			if (!refs.usesGraphql()) throw new LedgerProblem("unsupported", !1);
			let before = await present(expected);
			return before?.version === expected ? write(before.text, before, !0) : CONFLICT;
		},
		compactDue: () => held !== void 0 && held.depth >= 128 && held.depth % 16 < 2 && refs.usesGraphql()
	};
}
const entryOf = ({ version, text, writtenAt }) => ({
	version,
	text,
	writtenAt
});
function problemOf({ why, wants }) {
	return why === "lag" || why === "busy" ? new LedgerProblem("unreachable", !1) : new LedgerProblem("forbidden", !1, { wants });
}
export { gitRefLedger };
