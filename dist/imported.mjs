import { h as quietly, p as whereabouts, vt as parseObject } from "./common.mjs";
import { t as readJwt } from "./jwt.mjs";
import { o as clawdbot } from "./other-programs.mjs";
import { t as readBack } from "./read-back.mjs";
const PROFILE = "openai-codex:codex-cli", SLOT = {
	provider: "openai",
	account: "codex-cli"
};
async function orImported(world, inputs, lent, handedOut, captured) {
	let { env, files, runner } = world, path = clawdbot.path({
		...whereabouts(world, inputs),
		env
	}), text = quietly(() => files.read(path));
	if (!text?.includes(PROFILE)) return captured;
	let found = (await readBack(world, {
		target: "clawdbot",
		slot: SLOT,
		path,
		temp: "",
		made: [],
		backup: void 0
	}, handedOut).catch(() => void 0))?.credential, { issuedAt = 0 } = readJwt(found?.access?.reveal() ?? "") ?? {}, renewed = issuedAt >= Date.parse(`${parseObject(quietly(() => files.read(lent.path)) ?? "")?.last_refresh}`) ? found : void 0, known = [handedOut.refresh, captured?.refresh].map((token) => token?.reveal() ?? "");
	return (renewed || known.some((token) => token !== "" && text.includes(token))) && env.RUNNER_ENVIRONMENT !== "github-hosted" && runner.warning(`${path}: Clawdbot has taken over the login that it found in Codex's file. Its copy (profile ${PROFILE}) stays there, and would end the login if Clawdbot ran on this machine again: remove the profile.`), renewed && !renewed.refresh?.equals(captured?.refresh) ? renewed : captured;
}
export { orImported };
