import type { Inputs } from "../../inputs.ts";
import type { World } from "../../world/world.ts";
import { sayUnstored, STORE_IT, unstored } from "../status/kept-here.ts";
import { type Check, wrong } from "./check.ts";

/**
 * What this machine has renewed and could not store.
 *
 * @param all false: of the login alone that is looked at, and not of others of this machine
 */
export function unstoredChecks(world: World, inputs: Inputs, all: boolean): Check[] {
  const { logins, failure } = unstored(world, inputs);
  if (failure) return [wrong("Credential", "file-unreadable", failure.message, failure.advice, "warn")];
  return logins
    .filter(({ opens }) => all || opens)
    .map((login) =>
      wrong("Credential", "could-not-store", sayUnstored(login), STORE_IT, login.atWork ? "warn" : "fail"),
    );
}
