import { Ft as sayDuration, It as sayTime, L as fingerprint, St as toFailure, _ as recognise, d as loadManifest, g as maskInputs, p as whereabouts, t as nodeWorld, vt as parseObject, y as readInputs } from "./common.mjs";
import { t as clean } from "./clean2.mjs";
async function finish(world) {
	let { env } = world, capsule = env.STATE_capsule, openclaw = env.STATE_openclaw, aside = env.STATE_aside, home = env["STATE_program-home"], { nonce, lent } = parseObject(env.STATE_turn ?? "") ?? {};
	(env.STATE_files || capsule || openclaw || home || lent || env["STATE_access-ends"]) && await orWarn(world, async () => {
		home && (await import("./program-home.mjs")).removeHome(world, home);
		let files = loadManifest(world), masked = await maskInputs(world), inputs = readInputs(env, "post"), detected = inputs.credential ? await recognise(world, inputs, masked) : void 0, ours = [detected?.credential.access, detected?.credential.refresh];
		if (await orWarn(world, async () => {
			let settled = nonce ? env.STATE_published === nonce : env.STATE_stored !== void 0;
			if ((!capsule || settled) && !inputs.writeRefreshToken && !env.STATE_unprojected) return;
			let { settle } = await import("./settle.mjs");
			ours.push((await settle(world, inputs, detected, files))?.access);
		}), inputs.cleanup && await clean(world, inputs, files, knower(world, inputs.sealingKey, ours)), inputs.cleanup && openclaw) {
			let { undoOpenclaw } = await import("./openclaw-program.mjs");
			await orWarn(world, () => undoOpenclaw(world, whereabouts(world, inputs), JSON.parse(openclaw)));
		}
		aside && await (await import("./aside.mjs")).putIntoCache(world, inputs.sealingKey, aside);
		for (let path of [
			capsule,
			lent,
			env.STATE_taken
		]) path && world.files.remove(path);
		sayIfEnded(world, inputs);
	});
}
async function orWarn(world, work) {
	try {
		await work();
	} catch (error) {
		world.runner.warning(`The login could not be put away in order. ${(await toFailure(error, world.env)).explain()}`);
	}
}
function knower(world, key, ours) {
	let written = [world.env.STATE_access, world.env.STATE_refresh].filter(Boolean);
	return (token) => ours.some((known) => token.equals(known)) || written.length > 0 && written.includes(fingerprint(key, token));
}
function sayIfEnded(world, inputs) {
	let end = Number(world.env["STATE_access-ends"]), now = world.now();
	!(end > 0) || now <= end || inputs.targets.some(({ name }) => name === "none") || world.runner.warning(`The access token ended at ${sayTime(end)}, ${sayDuration(now - end)} before this job did. Set \`min-validity\` to the longest time that this job may take.`);
}
await finish(nodeWorld()), process.exit();
export {};
