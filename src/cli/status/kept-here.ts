import { sayTime } from "../../duration.ts";
import { Failure } from "../../errors.ts";
import type { Inputs } from "../../inputs.ts";
import type { World } from "../../world/world.ts";
import { keyOf } from "../clean/earlier.ts";
import { here } from "../here.ts";
import { isAtWork, type Run, unsettled } from "../state.ts";

/** A login that a run on this machine has renewed and could not store. What is stored of it elsewhere is spent. */
export interface Unstored {
  /** Where it lies, sealed. */
  readonly folder: string;
  readonly account: string | undefined;
  /** When that run began, ms since 1970. */
  readonly begun: number;
  /** Whether it opens with the secrets of this process. */
  readonly opens: boolean;
  /** The run's process may still be storing it. */
  readonly atWork: boolean;
}

/** Of all homes and jobs of this user. `failure`: why that cannot be told. Nothing is opened. */
export function unstored(
  world: World,
  { sealingKey }: Inputs,
): { readonly logins: readonly Unstored[]; readonly failure: Failure | undefined } {
  const { runs, host } = here(world, {});
  const own = keyOf(sealingKey);
  const seen = (run: Run): Unstored => ({
    folder: run.folder,
    account: run.inputs["INPUT_ACCOUNT"],
    begun: run.begun,
    opens: own !== "" && own === run.key,
    atWork: isAtWork(run, host, world.now()),
  });
  try {
    return { logins: runs.everywhere().filter(unsettled).map(seen), failure: undefined };
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    return { logins: [], failure };
  }
}

export function sayUnstored({ folder, account, begun, atWork }: Unstored): string {
  const whose = account === undefined ? "" : ` (account ${account})`;
  const still = atWork ? " The process that renewed it may be storing it just now." : "";
  return (
    `A login${whose} that was renewed on this machine at ${sayTime(begun)} or later is not stored yet: it is kept, ` +
    `sealed, in ${folder}. What is stored of it anywhere else is spent.${still}`
  );
}

export const STORE_IT =
  "Run `oauth-creds clean` here, with the secrets of that run, before anybody renews this login elsewhere. If you have " +
  "signed in anew since, remove the folder.";
