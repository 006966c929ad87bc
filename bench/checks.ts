import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { nameOf, type Traffic } from "./servers.ts";
import { claudeFile, type Finished, type Step } from "./step.ts";

/** The exit code, a silent stderr, and exactly these calls that change something (reading ones are free). */
export function checkRun(run: Finished, { calls }: Traffic, code: number, changing: Record<string, number>): void {
  assert.equal(run.code, code, `exit code ${run.code}\n${run.stdout}${run.stderr}`);
  assert.equal(run.stderr, "");
  const counts: Record<string, number> = {};
  for (const call of calls) if (call.method !== "GET") counts[nameOf(call)] = (counts[nameOf(call)] ?? 0) + 1;
  assert.deepEqual(counts, changing);
  for (const call of calls) assert.ok(call.status < 300, `${nameOf(call)} was answered ${call.status}`);
  if (Object.keys(changing).length === 0) assert.equal(calls.length, 0, "a run that needs no network used it");
}

export function checkWritten(
  run: Finished,
  traffic: Traffic,
  step: Step,
  access: string,
  changing: Record<string, number>,
): void {
  checkRun(run, traffic, 0, changing);
  const file = claudeFile(step);
  const { claudeAiOauth } = JSON.parse(readFileSync(file, "utf8")) as { claudeAiOauth: Record<string, unknown> };
  assert.equal(claudeAiOauth["accessToken"], access, "another access token was written");
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(step.kept("output")["available"], "true");
}

/** The one refresh sent the stored token; gives what was issued for it. */
export function checkRefreshed(
  { calls }: Traffic,
  refreshToken: string,
): { access_token: string; refresh_token: string } {
  const sent = calls.filter((call) => call.server === "provider");
  assert.equal(sent.length, 1);
  const [call] = sent;
  assert.equal((JSON.parse(call?.sent ?? "") as Record<string, unknown>)["refresh_token"], refreshToken);
  return call?.body as { access_token: string; refresh_token: string };
}
