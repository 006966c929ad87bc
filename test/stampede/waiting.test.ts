/**
 * What waiting costs, and how soon it ends: counted in looks at the ledger and calls to GitHub, not in seconds.
 */
import { expect, test } from "vitest";
import { LEDGER_ALONE, onStage } from "./five-jobs.ts";
import { expectWorking } from "./shared-login.ts";

test(
  "whoever waits is done within two looks of the publishing; the looks before it are free",
  () =>
    onStage(async (here) => {
      await here.signIn({ expiresInMs: 8 * 3_600_000 });
      await here.job({ inputs: { "rotate-to": undefined, "secrets-token": undefined } });
      const inputs = { ...LEDGER_ALONE, "min-validity": "9h" };
      const jobs = await here.whileOneRenews({ inputs });
      await expectWorking(here, jobs);

      const [holder, ...waiting] = jobs.map((job) => here.calls(job));
      const publishing = holder?.findLast(({ path }) => path === "/graphql");
      expect(holder?.length, "calls of a refresh").toBeLessThanOrEqual(8);
      const all = here.github.requests;
      const since = new Set(all.slice(all.findIndex((call) => call === publishing) + 1));
      const counts: number[] = [];
      for (const calls of waiting) {
        const looks = calls.slice(1);
        expect(looks.map(({ method }) => method)).toEqual(looks.map(() => "GET"));
        expect(looks.every(({ headers }) => headers["if-none-match"] !== undefined)).toBe(true);
        // Nothing has changed, nothing has changed, … here it is. A job makes no call after that.
        expect(looks.map(({ status }) => status)).toEqual([...looks.slice(1).map(() => 304), 200]);
        const after = calls.filter((call) => since.has(call));
        counts.push(after.length);
        expect(after.length, "looks since the publishing").toBeLessThanOrEqual(2);
        expect(after.at(-1)?.status).toBe(200);
      }
      console.log(`a refresh: ${holder?.length} calls; looks since its publishing, by those who waited: ${counts}`);
    }),
  600_000,
);
