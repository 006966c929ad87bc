import { key } from "./key/verb.ts";
import type { Verb } from "./verb.ts";

/** In the order in which people meet them. */
export const VERBS: Readonly<Record<string, Verb>> = { key };
