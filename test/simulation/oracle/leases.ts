import { type RefVersion, sayRecord } from "../core/effects.ts";
import type { Job } from "../core/job.ts";
import type { Proc } from "../core/proc.ts";
import type { Facts } from "./facts.ts";
import { failed, isSecretCall } from "./tried.ts";

/** What a job that took a lease over waits before it marks the login as dead, less what its first look and answer take. */
const SILENCE_MS = 85_000;

/** A lease, from version to version of its record: taken over in its time, and a login called dead in its time. */
export function judgeLease(
  facts: Facts,
  versions: readonly RefVersion[],
  index: number,
): readonly [string, string] | undefined {
  const [version, before] = [versions[index] as RefVersion, versions[index - 1] as RefVersion];
  const [now, then] = [facts.view(version), facts.view(before)];
  if (!now || !then) return undefined;
  const held = then.lease;
  // By the server's own times, which is what everybody goes by.
  if (now.lease && held && now.lease.nonce !== held.nonce && version.at < before.at + held.ttlMs) {
    return ["a lease was taken over", `${Math.round((version.at - before.at) / 1000)} s after ${sayRecord(before)}`];
  }
  if (!now.dead || then.dead || !held) return undefined;
  const first = versions.findIndex((one) => facts.view(one)?.lease?.nonce === held.nonce);
  const took = versions[first] as RefVersion;
  const taken = facts.view(versions[first - 1])?.lease;
  // Who had it before may have renewed the login, and be about to publish.
  if (!taken || taken.nonce === held.nonce || version.movedAt >= took.movedAt + SILENCE_MS) return undefined;
  const seconds = Math.round((version.movedAt - took.movedAt) / 1000);
  return ["a login was marked dead", `${seconds} s after its lease was taken over from ${taken.nonce}`];
}

/** A post step that nothing kept from it gives back what was checked out to its job, or publishes what came of it. */
export function judgeCheckOut(facts: Facts, job: Job, post: Proc, finding: (rule: string, text: string) => void): void {
  const path = facts.recordPathOf(job);
  const { turn } = job.main?.said.state ?? {};
  if (path === undefined || turn === undefined || post.code !== 0) return;
  const { nonce, lent } = JSON.parse(turn) as { nonce: string; lent?: string };
  const end = facts.entriesOf(post.who).at(-1)?.seq ?? 0;
  const present = facts.recordsAt(path).findLast(({ seq }) => seq <= end);
  if (lent === undefined || facts.view(present)?.lease?.nonce !== nonce || present?.by === "an adversary") return;
  const calls = (facts.calls.get(post.who) ?? []).filter((call) => !isSecretCall(call));
  if (calls.some(failed)) return;
  finding("a check-out was kept", `${sayRecord(present)}, and no call of its post step went wrong`);
}
