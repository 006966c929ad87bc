import { acquire, type Acquired } from "./acquire.ts";
import type { ProviderName } from "./credential/credential.ts";
import { InputProblems, toFailure } from "./input-problems.ts";
import { type Inputs, readInputs } from "./inputs.ts";
import { maskInputs, recognise } from "./recognise/recognise.ts";
import { publish } from "./report/outputs.ts";
import { warnAhead } from "./report/warnings.ts";
import { targetsFor } from "./targets/names.ts";
import { openTargets, type OpenTargets } from "./targets/targets.ts";
import type { World } from "./world/world.ts";

/** What few runs are asked for. */
const issue = async ({ report }: Inputs) => (report === "issue" ? import("./tell-issue.ts") : undefined);

/** The main step. Gives the exit code; a failure is told in one annotation. */
export async function run(world: World): Promise<number> {
  try {
    await provide(world);
    return 0;
  } catch (error) {
    const failure = await toFailure(error, world.env);
    world.runner.error(failure.explain(), `oauth-creds: ${failure.code}`);
    return 1;
  }
}

/** The story of a credential. Gives the login, if there was one to provide. */
export async function provide(world: World): Promise<Login | void> {
  const masked = await maskInputs(world);
  const inputs = readInputs(world.env);
  if (!inputs.credential && !inputs.fallbackApiKey && !inputs.ledgerKey) return skip(world);
  let login: Login;
  try {
    login = await obtain(world, inputs, masked);
  } catch (error) {
    await (await issue(inputs))?.tellEnd(world, inputs, masked, error);
    if (!inputs.fallbackApiKey) throw error;
    const { useApiKey } = await import("./fallback.ts");
    return useApiKey(world, inputs, await toFailure(error, world.env), masked);
  }
  // Stored first, then copied: a copy of the access token never stands where its login does not.
  const copies =
    login.inputs.accessTo.length > 0 ? await (await import("./rotation/copy-access.ts")).copyAccess(world, login) : [];
  const files = await login.targets.write(login.acquired.credential);
  publish(world, login.inputs, login.acquired, files, copies);
  await warnAhead(world, login.inputs, login.acquired, login.targets);
  await (await issue(inputs))?.tellIssue(world, inputs, login.acquired);
  return login;
}

export interface Login {
  /** With the targets that this credential's provider has, if none were named. */
  readonly inputs: Inputs;
  readonly acquired: Acquired;
  readonly targets: OpenTargets;
}

/** From what the user stored to a working access token, and the places where it is to go. */
async function obtain(world: World, given: Inputs, masked: ReadonlySet<string>): Promise<Login> {
  if (!given.credential && !given.ledgerKey) throw new InputProblems([["missing", "credential"]]);
  const detected = given.credential ? await recognise(world, given, masked) : undefined;
  for (const notice of detected?.notices ?? []) world.runner.notice(notice);
  for (const warning of detected?.warnings ?? []) world.runner.warning(warning);
  // Without a credential the ledger's record is meant, and the rules see to it that its provider is named.
  const provider = detected?.credential.provider ?? (given.provider as ProviderName);
  const inputs = { ...given, targets: targetsFor(given.targets, provider) };
  if (provider === "openai") await (await import("./public-repository.ts")).refusePublic(world, inputs);
  const targets = await openTargets(world, inputs, { provider, account: inputs.account });
  try {
    return { inputs, targets, acquired: await acquire(world, inputs, detected, provider) };
  } catch (error) {
    targets.discard();
    throw error;
  }
}

function skip(world: World): void {
  world.runner.outputs({ available: "false" });
  world.runner.notice("There is no credential in this run (`if-no-credential: skip`): no login was provided.");
}
