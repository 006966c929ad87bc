import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { readActionFile, runAction } from "../../support/runner/index.ts";
import { testJob } from "./helpers.ts";

const ACTION = fileURLToPath(new URL("./fixtures/action", import.meta.url));

test("defaults come from action.yml, and unknown inputs are warned of", async () => {
  const job = testJob({ token: "ghs_invented" });
  const inputs = { Refresh: "never", old: "x", typo: "y", mixed: "given" };
  const { main } = await runAction({ job, action: ACTION, inputs });
  const [, shown = ""] = /^inputs (.*)$/m.exec(main.rawStdout) ?? [];
  expect(JSON.parse(shown)).toEqual({
    INPUT_CREDENTIAL: "",
    INPUT_REFRESH: "never",
    INPUT_MIXED: "given",
    INPUT_NUMBER: "010",
    "INPUT_GITHUB-TOKEN": "ghs_invented",
    INPUT_OLD: "x",
    INPUT_TYPO: "y",
  });
  expect(main.log).toContain("  github-token: ***\n");
  expect(main.annotations.map(({ message }) => message)).toEqual([
    "Input 'old' has been deprecated with message: use new",
    expect.stringMatching(/^Unexpected input\(s\) 'typo', valid inputs are \['credential', /),
  ]);
});

test.each([
  ["succeeded", {}, "success"],
  ["failed", { inputs: { credential: "fail" } }, "failure"],
  ["was killed", { inputs: { credential: "hang" }, killOnLine: /^saved$/ }, "failure"],
  ["was cancelled", { inputs: { credential: "hang" }, cancel: { kind: "cancel", whenLine: /^saved$/ } }, "cancelled"],
] as const)("post runs with the state after main %s", async (_, options, outcome) => {
  const job = testJob();
  const { main, post } = await runAction({ job, action: ACTION, ...options, killAt: "before:open:never" });
  expect(main.outcome).toBe(outcome);
  expect(main.state).toEqual({ from: "main" });
  const credential = "inputs" in options ? options.inputs.credential : "";
  // KILL_AT was for main only.
  expect(post?.log).toContain(`post after main, ${credential}, undefined, undefined\n`);
  expect(post?.outcome).toBe("success");
  expect(job.status).toBe(outcome);
});

test("steps in between see the result of main, and post sees theirs", async () => {
  const job = testJob();
  const { post } = await runAction({
    job,
    action: ACTION,
    between: (main) => void job.env.set("BETWEEN", main.outcome),
    postOptions: { killAt: "before:open:never" },
  });
  expect(post?.log).toContain("post after main, , before:open:never, success\n");
});

test("post-if decides whether post runs", async () => {
  const job = testJob();
  const write = (condition: string) => {
    const text = readFileSync(join(ACTION, "action.yml"), "utf8");
    const path = join(job.root, "action.yml");
    const absolute = text
      .replaceAll(/(main|post)\.mjs/g, "$&")
      .replace("post: post.mjs", `post: post.mjs\n  post-if: ${condition}`);
    writeFileSync(path, absolute);
    return path;
  };
  const entries = { main: join(ACTION, "main.mjs"), post: join(ACTION, "post.mjs") };
  const run = (condition: string) =>
    runAction({ job, action: write(condition), ...entries, inputs: { credential: "fail" } });
  expect((await run("success()")).post).toBeUndefined();
  expect((await run("failure()")).post).toBeDefined();
  expect((await run('"!cancelled()"')).post).toBeDefined();
  await expect(run("github.ref == 'x'")).rejects.toThrow("condition not understood");
});

test("only a JavaScript action is one", () => {
  const job = testJob();
  const path = join(job.root, "action.yml");
  writeFileSync(path, "runs:\n  using: composite\n  steps: []\n");
  expect(() => readActionFile(path)).toThrow("not a JavaScript action");
});
