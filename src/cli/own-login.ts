import type { Credential } from "../credential/credential.ts";
import { Failure } from "../errors.ts";
import type { Inputs } from "../inputs.ts";
import { detect } from "../recognise/detect.ts";
import type { World } from "../world/world.ts";
import { here } from "./here.ts";
import { programFiles } from "./status/machine.ts";
import { entriesOf } from "./write/keeper.ts";

/**
 * Refuses a credential that a program of this machine renews, too: its refresh token works once, so whichever of the
 * two comes second would end the login for both. A file that one of our own runs has written is no such program's.
 * Throws a Failure.
 */
export async function refuseOwnLogin(world: World, inputs: Inputs, { refresh, provider }: Credential): Promise<void> {
  if (!refresh) return;
  // The user's own home is looked at even if `home` names another one.
  const homes = inputs.home === undefined ? [inputs] : [inputs, { ...inputs, home: undefined }];
  const files = (await Promise.all(homes.map((each) => programFiles(world, each)))).flat();
  const found = files.find(({ logins }) => logins.some(({ credential }) => refresh.equals(credential?.refresh)));
  if (!found) return;
  const { runs } = here(world, {});
  if (runs.everywhere().some(({ state }) => entriesOf(state).some(({ path }) => path === found.path))) return;
  throw new Failure(
    "input-invalid",
    `The credential is the login of this machine, which ${found.program} renews in ${found.path}: renewed by anybody else, it ends there.`,
    `Sign in once more for this purpose (\`oauth-creds login ${provider} --output login.txt\`). If no program is to use ` +
      "this login here any more, move it out of that file, and give it from there.",
  );
}

/** The same before a run that may renew its credential. */
export async function refuseOwnCredential(world: World, inputs: Inputs): Promise<void> {
  const { credential: given, provider, account, ledgerKey, credentialExpiresAt: endsAt } = inputs;
  if (!given || inputs.refresh === "never") return;
  // What is not recognised is told by the run itself.
  const detected = await detect(given.reveal(), { provider, account, endsAt, ledgerKey }, world.now()).catch(() => {});
  if (detected) await refuseOwnLogin(world, inputs, detected.credential);
}
