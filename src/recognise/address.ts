import { decoded } from "../world/userinfo.ts";
import type { World } from "../world/world.ts";

/**
 * Adds what in the address of a ledger opens something, as it is written and decoded: the password; in front of https
 * also a name that is a token. Nothing for `git@host:path`, which has no password.
 */
export function addSecrets(to: Set<string>, env: World["env"]): void {
  const [, scheme = "", user = ""] =
    /^([\w+.-]+):\/\/([^/]*)@/.exec(env["INPUT_LEDGER-REPOSITORY"]?.trim() ?? "") ?? [];
  const [, name = "", password = ""] = /^([^:]*):?(.*)$/s.exec(user) ?? [];
  const isToken = /^https?$/i.test(scheme) && (password === "" || (name.length >= 16 && /\d/.test(name)));
  for (const secret of [password, isToken ? name : ""]) to.add(secret).add(decoded(secret));
}
