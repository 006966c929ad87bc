/** `--report issue` outside of GitHub Actions: one issue, however often and wherever the program runs. */
import { randomBytes } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import { startGitHub } from "../support/github/server.ts";
import { newAccessToken } from "../support/oauth/anthropic-api.ts";
import { asVariables, machine } from "./machine.ts";

const DAY = 86_400_000;

test("a setup token that ends soon: every process finds the issue of the first, and none of them is named in it", async () => {
  const token = `github_pat_${randomBytes(20).toString("hex")}`;
  const github = await startGitHub({ tokens: { [token]: { permissions: { issues: "write" } } } });
  onTestFinished(() => github.close());
  const credential = newAccessToken();
  const ends = new Date(Date.now() + 3 * DAY).toISOString().slice(0, 10);
  const here = machine({
    ...asVariables({ credential, "github-token": token, report: "issue", "credential-expires": ends }),
    GITHUB_API_URL: github.apiUrl,
    GITHUB_REPOSITORY: "octo/demo",
  });
  here.tokens.add(credential).add(token);
  const jobs = [{}, {}, { GITLAB_CI: "true", CI_JOB_ID: "1" }, { GITLAB_CI: "true", CI_JOB_ID: "2" }];
  for (const env of jobs) expect(await here.run(["write"], { env })).toMatchObject({ code: 0 });
  expect(github.issues.rows.map(({ state }) => state)).toEqual(["open"]);
  expect(github.issues.rows[0]?.body).not.toMatch(/process \d|GitLab/);
  expect(await here.run(["write", "--account", "other"])).toMatchObject({ code: 0 });
  expect(github.issues.rows).toHaveLength(2);
});
