/**
 * The ordinary situations in which other tools lose a login (S1 to S8), each with five jobs that share one login at a
 * provider that ends it when a spent token is seen. It stays alive in every one but that in which the provider's
 * answer, and with it the only copy of the new login, is lost.
 */
import { describe, expect, test } from "vitest";
import { SECRET } from "../scenario/stage.ts";
import { type FiveJobs, LEDGER_ALONE, onStage } from "./five-jobs.ts";
import {
  expectAlive,
  expectRefused,
  expectRenewedByOne,
  expectSilent,
  expectStored,
  expectWorking,
} from "./shared-login.ts";

/** For jobs that have to renew, whatever is stored: an access token lives for 8 hours. */
const LONGER = { inputs: { "min-validity": "9h" } };
/** For a job that leaves the secret as it is. */
const LEDGER_ONLY = { inputs: { "rotate-to": undefined, "secrets-token": undefined } };

const PROBE = { method: "PUT", path: new RegExp(`/secrets/OAUTH_CREDS_PROBE_${SECRET}$`) };
const LOGIN = { method: "PUT", path: new RegExp(`/secrets/${SECRET}$`) };
const CHANGE = { method: "POST", path: /^\/graphql$/ };

const statuses = (here: FiveJobs) => here.oidc.tokenRequests().map(({ answeredStatus }) => answeredStatus);
const askedBy = (here: FiveJobs) => here.oidc.tokenRequests().map(({ headers }) => headers["user-agent"]);

/** The next two writes are answered with 502: one that was not carried out, and one that was. */
function badGateways(here: FiveJobs, write: { method: string; path: RegExp }): { hits(): number } {
  const faults = (["before-commit", "after-commit"] as const).map((when) =>
    here.github.fault(write, { do: "answer", status: 502, when }),
  );
  return { hits: () => faults.reduce((sum, { hits }) => sum + hits, 0) };
}

