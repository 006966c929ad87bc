/** examples/recover.yml, as it stands: the line from a job summary, given to a workflow by hand, is the stored login. */
import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { SECRET } from "../scenario/login-file.ts";
import { stage } from "../scenario/stage.ts";
import { findLeaks } from "../support/runner/index.ts";

const fromHere = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const CLI = fromHere("../../dist/cli.mjs");

interface Workflow {
  readonly on: { readonly workflow_dispatch: { readonly inputs: Record<string, { type: string; required: boolean }> } };
  readonly concurrency: object;
  readonly jobs: Record<string, { permissions: object; steps: { run?: string; env?: Record<string, string> }[] }>;
}
const read = (name: string) => parse(readFileSync(fromHere(`../../examples/${name}`), "utf8")) as Workflow;

test("examples/recover.yml stores what the secret did not take", async () => {
  const here = await stage();
  onTestFinished(() => here.close());
  await here.signIn();
  here.oidc.fault("missing-expires-in"); // the next run has to look at the place again
  await here.run({ step: { timeoutMs: 200_000 } });
  const outage = here.github.fault(
    { method: "PUT", path: new RegExp(`/${SECRET}$`), times: Number.POSITIVE_INFINITY },
    { do: "answer", status: 403, body: { message: "Resource not accessible by personal access token" } },
  );
  const { main } = await here.run({ inputs: { refresh: "always" }, step: { timeoutMs: 200_000 } });
  outage.cancel();
  expect(main.outputs).toMatchObject({ refreshed: "true", rotated: "false" });
  const copy = /^ocrec1\..+$/m.exec(main.summary)?.[0] ?? "";

  const { on, concurrency, jobs } = read("recover.yml");
  expect(concurrency).toEqual(read("rotate.yml").concurrency);
  expect(on.workflow_dispatch.inputs["copy"]).toMatchObject({ type: "string", required: true });
  const { permissions, steps } = jobs["recover"] ?? { permissions: {}, steps: [] };
  expect(permissions).toEqual({ contents: "read" });

  const bin = mkdtempSync(join(tmpdir(), "oauth-creds-recover-"));
  onTestFinished(() => rmSync(bin, { recursive: true, force: true }));
  for (const [name, script] of [
    ["npm", "exit 0"],
    ["oauth-creds", `exec '${process.execPath}' '${CLI}' "$@"`],
  ] as const) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  const secret = here.secret() ?? "";
  const values: Readonly<Record<string, string>> = {
    "inputs.copy": copy,
    "secrets.CLAUDE_LOGIN": secret,
    "secrets.CLAUDE_SECRETS_TOKEN": here.pat,
  };
  const said: string[] = [];
  for (const { run, env = {} } of steps) {
    if (run === undefined) continue;
    const given = Object.entries(env).map(([name, value]) => [
      name,
      value.replace(/\$\{\{ ([\w.]+) \}\}/g, (_whole, expression: string) => {
        if (values[expression] === undefined) throw new Error(`nobody gives ${expression}`);
        return values[expression];
      }),
    ]);
    const { stdout, stderr } = await promisify(execFile)("bash", ["-e", "-o", "pipefail", "-c", run], {
      env: {
        PATH: `${bin}:${process.env["PATH"]}`,
        GITHUB_ACTIONS: "true",
        GITHUB_API_URL: here.github.apiUrl,
        GITHUB_REPOSITORY: "octo/demo",
        GITHUB_REPOSITORY_ID: "1296269",
        ...Object.fromEntries(given),
      },
    });
    said.push(stdout, stderr.replaceAll(/^::add-mask::.*$/gm, ""));
  }
  expect(said.join("")).toContain("Generation 2 of the login is now stored in the repository secret CLAUDE_LOGIN");
  expect(await here.loginIsAlive()).toBe(true);
  expect(findLeaks({ tokens: [here.pat, secret], sources: [{ name: "the log", text: said.join("\n") }] })).toEqual([]);
});
