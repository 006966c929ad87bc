import { describe, expect, test } from "vitest";
import { runStep } from "../../support/runner/index.ts";
import { entry, testJob, token } from "./helpers.ts";

describe("what the process gets", () => {
  test("its inputs, the job's variables, and nothing of ours", async () => {
    process.env["ONLY_OF_THE_TESTS"] = "1";
    const job = testJob({ env: { OF_JOB: "job", BOTH: "job" }, githubEnv: { GITHUB_REPOSITORY: "a/b" } });
    const result = await runStep({
      job,
      entry: entry(job, "console.log(JSON.stringify([env, process.cwd(), process.argv.length]))"),
      inputs: { "min-validity": "1h", "two words": "x", credential: "" },
      env: { BOTH: "step", GITHUB_REPOSITORY: "c/d" },
    });
    delete process.env["ONLY_OF_THE_TESTS"];
    const [env, cwd, args] = JSON.parse(result.rawStdout) as [Record<string, string>, string, number];
    expect(env).toMatchObject({
      "INPUT_MIN-VALIDITY": "1h",
      INPUT_TWO_WORDS: "x",
      INPUT_CREDENTIAL: "",
      OF_JOB: "job",
      BOTH: "step",
      GITHUB_REPOSITORY: "a/b",
      GITHUB_ACTIONS: "true",
      HOME: job.home,
      RUNNER_TEMP: job.temp,
      GITHUB_WORKSPACE: job.workspace,
    });
    expect(env).not.toHaveProperty("ONLY_OF_THE_TESTS");
    expect(env).not.toHaveProperty("NODE_OPTIONS");
    expect(env).not.toHaveProperty("VITEST");
    expect(Object.keys(env).filter((name) => name.startsWith("STATE_"))).toEqual([]);
    expect(cwd).toBe(job.workspace);
    expect(args).toBe(2);
  });

  test("its state in a post step", async () => {
    const job = testJob();
    const code = "console.log(env.STATE_manifest, env['STATE_a b'])";
    const state = { manifest: "[1]", "a b": "c" };
    const result = await runStep({ job, entry: entry(job, code), stage: "post", state });
    expect(result.log).toBe("Post job cleanup.\n[1] c\n");
  });

  test("an end of the input at once, and empty files of its own for each step", async () => {
    const job = testJob();
    const code = `
      const files = ["OUTPUT", "ENV", "STATE", "PATH", "STEP_SUMMARY"].map((name) => env["GITHUB_" + name]);
      for (const file of files) if (fs.readFileSync(file, "utf8") !== "") throw new Error(file);
      fs.appendFileSync(files[0], "files=" + JSON.stringify(files) + "\\n");
      process.stdin.on("data", () => {}).on("end", () => console.log("end of input"));`;
    const first = await runStep({ job, entry: entry(job, code) });
    const second = await runStep({ job, entry: entry(job, code) });
    expect(second.log).toContain("end of input");
    expect(first.outputs["files"]).not.toBe(second.outputs["files"]);
  });
});

