import type { Credential } from "../../credential/credential.ts";
import { sealEnvelope } from "../../credential/envelope.ts";
import type { World } from "../../world/world.ts";
import { keepLogin } from "../login/rescue.ts";
import type { Ask } from "./ask.ts";
import type { Change } from "./change.ts";

/** What a person has just signed in for, until its secret holds it: nobody could sign in for the same one again. */
export interface Fresh {
  login: Credential | undefined;
}

/** The change that stores it. */
export function storing(fresh: Fresh, change: Change): Change {
  return {
    ...change,
    async apply() {
      await change.apply();
      fresh.login = undefined;
    },
  };
}

/** Where the set-up does not come to that, it is not thrown away. */
export function rescue(world: World, ask: Ask, { login }: Fresh): void {
  if (!login) return;
  const path = keepLogin(world, sealEnvelope(login, undefined));
  ask.say.warn(
    path === undefined
      ? "You signed in, but nothing is stored, and no folder takes the login: it is lost. Sign in again."
      : `You signed in, but nothing is stored yet. It is kept in ${path}, for your user alone: run this again with ` +
          `\`--credential ${path}\`, and then remove the file.`,
  );
}
