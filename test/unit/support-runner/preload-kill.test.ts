import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { runStep, type Job } from "../../support/runner/index.ts";
import { entry, testJob } from "./helpers.ts";

/** An atomic write as it should be: a temporary file, flushed, renamed over the target. */
const SYNC = `
  import { openSync, writeSync, fsyncSync, closeSync, renameSync } from "node:fs";
  const target = env.HOME + "/.credentials.json";
  for (const content of ["first", "second"]) {
    const fd = openSync(target + ".tmp", "w", 0o600);
    writeSync(fd, content);
    fsyncSync(fd);
    closeSync(fd);
    renameSync(target + ".tmp", target);
  }
  console.log("done");`;

const ASYNC = `
  import { open, rename } from "node:fs/promises";
  const target = env.HOME + "/.credentials.json";
  for (const content of ["first", "second"]) {
    const handle = await open(target + ".tmp", "w", 0o600);
    await handle.writeFile(content);
    await handle.sync();
    await handle.close();
    await rename(target + ".tmp", target);
  }
  console.log("done");`;

const BUILTIN = SYNC.replace(/import (.*) from "node:fs"/, 'const $1 = process.getBuiltinModule("node:fs")');

function read(job: Job, name: string): string | undefined {
  const path = join(job.home, name);
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

const run = async (code: string, options: { killAt: string }) => {
  const job = testJob();
  const result = await runStep({ job, entry: entry(job, code), ...options });
  return {
    target: read(job, ".credentials.json"),
    temp: read(job, ".credentials.json.tmp"),
    killed: process.platform === "win32" ? result.exitCode !== 0 : result.signal === "SIGKILL",
    done: result.log.includes("done"),
  };
};

describe.each([
  ["named imports", SYNC],
  ["promises", ASYNC],
  ["getBuiltinModule", BUILTIN],
])("KILL_AT, %s", (_, code) => {
  test.each([
    ["before:open:*.tmp", { target: undefined, temp: undefined }],
    ["after:open:*.tmp", { target: undefined, temp: "" }],
    ["before:write:*.tmp", { target: undefined, temp: "" }],
    ["after:write:*.tmp", { target: undefined, temp: "first" }],
    ["after:fsync:.credentials.json.tmp", { target: undefined, temp: "first" }],
    ["after:close:**/home/*.tmp", { target: undefined, temp: "first" }],
    ["before:rename:*.credentials.json", { target: undefined, temp: "first" }],
    ["after:rename:*.credentials.json", { target: "first", temp: undefined }],
    ["after:open:*.tmp#2", { target: "first", temp: "" }],
    ["before:rename:.credential?.json#2", { target: "first", temp: "second" }],
    ["before:unlink:x;after:rename:*.json#2", { target: "second", temp: undefined }],
  ])("%s", async (killAt, files) => {
    expect(await run(code, { killAt })).toMatchObject({ ...files, killed: true, done: false });
  });

  test.each(["before:rename:*.json#3", "before:rename:*.tmp", "before:open:/*.tmp", "before:unlink:*"])(
    "not at %s",
    async (killAt) => {
      expect(await run(code, { killAt })).toMatchObject({ target: "second", killed: false, done: true });
    },
  );
});

describe("functions that do several things", () => {
  test.each([
    ["writeFileSync", "after:open:a", ""],
    ["writeFileSync", "after:write:a", "text"],
    ["writeFileSync", "before:close:a", "text"],
    ["appendFileSync", "before:write:a", ""],
    ["appendFileSync", "after:write:a", "text"],
    ["promises.writeFile", "after:open:a", ""],
    ["promises.writeFile", "before:close:a", "text"],
    ["promises.appendFile", "after:write:a", "text"],
  ])("%s dies %s", async (name, killAt, left) => {
    const job = testJob();
    const code = `await fs.${name}(env.HOME + "/a", Buffer.from("text"), { mode: 0o600 })`;
    const result = await runStep({ job, entry: entry(job, code), killAt });
    expect(result.outcome).toBe("failure");
    expect(read(job, "a")).toBe(left);
  });

  test("one write counts once, whatever Node does inside", async () => {
    const job = testJob();
    const code = `
      fs.writeFileSync(env.HOME + "/a", Buffer.from("one"));
      const fd = fs.openSync(env.HOME + "/a", "a");
      fs.writeFileSync(fd, Buffer.from("two"));
      fs.closeSync(fd);
      fs.appendFileSync(env.HOME + "/a", "three");
      await fs.promises.writeFile(env.HOME + "/a", "four", { flag: "a", flush: true });
      fs.rmSync(env.HOME + "/a");`;
    const at = (killAt: string) => runStep({ job, entry: entry(job, code), killAt });
    expect((await at("after:write:a#4")).outcome).toBe("failure");
    expect(read(job, "a")).toBe("onetwothreefour");
    expect((await at("after:write:a#5")).outcome).toBe("success");
    expect((await at("after:fsync:a")).outcome).toBe("failure");
    expect((await at("before:unlink:a")).outcome).toBe("failure");
    expect(read(job, "a")).toBe("onetwothreefour");
  });
});

test("a handle's descriptor is known by its file", async () => {
  const job = testJob();
  const code = `
    const handle = await fs.promises.open(env.HOME + "/a", "w");
    fs.writeSync(handle.fd, "text");
    fs.fsyncSync(handle.fd);`;
  const result = await runStep({ job, entry: entry(job, code), killAt: "before:fsync:a" });
  expect(result.outcome).toBe("failure");
  expect(read(job, "a")).toBe("text");
});

test("imports that were made before it are patched too", async () => {
  const job = testJob();
  const early = entry(job, "globalThis.early = fs.writeFileSync.name");
  const killer = fileURLToPath(new URL("../../support/runner/preload-kill.mjs", import.meta.url));
  const result = await runStep({
    job,
    entry: entry(job, "fs.writeFileSync(env.HOME + '/a', early)"),
    preload: [early, killer],
    env: { KILL_AT: "after:write:a" },
  });
  expect(result.outcome).toBe("failure");
  expect(read(job, "a")).toBe("writeFileSync");
});

describe("FAIL_AT", () => {
  const MAKE = 'fs.writeFileSync(a, "")';

  // Without FAIL_AT the call fails by itself; with it, the call would succeed.
  test.each([
    ["rename:b:ENOENT", MAKE, "fs.renameSync(a, b)"],
    ["rename:b:ENOENT", MAKE, "await fs.promises.rename(a, b)"],
    ["open:a:ENOENT", "fs.mkdirSync(a)", 'fs.openSync(a, "r")'],
    ["open:a:ENOENT", "fs.mkdirSync(a)", 'await fs.promises.open(a, "r")'],
    ["read:a:ENOENT", MAKE, "fs.readFileSync(a)"],
    ["read:a:ENOENT", MAKE, "await fs.promises.readFile(a)"],
    ["unlink:a:ENOENT", MAKE, "fs.unlinkSync(a)"],
    ["unlink:a:ENOENT", MAKE, "await fs.promises.unlink(a)"],
    ["mkdir:x:ENOENT", "fs.mkdirSync(a)", 'fs.mkdirSync(a + "/x")'],
    ["open:a:ENOENT", "fs.mkdirSync(env.HOME)", "fs.writeFileSync(a, '')"],
    ["fsync:c:EBADF", "fd = fs.openSync(c, 'w')", "fs.fsyncSync(fd)"],
    ["write:c:EBADF", "fd = fs.openSync(c, 'w')", "fs.writeSync(fd, 'x')"],
  ])("%s is the error of the system: %s; %s", async (failAt, prepare, call) => {
    const shown = async (options: object) => {
      const job = testJob();
      const code = `
        const [a, b, c] = ["a", "b", "c"].map((name) => env.HOME + "/" + name);
        let fd = 999;
        if (env.FAIL_AT) { ${prepare} }
        try { ${call}; console.log("{}") } catch (error) {
          const { message, code, errno, syscall, path, dest } = error;
          console.log(JSON.stringify({ message, code, errno, syscall, path, dest }));
        }`;
      const env = { HOME: `${job.home}/new` };
      if (!call.includes("writeFileSync")) mkdirSync(env.HOME);
      const { rawStdout } = await runStep({ job, entry: entry(job, code), env, ...options });
      return JSON.parse(rawStdout.replaceAll(job.root, "")) as Record<string, unknown>;
    };
    const real = await shown({});
    expect(real).toHaveProperty("code", failAt.split(":")[2]);
    expect(await shown({ failAt })).toEqual(real);
  });

  test("only the nth time if there is a number, and nothing is written by what failed", async () => {
    const job = testJob();
    const code = `
      for (const text of ["one", "two", "three"]) {
        try { fs.appendFileSync(env.HOME + "/a", text); } catch (error) { console.log(error.code, text); }
      }`;
    const options = { job, entry: entry(job, code) };
    const second = await runStep({ ...options, failAt: "write:a:ENOSPC#2" });
    expect(second.rawStdout).toBe("ENOSPC two\n");
    expect(read(job, "a")).toBe("onethree");
    const all = await runStep({ ...options, failAt: "fsync:a:EIO;write:a:ENOSPC" });
    expect(all.rawStdout).toBe("ENOSPC one\nENOSPC two\nENOSPC three\n");
  });
});

test.each([
  { killAt: "before:rename" },
  { killAt: "during:rename:*" },
  { killAt: "before:dance:*" },
  { failAt: "rename:*" },
])("a rule that is not understood fails the step: %j", async (rule) => {
  const job = testJob();
  const result = await runStep({ job, entry: entry(job, "console.log('ran')"), ...rule });
  expect(result).toMatchObject({ outcome: "failure", rawStdout: "" });
  expect(result.rawStderr).toContain("not understood");
});
