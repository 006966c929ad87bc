import type { HttpAnswer, HttpRequest } from "../../../src/world/world.ts";
import { TOKEN_URL } from "../servers/provider.ts";
import { CLAUDE_FILE, type Job } from "./job.ts";
import { exchange } from "./network.ts";

/** The login in Claude Code's file. */
interface Oauth {
  accessToken: string;
  refreshToken: string | null;
  expiresAt: number | null;
  [field: string]: unknown;
}

/** What the job's program does with the login that it was given whole. It is simulated, not under test. */
export function runProgram(job: Job): void {
  const { does, afterMs } = job.plan.program;
  if (!job.plan.writeRefreshToken || does === "nothing") return;
  const { scheduler } = job.stage;
  const then = (ms: number, run: () => void) => scheduler.later(ms, () => job.programAlive && run());
  then(afterMs, () => {
    const before = job.disk?.files.get(CLAUDE_FILE)?.text;
    if (before === undefined) return;
    if (does === "wipes") write(job, { accessToken: "", refreshToken: "", expiresAt: 0 });
    else if (does === "cuts-off") renew(job, (text) => text.slice(0, text.length / 2));
    else renew(job, (text) => text);
    if (does === "puts-back") then(120_000, () => job.disk?.write(CLAUDE_FILE, before, job.machine.now()));
    if (does === "renews-twice") then(90_000, () => renew(job, (text) => text));
  });
}

function renew(job: Job, spoil: (text: string) => string): void {
  const oauth = read(job);
  if (!oauth?.refreshToken) return;
  const { stage, plan } = job;
  const request: HttpRequest = {
    method: "POST",
    url: TOKEN_URL,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ grant_type: "refresh_token", refresh_token: oauth.refreshToken }),
    timeoutMs: 30_000,
  };
  const client = {
    who: `${job.name}.program`,
    job: plan,
    step: "program" as const,
    alive: () => job.programAlive,
    wake: (run: () => void) => run(),
    whenAwake: (_what: string, run: () => void) => run(),
    nextRequest: () => ++job.programAsked,
  };
  const taken = ({ status, body }: HttpAnswer) => {
    const { access_token, refresh_token, expires_in } = parse(body);
    if (status !== 200 || typeof access_token !== "string") return;
    const next: Oauth = {
      ...oauth,
      accessToken: access_token,
      refreshToken: typeof refresh_token === "string" ? refresh_token : oauth.refreshToken,
      expiresAt: job.machine.now() + Number(expires_in ?? 3600) * 1000,
    };
    write(job, next, spoil);
  };
  exchange(client, stage.network, request, taken, () => {});
}

function read(job: Job): Oauth | undefined {
  const text = job.disk?.files.get(CLAUDE_FILE)?.text;
  return text === undefined ? undefined : (parse(text)["claudeAiOauth"] as Oauth | undefined);
}

function write(job: Job, oauth: Oauth, spoil: (text: string) => string = (text) => text): void {
  if (!job.programAlive) return;
  job.stage.log.add(`${job.name}.program`, "commit", CLAUDE_FILE);
  job.disk?.write(CLAUDE_FILE, spoil(JSON.stringify({ claudeAiOauth: oauth })), job.machine.now());
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
