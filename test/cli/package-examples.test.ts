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
  /** Run before all others, without what `stage` adds to `env`. */
  readonly first?: readonly string[];
  readonly stage?: Record<string, string>;
  /** One after the other, each by a shell of its own. Those of `last` run whatever the others do. */
  readonly steps: readonly string[];
  readonly last: readonly string[];
  /** What the CI hands out to who asks it. */
  readonly secrets?: Readonly<Record<string, string>>;
}

interface Keys {
  readonly root: string;
  readonly access: string;
  readonly login: string;
  /** May push. */
  readonly git: string;
  /** May fetch. */
  readonly reader: string;
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
      OAUTH_CREDS_GITHUB_TOKEN: `oauth2:${renews ? keys.git : keys.reader}`,
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
      OAUTH_CREDS_GITHUB_TOKEN: renews ? keys.git : keys.reader,
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
    OAUTH_CREDS_GIT_READER: keys.reader,
  };
  return {
    env: {
      ...file["env"],
      BUILDKITE: "true",
      BUILDKITE_JOB_ID: name,
      BUILDKITE_AGENT_ACCESS_TOKEN: "of the job, with which it asks for secrets",
    },
    secrets,
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
    "oauth-creds-git-reader": keys.reader,
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
      ...Object.fromEntries(settings(stages[0] ?? "")),
    },
    first: lines(stageOf("Install")),
    stage: Object.fromEntries(settings(steps)),
    steps: lines(steps),
    last: lines(post),
  };
};

const PROGRAMS: Readonly<Record<string, string>> = {
  "oauth-creds": `exec '${process.execPath}' '${CLI}' "$@"`,
  // What an install script would see.
  npm: 'case "$*" in *--ignore-scripts*) ;; *) env >> "${0%/*}/../installed.env" ;; esac',
  sudo: 'exec env -i PATH="$PATH" "$@"',
  // In the place of the program: it takes the token from where the program looks.
  claude: 'cp "${CLAUDE_CONFIG_DIR:-$HOME/.claude}/.credentials.json" "$USED"; env > "${0%/*}/../claude.env"',
  "buildkite-agent": 'test -n "$BUILDKITE_AGENT_ACCESS_TOKEN" && cat "${0%/*}/../secrets/$3"',
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
  const [token, reader] = [randomBytes(20).toString("hex"), randomBytes(20).toString("hex")];
  const logins = {
    [`oauth2:${token}`]: "write",
    [`x-access-token:${token}`]: "write",
    [`oauth2:${reader}`]: "read",
    [`x-access-token:${reader}`]: "read",
  } as const;
  const server = await startGitServer({ root, logins });
  onTestFinished(() => server.close());
  const login = await oidc.issue();
  const key = makeRootKey(randomBytes);
  const access = deriveAccessKey((parseKeys(key) as Keyring).root[0] as RootKey);
  const keys = { root: key, access, login: claudeFileOf(login, Date.now() - 3_600_000), git: token, reader };

  const used = join(root, "used");
  const said: string[] = [];
  for (const name of ["renew", "claude"] as const) {
    const { env, first = [], stage = {}, steps, last, secrets = {} } = system(name, keys);
    mkdirSync(join(root, "secrets"), { recursive: true });
    for (const [secret, value] of Object.entries(secrets)) writeFileSync(join(root, "secrets", secret), value);
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
    const expanded = (variables: Readonly<Record<string, string>>) =>
      Object.entries(variables).map(([variable, value]) => [
        variable,
        value.replace(/\$(\w+)/g, (_whole, other: string) => known[other] ?? ""),
      ]);
    // The address is an example; the server here is another.
    const address = { OAUTH_CREDS_LEDGER_REPOSITORY: `${server.origin}/demo.git` };
    const before: Record<string, string> = { ...known, ...Object.fromEntries(expanded(env)), ...address };
    const within = { ...before, ...Object.fromEntries(expanded(stage)) };
    for (const [step, all] of [
      ...first.map((line) => [line, before] as const),
      ...[...steps, ...last].map((line) => [line, within] as const),
    ]) {
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
  const tokens = [login.accessToken, login.refreshToken, key, access, token, reader, claudeAiOauth.accessToken];
  expect(findLeaks({ tokens, sources: [{ name: "the logs", text: said.join("\n") }] })).toEqual([]);
  // Neither an install script nor the agent gets what could change the ledger or ask the CI for it.
  const around = ["installed.env", "claude.env"].map((file) => ({
    name: file,
    text: readFileSync(join(root, file), "utf8"),
  }));
  expect(findLeaks({ tokens: [login.refreshToken, key, access, token, reader], sources: around })).toEqual([]);
  for (const { text } of around) expect(text).not.toContain("BUILDKITE_AGENT_ACCESS_TOKEN");
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
