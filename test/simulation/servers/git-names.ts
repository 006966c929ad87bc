import type { Reply } from "../core/network.ts";
import { mix } from "../core/random.ts";
import { forbid } from "./replies.ts";

export interface RefUpdate {
  readonly name: string;
  readonly beforeOid: string;
  readonly afterOid: string;
  readonly force?: boolean;
}

export const REPOSITORIES = ["octo/one", "octo/two"];

export const idOf = (repository: string): number => 1001 + REPOSITORIES.indexOf(repository);
export const nodeOf = (repository: string): string => `R_${idOf(repository)}`;

export const hex = (seed: number, count: number): string =>
  [1, 2, 3, 4, 5].map((part) => mix(seed, count, part).toString(16).padStart(8, "0")).join("");

/** A record is followed by a line that makes the commit another one than any other. */
export const textIn = (message: string): string => message.replace(/\n\noauth-creds [0-9a-f]+ \d+ \[skip ci\]\s*$/, "");

/** `ghs_write` may do everything, `ghs_read` reads. */
export function refuse(authorization: string, level: "read" | "write"): Reply | undefined {
  if (authorization === "Bearer ghs_write" || (authorization === "Bearer ghs_read" && level === "read")) {
    return undefined;
  }
  if (authorization !== "Bearer ghs_read") return forbid(401, "Bad credentials");
  const wants = { "x-accepted-github-permissions": "contents=write" };
  return forbid(403, "Resource not accessible by integration", wants);
}
