import { It as sayTime, Mt as MINUTE_MS, Nt as isoTime, St as toFailure, Z as storedLocation, _ as recognise, gt as jsonObject, rt as githubApi, vt as parseObject, wt as EMPTY } from "./common.mjs";
import { t as placeOfSecret } from "./place.mjs";
function markerOf({ provider, account, place, state, endsAt }) {
	return `<!-- oauth-creds login ${JSON.stringify({
		provider,
		account,
		place,
		state,
		endsAt: endsAt && isoTime(endsAt)
	}).replaceAll("-", String.raw`\u002d`).replaceAll(">", String.raw`\u003e`)} -->\n`;
}
function readMarker(body) {
	let [line, json] = /^<!-- oauth-creds login (\{[^\r\n>]*\}) -->(?:\r?\n|$)/.exec(body) ?? [], fields = json === void 0 ? void 0 : parseObject(json);
	if (line === void 0 || !fields) return;
	let { provider, account, place, state, endsAt } = fields;
	return {
		provider,
		account,
		place,
		state,
		endsAt: typeof endsAt == "string" ? Date.parse(endsAt) : void 0,
		length: line.length
	};
}
const sameLogin = (one, other) => one.provider === other.provider && one.account === other.account && one.place === other.place, sameEnd = (one, other) => Math.abs((one.endsAt ?? 0) - (other.endsAt ?? 0)) < 10 * MINUTE_MS;
function isAnother(one, { kind, endsAt }) {
	return sameEnd(one, { endsAt }) ? !1 : kind === "setup-token" || one.endsAt !== void 0 && endsAt !== void 0 && endsAt > one.endsAt;
}
const NAMES = {
	anthropic: "Claude",
	openai: "ChatGPT",
	custom: "OAuth"
}, nameOf = ({ provider, account, kind }) => {
	let what = `${NAMES[provider]} ${kind === "login" ? "login" : "setup token"}`;
	return account === "default" ? what : `${what} (account ${plain(account)})`;
};
function sayTitle(login) {
	let { state, endsAt } = login, when = state === "ended" ? "has ended" : endsAt === void 0 ? "ends soon" : `ends on ${isoTime(endsAt).slice(0, 10)}`;
	return `Sign in again for CI: the ${nameOf(login)} ${when}`;
}
const SIGN_IN = {
	anthropic: "Run `claude setup-token` (good for about a year), or `CLAUDE_CONFIG_DIR=$(mktemp -d) claude auth login` for a login of its own",
	openai: "Run `CODEX_HOME=$(mktemp -d) codex login` for a login of its own",
	custom: "Sign in once more for CI"
};
function sayBody(login, runUrl) {
	let { provider, state, endsAt, label } = login, end = endsAt === void 0 ? "not known" : sayTime(endsAt), fact = state === "ended" ? "It does not work any more, and jobs that need it fail." : "Jobs can use it until then. Renewing it does not move this end.";
	return [
		`The ${nameOf(login)} that CI uses ${state === "ended" ? "has ended" : "ends soon"}. ${fact}`,
		"",
		`- **Kept in:** ${plain(label)}`,
		`- **End:** ${end}`,
		...runUrl ? [`- **Found by:** ${runUrl}`] : [],
		"",
		`**What to do:** ${SIGN_IN[provider]}, and store the result in the secret that \`credential\` names. Do not share one login between CI and your own machine.`,
		"",
		"This issue is kept by oauth-creds (`report: issue`): it changes only when the state does, and is closed after a new sign-in. Once a login has ended, a later end or its first renewal tells the new one. If you close it yourself, it stays closed until the state changes.",
		""
	].join("\n");
}
function sayClosed(login, before) {
	let { endsAt } = login;
	return `${before.state === "ended" && !isAnother(before, login) ? "The login works: it was renewed" : "A new sign-in is in use"}${endsAt === void 0 ? "" : `; it ends at ${sayTime(endsAt)}`}.`;
}
const TROUBLE = {
	forbidden: "`github-token` may not write issues here. Add the line `issues: write` to the `permissions:` of this job.",
	disabled: "this repository has no issues. Enable them in its settings, or leave `report` out.",
	throttled: "GitHub's rate limit does not allow it now. The next run tries again.",
	unreachable: "GitHub did not take it. The next run tries again."
};
function sayTrouble(why, { state }) {
	return `\`report: issue\` could not ${state === "fine" ? "look for an issue that is settled" : "say in an issue that a new sign-in is needed"}: ${TROUBLE[why]}`;
}
const plain = (text) => text.replaceAll(/[^\w ./:()-]/g, "?");
async function reportIssue(world, call, repository, login) {
	try {
		return await settle(world, issuesOf(call, repository), login);
	} catch (error) {
		let why = troubleOf(error);
		return world.runner.warning(sayTrouble(why, login)), {
			type: "failed",
			why
		};
	}
}
async function settle(world, issues, login) {
	let author = await issues.author(), [first, ...younger] = await issues.ours(author, "open", login);
	for (let { number } of younger) await issues.close(number, "not_planned", `The same as #${first?.number}.`);
	if (first && isOver(first, login)) return {
		type: "unchanged",
		number: first.number
	};
	if (login.state === "fine") {
		if (!first) return { type: "nothing" };
		let text = {
			title: first.title,
			body: markerOf(login) + first.rest
		};
		return await issues.close(first.number, "completed", sayClosed(login, first), text), {
			type: "closed",
			number: first.number
		};
	}
	let text = {
		title: sayTitle(login),
		body: markerOf(login) + sayBody(login, runUrl(world))
	};
	if (first) return first.state === login.state && sameEnd(first, login) ? {
		type: "unchanged",
		number: first.number
	} : (await issues.change(first.number, text), {
		type: "updated",
		number: first.number
	});
	let before = (await issues.ours(author, "closed", login)).at(-1);
	return before && sameEnd(before, login) && before.state !== "fine" ? before.state === login.state || isOver(before, login) ? { type: "left-closed" } : (await issues.change(before.number, {
		...text,
		state: "open"
	}), {
		type: "reopened",
		number: before.number
	}) : openOne(issues, author, login, text);
}
const isOver = (ours, login) => ours.state === "ended" && login.state !== "ended" && !login.renewed && !isAnother(ours, login);
async function openOne(issues, author, login, text) {
	let number = await issues.open(text), [first] = await issues.ours(author, "open", login);
	return !first || first.number >= number ? {
		type: "opened",
		number
	} : (await issues.close(number, "not_planned", `The same as #${first.number}.`), {
		type: "unchanged",
		number: first.number
	});
}
function issuesOf(call, repository) {
	let base = `/repos/${repository}/issues`;
	async function page(author, state, at) {
		let query = `state=${state}&sort=updated&direction=desc&per_page=100&page=${at}`, by = `&creator=${encodeURIComponent(author)}`, asked = await call("GET", `${base}?${query}${by}`, [200, 422]), answer = asked.status === 200 ? asked : await call("GET", `${base}?${query}`, [200]), list = JSON.parse(answer.body);
		return Array.isArray(list) ? list : [];
	}
	return {
		async author() {
			let asked = await call("POST", "/../graphql", ANY, { query: "query { viewer { login } }" }), { data } = jsonObject(asked) ?? {};
			if (typeof data?.viewer?.login == "string") return data.viewer.login;
			let user = jsonObject(await call("GET", "/user", ANY));
			return typeof user?.login == "string" ? user.login : "github-actions[bot]";
		},
		async ours(author, state, login) {
			let found = [];
			for (let at = 1; at <= (state === "open" ? 5 : 1); at++) {
				let list = await page(author, state, at);
				if (found.push(...list.flatMap((issue) => oursIn(issue, author, login))), list.length < 100) break;
			}
			return found.toSorted((a, b) => a.number - b.number);
		},
		async open(text) {
			let number = jsonObject(await call("POST", base, [201], text))?.number;
			return typeof number == "number" ? number : 0;
		},
		async change(number, change) {
			await call("PATCH", `${base}/${number}`, [200], change);
		},
		async close(number, reason, comment, text) {
			await call("PATCH", `${base}/${number}`, [200], {
				...text,
				state: "closed",
				state_reason: reason
			}), await call("POST", `${base}/${number}/comments`, [201], { body: comment });
		}
	};
}
const ANY = [
	200,
	400,
	401,
	403,
	404,
	405,
	406,
	410,
	422
];
function oursIn(issue, author, login) {
	let { number, title, body, pull_request, user } = issue, { login: by } = user ?? {}, trusted = by === author || by === `${author}[bot]`, marker = typeof body == "string" ? readMarker(body) : void 0;
	return !trusted || pull_request || !marker || !sameLogin(marker, login) ? [] : [{
		number,
		title: String(title),
		rest: body.slice(marker.length),
		state: marker.state,
		endsAt: marker.endsAt
	}];
}
function troubleOf(error) {
	let { status, waitMs } = error ?? {};
	return waitMs !== void 0 || status === 429 ? "throttled" : status === 410 ? "disabled" : status === 401 || status === 403 || status === 404 ? "forbidden" : "unreachable";
}
function runUrl({ env }) {
	let { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: run } = env;
	return server && repository && run ? `${server}/${repository}/actions/runs/${run}` : void 0;
}
const ENDED = new Set([
	"login-refused",
	"login-ended",
	"login-lost-in-flight"
]), hasEnded = ({ code }, kind) => ENDED.has(code) || code === "credential-ended" && kind === "setup-token";
async function tellIssue(world, inputs, { credential, source }, failure) {
	let { rotateTo, ledgerKey, githubToken, github, account } = inputs, { kind, provider, loginExpiresAt, accessExpiresAt } = credential;
	if (!(rotateTo || kind === "setup-token" || /\bocr1_/.test(ledgerKey?.reveal() ?? "")) || kind === "access" || failure && !hasEnded(failure, kind)) return;
	if (!githubToken || !github.repository) {
		world.runner.warning("`report: issue` needs a repository and `github-token`; nothing was reported.");
		return;
	}
	let endsAt = kind === "login" ? loginExpiresAt : accessExpiresAt, soon = endsAt !== void 0 && endsAt - world.now() < inputs.warnBeforeMs, state = failure ? "ended" : soon ? "ending" : "fine", call = githubApi(world, github.apiUrl, githubToken, inputs.request.userAgent), where = await placeOf(world, inputs, credential), renewed = !failure && (source === "refreshed" || source === "recovered");
	await reportIssue(world, call, github.repository, {
		provider,
		account,
		kind,
		...where,
		state,
		endsAt,
		renewed
	});
}
async function placeOf(world, inputs, { kind, provider }) {
	let { rotateTo, ledgerKey } = inputs;
	if (kind === "setup-token") {
		let { GITHUB_ACTIONS: inActions, GITHUB_WORKFLOW_REF: workflow = "", GITHUB_JOB: job = "" } = world.env;
		return {
			place: inActions ? `${workflow.replace(/@.*/s, "")} ${job}` : "credential",
			label: "the secret that `credential` reads"
		};
	}
	if (ledgerKey) {
		let { openLedger } = await import("./open.mjs"), { label } = await openLedger(world, inputs, provider);
		return {
			place: label,
			label
		};
	}
	return rotateTo ? {
		place: placeOfSecret(storedLocation(rotateTo)),
		label: rotateTo.label
	} : {
		place: "credential",
		label: "the secret that `credential` reads"
	};
}
async function tellEnd(world, inputs, masked, error) {
	let detected = inputs.credential && await recognise(world, inputs, masked).catch(() => void 0), provider = inputs.provider === "auto" ? void 0 : inputs.provider, shared = inputs.ledgerKey && provider && {
		...EMPTY,
		kind: "login",
		provider
	}, login = detected ? detected.credential : inputs.credential ? void 0 : shared;
	login && await tellIssue(world, inputs, {
		credential: login,
		source: "secret"
	}, await toFailure(error, world.env));
}
export { tellEnd, tellIssue };
