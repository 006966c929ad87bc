import { Dt as sayKind, Et as livesFor, It as sayTime, g as maskInputs, y as readInputs } from "./common.mjs";
import { t as EXIT } from "./exit-code.mjs";
import { t as programFiles } from "./machine.mjs";
import { _ as stateOf, a as table, d as sayWhen, f as accountOf, g as shown, h as recordLogins, i as paint, l as secrets, m as givenLogin, n as sayUnstored, o as widthOf, p as fileLogins, r as unstored, s as records, t as STORE_IT, u as isoOrNull, v as variableLogins } from "./kept-here.mjs";
import { n as until, t as awaiting } from "./outside.mjs";
import { n as validate } from "./validate2.mjs";
const WHY = {
	"cut-off": "it looks cut off, or changed on its way",
	"wrong-kind": "it is another kind of token",
	revoked: "it was revoked, or has ended",
	"scope-missing": "it was made without the scope user:inference",
	"not-allowed": "its account or organisation may not use it"
};
function asker(world, settings) {
	let asked = new Map();
	return (credential) => {
		let name = `${credential.provider} ${credential.access?.reveal() ?? ""}`, answer = asked.get(name) ?? ask(world, settings, credential);
		return asked.set(name, answer), answer;
	};
}
async function ask(world, settings, credential) {
	let unknown = (why) => ({
		type: "unknown",
		why,
		plan: void 0
	});
	if (credential.provider === "custom") return unknown("no request is known that would show it");
	if (!credential.access) return unknown("there is no access token to show");
	if (!livesFor({
		...credential,
		kind: "access"
	}, 0, world.now())) return unknown("the access token has ended");
	let verdict = await validate(world, credential, settings);
	return verdict ? read(verdict) : unknown("nobody can be asked");
}
function read(verdict) {
	switch (verdict.type) {
		case "valid": return {
			type: "validated",
			why: void 0,
			plan: verdict.plan
		};
		case "limited": return {
			type: "validated",
			why: `the plan's usage limit is reached${verdict.resetAt === void 0 ? "" : ` until ${sayTime(verdict.resetAt)}`}`,
			plan: void 0
		};
		case "refused": return {
			type: "refused",
			why: WHY[verdict.why],
			plan: void 0
		};
		case "unknown": return {
			type: "unknown",
			why: verdict.status === 0 ? "no answer" : `turned away with status ${verdict.status}`,
			plan: void 0
		};
	}
}
const HEAD = [
	"WHERE",
	"WHAT",
	"ACCOUNT",
	"PLAN",
	"ACCESS TOKEN ENDS",
	"LOGIN ENDS",
	"STATE"
];
function asText(report, env) {
	let width = widthOf(env);
	return [
		report.logins.length > 0 ? table(HEAD, report.logins.map((login) => rowOf(login, report.now, env.HOME)), width) : "No login was found.",
		...sayKept(report.unstored),
		...sayRecords(report.records),
		...report.secrets.length > 0 ? [table(["SECRET", "STATE"], report.secrets.map((secret) => secretRow(secret, report.now)), width)] : [],
		...sayMissing(report.files),
		...sayKeychain(report.keychain),
		...report.asked ? [providersOf(report).map(([name, state, tone]) => `${name.padEnd(9)}  ${paint(tone, state)}`).join("\n")] : [],
		...report.logins.length > 0 || report.keychain !== void 0 ? [] : ["Sign in: `oauth-creds login anthropic` or `oauth-creds login openai`."]
	].join("\n\n");
}
function rowOf(login, now, home) {
	let { credential, profile } = login, where = `${home && login.where.startsWith(`${home}/`) ? `~${login.where.slice(home.length)}` : login.where}`, account = credential && accountOf(credential);
	return {
		cells: [
			profile === void 0 ? where : `${where} (${profile})`,
			credential ? sayKind(credential) : "",
			account === void 0 ? "" : account.length > 12 ? `${account.slice(0, 8)}…` : account,
			planOf(login) ?? "",
			credential ? sayWhen(credential.accessExpiresAt, now) : "",
			credential?.kind === "login" ? sayWhen(credential.loginExpiresAt, now) : "",
			sayState(login)
		],
		tone: toneOf(login)
	};
}
const planOf = ({ credential, answer }) => {
	let plan = answer?.plan ?? credential?.plan;
	return plan === void 0 ? void 0 : shown(plan);
}, PLAIN = {
	usable: "stored",
	renewable: "stored, to be renewed",
	ended: "ended",
	unusable: "not usable"
};
function sayState({ state, answer, note }) {
	let stored = answer && state === "usable" ? sayAnswer(answer) : PLAIN[state];
	return note === void 0 ? stored : `${stored}: ${note}`;
}
function sayAnswer({ type, why }) {
	return type === "validated" ? why === void 0 ? "ready (validated)" : `ready (validated), but ${why}` : `stored (validation failed: ${why})`;
}
function toneOf({ state, answer }) {
	return state === "ended" || state === "unusable" || answer?.type === "refused" ? "red" : answer?.type === "unknown" || answer?.why !== void 0 || state === "renewable" ? "yellow" : "green";
}
function sayKept({ logins, failure }) {
	return failure ? [paint("yellow", failure.explain())] : logins.map((login) => `${paint("red", sayUnstored(login))} ${STORE_IT}`);
}
function sayRecords(records) {
	let none = records.filter(({ seen }) => seen && !seen.record);
	return none.length === 0 || none.length < records.length ? [] : [`No record in the ledger: ${none.map(({ label }) => label).join(", ")}.`];
}
function sayMissing(files) {
	let none = files.filter(({ state, logins }) => state === "missing" || state === "read" && logins.length === 0);
	return none.length > 0 ? [paint("dim", `No login in the file of: ${none.map(({ program }) => program).join(", ")}.`)] : [];
}
function sayKeychain(item) {
	return item === void 0 ? [] : [paint("yellow", `The Keychain of this Mac holds a login of Claude Code (“${item}”), which the program prefers to its file. It is not read here.`)];
}
function secretRow({ location, meta, failure }, now) {
	if (failure) return {
		cells: [location.label, `not known: ${failure.explain()}`],
		tone: "yellow"
	};
	if (!meta) {
		let needs = location.repository === "" ? "GITHUB_REPOSITORY names no repository" : location.forge === "gitea" ? "Gitea does not tell" : "`secrets-token` is not given";
		return {
			cells: [location.label, `not asked: ${needs}`],
			tone: "dim"
		};
	}
	if (meta.updatedAt === void 0) return {
		cells: [location.label, "missing"],
		tone: "red"
	};
	let written = meta.updatedAt > 0 ? `, written ${sayWhen(meta.updatedAt, now)}` : "";
	return {
		cells: [location.label, `stored${written}`],
		tone: "green"
	};
}
function providersOf({ logins }) {
	return [
		"anthropic",
		"openai",
		...logins.some(({ credential }) => credential?.provider === "custom") ? ["custom"] : []
	].map((name) => {
		let own = logins.filter(({ credential }) => credential?.provider === name), best = RANK.map((fits) => own.find(fits)).find((login) => login !== void 0);
		return best ? [
			name,
			sayState({
				...best,
				note: void 0
			}),
			toneOf(best)
		] : [
			name,
			"missing",
			"dim"
		];
	});
}
const RANK = [
	({ answer }) => answer?.type === "validated",
	({ state }) => state === "renewable",
	({ answer, state }) => answer?.type === "unknown" && state === "usable",
	({ answer }) => answer?.type === "refused",
	() => !0
];
function asData(report) {
	return {
		logins: report.logins.map((login) => {
			let { credential, answer, place, where, program, profile, state, note } = login;
			return {
				place,
				where,
				program: program ?? null,
				profile: profile ?? null,
				provider: credential?.provider ?? null,
				kind: credential?.kind ?? null,
				account: (credential && accountOf(credential)) ?? null,
				plan: planOf(login) ?? null,
				generation: credential?.kind === "login" ? credential.generation : null,
				renewable: !!(credential?.refresh ?? credential?.shared),
				accessEndsAt: isoOrNull(credential?.accessExpiresAt),
				loginEndsAt: isoOrNull(credential?.loginExpiresAt),
				state,
				note: note ?? null,
				validation: answer ? {
					result: answer.type,
					why: answer.why ?? null
				} : null
			};
		}),
		ledger: report.records.map(({ provider, label, seen, failure }) => ({
			provider,
			where: label ?? null,
			state: failure ? "unknown" : seen?.record ? "stored" : "missing",
			code: failure?.code ?? null,
			generation: seen?.record?.generation ?? null,
			heldBy: seen?.record?.lease && seen.leaseLeftMs > 0 ? seen.record.lease.owner : null,
			dead: seen?.record?.dead?.why ?? null
		})),
		secrets: report.secrets.map(({ location, meta, failure }) => ({
			where: location.label,
			repository: location.repository || null,
			state: meta ? meta.updatedAt === void 0 ? "missing" : "stored" : "unknown",
			updatedAt: isoOrNull(meta?.updatedAt || void 0),
			code: failure?.code ?? null
		})),
		unstored: report.unstored.logins.map(({ folder, account, begun, opens }) => ({
			folder,
			account: account ?? null,
			renewedAfter: isoOrNull(begun),
			opens
		})),
		files: report.files.map(({ program, path, state }) => ({
			program,
			path,
			state
		})),
		keychain: report.keychain ?? null,
		...report.asked && { providers: providersOf(report).map(([name, state]) => ({
			name,
			state
		})) }
	};
}
async function run({ world: given, terminal }) {
	let masked = await maskInputs(given), inputs = readInputs(given.env, "post"), world = awaiting(until(given, given.now() + inputs.request.timeoutMs), terminal.log);
	try {
		let credential = await givenLogin(world, inputs, masked), [files, keychain, variables, inLedger, places] = await Promise.all([
			programFiles(world, inputs),
			keychainOf(world),
			variableLogins(world, inputs),
			inputs.ledgerKey ? records(world, inputs, credential?.login.credential?.provider) : [],
			secrets(world, inputs)
		]), logins = [
			...credential ? [credential.login] : [],
			...recordLogins(inLedger),
			...variables,
			...fileLogins(world, files)
		], ask = inputs.validate === "online" ? asker(world, inputs.request) : void 0, now = world.now(), all = {
			logins: await Promise.all(logins.map((login) => report(login, now, ask))),
			files,
			keychain,
			records: inLedger,
			secrets: places,
			unstored: unstored(world, inputs),
			asked: ask !== void 0,
			now
		};
		return terminal.answer(asText(all, world.env), asData(all)), exitOf(all, inLedger);
	} finally {
		world.end();
	}
}
async function report(login, now, ask) {
	let { credential } = login;
	return {
		...login,
		state: stateOf(login, now),
		answer: credential && await ask?.(credential)
	};
}
async function keychainOf(world) {
	return world.platform === "darwin" ? (await import("./keychain.mjs")).keychainItem(world) : void 0;
}
function exitOf({ logins, keychain, secrets: places }, inLedger) {
	let usable = logins.some(({ state, answer }) => state === "renewable" || state === "usable" && (!answer || answer.type === "validated")), unseen = keychain !== void 0 || places.some(({ meta }) => meta?.updatedAt !== void 0);
	return usable || logins.length === 0 && unseen ? EXIT.done : logins.some(({ state, answer }) => state === "usable" && answer?.type === "unknown") || inLedger.some(({ failure }) => failure?.code === "ledger-unreachable") || logins.length === 0 && places.some(({ failure }) => failure?.code === "github-unreachable") ? EXIT.later : EXIT.signIn;
}
export { run };
