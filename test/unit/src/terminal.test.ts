import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { terminal } from "../../../src/cli/terminal.ts";
import { tempFolder } from "./support.ts";

test("a recovery copy goes to the job summary of a step of GitHub Actions; all the rest of it stands in the log", () => {
  const GITHUB_STEP_SUMMARY = join(tempFolder(), "summary");
  const inActions = terminal({ GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY }, false);
  inActions.summary("### Login for this job\n");
  terminal({ GITHUB_STEP_SUMMARY }, false).summary("```text\nocrec1.a.b.c\n```\n");
  expect(existsSync(GITHUB_STEP_SUMMARY)).toBe(false);
  inActions.summary("```text\nocrec1.a.b.c\n```\n");
  expect(readFileSync(GITHUB_STEP_SUMMARY, "utf8")).toContain("\nocrec1.a.b.c\n");
});
