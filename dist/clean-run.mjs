import { Ct as Failure, Ft as sayDuration, It as sayTime, L as fingerprint, p as whereabouts } from "./common.mjs";
import { a as removeRun, o as saveRun, s as unsettled } from "./here.mjs";
import { n as entriesOf } from "./keeper.mjs";
import { a as settleRun, r as reopen } from "./earlier.mjs";
function isOver({ state, inputs }, now) {
	let end = Number(state["access-ends"]), lent = inputs["INPUT_WRITE-REFRESH-TOKEN"]?.trim().toLowerCase() === "true";
	return end > 0 && end < now && !lent;
}
async function cleanRun(world, run, mine) {
	let files = entriesOf(run.state), reopened = await reopen(world, run);
	if (!reopened) {
		if (!mine) return [];
		throw new Failure("input-invalid", `What \`write\` left at ${sayTime(run.begun)} can only be put in order with the same secrets (${run.secrets.join(", ")}).`, "Give `clean` the `credential` and the `ledger-key` that `write` had: what was in the files before is sealed with them.");
	}
	let { inputs } = reopened, captured, unstored, stillLent = !1;
	if (unsettled(run) || inputs.writeRefreshToken) {
		let state = (name) => void (stillLent ||= name === "still-lent"), noting = {
			...reopened.world,
			runner: {
				...reopened.world.runner,
				state
			}
		};
		try {
			captured = await settleRun(run, {
				...reopened,
				world: noting
			}, files);
		} catch (error) {
			if (inputs.writeRefreshToken) throw error;
			unstored = error;
		}
	}
	let resisted = await putBack(run, reopened, captured);
	sayIfEnded(run, reopened);
	let withoutFiles = {
		...run,
		state: {
			...run.state,
			files: "[]",
			openclaw: ""
		}
	};
	if (unstored !== void 0) throw saveRun(withoutFiles), unstored;
	if (resisted) throw new Failure("file-failed", "Not every file could be put back: see above.", "`oauth-creds clean` tries again.");
	if (stillLent) throw saveRun(withoutFiles), new Failure("ledger-unreachable", "The files are in order, but the login that was lent to this run could not be given back: see above.", "`oauth-creds clean` with the same secrets tries again.");
	return removeRun(run), files.map(({ path }) => path);
}
async function putBack(run, { world, inputs, detected }, captured) {
	let { clean } = await import("./clean.mjs"), resisted = !1, warning = (message) => {
		resisted = !0, world.runner.warning(message);
	}, own = {
		...world,
		runner: {
			...world.runner,
			warning
		}
	}, { access, refresh } = run.state, fingerprints = [access, refresh].filter(Boolean), known = [
		detected?.credential.access,
		detected?.credential.refresh,
		captured?.access
	];
	await clean(own, inputs, entriesOf(run.state), (token) => known.some((one) => token.equals(one)) ? !0 : fingerprints.length > 0 && fingerprints.includes(fingerprint(inputs.sealingKey, token)));
	let openclaw = run.state.openclaw;
	if (openclaw) {
		let { undoOpenclaw } = await import("./openclaw-program.mjs");
		await undoOpenclaw(own, whereabouts(own, inputs), JSON.parse(openclaw));
	}
	return resisted;
}
function sayIfEnded({ job, state }, { world, inputs }) {
	let end = Number(state["access-ends"]), past = world.now() - end;
	job === "" || !(end > 0) || past <= 0 || inputs.targets.some(({ name }) => name === "none") || world.runner.warning(`The access token ended at ${sayTime(end)}, ${sayDuration(past)} before this \`clean\`. Set \`min-validity\` to the longest time that a job may take.`);
}
export { isOver as n, cleanRun as t };
