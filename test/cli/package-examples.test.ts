/**
 * The examples for other CIs, line by line as they stand: the job that renews, then the one that uses the login, each
 * with the variables and the secrets that the CI would give it, against a real git server.
 */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { deriveAccessKey, type Keyring, makeRootKey, parseKeys, type RootKey } from "../../src/ledger/keys.ts";
import { filesUnder } from "../scenario/stage.ts";
import { claudeFileOf } from "../scenario/login-file.ts";
import { findLeaks } from "../support/runner/index.ts";
import { git, startGitServer } from "../support/ledger/git-server.ts";
import { startOidc } from "../support/oauth/oidc.ts";
import { CLI, machine } from "./machine.ts";

const example = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../examples/${name}`, import.meta.url)), "utf8");

interface Job {
  readonly env: Record<string, string>;
  /** One after the other, each by a shell of its own. Those of `last` run whatever the others do. */
  readonly steps: readonly string[];
  readonly last: readonly string[];
}

interface Keys {
  readonly root: string;
  readonly access: string;
  readonly login: string;
  readonly git: string;
}

type System = (job: "renew" | "claude", keys: Keys) => Job;

const gitlab: System = (name, keys) => {
  const file = parse(example("gitlab.yml")) as Record<string, any>;
  const { before_script, script, after_script } = file[name];
  const renews = file[name].environment?.name === "oauth-creds";
  return {
    env: {
      ...file["variables"],
      GITLAB_CI: "true",
      CI_JOB_ID: String(renews ? 1 : 2),
      OAUTH_CREDS_LEDGER_KEY: renews ? keys.root : keys.access,
      ...(renews && { OAUTH_CREDS_CREDENTIAL: keys.login }),
      OAUTH_CREDS_GITHUB_TOKEN: `oauth2:${keys.git}`,
    },
    // One shell, as GitLab's runner does it.
    steps: [[...before_script, ...script].join("\n")],
    last: [after_script.join("\n")],
  };
};

const circleci: System = (name, keys) => {
  const file = parse(example("circleci.yml")) as Record<string, any>;
  const { environment, steps } = file["jobs"][name];
  const context = file["workflows"][name].jobs[0][name].context as string;
  const renews = context === "oauth-creds-renew";
  const runs = (steps as any[]).flatMap((step) => step.run ?? []);
  return {
    env: {
      ...environment,
      CIRCLECI: "true",
      CIRCLE_WORKFLOW_JOB_ID: name,
      OAUTH_CREDS_LEDGER_KEY: renews ? keys.root : keys.access,
      ...(renews && { OAUTH_CREDS_CREDENTIAL: keys.login }),
      OAUTH_CREDS_GITHUB_TOKEN: keys.git,
    },
    steps: runs.filter((run) => typeof run === "string"),
    last: runs.flatMap((run) => (run.when === "always" ? run.command : [])),
  };
};

const buildkite: System = (name, keys) => {
  const file = parse(example("buildkite.yml")) as Record<string, any>;
  const { command } = (file["steps"] as any[]).find(({ label }) => label === name);
  const secrets = {
    OAUTH_CREDS_ROOT_KEY: keys.root,
    OAUTH_CREDS_ACCESS_KEY: keys.access,
    OAUTH_CREDS_LOGIN: keys.login,
    OAUTH_CREDS_GIT_TOKEN: keys.git,
  };
  return {
    env: {
      ...file["env"],
      BUILDKITE: "true",
      BUILDKITE_JOB_ID: name,
      ...Object.fromEntries(Object.entries(secrets).map(([secret, value]) => [`SECRET_${secret}`, value])),
    },
    steps: [(command as string).replaceAll("$$", "$")],
    last: [],
  };
};

const jenkins: System = (name, keys) => {
  const text = example("jenkins.Jenkinsfile");
  const stages = text.split(/stage\('(\w+)'\)/);
  const stageOf = (title: string) => stages[stages.indexOf(title) + 1] ?? "";
  const secrets: Record<string, string> = {
    "oauth-creds-root-key": keys.root,
    "oauth-creds-access-key": keys.access,
    "oauth-creds-login": keys.login,
    "oauth-creds-git-token": keys.git,
  };
  const settings = (part: string) =>
    [...part.matchAll(/^ +([A-Z_]+) = (?:credentials\('([^']+)'\)|'([^']*)'|"([^"]*)")/gm)].map(
      ([, variable = "", secret, plain, expanded]) => [
        variable,
        secret ? secrets[secret] : (plain ?? expanded?.replace(/\$\{(\w+)\}/g, "$$$1")),
      ],
    );
  const stage = stageOf(name === "renew" ? "Renew" : "Claude");
  const [steps = "", post = ""] = stage.split("post {");
  const lines = (part: string) => [...part.matchAll(/sh '([^']*)'/g)].map(([, line = ""]) => line);
  return {
    env: {
      JENKINS_URL: "http://127.0.0.1:9",
      BUILD_TAG: `jenkins-demo-${name}`,
      ...Object.fromEntries([...settings(stages[0] ?? ""), ...settings(steps)]),
    },
    steps: [...lines(stageOf("Install")), ...lines(steps)],
    last: lines(post),
  };
};

const PROGRAMS: Readonly<Record<string, string>> = {
  "oauth-creds": `exec '${process.execPath}' '${CLI}' "$@"`,
  npm: "exit 0",
  sudo: 'exec "$@"',
  // In the place of the program: it takes the token from where the program looks.
  claude: `cp "\${CLAUDE_CONFIG_DIR:-$HOME/.claude}/.credentials.json" "$USED"`,
  "buildkite-agent": 'eval "echo \\"\\$SECRET_$3\\""',
};

test.each([
  ["gitlab", gitlab],
  ["circleci", circleci],
  ["buildkite", buildkite],
  ["jenkins", jenkins],
] as const)("examples/%s: one job renews, another uses the login, and nothing is left", async (_, system) => {
  const oidc = await startOidc();
  onTestFinished(() => oidc.close());
  const { home: root } = machine();
  const bin = join(root, "bin");
  mkdirSync(bin);
  for (const [name, script] of Object.entries(PROGRAMS)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  git(root, ["init", "--quiet", "--bare", "demo.git"]);
  git(join(root, "demo.git"), ["config", "http.receivepack", "true"]);
  const token = randomBytes(20).toString("hex");
  const logins = { [`oauth2:${token}`]: "write", [`x-access-token:${token}`]: "write" } as const;
  const server = await startGitServer({ root, logins });
  onTestFinished(() => server.close());
  const login = await oidc.issue();
  const key = makeRootKey(randomBytes);
  const access = deriveAccessKey((parseKeys(key) as Keyring).root[0] as RootKey);
  const keys = { root: key, access, login: claudeFileOf(login, Date.now() - 3_600_000), git: token };

  const used = join(root, "used");
  const said: string[] = [];
  for (const name of ["renew", "claude"] as const) {
    const { env, steps, last } = system(name, keys);
    const home = join(root, name);
    mkdirSync(home);
    const known: Record<string, string> = {
      PATH: `${bin}:${process.env["PATH"]}`,
      HOME: home,
      WORKSPACE_TMP: home,
      CI_PROJECT_URL: `${server.origin}/demo`,
      USED: used,
      OAUTH_CREDS_TOKEN_URL: oidc.tokenUrl,
    };
    const all = { ...known };
    for (const [variable, value] of Object.entries(env)) {
      all[variable] = value.replace(/\$(\w+)/g, (_whole, other: string) => known[other] ?? "");
    }
    // The address is an example; the server here is another.
    all["OAUTH_CREDS_LEDGER_REPOSITORY"] = `${server.origin}/demo.git`;
    for (const step of [...steps, ...last]) {
      const { stdout, stderr } = await promisify(execFile)("bash", ["-eo", "pipefail", "-c", step], {
        env: all,
        cwd: root,
      });
      said.push(stdout, stderr);
    }
    expect(filesUnder(home).filter((path) => !path.includes("/bin/"))).toEqual([]);
  }
  const { claudeAiOauth } = JSON.parse(readFileSync(used, "utf8")) as Record<string, any>;
  expect(await oidc.isAccessTokenAlive(claudeAiOauth.accessToken)).toBe(true);
  expect(claudeAiOauth.refreshToken ?? "").toBe("");
  expect(oidc.tokenRequests()).toHaveLength(1);
  const tokens = [login.accessToken, login.refreshToken, key, access, token, claudeAiOauth.accessToken];
  expect(findLeaks({ tokens, sources: [{ name: "the logs", text: said.join("\n") }] })).toEqual([]);
});

test("examples/cron.sh: silent where all is well, and where to try again is all there is to do", async () => {
  const oidc = await startOidc();
  onTestFinished(() => oidc.close());
  const here = machine();
  const bin = join(here.home, "bin");
  here.write("bin/oauth-creds", `#!/bin/sh\n${PROGRAMS["oauth-creds"]}\n`);
  chmodSync(join(bin, "oauth-creds"), 0o755);
  const login = await oidc.issue();
  here.write(".config/oauth-creds/key", `${makeRootKey(randomBytes)}\n`);
  here.write(".config/oauth-creds/login", claudeFileOf(login, Date.now() - 3_600_000));
  const script = fileURLToPath(new URL("../../examples/cron.sh", import.meta.url));
  const env = { PATH: `${bin}:${process.env["PATH"]}`, HOME: here.home, OAUTH_CREDS_TOKEN_URL: oidc.tokenUrl };
  await oidc.refuseConnections();
  const failed = await promisify(execFile)(script, { env });
  expect(failed.stderr).toContain("[provider-unreachable]");
  await oidc.acceptConnections();
  expect(await promisify(execFile)(script, { env })).toEqual({ stdout: "", stderr: "" });
  expect(oidc.tokenRequests()).toHaveLength(1);
  expect(await promisify(execFile)(script, { env })).toEqual({ stdout: "", stderr: "" });
  expect(oidc.tokenRequests()).toHaveLength(1);
});
