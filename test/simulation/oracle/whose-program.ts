import type { RefreshToken } from "../core/effects.ts";
import { CLAUDE_FILE, type Job } from "../core/job.ts";
import type { Call } from "../core/log.ts";
import type { Facts } from "./facts.ts";
import { whyGaveUp } from "./tried.ts";

const PROGRAM = "the job's program renewed it";

/** What a program has made of the login in its file. */
interface InFile {
  readonly refreshToken?: string | null;
  readonly expiresAt?: number | null;
}

const inFile = (files: ReadonlyMap<string, string> | undefined): InFile | undefined => {
  try {
    return (JSON.parse(files?.get(CLAUDE_FILE) ?? "") as { claudeAiOauth?: InFile }).claudeAiOauth;
  } catch {
    return undefined;
  }
};

/** The job's program renewed it, and post could not or would not take it over. */
export function whyProgram(facts: Facts, token: RefreshToken, call: Call): string | undefined {
  const job = facts.jobs.get(call.job);
  if (!job) return undefined;
  const { post } = job;
  // The user has chosen that: with `write-refresh-token` nothing but post brings it back.
  if (!post || post.death) return `${PROGRAM}, and no post step came to its end`;
  const left = inFile(post.atStart);
  const found = facts.played.stage.provider.tokenOf(left?.refreshToken ?? "");
  const follows = found !== undefined && found.family === token.family && found.generation > token.generation;
  if (!follows) {
    const { does } = job.plan.program;
    const told = post.said.texts.some(({ text }) => text.includes("The stored login was left as it is"));
    if (does === "cuts-off" && left === undefined && !told) return undefined;
    return does === "cuts-off" || does === "puts-back"
      ? `${PROGRAM} and spoilt its file`
      : `${PROGRAM}, and never got or wrote the answer`;
  }
  const refused = post.said.texts.some(({ text }) => text.includes("that is not newer than the one it was given"));
  if (refused) return misled(facts, job, call) ? `${PROGRAM}, and its end looked like an older one's` : undefined;
  const why = whyGaveUp(facts, job, post, { seq: facts.entriesOf(post.who)[0]?.seq ?? 0, t: post.startedAt });
  return why && `${PROGRAM}, and post gave up: ${why}`;
}

/** Whether one of the two ends was wrong: reckoned by a wrong clock, of this machine or an earlier one's, or not told. */
function misled(facts: Facts, { main, plan }: Job, call: Call): boolean {
  const given = inFile(main?.atEnd);
  const { provider } = facts.played.stage;
  const token = /"accessToken":"([^"]+)"/.exec(main?.atEnd?.get(CLAUDE_FILE) ?? "")?.[1];
  const end = provider.accessOf(token ?? "")?.endsAt ?? 0;
  const wrongBefore = Math.abs((given?.expiresAt ?? 0) - end) > 60_000;
  return Math.abs(plan.clock.skewMs) > 60_000 || wrongBefore || call.trouble === "no-lifetime";
}
