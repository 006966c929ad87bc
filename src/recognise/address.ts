import { decoded } from "../world/userinfo.ts";

/**
 * What in an address of git opens something, as it is written and decoded: the password; in front of https also a
 * name that is a token. Nothing for `git@host:path`, which has no password.
 */
export function secretsIn(address: string): string[] {
  const [, scheme = "", user = ""] = /^([\w+.-]+):\/\/([^/]*)@/.exec(address) ?? [];
  const [, name = "", password = ""] = /^([^:]*):?(.*)$/s.exec(user) ?? [];
  const isToken = /^https?$/i.test(scheme) && (password === "" || (name.length >= 16 && /\d/.test(name)));
  return [password, ...(isToken ? [name] : [])].flatMap((secret) => [secret, decoded(secret)]);
}