// Most of it is waiting, so several play at the same time.
describe.concurrent("five jobs", { timeout: 600_000 }, () => {
  test("S1 one after the other with one old snapshot: one refresh; then none, and hardly a call", () =>
    onStage(async (here) => {
      await here.signIn();
      const snapshot = here.secret();
      const jobs = [];
      for (let number = 1; number <= 5; number++) jobs.push(await here.job({ snapshot }));
      const access = await expectWorking(here, jobs);
      expectSilent(jobs);
      const sources = jobs.map(({ ran }) => ran.main.outputs["source"]);
      expect(sources).toEqual(["refreshed", "ledger", "ledger", "ledger", "ledger"]);
      await expectStored(here, access, { generation: 1 });

      const withCopy = await here.atOnce();
      expect(await expectWorking(here, withCopy)).toBe(access);
      expect(withCopy.map((job) => here.calls(job).length)).toEqual([0, 0, 0, 0, 0]);
      const withLedger = await here.atOnce({ inputs: LEDGER_ALONE });
      expect(await expectWorking(here, withLedger)).toBe(access);
      expect(withLedger.map((job) => here.calls(job).length)).toEqual([1, 1, 1, 1, 1]);
      expect(here.sends()).toEqual([1]);
      await expectAlive(here);
    }));

  test("S2 at once with one snapshot, which a person has pasted: one refresh", () =>
    onStage(async (here) => {
      const login = await here.signIn();
      const jobs = await here.atOnce();
      expect(here.sends()).toEqual([1]);
      await expectRenewedByOne(here, jobs, { generation: 1 });

      // Not because the provider is a lenient one: the first token once more, and the login is over.
      await fetch(here.oidc.tokenUrl, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: here.oidc.tokenRequests()[0]?.rawBody ?? "",
      });
      expect((await here.oidc.family(login.refreshToken)).state).toBe("revoked");
      expectRefused([await here.job({ inputs: { refresh: "always" } })], "login-refused");
    }));

  test("S2 at once with one snapshot, which the ledger has stored: one refresh", () =>
    onStage(async (here) => {
      await here.signIn();
      await here.job();
      const jobs = await here.whileOneRenews(LONGER);
      expect(here.sends()).toEqual([1, 1]);
      await expectRenewedByOne(here, jobs, { generation: 2 });
    }));

  test("S2 at once where the secret is behind the ledger: all mend it, and nobody says that anything was lost", () =>
    onStage(async (here) => {
      await here.signIn();
      await here.job(LEDGER_ONLY);
      // One has seen how old the secret is; before it looks once more and writes, the four others have written it.
      const held = here.github.hold({ method: "GET", path: /\/public-key$/, skip: 1 });
      const slow = here.job();
      await Promise.race([held.received, slow]);
      const others = await Promise.all(Array.from({ length: 4 }, () => here.job()));
      held.release();
      const jobs = [await slow, ...others];
      const access = await expectWorking(here, jobs);
      expectSilent(jobs);
      expect(here.sends()).toEqual([1]);
      await expectStored(here, access, { generation: 1 });
      await expectAlive(here);
    }));

  test("S3 the token endpoint answers 500 once: asked once more, by the same job", () =>
    onStage(async (here) => {
      await here.signIn();
      here.oidc.fault("500-before-commit");
      const jobs = await here.atOnce();
      expect(statuses(here)).toEqual([500, 200]);
      expect(new Set(askedBy(here)).size).toBe(1);
      await expectRenewedByOne(here, jobs, { generation: 1 });
    }));

  test("S4 the token endpoint answers 429 with Retry-After: waited for, and asked once more by the same job", () =>
    onStage(async (here) => {
      await here.signIn();
      here.oidc.fault({ type: "429", retryAfter: 1 });
      const jobs = await here.atOnce();
      expect(statuses(here)).toEqual([429, 200]);
      const [holder, again] = askedBy(here);
      expect(again).toBe(holder);
      expect(jobs.find(({ agent }) => agent === holder)?.ran.main.log).toContain("trying once more in 1 s");
      await expectRenewedByOne(here, jobs, { generation: 1 });
    }));

  test("S5 the first write to the secrets, which proves the permission, is answered with 502, twice", () =>
    onStage(async (here) => {
      await here.signIn();
      const faults = badGateways(here, PROBE);
      const jobs = await here.atOnce();
      expect([faults.hits(), here.sends()]).toEqual([2, [1]]);
      await expectRenewedByOne(here, jobs, { generation: 1 });
    }));

  test("S5b the second write to the secrets, of the login, is answered with 502, twice", () =>
    onStage(async (here) => {
      await here.signIn();
      await here.job();
      const faults = badGateways(here, LOGIN);
      const jobs = await here.whileOneRenews(LONGER);
      expect([faults.hits(), here.sends()]).toEqual([2, [1, 1]]);
      const besides = /^The login was written into the repository secret CLAUDE_LOGIN, but that was not confirmed/;
      await expectRenewedByOne(here, jobs, { generation: 2, besides });
    }));

  test("S5 the first write to the ledger, of the intent, is answered with 502, twice", () =>
    onStage(async (here) => {
      await here.signIn();
      const faults = badGateways(here, CHANGE);
      const jobs = await here.atOnce();
      expect([faults.hits(), here.sends()]).toEqual([2, [1]]);
      await expectRenewedByOne(here, jobs, { generation: 1 });
    }));

  test("S5b the second write to the ledger, of the renewed login, is answered with 502, twice", () =>
    onStage(async (here) => {
      await here.signIn();
      let faults: ReturnType<typeof badGateways> | undefined;
      const jobs = await here.whileOneRenews({}, () => (faults = badGateways(here, CHANGE)));
      expect([faults?.hits(), here.sends()]).toEqual([2, [1]]);
      await expectRenewedByOne(here, jobs, { generation: 1 });
    }));

  test("S6 may not write the ledger (403): nothing is sent", () =>
    onStage(async (here) => {
      const login = await here.signIn();
      here.mayWrite("read");
      expectRefused(await here.atOnce(), "ledger-forbidden");
      expect(here.sends()).toEqual([]);
      expect(await here.record()).toBeUndefined();
      expect(await here.oidc.isRefreshTokenAlive(login.refreshToken)).toBe(true);
      here.mayWrite("write");
      await expectAlive(here);
    }));

  test("S6 may not write the secret that is to begin the ledger (403): nothing is sent", () =>
    onStage(async (here) => {
      const login = await here.signIn();
      here.mayStore("read");
      expectRefused(await here.atOnce(), "secret-forbidden");
      expect(here.sends()).toEqual([]);
      expect(await here.record()).toBeUndefined();
      expect(await here.oidc.isRefreshTokenAlive(login.refreshToken)).toBe(true);
      here.mayStore("write");
      await expectAlive(here);
    }));

  test("S6 may not write the ledger any more (403): all go on with its access token, and say so", () =>
    onStage(async (here) => {
      await here.signIn();
      const { access } = await here.job();
      here.mayWrite("read");
      const jobs = await here.atOnce(LONGER);
      expect(await expectWorking(here, jobs)).toBe(access);
      for (const { said } of jobs) expect(said).toMatch(/\[ledger-forbidden\].*goes on with the access token/);
      expect(here.sends()).toEqual([1]);
      here.mayWrite("write");
      await expectAlive(here);
    }));

  test("S6 may not write the secret any more (403): the ledger counts, and the next run mends the secret", () =>
    onStage(async (here) => {
      await here.signIn();
      await here.job(LEDGER_ONLY);
      here.mayStore("read");
      const jobs = await here.whileOneRenews(LONGER);
      const access = await expectWorking(here, jobs);
      for (const { ran, said } of jobs) {
        expect(said).toMatch(/CLAUDE_LOGIN.*\[secret-forbidden\]/);
        // The login is stored, and nobody is told that it has ended.
        expect(ran.main.annotations.filter(({ level }) => level === "error")).toEqual([]);
      }
      expect(here.sends()).toEqual([1, 1]);
      await expectStored(here, access, { generation: 2, secret: "behind" });
      here.mayStore("write");
      expect(await expectWorking(here, [await here.job()])).toBe(access);
      expect(here.sends()).toEqual([1, 1]);
      await expectStored(here, access, { generation: 2 });
      await expectAlive(here);
    }));

  test("S7 the answer is lost after the renewal: the one loss, told as what it is; nobody asks again", () =>
    onStage(async (here) => {
      await here.signIn();
      const pasted = here.secret();
      here.oidc.fault("drop-after-commit");
      const jobs = await here.atOnce();
      // The job that asked asks once more, since the token may not have been spent; the others ask nothing.
      const [holder, again] = askedBy(here);
      expect([here.sends(), again]).toEqual([[2], holder]);
      const lost = jobs.filter(({ agent }) => agent === holder);
      const others = jobs.filter(({ agent }) => agent !== holder);
      expectRefused(lost, "login-lost-in-flight");
      expectRefused(others, "login-refused");
      for (const { said } of others) expect(said).toMatch(/login-lost-in-flight.*no job asks again/);
      expect(await here.record()).toMatchObject({ dead: { why: "login-lost-in-flight" }, epoch: 1, lease: undefined });
      expect(here.secret(), "the secret").toBe(pasted);
      expectRefused([await here.job()], "login-refused");
      expect(here.sends()).toEqual([2]);

      // A person signs in once more: that is all that it takes.
      await here.signIn();
      const anew = await here.atOnce();
      expect(here.sends()).toEqual([2, 1]);
      await expectRenewedByOne(here, anew, { generation: 1, leases: 2 });
    }));

  test("S7 the answer is lost at a provider that gives it once more for a while: nothing is lost", () =>
    onStage(
      async (here) => {
        await here.signIn();
        here.oidc.fault("drop-after-commit");
        const jobs = await here.atOnce();
        expect([here.sends(), statuses(here)]).toEqual([[2], ["dropped", 200]]);
        await expectRenewedByOne(here, jobs, { generation: 1 });
      },
      { graceMs: 300_000 },
    ));

  test("S7 the answer for a fresh sign-in is lost: told, and the login in the ledger goes on", () =>
    onStage(async (here) => {
      await here.signIn();
      const { access } = await here.job();
      await here.signIn();
      here.oidc.fault("drop-after-commit");
      const jobs = await here.atOnce();
      expect(await expectWorking(here, jobs)).toBe(access);
      expect(here.sends()).toEqual([1, 2]);
      expect(jobs.filter(({ said }) => said.includes("[login-lost-in-flight]"))).toHaveLength(1);
      await expectStored(here, access ?? "", { generation: 1, leases: 2 });
      await expectAlive(here);
    }));

  test("S7 the answer came, and its job was killed before it could publish it: post does, and nothing is lost", () =>
    onStage(async (here) => {
      await here.signIn();
      const dying = Promise.withResolvers<void>();
      const killed = { step: { cancel: { kind: "kill", whenPromise: dying.promise } } } as const;
      const publishing = () => void here.github.hold(CHANGE).received.then(() => dying.resolve());
      const [holder, ...others] = await here.whileOneRenews({}, publishing, killed);
      expect(holder?.ran.main.signal).toBe("SIGKILL");
      expect(holder?.ran.post.log).toMatch(/now stands in the ref .* \(the main step could not publish it\)/);
      const access = await expectWorking(here, others);
      expectSilent(others);
      expect(here.sends()).toEqual([1]);
      await expectStored(here, access, { generation: 1 });
      await expectAlive(here);
    }));

  test("S8 the answer has no refresh token: the old one is kept, and works the next time", () =>
    onStage(async (here) => {
      const login = await here.signIn();
      here.oidc.fault("no-rotation");
      const jobs = await here.atOnce();
      expect(here.sends()).toEqual([1]);
      expect((await here.record())?.refresh?.reveal()).toBe(login.refreshToken);
      await expectRenewedByOne(here, jobs, { generation: 1 });
      expect(here.sends()).toEqual([2]);
    }));
});
