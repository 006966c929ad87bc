import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { runStep } from "../../support/runner/index.ts";
import { entry, testJob, token } from "./helpers.ts";

const CORE = fileURLToPath(new URL("./fixtures/core.mjs", import.meta.url));
const HARD = "100% sure: a,b\r\nsecond line";

test("what @actions/core writes is understood as it was meant", async () => {
  const job = testJob();
  const secret = token();
  const long = `${token()}\n${token(40)}`;
  const inputs = { "with-hyphen": "yes", "several lines": "a\nb", values: JSON.stringify({ secret, long }) };
  const result = await runStep({ job, entry: CORE, inputs, stage: "post" });

  expect(result).toMatchObject({ exitCode: 1, signal: null, outcome: "failure", rawStderr: "" });
  expect(result.outputs).toEqual({ plain: "value", hard: HARD, object: '{"a":[1]}' });
  expect(result.state).toEqual({ hard: HARD, isPost: "true" });
  expect(result.env).toEqual({ EXPORTED: "one\ntwo" });
  expect(result.path).toEqual(["/added/folder"]);
  expect(result.masks).toEqual(expect.arrayContaining([secret, long, ...long.split("\n")]));
  expect(result.annotations.map(({ level, title, message }) => ({ level, title, message }))).toEqual([
    { level: "error", title: HARD, message: HARD },
    { level: "warning", title: "Title: one, two", message: "a warning" },
    { level: "notice", title: "", message: "Error: a notice" },
    { level: "error", title: "", message: "it failed" },
  ]);
  expect(result.annotations[0]?.properties).toEqual({ title: HARD, file: "src/a,b.ts", line: "3", endline: "4" });
  expect(result.log).toBe(
    [
      "Post job cleanup.",
      "the secret is ***",
      "its last line is ***",
      `Error: ${HARD}`,
      "Warning: a warning",
      "Notice: Error: a notice",
      "##[group]A group: 100%",
      "inside",
      "##[endgroup]",
      "input: yes a+b",
      "Error: it failed",
      "",
    ].join("\n"),
  );
  expect(result.summary).toBe("<h1>Heading</h1>\nsecret: ***\n");
  expect(result.rawSummary).toContain(secret);
});

test("a later step gets what core handed on", async () => {
  const job = testJob();
  const values = JSON.stringify({ secret: token(), long: token() });
  const first = await runStep({ job, entry: CORE, inputs: { values } });
  const code = "console.log(JSON.stringify([env.EXPORTED, env.PATH, env.STATE_hard, env.STATE_isPost]))";
  const later = await runStep({ job, entry: entry(job, code), state: first.state, stage: "post" });
  const [exported, path, hard, isPost] = JSON.parse(later.rawStdout) as string[];
  expect([exported, hard, isPost]).toEqual(["one\ntwo", HARD, "true"]);
  expect(path).toMatch(/^\/added\/folder[:;]./);
});
