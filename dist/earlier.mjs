import { Ct as Failure, It as sayTime, L as fingerprint, St as toFailure, _ as recognise, g as maskInputs, kt as Secret, vt as parseObject, y as readInputs } from "./common.mjs";
import { n as isSecret } from "./arguments.mjs";
import { a as removeRun, n as hasToBeCleaned, o as saveRun, s as unsettled } from "./here.mjs";
import { t as nameOfLedger } from "./open2.mjs";
const TO_STORE = [
	"credential",
	"ledger-key",
	"secrets-token",
	"github-token"
], keyOf = (key) => key ? fingerprint(key, new Secret("oauth-creds run")) : "";
async function reopen(world, run) {
	let env = { RUNNER_TEMP: run.folder };
	for (let [name, value] of Object.entries(world.env)) {
		let input = name.startsWith("INPUT_") ? name.slice(6).toLowerCase() : void 0;
		(input === void 0 || run.secrets.includes(input)) && (env[name] ??= value);
	}
	Object.assign(env, run.inputs);
	for (let [name, value] of Object.entries(run.state)) env[`STATE_${name}`] = value;
	let own = {
		...world,
		env
	}, masked = await maskInputs(own), inputs = readInputs(env, "post");
	if (keyOf(inputs.sealingKey) === run.key) return {
		world: own,
		inputs,
		detected: inputs.credential ? await recognise(own, inputs, masked) : void 0
	};
}
function partInputs(env) {
	let inputs = {}, secrets = [];
	for (let [name, value] of Object.entries(env)) {
		if (!name.startsWith("INPUT_") || !value) continue;
		let input = name.slice(6).toLowerCase();
		isSecret(input, value) ? secrets.push(input) : inputs[name] = value;
	}
	return {
		inputs,
		secrets
	};
}
async function settleRun(run, { world, inputs, detected }, files) {
	let missing = TO_STORE.filter((name) => run.secrets.includes(name) && !world.env[`INPUT_${name.toUpperCase()}`]);
	if (missing.length > 0) throw sayKept(run, `${missing.map((name) => `\`${name}\``).join(", ")} is needed for that, as \`write\` had it.`);
	let { settle } = await import("./settle.mjs"), problem, runner = {
		...world.runner,
		error: (message) => void (problem = reasonIn(message))
	}, captured = await settle({
		...world,
		runner
	}, inputs, detected, files).catch(async (error) => {
		problem = (await toFailure(error, world.env)).explain();
	});
	if (problem !== void 0) throw sayKept(run, problem);
	return captured;
}
const reasonIn = (problem) => / has ended\. (.*\[[a-z-]+\])/s.exec(problem)?.[1] ?? problem;
function sayKept(run, why) {
	let copy = unsettled(run) ? `It is kept, sealed, in ${run.folder}` : "It is left in the file of its program";
	return new Failure("could-not-store", `A login that this machine got at ${sayTime(run.begun)} or later is not stored yet: ${why}`, `${copy}; the next \`write\`, \`refresh\` or \`clean\` with the same secrets tries again. Nothing else was spent.`);
}
async function settleEarlier(world, runs, isAtWork = () => !1) {
	for (let run of runs) {
		let capsule = unsettled(run);
		if (capsule === void 0) continue;
		let mayLive = isAtWork(run), reopened = await reopen(world, run);
		if (!reopened) {
			mayLive || refuseOrWarn(world, run);
			continue;
		}
		let env = withoutLoan(reopened.world.env), inputs = {
			...reopened.inputs,
			writeRefreshToken: !1
		}, hold = world.holdSignals();
		world.runner.log(`A login that was renewed at ${sayTime(run.begun)} is not stored yet: storing it now.`);
		try {
			if (await settleRun(run, {
				...reopened,
				inputs,
				world: {
					...reopened.world,
					env
				}
			}, []), mayLive || forget(world, run, capsule), hold.signalledAt() !== void 0) throw new Failure("cancelled", "Stopped by a signal, after what an earlier run had renewed was stored.", "");
		} finally {
			hold.release();
		}
	}
}
function forget(world, run, capsule) {
	world.files.remove(capsule);
	let settled = {
		...run,
		state: {
			...run.state,
			capsule: ""
		}
	};
	hasToBeCleaned(settled) ? saveRun(settled) : removeRun(settled);
}
function refuseOrWarn(world, run) {
	if (mayRenewTheSame(world, run)) throw sayKept(run, "it was sealed with another `credential` or `ledger-key`.");
	let account = run.inputs.INPUT_ACCOUNT;
	world.runner.warning(`${run.folder} holds a login${account ? ` (${account})` : ""} that was renewed at ${sayTime(run.begun)}, could not be stored, and opens only with the secrets of that run. Run \`oauth-creds clean --all\` with them; or, if you have signed in anew since, remove the folder.`);
}
function mayRenewTheSame(world, run) {
	let turn = parseObject(run.state.turn ?? ""), mine = readInputs(world.env, "post");
	if (!turn || !/\bocr1_/.test(mine.ledgerKey?.reveal() ?? "")) return !1;
	let env = {};
	for (let [name, value] of Object.entries(world.env)) name.startsWith("INPUT_") || (env[name] = value);
	Object.assign(env, run.inputs), run.secrets.includes("ledger-repository") && (env["INPUT_LEDGER-REPOSITORY"] = String(turn.place).replace(/ \S+$/, ""));
	let its = readInputs(env, "post"), name = (inputs) => nameOfLedger(world, inputs, "anthropic");
	return mine.account === its.account && name(mine) === name(its);
}
function withoutLoan(state) {
	let { "STATE_checked-out": _, ...env } = state, turn = parseObject(env.STATE_turn ?? "");
	return turn ? {
		...env,
		STATE_turn: JSON.stringify({
			...turn,
			lent: void 0
		})
	} : env;
}
export { settleRun as a, settleEarlier as i, partInputs as n, reopen as r, keyOf as t };
