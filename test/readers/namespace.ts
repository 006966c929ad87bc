/** A network namespace that has nothing but loopback: what runs in it can reach no other host, whatever it tries. */
import { spawnSync } from "node:child_process";

export interface Who {
  readonly uid: number;
  readonly gid: number;
  /** Of these `sudo` passes none on by itself. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

const LOOPBACK = "ip link set lo up && exec";

/**
 * The ways to run a command in one, best first; it is to be appended to each. Root may make one; others may in a user
 * namespace of their own, where the system lets them; else `sudo` may, which then drops back to the user.
 */
export function namespaces({ uid, gid, env }: Who): string[][] {
  const inside = (then: string) => ["sh", "-c", `${LOOPBACK} ${then}"$@"`, "sh"];
  const kept = ["PATH", "HOME"].map((name) => `${name}=${env[name] ?? ""}`);
  const back = `setpriv --reuid ${uid} --regid ${gid} --clear-groups --inh-caps=-all `;
  return [
    ["unshare", "-n", ...inside("")],
    ["unshare", "-rn", ...inside("")],
    ["sudo", "-n", "-E", "env", ...kept, "unshare", "-n", ...inside(back)],
  ];
}

/** The first way that works here; undefined if none does. */
export function findNamespace(who: Who): string[] | undefined {
  return namespaces(who).find(([file = "", ...args]) => spawnSync(file, [...args, "true"]).status === 0);
}
