import type { Call } from "../core/log.ts";
import { sayToken, sayVersion, type Version } from "../core/effects.ts";
import { ownerOf, secretPath } from "../core/opening.ts";
import { judgeIntent, judgeKnowledge } from "./ledger.ts";
import { type Facts, type Finding, heard, type Judgement, type Send, shownBy, updatedAt } from "./facts.ts";

const TEN_SECONDS = "an envelope's copy looks fresh if a person has pasted another within 10 s";

/** Jobs keep their writings further apart than the times can hide; a person cannot know of that. */
export const whyHidden = (next: Version, envelope: string): string | undefined => {
  const savedAt = savedAtIn(envelope);
  const hidden = savedAt !== undefined && updatedAt(next) <= savedAt + 10_000;
  return hidden && next.call === undefined ? TEN_SECONDS : undefined;
};

/** Invariants 1, 2 and 5: what may be sent, and when. */
export function judgeSpending(facts: Facts, { findings, limits }: Judgement): void {
  for (const send of facts.sends) {
    if (!send.call.sentAt) continue;
    const { findings: found, limit } = judgeOne(facts, send, limits);
    findings.push(...found);
    if (limit) {
      limits.push(limit);
      facts.staleSpent.set(send.job.plan.login, limit);
    }
  }
}

function judgeOne(facts: Facts, send: Send, limits: string[]): { findings: Finding[]; limit: string | undefined } {
  const { call, token } = send;
  const found: Finding[] = [];
  const finding = (rule: string, text: string) => void found.push({ rule, text: `${call.who} (#${call.id}): ${text}` });
  const before = (other: Call) => other.end !== undefined && other.end.seq < (call.sentAt?.seq ?? 0);

  const earlier = facts.sends.filter((one) => one.job === send.job && one.token === token && before(one.call));
  const known = earlier.find(({ call: one }) => {
    const effect = one.end?.arrival?.effect;
    return (
      heard(one) === "refused" || (heard(one) === "renewed" && effect?.kind === "renewed" && effect.how !== "kept")
    );
  });
  if (known) finding("spent token sent again", `${sayToken(token)}, which #${known.call.id} had ended already`);
  if (earlier.filter(({ call: one }) => heard(one) === "unclear").length > 1) {
    finding("unclear answers retried blindly", `${sayToken(token)} a third time`);
  }

  const own = facts.calls.get(call.who) ?? [];
  const path = facts.recordPathOf(send.job);
  if (path) found.push(...judgeIntent(facts, send, path), ...judgeKnowledge(facts, send, path, limits));
  else if (!proved(own.filter(before)) && !send.job.main?.world.env["INPUT_ALLOW-UNSTORED-REFRESH"]) {
    finding("spent without a proved place", `no write had succeeded before ${sayToken(token)} was sent`);
  }
  const cancelled = send.job.times.cancelled;
  if (cancelled !== undefined && call.step === "main" && (call.sentAt?.t ?? 0) > cancelled) {
    finding("sent after a signal", `${sayToken(token)} was sent after the job had been cancelled`);
  }
  if (token && token.family.login !== ownerOf(facts.played.plan, send.job.plan.login)) {
    finding("accounts mixed up", `${sayToken(token)} belongs to another login`);
  }
  if (path) return { findings: found, limit: undefined };
  return { findings: found, limit: judgeStale(facts, send, own.filter(before), finding) };
}

/** A PUT that was answered with success, by the same path that has to store the successor. */
const proved = (calls: readonly Call[]): boolean =>
  calls.some(
    ({ request, end }) =>
      request.method === "PUT" && end?.arrival?.effect.kind === "stored" && end.arrival.status < 300,
  );

/**
 * A copy is stale if the secret was written after it was taken. Where GitHub has shown that to the process, it must
 * not spend it. Gives the limit of the design that explains it, if one does.
 */
function judgeStale(
  facts: Facts,
  { job, token }: Send,
  heardBefore: readonly Call[],
  finding: (rule: string, text: string) => void,
): string | undefined {
  const { snapshot } = job;
  const path = secretPath(facts.loginOf(job));
  const shown = heardBefore.map((one) => shownBy(one, path)).findLast((version) => version !== undefined);
  if (!snapshot || !shown || shown.index <= snapshot.index) return undefined;
  const limit = limitOfStaleness(facts, snapshot, shown, heardBefore, job.attempt);
  if (!limit) {
    finding(
      "stale copy spent",
      `${sayToken(token)} of ${sayVersion(snapshot)}, while GitHub showed ${sayVersion(shown)}`,
    );
  }
  return limit;
}

/** Why the times that GitHub tells do not show that the copy is an old one. */
function limitOfStaleness(
  facts: Facts,
  snapshot: Version,
  shown: Version,
  heardBefore: readonly Call[],
  attempt: number,
): string | undefined {
  if (!shown.value) return "a secret that was deleted is made again from a job's copy (create-secrets)";
  const text = snapshot.value?.() ?? "";
  if (text.startsWith("oc1.")) return whyHidden(shown, text);
  return limitOfRaw(facts, shown, heardBefore, attempt);
}

/** Why the process could not know that a copy, as a person has pasted it, is older than `shown`. */
export function limitOfRaw(
  facts: Facts,
  shown: Version,
  heardBefore: readonly Call[],
  attempt: number,
): string | undefined {
  const looks = heardBefore.filter(({ request }) => request.url.includes("/runs/"));
  const run = looks.find(({ end }) => end?.arrival?.status === 200);
  if (run) {
    const createdAt = /"created_at":"([^"]+)"/.exec(bodyOf(run, facts))?.[1];
    return createdAt !== undefined && updatedAt(shown) <= Date.parse(createdAt)
      ? "a raw copy looks fresh if it was replaced in the second in which the run was made"
      : undefined;
  }
  // Only GitHub's clear no leaves it to guess: of anything else it has to ask again.
  const refused = looks.some(
    ({ trouble, end }) => trouble !== "403-limit" && [401, 403, 404].includes(end?.arrival?.status ?? 0),
  );
  return refused && attempt === 1 ? "a raw copy cannot be judged where the token may not read the run" : undefined;
}

/** What the run's own entry says, from GitHub's books. */
function bodyOf({ request }: Call, { played }: Facts): string {
  const [, repository, id] = /repos\/([^/]+\/[^/]+)\/actions\/runs\/(\d+)/.exec(request.url) ?? [];
  const at = played.stage.github.runs.get(`${repository}/${id}`);
  return at === undefined ? "" : `"created_at":"${new Date(Math.floor(at / 1000) * 1000).toISOString()}"`;
}

function savedAtIn(envelope: string): number | undefined {
  const json = Buffer.from(envelope.slice(4), "base64url").toString("utf8");
  const at = Date.parse(/"savedAt":"([^"]+)"/.exec(json)?.[1] ?? "");
  return Number.isNaN(at) ? undefined : at;
}
