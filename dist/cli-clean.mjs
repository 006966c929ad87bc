import { t as EXIT } from "./exit-code.mjs";
import { a as settleEarlier, l as isAtWork, n as isOver, s as here, t as cleanRun, u as unsettled } from "./clean-run.mjs";
async function run({ world, terminal, flags }) {
	let place = here(world, flags), all = flags.all === !0, now = world.now(), isMine = ({ job }) => all || job === place.job, cleaned = [], failures = [], met = 0;
	for (let one of place.runs.list()) {
		let mine = isMine(one);
		if (isAtWork(one, place.host, now)) mine && terminal.warning(`Process ${one.pid} on ${one.host} is still at it (${one.folder}): left to it.`);
		else try {
			if (mine || isOver(one, now)) cleaned.push(...await cleanRun(world, one, mine));
			else if (unsettled(one)) await settleEarlier(world, [one]);
			else continue;
			met++;
		} catch (error) {
			failures.push(error);
		}
	}
	let [failure, ...more] = failures;
	for (let other of more) terminal.warning(other instanceof Error ? other.message : "Another run resisted, too.");
	if (failure !== void 0) throw failure;
	return met === 0 && terminal.log(sayNothing(place)), terminal.json && terminal.answer("", {
		runs: met,
		files: [...new Set(cleaned)]
	}), EXIT.done;
}
function sayNothing({ runs, home, job }) {
	let others = runs.list().length;
	return `Nothing to clean: no \`oauth-creds write\` has left anything ${job === "" ? `for ${home}` : `for ${home} in this job`}.${others === 0 ? "" : ` ${others} of other jobs are left; \`--all\` cleans them too.`}`;
}
export { run };