describe("the log", () => {
  test("a mask counts from its line on, in order", async () => {
    const job = testJob();
    const secret = token();
    const code = `
      const secret = Buffer.from("${Buffer.from(secret).toString("hex")}", "hex").toString();
      console.log("before " + secret);
      console.log("::add-mask::" + secret);
      console.log("after " + secret);
      console.error("on stderr nobody knows");
      console.log("::error title=" + secret + "::message " + secret);`;
    const result = await runStep({ job, entry: entry(job, code), stage: "post" });
    const lines = result.log.split("\n").filter((line) => !line.includes("stderr"));
    expect(lines).toEqual(["Post job cleanup.", `before ${secret}`, "after ***", "Error: message ***", ""]);
    expect(result.rawStdout).toContain(`::add-mask::${secret}`);
    // The runner masks the message of an annotation, but not its title.
    expect(result.annotations[0]).toMatchObject({ message: "message ***", title: secret });
    // The mask is the job's: it holds in the next step, and for outputs to other jobs.
    const later = await runStep({ job, entry: entry(job, `console.log("${secret}")`) });
    expect(later.log).toMatch(/^\*\*\*$/m);
    expect(job.jobOutput(`x${secret}`)).toBeUndefined();
    expect(job.jobOutput("sealed")).toBe("sealed");
  });

  test("a heading with inputs and variables; secrets of the workflow are masked in it", async () => {
    const secret = `{\n  "token": "${token()}"\n}`;
    const job = testJob({ secrets: [`${secret}\n`], env: { NAME: "value" } });
    const code = entry(job, "fs.appendFileSync(env.GITHUB_ENV, 'LATER=x\\n')");
    const options = { job, entry: code, inputs: { credential: secret, empty: "" }, uses: "o/r@v1" };
    expect((await runStep(options)).log).toBe(
      "##[group]Run o/r@v1\nwith:\n  credential: ***\nenv:\n  NAME: value\n##[endgroup]\n",
    );
    expect((await runStep(options)).log).toContain("env:\n  NAME: value\n  LATER: x\n");
  });

  test("lines are cut at any line end, and letters are whole however they arrive", async () => {
    const job = testJob();
    const code = `
      const bytes = Buffer.from("ä€😀\\r\\none\\rtwo\\r\\nlast\\r");
      for (const byte of bytes) {
        fs.writeSync(1, Buffer.of(byte));
        await new Promise((done) => setTimeout(done, 2));
      }`;
    const result = await runStep({ job, entry: entry(job, code), stage: "post" });
    expect(result.log).toBe("Post job cleanup.\nä€😀\none\ntwo\nlast\n");
    expect(result.rawStdout).toBe("ä€😀\r\none\rtwo\r\nlast\r");
  });

  test("commands on stderr count as well", async () => {
    const job = testJob();
    const code = "console.error('::warning::from stderr'); console.error('plain')";
    const result = await runStep({ job, entry: entry(job, code), stage: "post" });
    expect(result.log).toBe("Post job cleanup.\nWarning: from stderr\nplain\n");
    expect(result.rawStderr).toBe("::warning::from stderr\nplain\n");
  });

  test("stopped commands do nothing, masks included, until the token", async () => {
    const job = testJob();
    const code = `
      for (const line of ["::stop-commands::my-stop-token", "::add-mask::word", "::error::no",
        "word", "::my-stop-token::", "::add-mask::word", "word", "::stop-commands::error"]) console.log(line);`;
    const result = await runStep({ job, entry: entry(job, code), stage: "post" });
    expect(result.log).toContain("::add-mask::word\n::error::no\nword\n::***::\n***\n");
    expect(result.log).toContain("Error: Unable to process command '::stop-commands::error'");
    expect(result.outcome).toBe("failure");
  });

  test("old commands: two warn and work, two are switched off and fail the step", async () => {
    const job = testJob();
    const run = (line: string) => runStep({ job, entry: entry(job, `console.log("${line}")`) });
    const old = await run("::set-output name=a::1\\n::save-state name=b::2");
    expect(old).toMatchObject({ outcome: "success", outputs: { a: "1" }, state: { b: "2" } });
    expect(old.annotations.map(({ level }) => level)).toEqual(["warning", "warning"]);
    for (const line of ["::set-env name=A::1", "::add-path::/x"]) {
      const off = await run(line);
      expect(off).toMatchObject({ exitCode: 0, outcome: "failure", env: {}, path: [] });
    }
    expect((await run("::set-output::1")).outcome).toBe("failure");
  });

  test("debug lines, and what is stored, only where debugging is on", async () => {
    const code = `
      console.log("::debug::one%0Atwo");
      fs.appendFileSync(env.GITHUB_STATE, "s=1\\n");
      fs.appendFileSync(env.GITHUB_OUTPUT, "o=2\\n");
      fs.appendFileSync(env.GITHUB_ENV, "E=3\\n");`;
    const loud = testJob({ debug: true });
    const quiet = testJob();
    const [shown, hidden] = await Promise.all([
      runStep({ job: loud, entry: entry(loud, code), stage: "post" }),
      runStep({ job: quiet, entry: entry(quiet, code), stage: "post" }),
    ]);
    for (const line of ["one", "two", "Save intra-action state s = 1", "Set output o = 2", "E='3'"]) {
      expect(shown.log).toContain(`##[debug]${line}\n`);
    }
    expect(hidden.log).toBe("Post job cleanup.\n");
  });

  test("echo prints commands, but no mask", async () => {
    const job = testJob();
    const code = `for (const line of ["::echo::on", "::group::a", "::add-mask::word", "::echo::OFF", "::group::b",
      "::echo::maybe", "::add-mask:: "]) console.log(line);`;
    const result = await runStep({ job, entry: entry(job, code), stage: "post" });
    expect(result.log).toBe(
      "Post job cleanup.\n::group::a\n##[group]a\n::add-mask::***\n::echo::OFF\n##[group]b\n" +
        "Error: Unable to process command '::echo::maybe' successfully.\n" +
        "Error: Invalid echo command value: 'maybe'.\n" +
        "Warning: Can't add secret mask for empty string in ##[add-mask] command.\n",
    );
  });

  test("ten annotations of a level are kept, all are in the log", async () => {
    const job = testJob();
    const code = "for (let i = 0; i < 12; i++) console.log('::notice::' + i + 'x'.repeat(5000))";
    const result = await runStep({ job, entry: entry(job, code), stage: "post" });
    expect(result.annotations).toHaveLength(10);
    expect(result.annotations[0]?.message).toHaveLength(4096);
    expect(result.log.match(/^Notice: /gm)).toHaveLength(12);
  });
});

