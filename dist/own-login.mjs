import { Ct as Failure, v as detect } from "./common.mjs";
import { t as here } from "./here.mjs";
import { n as entriesOf } from "./keeper.mjs";
import { t as programFiles } from "./machine.mjs";
async function refuseOwnLogin(world, inputs, { refresh, provider }) {
	if (!refresh) return;
	let homes = inputs.home === void 0 ? [inputs] : [inputs, {
		...inputs,
		home: void 0
	}], found = (await Promise.all(homes.map((each) => programFiles(world, each)))).flat().find(({ logins }) => logins.some(({ credential }) => refresh.equals(credential?.refresh)));
	if (!found) return;
	let { runs } = here(world, {});
	if (!runs.everywhere().some(({ state }) => entriesOf(state).some(({ path }) => path === found.path))) throw new Failure("input-invalid", `The credential is the login of this machine, which ${found.program} renews in ${found.path}: renewed by anybody else, it ends there.`, `Sign in once more for this purpose (\`oauth-creds login ${provider} --output login.txt\`). If no program is to use this login here any more, move it out of that file, and give it from there.`);
}
async function refuseOwnCredential(world, inputs) {
	let { credential: given, provider, account, ledgerKey, credentialExpiresAt: endsAt } = inputs;
	if (!given || inputs.refresh === "never") return;
	let detected = await detect(given.reveal(), {
		provider,
		account,
		endsAt,
		ledgerKey
	}, world.now()).catch(() => {});
	detected && await refuseOwnLogin(world, inputs, detected.credential);
}
export { refuseOwnLogin as n, refuseOwnCredential as t };
