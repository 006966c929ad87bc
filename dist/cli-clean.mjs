import { t as EXIT } from "./exit-code.mjs";
import { r as isAtWork, s as unsettled, t as here } from "./here.mjs";
import { i as settleEarlier } from "./earlier.mjs";
import { n as isOver, t as cleanRun } from "./clean-run.mjs";
async function run({ world, terminal, flags }) {
	let place = here(world, flags), all = flags.all === !0, now = world.now(), isMine = ({ job }) => all || job === place.job, mayLive = (one) => isAtWork(one, place.host, now), cleaned = [], failures = [], met = 0;
	for (let one of place.runs.list()) if (mayLive(one)) {
		let whose = `Process ${one.pid} on ${one.host}`;
		isMine(one) && terminal.warning(`${whose} is still at it (${one.folder}): left to it.`);
	} else if (isMine(one) || isOver(one, now)) try {
		cleaned.push(...await cleanRun(world, one, isMine(one))), met++;
	} catch (error) {
		failures.push(error);
	}
	let tried = new Set(place.runs.list().flatMap((one) => isMine(one) ? one.folder : [])), left = place.runs.everywhere().filter((one) => unsettled(one) && !tried.has(one.folder));
	await settleEarlier(world, left, mayLive).catch((error) => failures.push(error));
	let [failure, ...more] = failures;
	for (let other of more) terminal.warning(other instanceof Error ? other.message : "Another run resisted, too.");
	if (failure !== void 0) throw failure;
	return met + left.length === 0 && terminal.log(sayNothing(place)), terminal.json && terminal.answer("", {
		runs: met,
		files: [...new Set(cleaned)]
	}), EXIT.done;
}
function sayNothing({ runs, home, job }) {
	let others = runs.list().length;
	return `Nothing to clean: no \`oauth-creds write\` has left anything ${job === "" ? `for ${home}` : `for ${home} in this job`}.${others === 0 ? "" : ` ${others} of other jobs are left; \`--all\` cleans them too.`}`;
}
export { run };