describe("files", () => {
  test("NODE_OPTIONS is refused, the rest of GITHUB_ENV counts", async () => {
    const job = testJob();
    const code = "fs.appendFileSync(env.GITHUB_ENV, 'A=1\\nnode_options=--inspect\\nB=2\\n')";
    const result = await runStep({ job, entry: entry(job, code) });
    expect(result).toMatchObject({ outcome: "success", env: { A: "1", B: "2" } });
    expect(result.annotations).toMatchObject([{ level: "error", message: expect.stringContaining("NODE_OPTIONS") }]);
    expect(job.env.has("node_options")).toBe(false);
  });

  test.each(["GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_STATE"])("an error in %s fails the step", async (name) => {
    const job = testJob();
    const code = `fs.appendFileSync(env.${name}, "good=1\\nbad\\nlost=2\\n")`;
    const result = await runStep({ job, entry: entry(job, code) });
    expect(result).toMatchObject({ exitCode: 0, outcome: "failure" });
    expect({ ...result.outputs, ...result.env, ...result.state }).toEqual({ good: "1" });
    expect(result.log).toContain("Error: Invalid format 'bad'\n");
  });

  test("a name must not be empty, and a removed file is an empty one", async () => {
    const job = testJob();
    const code = "fs.rmSync(env.GITHUB_STATE); fs.appendFileSync(env.GITHUB_OUTPUT, '=x\\n')";
    const result = await runStep({ job, entry: entry(job, code) });
    expect(result).toMatchObject({ outcome: "failure", outputs: {}, state: {} });
  });

  test("a summary over 1 MiB is refused", async () => {
    const job = testJob();
    const run = (size: number) =>
      runStep({ job, entry: entry(job, `fs.writeFileSync(env.GITHUB_STEP_SUMMARY, "x".repeat(${size}))`) });
    expect((await run(1024 * 1024)).summary).toHaveLength(1024 * 1024 + 1);
    const long = await run(1024 * 1024 + 1);
    expect(long).toMatchObject({ outcome: "success", summary: "" });
    expect(long.annotations[0]?.message).toContain("upload aborted");
    expect(job.summaries).toHaveLength(1);
  });
});
