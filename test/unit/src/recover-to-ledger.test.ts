/** `oauth-creds recover` with a copy that was sealed under a ledger's root key: the real code over a ledger in memory. */
import { expect, test, vi } from "vitest";
import { recoverToLedger } from "../../../src/cli/recover/to-ledger.ts";
import type { Credential } from "../../../src/credential/credential.ts";
import { makeRootKey } from "../../../src/ledger/keys.ts";
import type { RootRecord } from "../../../src/ledger/record.ts";
import { type CopyHeader, describeCopy, sealCopy } from "../../../src/recovery/copy.ts";
import type { Secret } from "../../../src/secret.ts";
import { newStage, type Stage, type StagedJob } from "../../model/stage.ts";
import { HOUR, NOW, SECOND } from "./support.ts";

vi.mock("../../../src/ledger/open.ts", async () => ({ openLedger: (await import("../../model/stage.ts")).ledgerOf }));

/** What came of a token of the stage's provider, and nobody took. */
function copyOf(stage: Stage, spent: number, change: { over?: string; account?: string; label?: string } = {}): string {
  const { key } = stage.keys.root[0] as { key: Secret };
  const { over = stage.record()?.lineage ?? "", ...site } = change;
  const unpublished = { epoch: 1, over };
  const shared = { place: stage.site.place, lineage: spent === 0 ? over : "theirs", sealed: "", unpublished };
  const next = { ...stage.loginOf(7, { generation: 1 }), shared };
  const where = { ...stage.site, label: "the record in memory", ...site };
  return sealCopy(next, stage.loginOf(spent).refresh as Secret, { from: "ledger", key }, where, stage.now(), (bytes) =>
    crypto.getRandomValues(new Uint8Array(bytes)),
  );
}

/** Every call is answered; time passes while it waits. */
async function recover(stage: Stage, job: StagedJob, text: string) {
  const ended = new AbortController();
  const done = recoverToLedger(job.world, text, describeCopy(text) as CopyHeader).finally(() => ended.abort());
  done.catch(() => {}); // heard of below
  while (!ended.signal.aborted) {
    await new Promise<void>((resolve) => void setImmediate(resolve));
    if (job.waiting === "sleep") stage.pass(Math.max(0, job.due[0] - stage.now()));
    if (job.waiting) await Promise.race([job.waiting === "sleep" ? job.awake() : job.go(), done.catch(() => {})]);
  }
  return done;
}

const lease = (phase: "intent" | "checked-out", ttlMs: number): RootRecord["lease"] => ({
  owner: "somebody",
  nonce: "theirs",
  phase,
  ttlMs,
  attempts: 1,
});

/** A stage whose record is as given, and a process that has nothing but the key. */
async function prepared(change: Partial<RootRecord> = {}, credential?: (stage: Stage) => Credential) {
  const stage = await newStage();
  const record = await stage.seed(0, { accessExpiresAt: NOW - HOUR });
  await stage.put({ ...record, ...change });
  return { stage, job: stage.job({ credential: credential?.(stage) }), lineage: record.lineage };
}

test("is published over the record that it came of: held by nobody, checked out, or marked as dead", async () => {
  const dead = { at: NOW, why: "login-refused" };
  for (const change of [{}, { epoch: 1, lease: lease("checked-out", 6 * HOUR) }, { epoch: 1, dead }]) {
    const { stage, job, lineage } = await prepared(change);
    expect(await recover(stage, job, copyOf(stage, 0))).toEqual({ generation: 1, label: "the record in memory" });
    expect(stage.record()).toMatchObject({ lineage, generation: 1, by: 1, lease: undefined, dead: undefined });
    expect(stage.numberOf(stage.record()?.refresh?.reveal())).toBe(7);
    expect([stage.sent, stage.now() - NOW]).toEqual([[], 0]);
  }
});

test("a job that is about to send is waited for", async () => {
  const { stage, job } = await prepared({ epoch: 1, lease: lease("intent", 60 * SECOND) });
  await recover(stage, job, copyOf(stage, 0));
  expect(stage.now() - NOW).toBeGreaterThan(60 * SECOND);
  expect(job.recorded.of("log").join()).toMatch(/Waiting for somebody/);
  const busy = await prepared({ epoch: 1, lease: lease("intent", HOUR) });
  await expect(recover(busy.stage, busy.job, copyOf(busy.stage, 0))).rejects.toMatchObject({ code: "ledger-busy" });
});

test("of a fresh sign-in: with that in `credential`, unless there was another one since", async () => {
  const { stage, job, lineage } = await prepared({}, (it) => it.loginOf(1));
  const other = stage.job();
  await expect(recover(stage, other, copyOf(stage, 1))).rejects.toThrow(/not the successor of what stands/);
  await expect(recover(stage, job, copyOf(stage, 1, { over: "an older one" }))).rejects.toThrow(/signed in anew since/);
  await recover(stage, job, copyOf(stage, 1));
  expect(stage.record()).toMatchObject({ lineage: "theirs", generation: 1 });
  expect(stage.record()?.lineage).not.toBe(lineage);
  const known = stage.job({ credential: stage.loginOf(1) });
  await stage.play([known]);
  expect(stage.sent).not.toContain(1);
});

test("is refused with the reason", async () => {
  const { stage, job } = await prepared();
  const why = (text: string, who = job) => recover(stage, who, text).catch((error: Error) => error.message);
  expect(await why(copyOf(stage, 0, { account: "work" }))).toMatch(/account `work`, not of `default`/);
  const elsewhere = { place: "elsewhere", label: "the ledger of somebody" };
  expect(await why(copyOf(stage, 0, elsewhere as object))).toMatch(/another ledger \(the ledger of somebody\)/);
  expect(await why(copyOf(stage, 0).replace(/.$/, (last) => (last === "A" ? "Q" : "A")))).toMatch(/cut off or altered/);
  const stranger = stage.job({ key: makeRootKey((bytes) => crypto.getRandomValues(new Uint8Array(bytes))) });
  expect(await why(copyOf(stage, 0), stranger)).toMatch(/under another root key/);
  expect(await why(copyOf(stage, 0), stage.job({ key: stage.accessKey }))).toMatch(
    /access key .* opens no recovery copy/,
  );
  const old = copyOf(stage, 0);
  stage.pass(HOUR);
  await stage.put({ ...(stage.record() as RootRecord), refresh: stage.loginOf(1).refresh, generation: 4 });
  expect(await why(old)).toMatch(/not the successor .*generation 4, and was written at/);
  const empty = await newStage();
  const copy = copyOf(empty, 0, { over: "gone" });
  await expect(recover(empty, empty.job({ key: empty.rootKey }), copy)).rejects.toMatchObject({ code: "ledger-empty" });
});
