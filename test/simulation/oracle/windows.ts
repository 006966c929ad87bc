import { CLAUDE_FILE, type Job } from "../core/job.ts";
import { refOf } from "../core/ledger.ts";
import { secretPath } from "../core/opening.ts";
import { envelopeIn } from "../core/reading.ts";
import { MAY_NOT } from "../servers/replies.ts";
import { type Facts, heard } from "./facts.ts";

/** The moments at which something can go wrong, as the failure table of the design numbers them. */
export const WINDOWS: Readonly<Record<number, string>> = {
  1: "before the proof or the intent",
  2: "proved or intended, killed before the send",
  3: "no connection to the provider",
  4: "sent, and the answer lost",
  5: "answered, killed before the store",
  6: "answered, and the store is down",
  7: "published, and the secret not written",
  8: "the secret written, and not published",
  9: "stored, and the file not written",
  10: "a lease that ends under its holder",
  11: "a run with an old copy",
  12: "a fresh sign-in",
  13: "the job's program renews by itself",
  14: "the record or the secret deleted or rolled back",
  15: "the key is lost",
  16: "a token without permission",
  17: "a run without secrets",
  18: "cancelled in the critical section",
  19: "the machine is gone",
  20: "the provider ends the login",
};

/** Those that there are without a ledger. */
export const SECRET_WINDOWS: readonly number[] = [1, 2, 3, 4, 5, 6, 9, 11, 12, 13, 14, 16, 17, 18, 19, 20];

/** The windows that this schedule came through. */
export function windowsOf(facts: Facts): Set<number> {
  const hit = new Set<number>();
  const { plan, stage, jobs, signIns } = facts.played;
  const { github, provider, log, calls } = stage;
  for (const job of jobs) addOf(facts, job, hit);
  for (const { what, detail, who } of log.entries) {
    if (what === "signal" && detail.includes("held") && who.endsWith(".main")) hit.add(18);
  }
  for (const { pasted } of signIns) if (pasted && pasted.index > 0) hit.add(12);
  if (calls.some(({ step, sentAt }) => step === "program" && sentAt)) hit.add(13);
  for (const login of plan.logins) {
    const path = secretPath(login);
    if (facts.versionsAt(path).some(({ value }) => !value)) hit.add(14);
    // Each value once: opening one takes a while.
    if (
      login.ledger &&
      facts.versionsAt(path).some(({ call, value }) => call !== undefined && isUnpublished(value?.()))
    ) {
      hit.add(8);
    }
    if (login.ledger) addOfRecord(facts, refOf(login.ledger, github.git), hit);
  }
  if (provider.families.some(({ revoked }) => revoked)) hit.add(20);
  if ([...github.git.refs.values()].flat().some(({ by }) => by === "an adversary")) hit.add(14);
  return hit;
}

const isUnpublished = (text: string | undefined): boolean =>
  (envelopeIn(text)?.["shared"] as { unpublished?: unknown } | undefined)?.unpublished !== undefined;

function addOf(facts: Facts, job: Job, hit: Set<number>): void {
  const { main, plan } = job;
  const path = facts.recordPathOf(job);
  if (job.times.vanished !== undefined) hit.add(19);
  if (!main) return;
  const began = job.times.began ?? Number.POSITIVE_INFINITY;
  if (facts.versionsFor(job).some(({ index, at }) => index > (job.snapshot?.index ?? 0) && at < began)) hit.add(11);
  if (main.said.texts.some(({ text }) => text.includes("was written with a key that"))) hit.add(15);

  const calls = facts.calls.get(main.who) ?? [];
  const did = (test: (effect: NonNullable<(typeof calls)[number]["arrivals"][number]>["effect"]) => boolean) =>
    calls.some(({ arrivals }) => arrivals.some(({ effect }) => test(effect)));
  if (did((effect) => effect.kind === "declined" && effect.what === MAY_NOT)) hit.add(16);
  // It ends by itself, and asks nobody anything.
  if (plan.fork && main.code !== undefined && calls.length === 0) hit.add(17);
  const target = facts.targetOf(job);
  const inSecret = did((effect) => effect.kind === "stored" && effect.secret === target);
  const probed = did((effect) => effect.kind === "stored" && effect.secret !== target);
  const own = path ? facts.recordsAt(path).filter(({ by }) => by === main.who) : [];
  const sends = calls.filter(({ server }) => server === "provider");
  const renewed = sends.find((call) => heard(call) === "renewed");
  const published = renewed?.end && own.some((one) => one.seq > (renewed.end?.seq ?? 0) && !facts.view(one)?.lease);
  const proved = path ? own.some((one) => facts.view(one)?.lease) : probed;
  const stored = path ? published : inSecret;

  if (sends.some((call) => heard(call) === "not sent")) hit.add(3);
  const lost = (call: (typeof calls)[number]) =>
    heard(call) === "unclear" || (main.death && heard(call) === "nothing yet" && call.sentAt);
  if (sends.some(lost)) hit.add(4);
  const failed = calls.some(
    ({ server, end }) =>
      server === "github" && renewed?.end && end && end.seq > renewed.end.seq && (end.arrival?.status ?? 500) >= 400,
  );
  if (failed) hit.add(6);
  const secretFailed = calls.some(
    ({ request, end }) =>
      published &&
      end &&
      request.url.includes("/actions/secrets/") &&
      (end.arrival?.status ?? 500) >= 400 &&
      end.seq > (renewed?.end?.seq ?? 0) &&
      end.arrival?.status !== 404,
  );
  if (secretFailed && !inSecret) hit.add(7);
  if (!main.death) return;
  if (!proved) hit.add(1);
  else if (!sends.some(({ sentAt }) => sentAt)) hit.add(2);
  if (renewed && !stored) hit.add(5);
  if (stored && !main.atEnd?.get(CLAUDE_FILE)) hit.add(9);
}

/** A lease that another job has taken over while its holder was alive. */
function addOfRecord(facts: Facts, path: string, hit: Set<number>): void {
  const versions = facts.recordsAt(path);
  for (const [index, version] of versions.entries()) {
    const [now, then] = [facts.view(version)?.lease, facts.view(versions[index - 1])?.lease];
    const before = versions[index - 1];
    if (!now || !then || !before || now.nonce === then.nonce || version.by === before.by) continue;
    const holder = facts.played.jobs.find(({ main }) => main?.who === before.by)?.main;
    if (holder && then.phase === "intent" && (holder.endedAt ?? Number.POSITIVE_INFINITY) > version.movedAt)
      hit.add(10);
  }
}
