/**
 * What becomes of a ledger's old versions: after some 64 generations they are dropped, by whoever has just published,
 * and nothing depends on whether that works.
 */
import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { readMessage, writeMessage } from "../../src/ledger/git-message.ts";
import { type Ended, type FiveJobs, LEDGER_ALONE, onStage } from "./five-jobs.ts";
import { expectWorking } from "./shared-login.ts";

const REF = "refs/oauth-creds/v1/anthropic/default";
const RENEW = { inputs: { ...LEDGER_ALONE, refresh: "always" } } as const;
const LONG_MS = 300_000;

/** A stage whose record has so many versions before it, as far as anybody can tell. */
const afterVersions = (depth: number, play: (here: FiveJobs) => Promise<void>) =>
  onStage(async (here) => {
    await here.signIn();
    await here.job({ inputs: { "rotate-to": undefined, "secrets-token": undefined } });
    await deepen(here, depth);
    await play(here);
  });

async function deepen({ github: { git } }: FiveJobs, depth: number): Promise<void> {
  const { text } = readMessage(await git.run("log", "-1", "--format=%B", REF));
  const message = writeMessage({ text, depth }, randomBytes(12).toString("hex"));
  const who = ["-c", "user.name=octo", "-c", "user.email=octo@example.com"];
  const next = await git.run(...who, "commit-tree", `${REF}^{tree}`, "-p", REF, "-m", message);
  await git.run("update-ref", REF, next);
}

const versions = async ({ github }: FiveJobs) => Number(await github.git.run("rev-list", "--count", REF));
const changes = (here: FiveJobs, job: Ended) => here.calls(job).filter(({ path }) => path === "/graphql").length;

test(
  "dropped after a publishing, within the eight calls of a refresh; the login goes on",
  () =>
    afterVersions(126, async (here) => {
      const before = await versions(here);
      const job = await here.job(RENEW);
      const access = await expectWorking(here, [job]);
      expect(before).toBeGreaterThan(1);
      expect(await versions(here)).toBe(1);
      expect(here.calls(job).length).toBeLessThanOrEqual(8);
      expect(await here.record()).toMatchObject({ generation: 2, lease: undefined });
      expect(await expectWorking(here, [await here.job({ inputs: LEDGER_ALONE })])).toBe(access);
      // The next ones do without.
      const next = await here.job(RENEW);
      await expectWorking(here, [next]);
      expect([changes(here, next), await versions(here)]).toEqual([2, 3]);
      expect(here.github.violations).toEqual([]);
    }),
  LONG_MS,
);

test(
  "what fails is tried again some generations later, and its job has its token",
  () =>
    afterVersions(126, async (here) => {
      here.github.fault({ path: /\/graphql$/, skip: 2 }, { do: "answer", status: 502 });
      const before = await versions(here);
      const failing = await here.job(RENEW);
      await expectWorking(here, [failing]);
      expect(failing.said).toBe("");
      expect([changes(here, failing), await versions(here)]).toEqual([3, before + 2]);
      const between = await here.job(RENEW);
      expect([changes(here, between), await versions(here)]).toEqual([2, before + 4]);
      await deepen(here, 142);
      await expectWorking(here, [await here.job(RENEW)]);
      expect(await versions(here)).toBe(1);
    }),
  LONG_MS,
);

test(
  "not by a job that is to stop",
  () =>
    afterVersions(126, async (here) => {
      const before = await versions(here);
      const held = here.oidc.hold("after-commit");
      const job = here.job({ ...RENEW, step: { cancel: { kind: "sigterm", whenPromise: held.committed } } });
      await held.committed;
      setTimeout(held.release, 500);
      const stopped = await job;
      expect(stopped.code).toBe("cancelled");
      expect(await here.record()).toMatchObject({ generation: 2, lease: undefined });
      expect([changes(here, stopped), await versions(here)]).toEqual([2, before + 2]);
    }),
  LONG_MS,
);

test(
  "never where only REST can write: the versions stay, and so does the login",
  () =>
    afterVersions(126, async (here) => {
      here.github.git.behaviour.graphql = "absent";
      const before = await versions(here);
      const job = await here.job(RENEW);
      await expectWorking(here, [job]);
      expect(job.said).toBe("");
      expect(here.calls(job).length).toBeLessThanOrEqual(8);
      expect(await versions(here)).toBe(before + 2);
    }),
  LONG_MS,
);
