import { A as loadProvider, Ct as Failure, Dt as sayKind, Et as livesFor, Ft as sayDuration, It as sayTime, Nt as isoTime, X as sameLocation, _ as recognise, _t as retryAfter, at as HttpFailure, g as maskInputs, h as quietly, kt as Secret, p as whereabouts, vt as parseObject, wt as EMPTY, y as readInputs } from "./common.mjs";
import { t as EXIT } from "./exit-code.mjs";
import { c as knows, n as credentialOf } from "./record.mjs";
import { t as programFiles } from "./machine.mjs";
import { c as isApiProblem, d as sayWhen, i as paint, l as secrets, n as sayUnstored, p as fileLogins, r as unstored, s as records, t as STORE_IT, v as variableLogins } from "./kept-here.mjs";
import { t as awaiting } from "./outside.mjs";
import { n as validate, t as sayVerdict } from "./validate2.mjs";
import { t as UNPROVED } from "./say2.mjs";
import { r as isRoot } from "./session.mjs";
import { t as openShared } from "./shared-envelope.mjs";
import { n as getProxyForUrl } from "./proxy-agent.mjs";
import { t as decoded } from "./userinfo.mjs";
import { n as shadows } from "./shadow2.mjs";
const CLASSES = {
	"input-invalid": EXIT.usage,
	"credential-missing": EXIT.usage,
	"no-login": EXIT.signIn,
	"secret-missing-fork": EXIT.usage,
	"secret-missing-dependabot": EXIT.usage,
	truncated: EXIT.signIn,
	altered: EXIT.signIn,
	"line-break": EXIT.signIn,
	"wrong-kind": EXIT.usage,
	"not-recognised": EXIT.signIn,
	"login-ended": EXIT.signIn,
	"access-ended": EXIT.signIn,
	"ends-soon": EXIT.signIn,
	spent: EXIT.later,
	"proxy-unreachable": EXIT.failure,
	"proxy-refused": EXIT.failure,
	"tls-intercepted": EXIT.failure,
	"tls-invalid": EXIT.failure,
	"clock-skew": EXIT.failure,
	"provider-unreachable": EXIT.later,
	"github-unreachable": EXIT.later,
	"cache-unreachable": EXIT.later,
	revoked: EXIT.signIn,
	"login-refused": EXIT.signIn,
	"scope-missing": EXIT.signIn,
	"not-allowed": EXIT.signIn,
	"usage-limit": EXIT.later,
	throttled: EXIT.later,
	"filtered-agent": EXIT.failure,
	"filtered-address": EXIT.later,
	"request-rejected": EXIT.failure,
	"provider-unclear": EXIT.later,
	"shadowed-variable": EXIT.failure,
	"shadowed-setting": EXIT.failure,
	"keychain-item": EXIT.failure,
	"file-unreadable": EXIT.failure,
	"could-not-store": EXIT.notStored,
	"secret-forbidden": EXIT.notStored,
	"secret-not-found": EXIT.notStored,
	"secret-elsewhere": EXIT.notStored,
	"ledger-forbidden": EXIT.notStored,
	"ledger-unreachable": EXIT.later,
	"ledger-unreadable": EXIT.failure,
	"ledger-empty": EXIT.signIn
}, SUBJECTS = [
	"Settings",
	"Credential",
	"Network",
	"Provider",
	"Ledger",
	"GitHub",
	"Programs"
], ok = (subject, text) => plain(subject, "ok", text), info = (subject, text) => plain(subject, "info", text), plain = (subject, level, text) => ({
	subject,
	level,
	code: void 0,
	text,
	advice: void 0
});
function wrong(subject, code, text, advice, level = "fail") {
	return {
		subject,
		level,
		code,
		text,
		advice
	};
}
const REFRESH = {
	anthropic: "sk-ant-ort01-",
	openai: "rt_",
	custom: ""
}, ACCESS = {
	anthropic: "sk-ant-oat01-",
	openai: "",
	custom: ""
};
function madeUpLogin(world, provider, like = {}) {
	let random = () => `oauth-creds-doctor-${Buffer.from(world.random(54)).toString("base64url")}`, part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url"), access = provider === "openai" ? `${part({ alg: "none" })}.${part({ jti: random() })}.${random()}` : `${ACCESS[provider]}${random()}`;
	return {
		...EMPTY,
		kind: "login",
		provider,
		refresh: new Secret(REFRESH[provider] + random()),
		access: new Secret(access),
		scopes: ["user:profile", "user:inference"],
		clientId: like.clientId,
		clientAuth: like.clientAuth
	};
}
const OTHER_AGENT = "node";
function sayTurnedAway(host, { status, retryAfterMs, agentAlone, agent }) {
	return agentAlone ? wrong("Provider", "filtered-agent", `${host} turns away the user agent “${agent.slice(0, 60)}” (status ${status}), and lets another through.`, `Set \`user-agent: ${OTHER_AGENT}\`, or let the official program renew (\`refresh-with: cli\`).`) : status === 429 ? wrong("Provider", "throttled", `${host} turns us away for too many requests (status 429).${retryAfterMs === void 0 ? "" : ` It asks to wait ${Math.ceil(retryAfterMs / 1e3)} s.`} It did not look at a token.`, "Try again later, not in a loop. Runners share addresses: if it lasts, use another one. No new sign-in would help.") : wrong("Provider", "filtered-address", `Something in front of ${host} turns this machine away (status ${status}), whatever program asks. It did not look at a token.`, "A filter by address or region, most likely: use another runner or network. No new sign-in would help.");
}
const sayUnreachable = (what, reason) => wrong("Provider", "provider-unreachable", `${what} did not answer (${reason}).`, "Check the machine's network, a firewall, HTTPS_PROXY and NO_PROXY; or try again later."), CODES$1 = {
	"cut-off": "truncated",
	"wrong-kind": "wrong-kind",
	revoked: "revoked",
	"scope-missing": "scope-missing",
	"not-allowed": "not-allowed"
};
async function accessToken(world, inputs, net, shown) {
	let { provider, credential } = shown, check = await loadCheck(provider);
	if (!check) return [];
	let { request: settings } = inputs, madeUp = madeUpLogin(world, provider), { url } = check.request(credential ?? madeUp, settings);
	if (!await net.reach(url, "provider")) return [];
	let { host } = new URL(url), last, failed = "timeout", watching = {
		...world,
		async http(request) {
			try {
				return last = await world.http(request);
			} catch (error) {
				throw error instanceof HttpFailure && (failed = error.reason), error;
			}
		}
	}, verdict = await validate(watching, credential ?? madeUp, settings);
	if (!verdict) return [];
	if (verdict.type !== "unknown") return [say$2(verdict, host, credential)];
	if (verdict.status === 0) return [sayUnreachable(host, failed)];
	if (!/^(401|403|404|429)$/.test(String(verdict.status))) return [wrong("Provider", "provider-unclear", `${host} gives no answer about the token (status ${verdict.status}).`, "A fault of the service, most likely. Try again later.")];
	let other = settings.userAgent === "node" ? void 0 : await ask$1(world, check, madeUp, inputs);
	return [sayTurnedAway(host, {
		status: verdict.status,
		retryAfterMs: last && retryAfter(last, world.now()),
		agentAlone: other !== void 0 && other.type !== "unknown",
		agent: settings.userAgent
	})];
}
async function ask$1(world, check, madeUp, { request }) {
	try {
		let answer = await world.http(check.request(madeUp, {
			...request,
			userAgent: OTHER_AGENT
		}));
		return check.interpret(answer, madeUp);
	} catch (error) {
		if (error instanceof HttpFailure) return {
			type: "unknown",
			status: 0
		};
		throw error;
	}
}
async function loadCheck(provider) {
	if (provider === "anthropic") return (await import("./anthropic-check.mjs")).check;
	if (provider === "openai") return (await import("./openai-check.mjs")).check;
}
function say$2(verdict, host, credential) {
	let subject = "Provider";
	if (!credential) return ok(subject, `${host} answers, and refuses a made-up token as it should.`);
	switch (verdict.type) {
		case "valid": return ok(subject, `${host} accepts the ${sayKind(credential)}${verdict.plan ? ` (plan ${verdict.plan})` : ""}.`);
		case "limited": {
			let until = verdict.resetAt === void 0 ? "" : ` until ${sayTime(verdict.resetAt)}`;
			return wrong(subject, "usage-limit", `${host} accepts the ${sayKind(credential)}, but the plan's usage limit is reached${until}.`, "Wait until then, or use another plan. The login is good: a new sign-in would not help.");
		}
		case "refused": {
			let said = sayVerdict(verdict, credential);
			if (said.level !== "failure") throw Error("a refusal is a failure");
			return wrong(subject, CODES$1[verdict.why], said.failure.message, said.failure.advice);
		}
	}
}
const NOTHING_MS = 3e4;
function watchClocks(world) {
	let seen = [];
	return {
		world: {
			...world,
			async http(request) {
				let sent = world.now(), answer = await world.http(request), { date } = answer;
				if (date !== void 0 && URL.canParse(request.url)) {
					let received = world.now(), aheadMs = date > received ? date - received : date < sent - 1e3 ? date - sent : 0;
					seen.push({
						host: new URL(request.url).host,
						aheadMs
					});
				}
				return answer;
			}
		},
		checks: () => sayClocks(seen)
	};
}
function sayClocks(seen) {
	let worst = seen.toSorted((a, b) => Math.abs(b.aheadMs) - Math.abs(a.aheadMs))[0];
	if (!worst) return [];
	let off = Math.abs(worst.aheadMs);
	if (off < NOTHING_MS) return [ok("Network", "The clock of this machine and those of the servers agree.")];
	let right = [...new Set(seen.filter(({ aheadMs }) => Math.abs(aheadMs) < NOTHING_MS).map(({ host }) => host))], side = worst.aheadMs < 0 ? "ahead of" : "behind", but = right.length > 0 ? ` (not so that of ${right.join(", ")}: then it is the server's that is wrong)` : "";
	return [wrong("Network", "clock-skew", `The clock of this machine is ${sayDuration(off)} ${side} that of ${worst.host}${but}.`, "Set the machine's clock (NTP): a token that has ended would be taken for a living one, or the other way round.", off >= 3e5 ? "fail" : "warn")];
}
async function credentialChecks(world, inputs, masked) {
	let raw = inputs.credential?.reveal() ?? "";
	try {
		let detected = await recognise(world, inputs, masked), { credential, notices, warnings } = detected, plan = credential.plan && /^[\w -]{1,32}$/.test(credential.plan) ? `, plan ${credential.plan}` : "", found = [ok("Credential", `It is recognised: ${sayKind(credential)}${plan}.`)], broken = notices.find((notice) => notice.includes("line breaks"));
		broken && found.push(wrong("Credential", "line-break", broken, STORE_AGAIN, "warn"));
		for (let text of warnings) found.push(wrong("Credential", "truncated", text, STORE_AGAIN, "warn"));
		return {
			checks: found,
			detected
		};
	} catch (error) {
		if (!(error instanceof Failure)) throw error;
		return {
			checks: [wrong("Credential", error.code === "credential-is-api-key" ? "wrong-kind" : await classOf(raw.trim()), error.message, error.advice)],
			detected: void 0
		};
	}
}
const STORE_AGAIN = "Here that is repaired; whoever else uses the secret as it is will be refused. Store it again, whole and on one line.";
async function classOf(text) {
	if (text.startsWith("oc1.")) {
		let fields = parseObject(Buffer.from(text.slice(4), "base64url").toString("utf8"));
		return fields ? fields.v === 1 ? "altered" : "not-recognised" : "truncated";
	}
	if (text.startsWith("{")) {
		let fields = parseObject(text);
		if (!fields) return parseObject(text.replace(/[\r\n]+/g, "")) ? "line-break" : text.endsWith("}") ? "altered" : "truncated";
		if (textsIn(fields).some((token) => /^(sk-ant-|rt_|eyJ)\S*\s/.test(token))) return "line-break";
		let { accessToken } = fields.claudeAiOauth ?? {};
		return accessToken === "" ? "login-ended" : "not-recognised";
	}
	let { sayWhatItIs } = await import("./strangers.mjs"), { seen } = sayWhatItIs(text);
	return seen.startsWith("it begins like ") ? "altered" : seen.startsWith("it is a text of ") ? "not-recognised" : "wrong-kind";
}
function textsIn(value) {
	return typeof value == "string" ? [value] : value instanceof Object ? Object.values(value).flatMap(textsIn) : [];
}
const AGAIN = {
	anthropic: "Make a setup token (`claude setup-token`), or sign in once more for CI, and store the result.",
	openai: "Sign in once more for CI (`CODEX_HOME=$(mktemp -d) codex login`), and store its `auth.json`.",
	custom: "Sign in once more, and store the new refresh token."
}, signInAgain = ({ provider }) => AGAIN[provider];
function endChecks(subject, where, credential, { now, warnBeforeMs, lean }) {
	let level = lean ? "warn" : "fail", { kind, provider, accessExpiresAt, loginExpiresAt, scopes, refresh, shared } = credential, name = sayKind(credential), again = signInAgain(credential), found = [];
	if (provider === "anthropic" && scopes && !scopes.includes("user:inference")) {
		let text = `${where}: the ${name} was made without the scope user:inference, so Claude Code says “Not logged in”.`;
		found.push(wrong(subject, "scope-missing", text, again, level));
	}
	if (loginExpiresAt !== void 0 && loginExpiresAt <= now) {
		let text = `${where}: the ${name} ended ${sayWhen(loginExpiresAt, now)}; no renewal moves this end.`;
		return [...found, wrong(subject, "login-ended", text, again, level)];
	}
	if (accessExpiresAt !== void 0 && accessExpiresAt <= now && refresh === void 0 && shared === void 0) {
		let what = kind === "setup-token" ? name : `access token of the ${name}`, advice = kind === "login" ? "Run the workflow that renews it, and let it run more often than an access token lives." : again, text = `${where}: the ${what} ended ${sayWhen(accessExpiresAt, now)}, and nothing here can renew it.`;
		return [...found, wrong(subject, "access-ended", text, advice, level)];
	}
	let end = kind === "login" ? loginExpiresAt : kind === "setup-token" ? accessExpiresAt : void 0;
	if (end !== void 0 && end - now < warnBeforeMs) return [...found, wrong(subject, "ends-soon", `${where}: the ${name} ends ${sayWhen(end, now)}.`, `Before then: ${again}`, "warn")];
	if (found.length > 0) return found;
	let parts = [sayEnd("access token", accessExpiresAt, now)];
	return kind === "login" && parts.push(sayEnd("login", loginExpiresAt, now)), [ok(subject, `${where}: ${parts.join("; ")}.`)];
}
const sayEnd = (what, ms, now) => ms === void 0 ? `the end of the ${what} is not known` : `the ${what} ends ${sayWhen(ms, now)}`, MARKED_WITHIN_MS = 3e3;
async function secretChecks(world, inputs, net, copy, writeProbe) {
	let { rotateTo, accessTo, secretsToken, github } = inputs, places = rotateTo ? [rotateTo, ...accessTo] : accessTo;
	if (!secretsToken || places.length === 0) return writeProbe ? [info("GitHub", "`--write-probe` needs `rotate-to` and `secrets-token`.")] : places.map(({ label }) => info("GitHub", `${capital(label)} was not looked at: \`secrets-token\` is not given.`));
	if (places.some(({ forge }) => !forge) && !await net.reach(github.apiUrl, "github")) return [];
	let scopes, http = async (request) => {
		let answer = await world.http(request);
		return scopes ??= answer.headers["x-oauth-scopes"], answer;
	}, seen = await secrets({
		...world,
		http
	}, inputs), told = /^gh[op]_/.test(secretsToken.reveal()) ? scopes : void 0;
	return (await Promise.all(seen.map(async (secret) => secretCheck(world, inputs, secret, copy, await scopeCheck(told, secret.location), writeProbe)))).flat();
}
async function scopeCheck(scopes, location) {
	if (scopes === void 0 || location.forge) return;
	let { sayScopeless } = await import("./say-problem.mjs"), failure = sayScopeless(scopes, location);
	return failure && sayFailure$1(failure);
}
async function secretCheck(world, inputs, { location, store, meta, failure }, copy, scopeless, writeProbe) {
	if (failure) return [scopeless ?? sayFailure$1(failure)];
	if (!store || !meta) return [info("GitHub", `${capital(location.label)} ${whyNotSeen(location)}`)];
	if (meta.updatedAt === void 0) {
		let blind = location.forge ? void 0 : scopeless ?? await attempt(() => store.publicKey(), location);
		if (blind) return [blind];
		if (!inputs.createSecrets) {
			let { sayNotFound } = await import("./say-problem.mjs"), { message, advice } = sayNotFound(location.label);
			return [wrong("GitHub", "secret-not-found", message, advice)];
		}
	}
	let written = meta.updatedAt === 0 ? "is there" : `was written ${sayWhen(meta.updatedAt, world.now())}`, when = meta.updatedAt === void 0 ? "does not exist yet" : written;
	return [
		ok("GitHub", `${capital(location.label)} ${when}.`),
		...await copyCheck(world, inputs, location, store, meta, copy),
		scopeless ?? await mayWrite(world, location, store, meta, writeProbe)
	];
}
const capital = (label) => `${label[0]?.toUpperCase()}${label.slice(1)}`;
function whyNotSeen({ forge, repository }) {
	return forge === "gitea" ? "was not looked at: Gitea's API does not tell when a secret was written, nor, by itself, which there are. Whether `secrets-token` may write it shows when a run writes it." : repository === "" ? "was not looked at: GITHUB_REPOSITORY names no repository (`NAME@OWNER/REPO` does, too)." : "was not looked at.";
}
async function mayWrite(world, location, store, { updatedAt = 0, date }, writeProbe) {
	if (location.forge) return info("GitHub", "Whether `secrets-token` may write it is not tried on this server.");
	if (!writeProbe) return info("GitHub", "Whether `secrets-token` may write it is not known: `--write-probe` finds out, by a secret beside it.");
	let wait = updatedAt + MARKED_WITHIN_MS + 2e3 - date;
	return wait > 0 && await world.sleep(wait), await attempt(() => store.probe(void 0), location) ?? ok("GitHub", "`secrets-token` may write secrets there: the probe was written.");
}
async function attempt(call, location) {
	try {
		await call();
		return;
	} catch (problem) {
		if (!isApiProblem(problem)) throw problem;
		let { sayProblem } = await import("./say-problem.mjs");
		return sayFailure$1(sayProblem(problem, location));
	}
}
function sayFailure$1({ code, message, advice }) {
	return wrong("GitHub", code === "secret-forbidden" || code === "secret-elsewhere" || code === "secret-not-found" ? code : "github-unreachable", message, advice);
}
async function copyCheck(world, inputs, location, store, meta, { credential, stored }) {
	if (credential?.kind !== "login" || location.accessOnly || location.forge || meta.updatedAt === void 0) return [];
	if (stored && !sameLocation(stored.location, location)) {
		let { sayElsewhere } = await import("./say-problem.mjs"), { message, advice } = sayElsewhere(stored, location);
		return [wrong("GitHub", "secret-elsewhere", message, advice)];
	}
	let spent = (text, level) => wrong("GitHub", "spent", text, "Start a new run: it gets the present copy. A re-run may get this one again.", level), bad = inputs.ledgerKey ? "warn" : "fail", written = sayWhen(meta.updatedAt, world.now());
	if (stored) return meta.updatedAt <= stored.savedAt + 1e4 ? [] : [spent(`This copy of the login is an old one: another job has renewed and stored it, ${written}.`, bad)];
	let probed = await store.probeMeta().then(({ updatedAt }) => updatedAt, () => void 0);
	return probed === void 0 || probed < meta.updatedAt || probed - meta.updatedAt > MARKED_WITHIN_MS ? [] : [spent(`The secret was last written by a job that renewed the login, ${written}; this copy was pasted before.`, bad)];
}
async function ledgerRecords(world, inputs, net, provider) {
	return !inputs.ledgerKey || (inputs.ledger === "git-ref" || inputs.ledger === "auto" && (inputs.ledgerRepository ?? inputs.github.repository)) && !await net.reach(inputs.github.apiUrl, "ledger") ? [] : records(world, inputs, provider);
}
function ledgerChecks(seen, given, proves) {
	let found = seen.flatMap((each) => each.failure ? [sayFailure(each.failure)] : sayRecord(each, given, proves));
	return seen.some(({ seen: record }) => record?.record) ? found.filter(({ code }) => code !== "ledger-empty") : dedupe(found);
}
const dedupe = (checks) => checks.filter(({ code }, at) => code === void 0 || checks.findIndex((other) => other.code === code) === at), CODES = {
	"input-invalid": "input-invalid",
	"program-missing": "ledger-unreachable",
	"ledger-forbidden": "ledger-forbidden",
	"ledger-unreachable": "ledger-unreachable",
	"ledger-unreadable": "ledger-unreadable"
}, sayFailure = ({ code, message, advice }) => wrong("Ledger", CODES[code] ?? "ledger-unreadable", message, advice);
function sayRecord({ label = "", session, seen, provider }, given, proves) {
	let record = seen?.record;
	if (!session || !seen) return [];
	let passedOver = !proves && given !== void 0 && given.generation > 0 && !given.shared, why = `The login in \`credential\` was renewed before: ${UNPROVED}, so it is passed over.`;
	if (!record && passedOver && session.keys.root.length > 0) return [wrong("Ledger", "ledger-empty", `There is no record in the ledger (${label}) yet. ${why}`, "Give the step that renews `rotate-to` and `secrets-token` once.")];
	if (!record) {
		let renews = session.keys.root.length > 0, advice = renews && given?.refresh ? "Run the step that renews once, in a new run: it begins the record with the login in `credential`." : "Run the workflow that renews the login once; or check `account`, `provider` and `ledger-repository`.";
		return [wrong("Ledger", "ledger-empty", `There is no record in the ledger (${label}) yet.`, advice, renews && given?.refresh ? "warn" : "fail")];
	}
	let copy = given && openShared(given, session.keys, session.site).refresh, unknown = copy !== void 0 && isRoot(record) && !knows(record, copy), fresh = unknown && !passedOver;
	if (record.dead) {
		let since = record.dead.at > 0 ? ` since ${isoTime(record.dead.at)}` : "";
		return [wrong("Ledger", record.dead.why === "login-ended" ? "login-ended" : "login-refused", `The provider no longer takes the login in the ledger (${record.dead.why}${since}): it was revoked, has ended, or its refresh token was spent elsewhere. No job asks again.`, fresh ? "The login in `credential` is a fresh sign-in: the next run takes it over." : `${unknown ? `${why} ` : ""}${signInAgain({ provider })} Then start a new run.`, fresh ? "warn" : "fail")];
	}
	let found = [ok("Ledger", `The record (${label}) is readable: generation ${record.generation}.`)];
	if (record.lease && seen.leaseLeftMs > 0) {
		let left = sayDuration(seen.leaseLeftMs);
		found.push(info("Ledger", `${record.lease.owner} is renewing the login, or has it checked out (${left} at most).`));
	}
	return copy && isRoot(record) && !copy.equals(record.refresh) && found.push(unknown ? info("Ledger", passedOver ? why : "The login in `credential` is a fresh sign-in: the next run takes it over.") : info("Ledger", "The copy of the login in `credential` is an older one, known as such: the record's is used.")), found;
}
function issuerOf({ issuer }) {
	let name = [issuer?.O ?? issuer?.CN].flat()[0];
	return typeof name == "string" && /^[\w .,'()&-]{1,60}$/.test(name) ? name : "an authority without a plain name";
}
function isPublic(leaf) {
	let { rootCertificates } = process.getBuiltinModule("node:tls"), { X509Certificate } = process.getBuiltinModule("node:crypto"), chain = [leaf];
	for (let at = leaf; at.issuerCertificate && at.issuerCertificate !== at && chain.length < 10;) at = at.issuerCertificate, chain.push(at);
	let known = new Set(rootCertificates.map((pem) => pem.replace(/-----[A-Z ]+-----|\s/g, "")));
	if (chain.some(({ raw }) => known.has(raw.toString("base64")))) return !0;
	let names = new Set(rootCertificates.map((pem) => new X509Certificate(pem).subject));
	return chain.some(({ raw }) => {
		let { subject, issuer } = new X509Certificate(raw);
		return names.has(subject) || names.has(issuer);
	});
}
async function tryWay(url, timeoutMs) {
	let proxy = getProxyForUrl(url.href), through = proxy && URL.canParse(proxy) ? new URL(proxy) : void 0, tunnel = through && await openTunnel(through, url, timeoutMs);
	return tunnel && !("socket" in tunnel) ? tunnel : shakeHands(url, tunnel, timeoutMs);
}
function openTunnel(through, url, timeoutMs) {
	let proxy = through.host, target = `${url.hostname}:${url.port || 443}`, user = `${decoded(through.username)}:${decoded(through.password)}`, client = through.protocol === "https:" ? process.getBuiltinModule("node:https") : process.getBuiltinModule("node:http");
	return new Promise((resolve) => {
		let request = client.request({
			method: "CONNECT",
			host: through.hostname,
			port: through.port,
			path: target,
			agent: !1,
			timeout: timeoutMs,
			headers: {
				host: target,
				...user !== ":" && { "proxy-authorization": `Basic ${Buffer.from(user).toString("base64")}` }
			}
		}), refused = (answer, socket) => {
			socket.destroy(), resolve({
				type: "proxy-refused",
				proxy,
				status: answer.statusCode ?? 0
			});
		};
		request.on("connect", (answer, socket) => {
			if (answer.statusCode !== 200) return refused(answer, socket);
			socket.setTimeout(0), resolve({
				type: "open",
				socket,
				proxy
			});
		}), request.on("response", (answer) => refused(answer, answer.socket)), request.on("timeout", () => request.destroy(Object.assign(Error(), { code: "timeout" }))), request.on("error", (error) => resolve({
			type: "proxy-unreachable",
			proxy,
			reason: codeOf(error)
		})), request.end();
	});
}
function shakeHands(url, tunnel, timeoutMs) {
	let { connect } = process.getBuiltinModule("node:tls"), { isIP } = process.getBuiltinModule("node:net"), host = url.hostname.replace(/^\[|\]$/g, ""), proxy = tunnel?.proxy;
	return new Promise((resolve) => {
		let socket = connect({
			...tunnel ? { socket: tunnel.socket } : { port: Number(url.port || 443) },
			host,
			...isIP(host) === 0 && { servername: host },
			rejectUnauthorized: !1
		}), end = (way) => {
			resolve(way), socket.destroy(), tunnel?.socket.destroy();
		};
		socket.setTimeout(timeoutMs, () => end({
			type: "unreachable",
			reason: "timeout"
		})), socket.on("error", (error) => end({
			type: "unreachable",
			reason: codeOf(error)
		})), socket.on("close", () => end({
			type: "unreachable",
			reason: "closed"
		})), socket.once("secureConnect", () => {
			let chain = socket.getPeerCertificate(!0), issuer = issuerOf(chain), reason = socket.authorizationError;
			if (socket.authorized) return end({
				type: "open",
				proxy,
				issuer,
				known: isPublic(chain)
			});
			end({
				type: "untrusted",
				issuer,
				proxy,
				reason: typeof reason == "string" ? reason : codeOf(reason)
			});
		});
	});
}
const codeOf = (error) => {
	let code = error?.code;
	return typeof code == "string" ? code : "connection failed";
}, PUBLIC = /(^|\.)(anthropic\.com|claude\.com|openai\.com|chatgpt\.com|api\.github\.com)$/;
function network(timeoutMs) {
	let ways = new Map(), checks = [];
	return {
		checks,
		reach(address, whose) {
			let url = new URL(address), asked = ways.get(url.origin);
			if (asked) return asked;
			let reached = tryIt(url);
			return ways.set(url.origin, reached), reached;
			async function tryIt({ protocol, host }) {
				if (protocol !== "https:") return !0;
				let way = await tryWay(url, timeoutMs);
				return checks.push(say$1(way, host, whose)), way.type === "open";
			}
		}
	};
}
const BETWEEN = "Whoever holds that authority reads what is sent, tokens too. If it is your company's, ask that this host be left out; if nobody knows it, do not send a login over this network.";
function say$1(way, host, whose) {
	switch (way.type) {
		case "open": {
			let by = way.proxy ? ` through the proxy ${way.proxy}` : "";
			return !PUBLIC.test(host) || way.known ? ok("Network", `${host} is reached${by}.`) : wrong("Network", "tls-intercepted", `${host} is reached${by}, but with a certificate that was signed by ${way.issuer}, which is trusted on this machine only.`, BETWEEN, "warn");
		}
		case "proxy-unreachable": return wrong("Network", "proxy-unreachable", `The proxy ${way.proxy}, which HTTPS_PROXY or ALL_PROXY names, does not answer (${way.reason}).`, "Correct the variable, or start the proxy. Hosts that need none belong in NO_PROXY.");
		case "proxy-refused": {
			let needs = way.status === 407 ? "It wants a user and a password (`http://user:password@host`)." : "";
			return wrong("Network", "proxy-refused", `The proxy ${way.proxy} does not let us through to ${host} (status ${way.status}).`, needs || `Ask that it allow ${host}, or name the host in NO_PROXY if it can be reached without.`);
		}
		case "untrusted": return sayUntrusted(way, host);
		case "unreachable": return wrong("Network", {
			provider: "provider-unreachable",
			github: "github-unreachable",
			ledger: "ledger-unreachable"
		}[whose], `${host} could not be reached (${way.reason}).`, "Check the machine's network, name resolution and firewall, and HTTPS_PROXY if it needs a proxy; or try again later.");
	}
}
const UNKNOWN_AUTHORITY = /^(SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_(GET_ISSUER_CERT(_LOCALLY)?|VERIFY_LEAF_SIGNATURE))$/;
function sayUntrusted({ reason, issuer, proxy }, host) {
	let by = proxy ? ` through the proxy ${proxy}` : "";
	if (UNKNOWN_AUTHORITY.test(reason)) return wrong("Network", "tls-intercepted", `What answers for ${host}${by} has a certificate that was signed by ${issuer}, which nobody here trusts (${reason}).`, `A proxy that reads TLS, most likely. ${BETWEEN} To trust it all the same: its certificate in NODE_EXTRA_CA_CERTS.`);
	let dates = /EXPIRED|NOT_YET_VALID/.test(reason);
	return wrong("Network", "tls-invalid", `The certificate of ${host}${by} is not valid (${reason}); it was signed by ${issuer}.`, dates ? "Check the clock of this machine first; otherwise it is the server that has to be mended." : "Another server answers under this name: check the address, the proxy, and what the name resolves to.");
}
async function cacheChecks(env, answers) {
	let subject = "GitHub";
	if (env.GITHUB_ACTIONS !== "true") return [];
	let address = env.ACTIONS_RESULTS_URL || env.ACTIONS_CACHE_URL;
	if (!address || !URL.canParse(address)) return [info(subject, "The job's cache is not looked at: steps with `run:` are not told where it is.")];
	let failed = await answers(address);
	return failed === void 0 ? [ok(subject, "The job's cache service answers.")] : [wrong(subject, "cache-unreachable", `The job's cache service does not answer (${failed}).`, "What cannot be stored anywhere else could not be kept there either. On your own runner, allow it to reach the cache service.", "warn")];
}
const OWN = {
	anthropic: "claude",
	openai: "codex",
	custom: void 0
};
async function programChecks(world, inputs, files, given) {
	let own = given && OWN[given.provider], named = inputs.targets.length > 0 ? inputs.targets : own ? [{ name: own }] : [], isNamed = (program) => named.some(({ name }) => name === program), present = new Set(files.filter(({ state }) => state !== "missing").map(({ program }) => program)), looked = files.filter(({ program }) => isNamed(program) || present.has(program)), found = files.flatMap((file) => fileChecks(file, given));
	return found.push(...shadowChecks(world, inputs, looked, named, given), ...brokenVariable(world)), (isNamed("claude") || present.has("claude")) && found.push(...await keychain(world)), found;
}
function shadowChecks(outside, inputs, looked, named, given) {
	let read = (file) => quietly(() => outside.files.read(file)), workspace = outside.env.GITHUB_WORKSPACE || process.cwd(), env = {
		...outside.env,
		GITHUB_WORKSPACE: workspace
	}, world = {
		...outside,
		env,
		files: {
			...outside.files,
			read
		}
	}, texts = new Map(), isNamed = (program) => named.some(({ name }) => name === program), alsoClaude = looked.some(({ program }) => program === "claude") ? [{ name: "claude" }] : [];
	for (let text of shadowsOf(world, inputs, alsoClaude)) texts.set(text, "warn");
	for (let text of shadowsOf(world, inputs, named)) texts.set(text, "fail");
	for (let { program, target, path } of looked) {
		let where = {
			...whereabouts(world, inputs),
			env: world.env
		}, slot = given && isNamed(program) ? {
			provider: given.provider,
			account: inputs.account
		} : void 0, says = target.shadows?.(where, read, path, slot) ?? [];
		for (let text of says) texts.set(text, isNamed(program) ? "fail" : "warn");
	}
	return [...texts].map(([text, level]) => sayShadow(text, level));
}
function shadowsOf(world, inputs, named) {
	let env = named.map((target) => target.name === "env" && target.variable === void 0 ? {
		...target,
		variable: "CLAUDE_CODE_OAUTH_TOKEN"
	} : target);
	return named.length > 0 ? shadows(world, {
		...inputs,
		targets: env
	}) : [];
}
function sayShadow(text, level) {
	let [, what = text, advice = "Change that setting."] = /^(.+\.) ([A-Z].+)$/s.exec(text) ?? [];
	return wrong("Programs", text.startsWith("The variable ") ? "shadowed-variable" : "shadowed-setting", what, advice, level);
}
function fileChecks({ program, path, state, logins }, given) {
	let level = given ? "warn" : "fail";
	if (state === "missing") return [];
	if (state !== "read") {
		let why = state === "closed" ? "cannot be read by this user" : "is damaged: its program cannot read it either", advice = state === "closed" ? "Give it to this user (mode 0600)." : "Sign in to that program again, or remove the file.";
		return [wrong("Programs", "file-unreadable", `${program}: ${path} ${why}.`, advice, level)];
	}
	return logins.flatMap(({ slot, credential, ended }) => credential ? given ? [ok("Programs", `${program}: ${path} holds a ${sayKind(credential)}.`)] : [] : [wrong("Programs", "login-ended", `${program}: ${path} holds a login that ${ended ? "its program has marked as ended" : "has no token left"}.`, signInAgain(slot), level)]);
}
async function keychain(world) {
	if (world.platform !== "darwin") return [];
	try {
		return await (await import("./keychain.mjs")).refuseKeychainItem(world), [];
	} catch (error) {
		if (!(error instanceof Failure)) throw error;
		return [wrong("Programs", "keychain-item", error.message, error.advice)];
	}
}
function brokenVariable({ env }) {
	return /\s/.test((env.CLAUDE_CODE_OAUTH_TOKEN ?? "").trim()) ? [wrong("Programs", "line-break", "The variable CLAUDE_CODE_OAUTH_TOKEN holds a line break or a space inside the token: Claude Code cannot send it.", "Store the token again, whole and on one line.")] : [];
}
const MARKS = {
	ok: ["✓", "green"],
	info: ["·", "dim"],
	warn: ["!", "yellow"],
	fail: ["✗", "red"]
}, WORST = [
	EXIT.usage,
	EXIT.signIn,
	EXIT.notStored,
	EXIT.failure,
	EXIT.later
];
function first(checks) {
	let shown = inOrder(checks), failing = shown.filter(({ level }) => level === "fail");
	return WORST.map((exit) => failing.find(({ code }) => code && CLASSES[code] === exit)).find((check) => check !== void 0) ?? shown.find(({ level }) => level === "warn");
}
function exitOf(checks) {
	let worst = first(checks);
	return worst?.level === "fail" && worst.code ? CLASSES[worst.code] : EXIT.done;
}
function asText(checks) {
	let all = inOrder(checks);
	return [...SUBJECTS.flatMap((subject) => {
		let own = all.filter((check) => check.subject === subject);
		return own.length > 0 ? [`${paint("bold", subject)}\n${own.map(sayCheck).join("\n")}`] : [];
	}), sayFirst(first(checks))].join("\n\n");
}
function sayCheck({ level, code, text, advice }) {
	let [mark, tone] = MARKS[level], lines = [`  ${paint(tone, mark)} ${text}${code ? ` ${paint("dim", `[${code}]`)}` : ""}`];
	return advice && lines.push(`    ${paint("dim", "→")} ${advice}`), lines.join("\n");
}
function sayFirst(check) {
	return check ? `${check.level === "fail" ? "First" : "Nothing fails. To look at"}: ${check.advice ?? check.text} [${check.code}]` : "Nothing is wrong, as far as can be seen from here.";
}
function asData(checks) {
	let worst = first(checks);
	return {
		checks: inOrder(checks).map(({ subject, level, code, text, advice }) => ({
			subject: subject.toLowerCase(),
			level,
			code: code ?? null,
			text,
			advice: advice ?? null
		})),
		first: worst?.code ?? null,
		exitCode: exitOf(checks)
	};
}
const inOrder = (checks) => SUBJECTS.flatMap((subject) => {
	let own = checks.filter((check) => check.subject === subject);
	return own.filter(({ text }, at) => own.findIndex((other) => other.text === text) === at);
});
async function settingsChecks(env) {
	let inputs;
	try {
		return inputs = readInputs(env, "post"), readInputs(env), {
			checks: [ok("Settings", "Every setting is understood.")],
			inputs
		};
	} catch (error) {
		if (!isInputProblems(error)) throw error;
		let problems = error.problems.filter(([kind, name]) => kind !== "missing" || name !== "credential"), { explainProblems } = await import("./input-help.mjs"), checks = problems.map((problem) => sayProblem(explainProblems([problem], env)));
		return {
			checks: checks.length > 0 ? checks : [ok("Settings", "Every setting is understood.")],
			inputs
		};
	}
}
const isInputProblems = (error) => error instanceof Error && error.name === "InputProblems", sayProblem = ({ message, advice }) => wrong("Settings", "input-invalid", message, advice);
function missingCredential(world, others) {
	let { env } = world;
	return env.GITHUB_ACTIONS === "true" ? env.GITHUB_ACTOR === "dependabot[bot]" ? wrong("Credential", "secret-missing-dependabot", "`credential` is empty, and this run belongs to Dependabot, which sees Dependabot secrets only.", "Let such runs go on without a login (`if-no-credential: skip`). Do not store a login as a Dependabot secret: a second copy that can be renewed would end the first.") : isFromFork(world) ? wrong("Credential", "secret-missing-fork", "`credential` is empty, and this is a pull request from a fork, which gets no secrets.", "Let such runs go on without a login (`if-no-credential: skip`), and do the work that needs one after the merge.") : wrong("Credential", "credential-missing", "`credential` is empty. The secret may not exist in this repository, or under another name.", "Check its name (`gh secret list`), that a reusable workflow is called with `secrets: inherit`, and that the job names the `environment` whose secret it is.") : others ? info("Credential", "None was given (`--credential`): what is stored on this machine is looked at.") : wrong("Credential", "no-login", "There is no login: none was given, and no program of this machine has one.", "Sign in: `oauth-creds login anthropic` or `oauth-creds login openai`.");
}
function isFromFork({ env, files }) {
	if (!/^pull_request(_review|_review_comment)?$/.test(env.GITHUB_EVENT_NAME ?? "")) return !1;
	let path = env.GITHUB_EVENT_PATH, { head, base } = (path ? parseObject(files.read(path) ?? "") : void 0)?.pull_request ?? {};
	return !head || !base ? !1 : head.repo?.full_name !== base.repo?.full_name;
}
async function tokenEndpoint(world, inputs, provider, net, like) {
	let { request: settings } = inputs;
	if (provider === "custom" && !settings.tokenUrl) return [];
	let protocol = await loadProvider(provider), credential = madeUpLogin(world, provider, like), asking = {
		credential,
		settings
	}, { url } = protocol.refreshRequest(credential, settings);
	if (!await net.reach(url, "provider")) return [];
	let { host } = new URL(url), outcome = await ask(world, protocol, asking);
	if (outcome.type !== "throttled") return [say(outcome, host, inputs)];
	let other = await ask(world, protocol, {
		...asking,
		settings: {
			...settings,
			userAgent: OTHER_AGENT
		}
	}), agentAlone = settings.userAgent !== "node" && (other.type === "refused" || other.type === "mistake");
	return [sayTurnedAway(host, {
		...outcome,
		agentAlone,
		agent: settings.userAgent
	})];
}
async function ask(world, protocol, asking) {
	try {
		let answer = await world.http(protocol.refreshRequest(asking.credential, asking.settings)), outcome = protocol.interpret(answer, world.now()), better = outcome.type === "mistake" ? protocol.amend?.(asking, outcome.error) : void 0;
		return better ? await ask(world, protocol, better) : outcome;
	} catch (error) {
		if (error instanceof HttpFailure) return {
			type: "not-sent",
			reason: error.reason
		};
		throw error;
	}
}
function say(outcome, host, { provider }) {
	switch (outcome.type) {
		case "refused":
		case "attention": return ok("Provider", `The token endpoint ${host} answers, and refuses a made-up token as it should.`);
		case "not-sent": return sayUnreachable(`The token endpoint ${host}`, outcome.reason);
		case "refreshed": return wrong("Provider", "request-rejected", `The token endpoint ${host} gives tokens for a refresh token that was made up: it is none.`, "Correct `token-url`: a real refresh token must not be sent there.");
		case "mistake": return wrong("Provider", "request-rejected", `The token endpoint ${host} does not take our request, before it looks at the token (${outcome.error}).`, provider === "custom" ? "Compare `token-url`, `client-id`, `client-secret`, `scope` and `request-format` with the server's documentation." : "Leave out `client-id`, `scope`, `token-url` and `request-format`; if none is set, please report it.");
		case "ambiguous": return wrong("Provider", "provider-unclear", `The token endpoint ${host} gives no clear answer (${outcome.reason}).`, "A fault of the service, most likely: nothing is sent there while that lasts, if you can help it. Try again later.");
	}
}
function unstoredChecks(world, inputs, all) {
	let { logins, failure } = unstored(world, inputs);
	return failure ? [wrong("Credential", "file-unreadable", failure.message, failure.advice, "warn")] : logins.filter(({ opens }) => all || opens).map((login) => wrong("Credential", "could-not-store", sayUnstored(login), STORE_IT, login.atWork ? "warn" : "fail"));
}
async function run({ world: given, terminal, flags }) {
	let masked = await maskInputs(given), settings = await settingsChecks(given.env), outside = awaiting(given, terminal.log), wanted = {
		writeProbe: flags["write-probe"] === !0,
		programs: flags.programs !== !1
	};
	try {
		let { inputs } = settings, more = inputs ? await examine(outside, inputs, masked, wanted) : [], checks = [...settings.checks, ...more];
		return terminal.answer(asText(checks), asData(checks)), exitOf(checks);
	} finally {
		outside.end();
	}
}
async function examine(outside, inputs, masked, wanted) {
	let { world, checks: clocks } = watchClocks(outside), net = network(inputs.request.timeoutMs), found = [], files = wanted.programs ? await programFiles(world, inputs) : [], local = wanted.programs ? [...await variableLogins(world, inputs), ...fileLogins(world, files)] : [], pasted = inputs.credential ? await credentialChecks(world, inputs, masked) : void 0, given = pasted?.detected?.credential;
	pasted && found.push(...pasted.checks), found.push(...unstoredChecks(world, inputs, wanted.programs));
	let seen = await ledgerRecords(world, inputs, net, given?.provider);
	found.push(...ledgerChecks(seen, given, inputs.rotateTo !== void 0 && inputs.secretsToken !== void 0));
	let patients = given ? [{
		subject: "Credential",
		where: "`credential`",
		credential: given
	}] : [];
	for (let { seen: record } of seen) record?.record && !record.record.dead && patients.push({
		subject: "Ledger",
		where: "The record",
		credential: credentialOf(record.record)
	});
	let locally = local.flatMap(({ credential, program, where }) => credential ? [{
		subject: "Programs",
		where: program ? `${program} (${where})` : `The variable ${where}`,
		credential
	}] : []);
	!inputs.credential && !inputs.ledgerKey && (patients.push(...locally), found.push(missingCredential(world, local.length > 0)));
	let now = world.now(), { warnBeforeMs } = inputs;
	for (let { subject, where, credential } of patients) {
		let shared = inputs.ledgerKey !== void 0 && subject === "Credential";
		found.push(...endChecks(subject, where, credential, {
			now,
			warnBeforeMs,
			lean: shared
		}));
	}
	let copy = {
		credential: given,
		stored: pasted?.detected?.stored
	}, [asked, github, programs, cache] = await Promise.all([
		askProviders(world, inputs, net, patients),
		secretChecks(world, inputs, net, copy, wanted.writeProbe),
		wanted.programs ? programChecks(world, inputs, files, given) : [],
		cacheChecks(world.env, (url) => answers(world, inputs, url))
	]);
	return [
		...found,
		...net.checks,
		...clocks(),
		...asked,
		...github,
		...cache,
		...programs
	];
}
async function askProviders(world, inputs, net, patients) {
	let credentials = patients.map(({ credential }) => credential), named = inputs.provider === "auto" ? [] : [inputs.provider], providers = new Set(credentials.length > 0 ? credentials.map(({ provider }) => provider) : named), shows = inputs.validate === "online" || (world.env.INPUT_VALIDATE ?? "") === "", found = [];
	for (let provider of providers) {
		let own = credentials.filter((credential) => credential.provider === provider), login = own.find(({ kind }) => kind === "login");
		(login || own.length === 0) && found.push(tokenEndpoint(world, inputs, provider, net, login));
		let alive = shows ? own.filter((credential) => livesFor({
			...credential,
			kind: "access"
		}, 0, world.now())) : [], distinct = new Map(alive.map((credential) => [credential.access?.reveal(), credential]));
		distinct.size === 0 && found.push(accessToken(world, inputs, net, {
			provider,
			credential: void 0
		}));
		for (let credential of distinct.values()) found.push(accessToken(world, inputs, net, {
			provider,
			credential
		}));
	}
	return (await Promise.all(found)).flat();
}
async function answers(world, { request }, url) {
	try {
		let headers = { "user-agent": request.userAgent };
		await world.http({
			method: "GET",
			url,
			headers,
			timeoutMs: Math.min(request.timeoutMs, 1e4)
		});
		return;
	} catch (error) {
		if (error instanceof HttpFailure) return error.reason;
		throw error;
	}
}
export { run };
