import { Ct as Failure, a as provide, y as readInputs } from "./common.mjs";
import { t as asFailure } from "./as-failure2.mjs";
import { r as ownerOf, t as ciJob } from "./ci2.mjs";
import { n as hasToBeCleaned, r as isAtWork, s as unsettled, t as here } from "./here.mjs";
import { t as Keeper } from "./keeper.mjs";
import { i as settleEarlier, n as partInputs, t as keyOf } from "./earlier.mjs";
import { t as cleanRun } from "./clean-run.mjs";
import { t as awaiting } from "./outside.mjs";
import { t as refuseOwnCredential } from "./own-login.mjs";
async function perform({ world: outer, flags }, runner, inputs = {}) {
	let words = {
		warning: (message) => runner.warning(inOurWords(message)),
		error: (message, title) => runner.error(inOurWords(message), title)
	}, world = awaiting({
		...outer,
		runner: {
			...runner,
			...words
		},
		env: {
			...outer.env,
			...inputs
		}
	}, runner.log);
	try {
		return await performIn(world, flags);
	} finally {
		world.end();
	}
}
async function performIn(world, flags) {
	refuseMissing(world);
	let inputs = readInputs(world.env), { sealingKey, cleanup } = inputs, { runs, home, job, host } = here(world, flags), now = world.now(), mayLive = (one) => isAtWork(one, host, now);
	await settleEarlier(world, runs.everywhere(), mayLive), await refuseOwnCredential(world, inputs);
	let about = {
		home,
		job,
		host,
		pid: process.pid,
		begun: now,
		done: !1,
		key: keyOf(sealingKey)
	}, begun = runs.begin({
		...about,
		...partInputs(world.env),
		state: {},
		written: {}
	}, Buffer.from(world.random(4)).toString("hex")), before = runs.list().find((one) => one.job === job && hasToBeCleaned(one) && !mayLive(one)), keeper = new Keeper(world, begun, before), own = {
		...world,
		env: {
			...asJob(world.env, host),
			RUNNER_TEMP: begun.folder
		},
		runner: {
			...world.runner,
			state: (name, value) => keeper.keep(name, value)
		}
	}, login;
	try {
		login = await provide(own) ?? void 0;
	} catch (error) {
		let left = ended(world, keeper, "failed");
		throw left && !unsettled(left) && error.code !== "file-busy" && await cleanRun(world, left, !0).catch(() => {}), error instanceof Failure ? new Failure(error.code, inOurWords(error.message), error.advice) : error;
	}
	return {
		login,
		left: ended(world, keeper, cleanup ? "provided" : "left")
	};
}
function ended({ runner }, keeper, how) {
	try {
		let left = keeper.end(how);
		return left && unsettled(left) && runner.warning(sayUnsettled(left)), left;
	} catch (error) {
		return runner.warning(`The state of this run (${keeper.run.folder}) could not be written. ${asFailure(error).explain()}`), keeper.run;
	}
}
const inOurWords = (message) => message.replaceAll(/\b(the|its) post step\b/g, "`oauth-creds clean`");
function asJob(env, host) {
	if (env.GITHUB_ACTIONS) return env;
	let workspace = ciJob(env)?.workspace;
	return {
		...env,
		GITHUB_JOB: ownerOf(env, host, process.pid),
		...workspace !== void 0 && { GITHUB_WORKSPACE: workspace }
	};
}
const sayUnsettled = ({ folder }) => `The renewed login is not stored yet. It is kept, sealed, in ${folder}: the next \`write\`, \`refresh\` or \`clean\` on this machine with the same secrets stores it.`;
function refuseMissing({ env }) {
	if (!([
		"CREDENTIAL",
		"LEDGER-KEY",
		"FALLBACK-API-KEY"
	].some((name) => env[`INPUT_${name}`]) || env["INPUT_IF-NO-CREDENTIAL"] === "skip")) throw new Failure("credential-missing", "There is no `credential`, and no `ledger-key` either.", "Give the credential by stdin (`--credential -`), from a file (`--credential login.json`), or in the variable OAUTH_CREDS_CREDENTIAL. In a CI: does this job get the secret (a protected branch, a fork, a context)?");
}
export { perform as t };
