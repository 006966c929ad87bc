import { At as secretOf, Ct as Failure, Et as livesFor, Ft as sayDuration, It as sayTime, Nt as isoTime, Ot as tokensOf, _ as recognise, j as openStore, z as maskSecrets } from "./common.mjs";
import { r as isAtWork, s as unsettled, t as here } from "./here.mjs";
import { t as keyOf } from "./earlier.mjs";
import { n as credentialOf } from "./record.mjs";
import { i as look, s as openSession } from "./session.mjs";
import { t as withScratch } from "./scratch.mjs";
async function givenLogin(world, inputs, masked) {
	if (!inputs.credential) return;
	let place = {
		place: "credential",
		where: "credential",
		program: void 0,
		profile: void 0
	};
	try {
		let { credential, stored } = await recognise(world, inputs, masked);
		return {
			login: {
				...place,
				credential,
				note: void 0
			},
			stored
		};
	} catch (error) {
		if (!(error instanceof Failure)) throw error;
		return {
			login: {
				...place,
				credential: void 0,
				note: `${error.message} [${error.code}]`
			},
			stored: void 0
		};
	}
}
const TOKEN_VARIABLES = ["CLAUDE_CODE_OAUTH_TOKEN", "ANTHROPIC_OAUTH_TOKEN"];
async function variableLogins(world, inputs) {
	let logins = [];
	for (let where of TOKEN_VARIABLES) {
		let credential = secretOf(world.env[where]?.trim());
		if (!credential) continue;
		let place = {
			place: "variable",
			where,
			program: void 0,
			profile: void 0
		};
		try {
			let asGiven = {
				...inputs,
				credential,
				provider: "auto",
				credentialExpiresAt: void 0
			}, found = await recognise(world, asGiven, new Set());
			logins.push({
				...place,
				credential: found.credential,
				note: void 0
			});
		} catch (error) {
			if (!(error instanceof Failure)) throw error;
			logins.push({
				...place,
				credential: void 0,
				note: `it holds no token that we know [${error.code}]`
			});
		}
	}
	return logins;
}
function fileLogins(world, files) {
	return files.flatMap(({ program, path, state, logins }) => {
		let place = {
			place: "file",
			where: path,
			program
		}, none = {
			...place,
			profile: void 0,
			credential: void 0
		};
		return state === "closed" ? [{
			...none,
			note: "it cannot be read by this user"
		}] : state === "broken" ? [{
			...none,
			note: "it is damaged: its program cannot read it either"
		}] : logins.map(({ slot, credential, ended }) => {
			credential && maskSecrets(world.runner, tokensOf(credential));
			let profile = slot.account === "default" && logins.length === 1 ? void 0 : shown(slot.account), note = credential ? void 0 : ended ? "its program has marked it as ended" : "it holds no token";
			return {
				...place,
				profile,
				credential,
				note
			};
		});
	});
}
function recordLogins(records) {
	return records.flatMap(({ label = "ledger", seen, failure }) => {
		let place = {
			place: "ledger",
			where: label,
			program: void 0,
			profile: void 0
		};
		if (failure) return [{
			...place,
			credential: void 0,
			note: `${failure.message} [${failure.code}]`
		}];
		let record = seen?.record;
		if (!record) return [];
		let held = record.lease && seen.leaseLeftMs > 0 ? `held by ${record.lease.owner}` : void 0, note = record.dead ? `its provider no longer takes it (${record.dead.why})` : held, credential = credentialOf(record), alive = record.dead ? {
			...credential,
			refresh: void 0
		} : credential;
		return [{
			...place,
			profile: record.account,
			credential: alive,
			note
		}];
	});
}
function stateOf({ credential }, now) {
	if (!credential) return "unusable";
	if (livesFor(credential, 0, now)) return "usable";
	let over = credential.loginExpiresAt !== void 0 && credential.loginExpiresAt <= now;
	return (credential.refresh || credential.shared) && !over ? "renewable" : "ended";
}
function accountOf({ accountId, other }) {
	let id = accountId ?? other.accountUuid;
	return typeof id == "string" && /^[\w-]{1,64}$/.test(id) ? id : void 0;
}
const shown = (word) => /^[\w. -]{1,40}$/.test(word) ? word : "…";
function sayWhen(ms, now) {
	return ms === void 0 ? "not known" : `${ms > now ? `in ${sayDuration(ms - now)}` : `${sayDuration(now - ms)} ago`} (${sayTime(ms)})`;
}
const isoOrNull = (ms) => ms === void 0 ? null : isoTime(ms);
function secrets(world, inputs) {
	let { rotateTo, accessTo } = inputs, locations = [...rotateTo ? [rotateTo] : [], ...accessTo];
	return Promise.all(locations.map(async (location) => {
		let store = location.repository !== "" && location.forge !== "gitea" ? await openStore(world, {
			...inputs,
			rotateTo: location
		}) : void 0, none = {
			location,
			store,
			meta: void 0,
			failure: void 0,
			problem: void 0
		};
		if (!store) return none;
		try {
			return {
				...none,
				meta: await store.meta()
			};
		} catch (problem) {
			if (problem instanceof Failure) return {
				...none,
				failure: problem
			};
			if (!isApiProblem(problem)) throw problem;
			let { sayProblem } = await import("./say-problem.mjs");
			return {
				...none,
				problem,
				failure: sayProblem(problem, location)
			};
		}
	}));
}
const isApiProblem = (error) => error instanceof Error && error.name === "ApiProblem";
async function records(world, inputs, provider) {
	let named = provider ?? (inputs.provider === "auto" ? void 0 : inputs.provider), providers = named ? [named] : ["anthropic", "openai"];
	return withScratch(world, (own) => Promise.all(providers.map((each) => readOne(own, inputs, each))));
}
async function readOne(world, inputs, provider) {
	let session;
	try {
		session = await openSession(world, inputs, provider);
		let seen = await look(session, 0);
		return {
			provider,
			label: session.ledger.label,
			session,
			seen,
			failure: void 0
		};
	} catch (failure) {
		if (!(failure instanceof Failure)) throw failure;
		return {
			provider,
			label: session?.ledger.label,
			session,
			seen: void 0,
			failure
		};
	}
}
function paint(tone, text) {
	let { styleText } = process.getBuiltinModule("node:util");
	return styleText(tone, text, { stream: process.stdout });
}
function widthOf(env) {
	let named = Number(env.COLUMNS);
	return Number.isInteger(named) && named > 0 ? named : process.stdout.columns ?? Infinity;
}
function table(head, rows, width) {
	let used = head.map((_, column) => column).filter((column) => rows.some(({ cells }) => cells[column])), lengths = used.map((column) => Math.max(head[column]?.length ?? 0, ...rows.map(({ cells }) => cells[column]?.length ?? 0)));
	if (lengths.reduce((sum, length) => sum + length + 2, -2) > width) return rows.map((row) => paragraph(head, row, used)).join("\n\n");
	let line = (cells, style) => used.map((column, place) => {
		let text = cells[column] ?? "", last = place === used.length - 1;
		return style(last ? text : text.padEnd(lengths[place] ?? 0), last);
	}).join("  ").trimEnd(), lines = rows.map(({ cells, tone }) => line(cells, (text, last) => last ? paint(tone, text) : text));
	return [line(head, (text) => paint("bold", text)), ...lines].join("\n");
}
function paragraph(head, { cells, tone }, used) {
	let [first = 0, ...others] = used, label = Math.max(...others.map((column) => head[column]?.length ?? 0)), lines = others.filter((column) => cells[column]).map((column) => {
		let text = cells[column] ?? "", value = column === used.at(-1) ? paint(tone, text) : text;
		return `  ${paint("dim", (head[column] ?? "").toLowerCase().padEnd(label))}  ${value}`;
	});
	return [paint("bold", cells[first] ?? ""), ...lines].join("\n");
}
function unstored(world, { sealingKey }) {
	let { runs, host } = here(world, {}), own = keyOf(sealingKey), seen = (run) => ({
		folder: run.folder,
		account: run.inputs.INPUT_ACCOUNT,
		begun: run.begun,
		opens: own !== "" && own === run.key,
		atWork: isAtWork(run, host, world.now())
	});
	try {
		return {
			logins: runs.everywhere().filter(unsettled).map(seen),
			failure: void 0
		};
	} catch (failure) {
		if (!(failure instanceof Failure)) throw failure;
		return {
			logins: [],
			failure
		};
	}
}
function sayUnstored({ folder, account, begun, atWork }) {
	let whose = account === void 0 ? "" : ` (account ${account})`, still = atWork ? " The process that renewed it may be storing it just now." : "";
	return `A login${whose} that was renewed on this machine at ${sayTime(begun)} or later is not stored yet: it is kept, sealed, in ${folder}. What is stored of it anywhere else is spent.${still}`;
}
const STORE_IT = "Run `oauth-creds clean` here, with the secrets of that run, before anybody renews this login elsewhere. If you have signed in anew since, remove the folder.";
export { stateOf as _, table as a, isApiProblem as c, sayWhen as d, accountOf as f, shown as g, recordLogins as h, paint as i, secrets as l, givenLogin as m, sayUnstored as n, widthOf as o, fileLogins as p, unstored as r, records as s, STORE_IT as t, isoOrNull as u, variableLogins as v };
