import type { AccessToken } from "../core/effects.ts";
import type { Call } from "../core/log.ts";
import { CLAUDE_FILE, type Job } from "../core/job.ts";
import { ownerOf } from "../core/opening.ts";
import type { Proc } from "../core/proc.ts";
import { type Facts, heard } from "./facts.ts";
import { judgeCheckOut } from "./leases.ts";

export function judgeSuccess(
  facts: Facts,
  job: Job,
  proc: Proc,
  calls: readonly Call[],
  finding: (rule: string, text: string) => void,
  limits: string[],
): void {
  const { outputs } = proc.said;
  const { provider } = facts.played.stage;
  const end = proc.endedAt ?? 0;
  const renewal = calls.findLast((call) => call.server === "provider" && heard(call) === "renewed");
  const shared = facts.recordPathOf(job) !== undefined;
  // Of a shared login, somebody else's renewal may have come after ours.
  if ((outputs["refreshed"] === "true") !== (renewal !== undefined) && !(shared && renewal))
    finding("untrue", `refreshed: ${outputs["refreshed"]}`);
  const stored = calls.some((call) =>
    call.arrivals.some(
      ({ effect }) => effect.kind === "ref" || (effect.kind === "stored" && effect.secret === facts.targetOf(job)),
    ),
  );
  const confirmed = proc.said.texts.some(({ text }) => text.includes("(confirmed)"));
  if (confirmed && !stored) finding("untrue", "said that the login is stored");

  const file = proc.atEnd?.get(CLAUDE_FILE) ?? "";
  const access = provider.accessOf(/"accessToken":"([^"]+)"/.exec(file)?.[1] ?? "");
  if (!access) return finding("no token", "it succeeded without an access token in the file");
  if (access.family.login !== ownerOf(facts.played.plan, job.plan.login))
    finding("accounts mixed up", "the file holds a token of another login");
  const issued = outputs["refreshed"] === "true" ? renewal?.end?.arrival?.effect : undefined;
  const own = issued?.kind === "renewed" && renewal?.trouble !== "no-access" ? issued.issued.access : undefined;
  if (own && own !== access) finding("no token", "it renewed the login, and wrote another access token");
  if (access.endsAt > end && (!access.ended || !own)) return;
  const skew = Math.abs(job.plan.clock.skewMs);
  const wrongAbout = clockErrorOf(facts, access);
  // A token that was fetched a moment ago can only have been ended by somebody else.
  if (own && access.ended) limits.push("an access token was ended by a later renewal or a revocation");
  else if (skew + 60_000 > end - access.endsAt) limits.push("a wrong clock took an access token for a living one");
  else if (wrongAbout + skew + 60_000 > end - access.endsAt)
    limits.push("a program with a wrong clock wrote a wrong end into its file");
  else if (Number(outputs["expires-at"] === "") === 1)
    limits.push("an access token whose end the provider did not tell");
  else finding("no token", `the access token had ended ${Math.round((end - access.endsAt) / 1000)} s before`);
}

/** How far off the clock was by which a program reckoned the end of this token, ms. */
function clockErrorOf(facts: Facts, access: AccessToken): number {
  const call = facts.played.stage.calls.find(({ arrivals }) =>
    arrivals.some(({ effect }) => effect.kind === "renewed" && effect.issued.access === access),
  );
  return call?.step === "program" ? Math.abs(facts.jobs.get(call.job)?.plan.clock.skewMs ?? 0) : 0;
}

export function judgePost(
  facts: Facts,
  job: Job,
  proc: Proc,
  calls: readonly Call[],
  finding: (rule: string, text: string) => void,
): void {
  if (proc.code !== undefined && proc.code !== 0 && proc.code !== 70) finding("untrue", "a post step failed the job");
  const says = (text: string) => proc.said.texts.some((one) => one.text.includes(text));
  const all = [...(facts.calls.get(`${job.name}.main`) ?? []), ...calls];
  const stored = all.some(({ arrivals }) =>
    arrivals.some(({ effect }) => effect.kind === "stored" || effect.kind === "ref"),
  );
  if ((says("is now stored in") || says("now stands in")) && !stored)
    finding("untrue", "said that the login is stored");
  const path = facts.recordPathOf(job);
  // It has taken what the program had renewed: of the token before that it knows that it is spent. (Not of what it took,
  // should a request of the program's be under way even now.)
  const began = facts.entriesOf(proc.who)[0]?.seq ?? 0;
  const captured = path !== undefined && says("The login that the job's program renewed");
  for (const one of captured ? facts.recordsAt(path) : []) {
    const { lease, token } = facts.view(one) ?? {};
    if (one.by === proc.who && !lease && (token?.spent?.seq ?? Number.POSITIVE_INFINITY) < began)
      finding(
        "a spent token was given back",
        "it knew what the job's program had renewed, and the next job gets the token before that",
      );
  }
  judgeCheckOut(facts, job, proc, finding);
  // What main has told to be published needs no other hand.
  const published = job.main?.said.state["published"] !== undefined;
  if (published && says("the main step could not publish it")) finding("untrue", "said that main could not publish it");
}
