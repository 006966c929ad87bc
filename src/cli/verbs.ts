import { clean } from "./clean/verb.ts";
import { doctor } from "./doctor/verb.ts";
import { init } from "./init/verb.ts";
import { key } from "./key/verb.ts";
import { login } from "./login/verb.ts";
import { recover } from "./recover/verb.ts";
import { refresh } from "./refresh/verb.ts";
import { revoke } from "./revoke/verb.ts";
import { status } from "./status/verb.ts";
import { token } from "./token/verb.ts";
import type { Verb } from "./verb.ts";
import { write } from "./write/verb.ts";

/** In the order in which people meet them. */
export const VERBS: Readonly<Record<string, Verb>> = {
  login,
  init,
  key,
  write,
  refresh,
  clean,
  token,
  status,
  doctor,
  recover,
  revoke,
};
