import { NAMES } from "../input-names.ts";
import { near } from "./near.ts";

type Env = Readonly<Record<string, string | undefined>>;

export const PREFIX = "OAUTH_CREDS_";

/** As the documents name secrets that become inputs only where a job says so, and what tests and other tools set. */
const OTHERS = /^(KEY|ROOT_KEY|ACCESS_KEY|GIT_TOKEN|LOGIN|CLI|ACTION|PROBE(_.*)?)$/;

/** The variable by which an input is given. */
export const variableOf = (name: string): string => PREFIX + name.toUpperCase().replaceAll("-", "_");

/** What is said of variables that look like inputs and are none. Their values are not repeated. */
export function sayStrangers(env: Env): string[] {
  const known = new Set(NAMES.map(variableOf));
  return Object.keys(env)
    .filter((name) => name.startsWith(PREFIX) && env[name] && !known.has(name))
    .map((name) => name.slice(PREFIX.length))
    .filter((rest) => /^\w{1,40}$/.test(rest) && !OTHERS.test(rest))
    .map((rest) => {
      const meant = near(rest, NAMES);
      return `${PREFIX}${rest} is no input, and has no effect.${meant ? ` Did you mean ${variableOf(meant)}?` : ""}`;
    });
}

/** What no credential and no key looks like: GitLab hands a variable of the type “File” over as the path of one. */
const PATH = /^(\/|\.{1,2}[\\/]|~\/|[A-Za-z]:[\\/])[^\r\n]{1,1000}$|^[\w-]{1,60}\.(json|txt|key|pem)$/;

/** Why the variable of a secret is not what it should be; undefined if it is. */
export const sayPath = (name: string, value: string, exists: (path: string) => boolean): string | undefined =>
  PATH.test(value) && exists(value)
    ? `${variableOf(name)} holds the path of a file, not what is in it (on GitLab: a variable of the type “File”). ` +
      `Hand the file over by the flag: \`--${name} "$${variableOf(name)}"\`.`
    : undefined;
