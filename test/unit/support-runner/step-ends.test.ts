import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { runStep } from "../../support/runner/index.ts";
import { entry, testJob } from "./helpers.ts";

const windows = process.platform === "win32";

describe("a step ends", () => {
  const SAVES = `
    fs.appendFileSync(env.GITHUB_STATE, "a=1\\n");
    fs.appendFileSync(env.GITHUB_ENV, "B=2\\n");
    fs.appendFileSync(env.GITHUB_STEP_SUMMARY, "summary\\n");
    setInterval(() => {}, 1000);`;

  test("what was stored survives SIGKILL", async () => {
    const job = testJob();
    const code = `${SAVES} console.log("ready");`;
    const result = await runStep({ job, entry: entry(job, code), killOnLine: /^ready$/ });
    expect(result).toMatchObject({ outcome: "failure", state: { a: "1" }, env: { B: "2" }, summary: "summary\n" });
    expect([result.exitCode, result.signal]).toEqual(windows ? [1, null] : [null, "SIGKILL"]);
    expect(job.env.get("B")).toBe("2");
    expect(job.status).toBe("failure");
  });

  test.skipIf(windows)("a kill takes the children along", async () => {
    const job = testJob();
    const code = `
      import { spawn } from "node:child_process";
      const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "inherit" });
      child.once("spawn", () => console.log("child " + child.pid));`;
    const result = await runStep({ job, entry: entry(job, code), killOnLine: /^child/ });
    const pid = Number(/^child (\d+)$/m.exec(result.rawStdout)?.[1]);
    expect(pid).toBeGreaterThan(0);
    await expect.poll(() => isRunning(pid)).toBe(false);
  });

  test.skipIf(windows)("a cancel is SIGINT, then SIGTERM, then SIGKILL", async () => {
    const listen = (signals: string[], then: string) => `
      for (const name of ${JSON.stringify(signals)}) process.on(name, () => { console.log("got " + name); ${then} });
      setInterval(() => {}, 1000);
      console.log("ready");`;
    const run = async (code: string) => {
      const job = testJob();
      const waits = { afterSigintMs: 300, afterSigtermMs: 300 };
      return runStep({ job, entry: entry(job, code), cancel: { kind: "cancel", whenLine: /^ready$/, ...waits } });
    };
    const [first, second, third, none] = await Promise.all([
      run(listen(["SIGINT"], "process.exit(0)")),
      run(listen(["SIGINT", "SIGTERM"], "if (name === 'SIGTERM') process.exit(3)")),
      run(listen(["SIGINT", "SIGTERM"], "")),
      run(`${SAVES} console.log("ready")`),
    ]);
    expect(first).toMatchObject({ exitCode: 0, outcome: "cancelled" });
    expect(first.log).toMatch(/ready\ngot SIGINT\nError: The operation was canceled.\n$/);
    expect(second).toMatchObject({ exitCode: 3, signal: null });
    expect(second.log).toContain("got SIGINT\ngot SIGTERM\n");
    expect(third).toMatchObject({ exitCode: null, signal: "SIGKILL" });
    expect(third.log).toContain("got SIGINT\ngot SIGTERM\n");
    expect(none).toMatchObject({ signal: "SIGINT", outcome: "cancelled", state: { a: "1" } });
  });

  test.skipIf(windows)("the waits of a cancel are the runner's unless given", async () => {
    const job = testJob();
    const code = `
      let at;
      process.on("SIGINT", () => { at = performance.now(); });
      process.on("SIGTERM", () => {
        // A timer never fires early, and the two signals may be seen a little closer together.
        console.log(performance.now() - at > 7000 ? "waited" : "too soon");
        process.exit(1);
      });
      setInterval(() => {}, 1000);
      console.log("ready");`;
    const result = await runStep({ job, entry: entry(job, code), cancel: { kind: "cancel", whenLine: /ready/ } });
    expect(result.log).toContain("waited\n");
  });

  test.skipIf(windows)("a promise or the start can be the moment, and SIGTERM be all", async () => {
    const job = testJob();
    const { promise, resolve } = Promise.withResolvers<void>();
    setTimeout(resolve, 50);
    const [late, early] = await Promise.all([
      runStep({ job, entry: entry(job, SAVES), cancel: { kind: "sigterm", whenPromise: promise } }),
      runStep({ job, entry: entry(job, SAVES), cancel: { kind: "kill" } }),
    ]);
    expect(late).toMatchObject({ signal: "SIGTERM", outcome: "failure" });
    expect(early).toMatchObject({ signal: "SIGKILL", outcome: "failure" });
  });

  test.skipIf(windows).each(["SIGTERM", "SIGINT", "exit"])("a step does not outlive its runner: %s", async (how) => {
    const job = testJob();
    const step = entry(job, "setInterval(() => {}, 1000); fs.writeFileSync(env.HOME + '/pid', String(process.pid))");
    const code = `
      import { createJob, runStep } from "${new URL("../../support/runner/step.ts", import.meta.url).href}";
      const job = createJob({ home: "${job.home}" });
      void runStep({ job, entry: "${step}" });
      while (!fs.existsSync("${job.home}/pid") || fs.statSync("${job.home}/pid").size === 0) {
        await new Promise((done) => setTimeout(done, 20));
      }
      job.remove();
      ${how === "exit" ? "process.exit(0)" : `process.kill(process.pid, "${how}")`};`;
    const outer = await runStep({ job, entry: entry(job, code) });
    expect([outer.exitCode, outer.signal]).toEqual(how === "exit" ? [0, null] : [null, how]);
    const pid = Number(readFileSync(`${job.home}/pid`, "utf8"));
    await expect.poll(() => isRunning(pid)).toBe(false);
  });

  test("a step that does not end is killed, and the error shows its log", async () => {
    const job = testJob();
    const code = `${SAVES} console.log("pid " + process.pid)`;
    const error = await runStep({ job, entry: entry(job, code), timeoutMs: 1500 }).catch((e: unknown) => e);
    expect(String(error)).toContain("still running after 1500 ms");
    const pid = Number(/^pid (\d+)$/m.exec(String(error))?.[1]);
    expect(pid).toBeGreaterThan(0);
    await expect.poll(() => isRunning(pid)).toBe(false);
  });

  test("a program that cannot be started is an error, not a failed step", async () => {
    const job = testJob();
    const node = `${job.root}/no-such-node`;
    await expect(runStep({ job, entry: entry(job, ""), node })).rejects.toThrow("ENOENT");
  });

  test("removing the job removes its folders, and nothing that was given", async () => {
    const outer = testJob();
    const job = testJob({ home: outer.home });
    await runStep({ job, entry: entry(job, "") });
    job.remove();
    expect([existsSync(job.root), existsSync(outer.home)]).toEqual([false, true]);
  });
});

/** A process that is dead but not yet reaped (no init in a container) counts as gone. */
function isRunning(pid: number): boolean {
  try {
    if (process.platform === "linux") return !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
