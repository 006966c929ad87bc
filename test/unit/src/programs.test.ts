import { spawnSync } from "node:child_process";
import { realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { type RunOptions, runProgram } from "../../../src/world/programs.ts";
import { tempFolder } from "./support.ts";

const LIMIT = { timeoutMs: 20_000 };

/** Runs JavaScript in a process of its own. */
const js = (code: string, options: Partial<RunOptions> = {}) =>
  runProgram(process.execPath, ["--eval", code], { ...LIMIT, ...options });

/** Whether it still runs. One that has ended, and that nobody has asked about yet, does not. */
const runs = (pid: number): boolean =>
  spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" })
    .stdout.trim()
    .replace(/^Z.*/, "") !== "";

describe("a program", () => {
  it("gives back its status and what it printed", async () => {
    const ended = await js("console.log('out ü'); console.error('err'); process.exitCode = 3");
    expect(ended).toEqual({ status: 3, stdout: "out ü\n", stderr: "err\n", missing: false });
  });

  it("gets its stdin whole, and none without one", async () => {
    const echo = "process.stdin.pipe(process.stdout)";
    const input = "x".repeat(300_000);
    expect((await js(echo, { input })).stdout).toBe(input);
    expect((await js(echo)).stdout).toBe("");
    expect((await js("process.exit(0)", { input })).status).toBe(0); // ends without reading
  });

  it("gets its arguments without a shell, and the environment and folder that are given", async () => {
    const cwd = realpathSync(tempFolder());
    const code = "console.log(JSON.stringify([process.argv.slice(1), Object.keys(process.env), process.cwd()]))";
    const args = ["--eval", code, "a b", "$(exit 1)", "*"];
    const { stdout } = await runProgram(process.execPath, args, {
      ...LIMIT,
      cwd,
      env: { ONLY: "this", NOT: undefined },
    });
    expect(JSON.parse(stdout)).toEqual([args.slice(2), ["ONLY"], cwd]);
    expect((await js("console.log(process.env.PATH)")).stdout.trim()).toBe(process.env["PATH"]);
  });

  it("gets none of our inputs, unless they are given", async () => {
    const names = ["INPUT_SECRETS-TOKEN", "OAUTH_CREDS_CREDENTIAL"];
    for (const name of names) vi.stubEnv(name, "a token");
    const code = `console.log(Object.keys(process.env).filter((name) => ${JSON.stringify(names)}.includes(name)))`;
    expect((await js(code)).stdout.trim()).toBe("[]");
    expect((await js(code, { env: process.env })).stdout).toContain("OAUTH_CREDS_CREDENTIAL");
    vi.unstubAllEnvs();
  });

  it("that is not there, or may not be run, is missing", async () => {
    const folder = tempFolder();
    const text = join(folder, "text");
    writeFileSync(text, "#!/bin/sh\n", { mode: 0o644 });
    for (const name of ["no-such-program-anywhere", text, folder]) {
      expect(await runProgram(name, [], LIMIT)).toEqual({ status: undefined, missing: true, stdout: "", stderr: "" });
    }
  });

  it("is killed with all that it started when its time is over", async () => {
    const script = "sleep 300 & echo $!; wait";
    const { status, stdout, missing } = await runProgram("sh", ["-c", script], { timeoutMs: 300 });
    expect({ status, missing }).toEqual({ status: undefined, missing: false });
    expect(Number(stdout)).toBeGreaterThan(0);
    await expect.poll(() => runs(Number(stdout))).toBe(false);
  });

  it("does not wait for what it left running", async () => {
    const { status, stdout } = await runProgram("sh", ["-c", "sleep 300 & echo $!"], LIMIT);
    expect(status).toBe(0);
    await expect.poll(() => runs(Number(stdout))).toBe(false);
  });

  it("is stopped by what it prints", async () => {
    const until = ({ stdout, stderr }: { stdout: string; stderr: string }) => stdout.includes("now") && stderr === "";
    const ended = await js("console.log('now'); setTimeout(() => {}, 300_000)", { until });
    expect(ended).toMatchObject({ status: undefined, stdout: "now\n", missing: false });
  });

  it("may print without end: the first megabyte is kept", async () => {
    const ended = await js("process.stdout.write('x'.repeat(3_000_000), () => console.error('done'))");
    expect(ended).toMatchObject({ status: 0, stderr: "done\n" });
    expect(ended.stdout).toBe("x".repeat(1024 * 1024));
  });

  it("leaves no listener behind", async () => {
    const before = process.listenerCount("exit");
    await js("");
    await runProgram("no-such-program-anywhere", [], LIMIT);
    expect(process.listenerCount("exit")).toBe(before);
  });
});
