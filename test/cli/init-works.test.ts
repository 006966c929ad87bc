/** What `init` has set up, carried out: its workflows run with its secrets, against a real authorization server. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { openEnvelope } from "../../src/credential/envelope.ts";
import { claudeFile, claudeFileOf } from "../scenario/login-file.ts";
import { ACTION } from "../scenario/stage.ts";
import { type Oidc, startOidc } from "../support/oauth/oidc.ts";
import { createJob, runAction, type StepResult } from "../support/runner/index.ts";
import { secretOf, type Stage, stage, succeeded } from "./init-stage.ts";

const HOUR = 3_600_000;

interface Job {
  readonly environment?: { readonly name: string };
  readonly permissions?: { readonly contents?: "read" | "write" };
  readonly steps: readonly { readonly uses?: string; readonly with?: Readonly<Record<string, string | boolean>> }[];
}

test.each(["ledger", "rotation"])(
  "%s: the rotator renews what was stored, and a job reads what it made",
  async (topology) => {
    const s = await stage();
    const oidc = await startOidc();
    onTestFinished(() => oidc.close());
    const login = await oidc.issue();
    for (const token of [login.accessToken, login.refreshToken]) s.hide(token);
    const file = s.keep("login.json", claudeFileOf(login, Date.now() + 8 * HOUR));
    succeeded(
      await s.run([
        "--yes",
        "--skip-doctor",
        "--validate",
        "none",
        "--topology",
        topology,
        "--credential",
        file,
        ...(topology === "rotation" ? ["--secrets-token", s.keep("t", s.secretsToken)] : []),
      ]),
    );

    const renewed = await runJob(s, oidc, "claude-rotate.yml");
    expect(renewed.step.outputs).toMatchObject({ source: "refreshed", generation: "1" });
    if (topology === "rotation") {
      const { credential, stored } = openEnvelope(secretOf(s, "environment/oauth-creds/CLAUDE_LOGIN") ?? "");
      expect([credential.generation, stored?.location.kind]).toEqual([1, "environment"]);
    }
    const used = await runJob(s, oidc, "claude.yml");
    expect(await works(oidc, used.accessToken)).toBe(true);
    expect(used.accessToken, "not the one that was pasted").not.toBe(login.accessToken);

    // The next run of the schedule goes on from there.
    const again = await runJob(s, oidc, "claude-rotate.yml", { "min-validity": "7d" });
    expect(again.step.outputs).toMatchObject({ source: "refreshed", generation: "2" });
    expect(s.github.violations()).toEqual([]);
  },
);

let runs = 0;

/** Runs our step of a workflow as GitHub would: secrets by environment and repository, a token by `permissions`. */
async function runJob(
  s: Stage,
  oidc: Oidc,
  name: string,
  more: Readonly<Record<string, string>> = {},
): Promise<{ step: StepResult; accessToken: string | undefined }> {
  const { jobs } = parse(readFileSync(join(s.root, ".github", "workflows", name), "utf8")) as {
    jobs: Record<string, Job>;
  };
  const job = Object.values(jobs)[0] as Job;
  const contents = job.permissions?.contents;
  const jobToken = s.token("ghs_", { kind: "github-token", permissions: contents ? { contents } : {} });
  const secretNamed = (secret: string) =>
    (job.environment && secretOf(s, `environment/${job.environment.name}/${secret}`)) ?? secretOf(s, secret) ?? "";
  const given = job.steps.find(({ uses }) => uses?.includes("/oauth-creds@"))?.with ?? {};
  const inputs: Record<string, string> = { "github-token": jobToken, "token-url": oidc.tokenUrl };
  for (const [input, value] of Object.entries(given)) {
    inputs[input] = String(value).replace(/^\$\{\{ secrets\.(\w+) \}\}$/, (_all, secret: string) =>
      secretNamed(secret),
    );
  }
  const id = ++runs;
  s.github.github.createRun({ id, createdAt: Date.now() });
  const runner = createJob({
    secrets: [inputs["credential"], inputs["ledger-key"], inputs["secrets-token"], jobToken].filter(
      (value) => value !== undefined,
    ),
    githubEnv: {
      GITHUB_API_URL: s.github.apiUrl,
      GITHUB_REPOSITORY: "octo/demo",
      GITHUB_REPOSITORY_ID: "1296269",
      GITHUB_RUN_ID: String(id),
      GITHUB_RUN_ATTEMPT: "1",
    },
  });
  onTestFinished(() => runner.remove());
  let accessToken: string | undefined;
  const between = () => {
    accessToken = claudeFile(runner.home)?.json["claudeAiOauth"]?.["accessToken"] as string | undefined;
  };
  const { main } = await runAction({ action: ACTION, job: runner, inputs: { ...inputs, ...more }, between });
  expect({ code: main.exitCode, log: main.exitCode === 0 ? "" : main.log }).toEqual({ code: 0, log: "" });
  return { step: main, accessToken };
}

async function works(oidc: Oidc, token: string | undefined): Promise<boolean> {
  const answer = await fetch(`${oidc.origin}/api/me`, { headers: { authorization: `Bearer ${token}` } });
  return answer.status === 200;
}
