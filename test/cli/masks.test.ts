/** The log's masker of each CI is taught every token, in all its forms, before anything is printed. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { formsOf } from "../../src/runner/mask.ts";
import { claudeFileOf } from "../scenario/login-file.ts";
import { startOidc } from "../support/oauth/oidc.ts";
import { asVariables, machine } from "./machine.ts";

const HOUR = 3_600_000;

/** A login that is renewed here, and what is known of it afterwards. */
async function stage(env: Record<string, string>) {
  const oidc = await startOidc();
  onTestFinished(() => oidc.close());
  const login = await oidc.issue();
  const inputs = {
    credential: claudeFileOf(login, Date.now() - HOUR),
    "token-url": oidc.tokenUrl,
    "allow-unstored-refresh": "true",
  };
  const here = machine({ ...asVariables(inputs), ...env });
  for (const token of [login.accessToken, login.refreshToken]) here.tokens.add(token);
  /** All tokens that there have ever been, the renewed ones too. */
  const tokens = async () => {
    const written = JSON.parse(here.read(".claude/.credentials.json") ?? "{}") as Record<string, any>;
    const { refreshTokens } = await oidc.family(login.refreshToken);
    return [login.accessToken, ...refreshTokens, written["claudeAiOauth"]?.["accessToken"] as string];
  };
  return { here, tokens };
}

/** Keeps a copy of its stdin and of its arguments, one file for each call. */
function fakeAgent(folder: string, script = "exit 0"): { PATH: string; calls(): { args: string; input: string }[] } {
  const bin = join(folder, "bin");
  mkdirSync(bin);
  const log = join(folder, "calls");
  const text = `#!/bin/sh\nn=$(ls '${log}' 2>/dev/null | wc -l)\nmkdir -p '${log}'\nprintf '%s' "$*" > '${log}'/$n.args\ncat > '${log}'/$n.input\n${script}\n`;
  writeFileSync(join(bin, "buildkite-agent"), text);
  chmodSync(join(bin, "buildkite-agent"), 0o755);
  return {
    PATH: [bin, process.env["PATH"]].join(delimiter),
    calls() {
      const found = [];
      for (let n = 0; existsSync(join(log, `${n}.args`)); n += 2) {
        const read = (kind: string) => readFileSync(join(log, `${n}.${kind}`), "utf8");
        found.push({ args: read("args"), input: read("input") });
      }
      return found;
    },
  };
}

test("Buildkite: its agent gets every form of each token by stdin, and never as an argument", async () => {
  const { here, tokens } = await stage({ BUILDKITE: "true", BUILDKITE_JOB_ID: "j" });
  const agent = fakeAgent(here.home);
  const { code, stderr } = await here.run(["write"], { env: { PATH: agent.PATH } });
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringContaining("redactor") });
  const calls = agent.calls();
  expect(new Set(calls.map(({ args }) => args))).toEqual(new Set(["redactor add --format json"]));
  const taught = calls.flatMap(({ input }) => Object.values(JSON.parse(input) as Record<string, string>));
  const all = await tokens();
  expect(all.length).toBeGreaterThanOrEqual(4);
  for (const token of all) expect(taught).toEqual(expect.arrayContaining(formsOf(token)));
  expect(taught).toHaveLength(new Set(taught).size);
  expect(calls.length).toBeLessThan(10);
});

test("Buildkite: an agent that cannot be taught is told of once, and nothing else is printed", async () => {
  const { here } = await stage({ BUILDKITE: "true", BUILDKITE_JOB_ID: "j" });
  const agent = fakeAgent(here.home, "exit 3");
  const { code, stderr } = await here.run(["write"], { env: { PATH: agent.PATH } });
  expect(code).toBe(0);
  expect(stderr.match(/redactor add` failed/g)).toHaveLength(1);
});

test("Azure Pipelines: a command of the agent's on stderr for every form, before anything else", async () => {
  const { here, tokens } = await stage({ TF_BUILD: "True", SYSTEM_JOBID: "j" });
  const { code, stdout, stderr } = await here.run(["refresh", "--json"]);
  expect({ code, json: JSON.parse(stdout) as unknown }).toMatchObject({ code: 0, json: { refreshed: true } });
  const lines = stderr.trim().split("\n");
  const taught = lines.flatMap((line) => /^##vso\[task\.setsecret\](.*)$/.exec(line)?.[1] ?? []);
  for (const token of (await tokens()).filter(Boolean)) expect(taught).toEqual(expect.arrayContaining(formsOf(token)));
  expect(lines[0]).toMatch(/^##vso\[task\.setsecret\]/);
});

test.each([
  ["GitLab", { GITLAB_CI: "true", CI_JOB_ID: "1" }],
  ["CircleCI", { CIRCLECI: "true", CIRCLE_WORKFLOW_JOB_ID: "1" }],
  ["Jenkins", { JENKINS_URL: "http://127.0.0.1:9", BUILD_TAG: "t" }],
  ["no CI", {}],
])("%s has none that could be taught: no token is printed, and no program asked", async (_, env) => {
  const { here } = await stage(env as Record<string, string>);
  const agent = fakeAgent(here.home);
  const { code, stderr } = await here.run(["write"], { env: { PATH: agent.PATH } });
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringMatching(/##vso|::add-mask|redactor/) });
  expect(agent.calls()).toEqual([]);
});
