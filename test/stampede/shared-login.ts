/** What must be true of a shared login after whatever has happened to it. */
import { expect } from "vitest";
import { openEnvelope } from "../../src/credential/envelope.ts";
import { openShared } from "../../src/ledger/shared-envelope.ts";
import { type Ended, type FiveJobs, LEDGER_ALONE, SITE } from "./five-jobs.ts";

/** Every job has an access token that the provider takes, and it is the same one; gives it. */
export async function expectWorking(here: FiveJobs, jobs: readonly Ended[]): Promise<string> {
  expect(jobs.map(({ code, said }) => code && said).filter(Boolean), "jobs that failed").toEqual([]);
  const tokens = [...new Set(jobs.map(({ access }) => access))];
  expect(tokens, "access tokens").toEqual([expect.any(String)]);
  expect(await here.works(tokens[0]), "taken by the provider").toBe(true);
  for (const { ran, access } of jobs) {
    // Only the access token is on the disk, for nobody else to read, and not after the job.
    expect(ran.during?.mode).toBe("600");
    expect(ran.during?.json["claudeAiOauth"]?.["refreshToken"] ?? "").toBe("");
    expect(ran.main.masks).toContain(access);
  }
  return tokens[0] as string;
}

/** Nobody asked for this much: all the rest that a job says is about something that went wrong. */
const SHORT = /^The access token ends at .* sooner than `min-validity`, and this job cannot have a later one\.$/;

/**
 * No job complains of anything: whatever went wrong was mended in time.
 *
 * @param besides what may be said all the same
 */
export function expectSilent(jobs: readonly Ended[], besides: RegExp = SHORT): void {
  const lines = jobs.flatMap(({ said }) => said.split("\n"));
  expect(lines.filter((line) => line !== "" && !SHORT.test(line) && !besides.test(line))).toEqual([]);
}

/**
 * One job has renewed the login for all five: each has the same working access token, none complains, and what is
 * stored is the login that a new process can go on with.
 *
 * @param besides what a job may say all the same
 */
export async function expectRenewedByOne(
  here: FiveJobs,
  jobs: readonly Ended[],
  { besides, ...stored }: Expected & { besides?: RegExp },
): Promise<void> {
  const access = await expectWorking(here, jobs);
  expectSilent(jobs, besides);
  const sources = jobs.map(({ ran }) => ran.main.outputs["source"]).toSorted();
  expect(sources).toEqual(["ledger", "ledger", "ledger", "ledger", "refreshed"]);
  await expectStored(here, access, stored);
  await expectAlive(here);
}

/** Every job has ended with this error, and gave nothing to its program. */
export function expectRefused(jobs: readonly Ended[], code: string): void {
  expect(jobs.map((job) => job.code)).toEqual(jobs.map(() => code));
  expect(jobs.map(({ ran }) => ran.main.exitCode)).toEqual(jobs.map(() => 1));
  expect(jobs.map(({ access }) => access)).toEqual(jobs.map(() => undefined));
}

export interface Expected {
  readonly generation: number;
  /** How many leases were given in all: nobody took over from anybody, unless there are more than generations. */
  readonly leases?: number;
  /** `behind`: the secret could not be written, and has what it had. */
  readonly secret?: "a copy" | "behind";
}

/** The ledger holds the login at this generation, held by nobody, and it is the living one; the secret is a copy. */
export async function expectStored(
  here: FiveJobs,
  access: string,
  { generation, leases = generation, secret = "a copy" }: Expected,
): Promise<void> {
  const record = await here.record();
  expect(record).toMatchObject({ generation, epoch: leases, lease: undefined, dead: undefined });
  expect(record?.access.access?.reveal()).toBe(access);
  expect(await here.oidc.isRefreshTokenAlive(record?.refresh?.reveal() ?? ""), "the ledger's refresh token").toBe(true);

  const value = here.secret();
  const copy = value.startsWith("oc1.")
    ? openShared(openEnvelope(value).credential, here.keys, SITE)
    : { generation: 0, shared: undefined, refresh: undefined, access: undefined };
  if (secret === "behind") {
    expect(copy.generation).toBeLessThan(generation);
    return;
  }
  expect(copy.shared).toMatchObject({ place: SITE.place, lineage: record?.lineage });
  expect(copy.shared?.unpublished).toBeUndefined();
  expect(copy.generation).toBe(generation);
  expect(copy.access?.reveal()).toBe(access);
  expect(copy.refresh?.reveal()).toBe(record?.refresh?.reveal());
}

/**
 * The login is alive: a new process that is given nothing but what is stored renews it by one request, which the
 * provider answers with 200, and what it gets works. A job with the access key alone has it from the ledger then.
 */
export async function expectAlive(here: FiveJobs): Promise<void> {
  const before = await here.record();
  const asked = here.oidc.tokenRequests().length;
  const next = await here.job({ inputs: { refresh: "always" } });
  const access = await expectWorking(here, [next]);
  expect(next.ran.main.outputs["source"]).toBe("refreshed");
  const requests = here.oidc.tokenRequests().slice(asked);
  expect(requests).toMatchObject([{ answeredStatus: 200, committed: true }]);
  if (before) expect(requests[0]?.body?.["refresh_token"]).toBe(before.refresh?.reveal());
  await expectStored(here, access, { generation: (before?.generation ?? 0) + 1, leases: (before?.epoch ?? 0) + 1 });
  const reader = await here.job({ inputs: { ...LEDGER_ALONE, "ledger-key": here.accessKey } });
  expect(await expectWorking(here, [reader])).toBe(access);
  expect(here.oidc.tokenRequests()).toHaveLength(asked + 1);
}
