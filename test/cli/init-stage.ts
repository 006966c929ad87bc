/** A clone of a repository, the GitHub that it is on, and the providers, all on loopback: where `init` is tried. */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { parseKeys } from "../../src/ledger/keys.ts";
import { ACTION } from "../scenario/stage.ts";
import { startConnectProxy } from "../support/net/connect-proxy.ts";
import { makeTls, type TestTls } from "../support/net/tls.ts";
import { type AnthropicApi, startAnthropicApi } from "../support/oauth/anthropic-api.ts";
import { findLeaks } from "../support/runner/index.ts";
import { runChild } from "../support/runner/child.ts";
import { type SetupGitHub, type SetupOptions, type SetupToken, startSetupGitHub } from "../support/setup/front.ts";
import { openTerminal, type Terminal } from "../support/terminal/tmux.ts";

/** The built program; another one where the tests themselves are put to the test. */
export const CLI = join(dirname(ACTION), "dist", "cli.mjs");

const HOUR = 3_600_000;

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Of stdout, if that is JSON. */
  readonly json: Record<string, any>;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export interface Stage {
  /** The clone. */
  readonly root: string;
  readonly home: string;
  readonly github: SetupGitHub;
  readonly anthropic: AnthropicApi;
  /** The person's own token: a sign-in of gh that may do everything. Given as GH_TOKEN. */
  readonly own: string;
  /** A fine-grained token that may write secrets and those of environments, for `secrets-token`. */
  readonly secretsToken: string;
  /** A token of another kind, known to GitHub. */
  token(prefix: string, spec: SetupToken): string;
  /** Remembers what may not be printed; gives it. */
  hide<T extends string>(token: T): T;
  /** A setup token that its provider takes. */
  setupToken(): string;
  /** What a sign-in of Claude Code leaves in its file, pretty-printed. */
  claudeLogin(options?: { access?: boolean }): { file: string; access: string; refresh: string };
  codexLogin(): { file: string; refresh: string };
  /** Puts a file into the home folder; gives its path. */
  keep(name: string, text: string): string;
  git(...args: readonly string[]): string;
  /** Without a terminal. Nothing secret is printed, whatever comes. */
  run(args: readonly string[], options?: RunOptions): Promise<Ended>;
  /** At a terminal; closed with the test, when what stands on it must hold nothing secret. */
  sit(args?: readonly string[], options?: RunOptions & { columns?: number; rows?: number }): Terminal;
  /** The text of a file of the clone; undefined if there is none. */
  file(path: string): string | undefined;
  /** Files that git does not know yet. */
  untracked(): string[];
}

let made: Promise<TestTls> | undefined;

/** Closed with the test. */
export async function stage(options: Omit<SetupOptions, "tokens"> = {}): Promise<Stage> {
  const tokens: Record<string, SetupToken> = {};
  const tls = await (made ??= makeTls({ names: ["api.anthropic.com"] }));
  const [github, anthropic] = await Promise.all([startSetupGitHub({ ...options, tokens }), startAnthropicApi(tls)]);
  // No other host can be reached: the proxy leads to loopback alone.
  const proxy = await startConnectProxy({
    mapHost: (host, port) =>
      host === "api.anthropic.com"
        ? { host: "127.0.0.1", port: Number(new URL(anthropic.origin).port) }
        : { host, port },
  });
  const top = realpathSync(mkdtempSync(join(tmpdir(), "init-")));
  const [root, home, bin] = [join(top, "clone"), join(top, "home"), join(top, "bin")];
  for (const folder of [root, home, bin]) mkdirSync(folder);
  const hidden = new Set<string>();
  onTestFinished(async () => {
    await Promise.all([github.close(), anthropic.close(), proxy.close()]);
    rmSync(top, { recursive: true, force: true });
  });

  const git = (...args: readonly string[]) =>
    execFileSync("git", args, { cwd: root, encoding: "utf8", env: gitEnv(home) });
  git("init", "--quiet", "--initial-branch", options.defaultBranch ?? "main");
  git("remote", "add", "origin", "git@github.com:octo/demo.git");

  const hide = <T extends string>(text: T): T => {
    hidden.add(text);
    return text;
  };
  const token = (prefix: string, spec: SetupToken) => {
    const text = hide(`${prefix}${randomBytes(20).toString("hex")}`);
    tokens[text] = spec;
    github.github.tokens.set(text, spec);
    return text;
  };
  const own = token("gho_", {
    kind: "classic",
    permissions: { secrets: "write", environments: "write", actions: "read", contents: "write" },
    scopes: "gist, read:org, repo, workflow",
  });
  const secretsToken = token("github_pat_", {
    permissions: { secrets: "write", environments: "write" },
    expiresAt: Date.now() + 90 * 24 * HOUR,
  });
  const envOf = (more: RunOptions["env"] = {}): Record<string, string> => {
    const all: Record<string, string | undefined> = {
      PATH: `${bin}${delimiter}${process.env["PATH"] ?? ""}`,
      HOME: home,
      TMPDIR: top,
      LANG: "C.UTF-8",
      GITHUB_API_URL: github.apiUrl,
      GH_TOKEN: own,
      HTTPS_PROXY: proxy.url,
      NODE_EXTRA_CA_CERTS: tls.caFile(top),
      ...more,
    };
    return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined));
  };
  const expectNoLeak = (sources: Readonly<Record<string, string>>) => {
    const list = Object.entries(sources).map(([name, text]) => ({ name, text }));
    expect(findLeaks({ tokens: [...hidden], sources: list }), "tokens that were printed").toEqual([]);
  };
  const random = (prefix: string) => hide(prefix + randomBytes(80).toString("base64url").slice(0, 95));

  return {
    root,
    home,
    github,
    anthropic,
    own,
    secretsToken,
    token,
    hide,
    git,
    setupToken: () => hide(anthropic.issue().token),
    claudeLogin({ access: withAccess = true } = {}) {
      const access = hide(anthropic.issue({ scopes: ["user:inference", "user:profile"] }).token);
      const refresh = random("sk-ant-ort01-");
      const oauth = {
        accessToken: access,
        refreshToken: refresh,
        expiresAt: Date.now() + 8 * HOUR,
        scopes: ["user:inference", "user:profile"],
        subscriptionType: "max",
      };
      return { file: withAccess ? JSON.stringify({ claudeAiOauth: oauth }, null, 2) : refresh, access, refresh };
    },
    codexLogin() {
      const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
      const jwt = (claims: object) =>
        hide(`${part({ alg: "RS256", typ: "JWT" })}.${part(claims)}.${randomBytes(64).toString("base64url")}`);
      const auth = { chatgpt_account_id: "acct-1", chatgpt_plan_type: "plus" };
      const exp = Math.floor(Date.now() / 1000) + 9 * 24 * 3600;
      const refresh = hide(`rt_${randomBytes(40).toString("base64url")}`);
      const claims = { "https://api.openai.com/auth": auth, exp };
      const made_ = {
        id_token: jwt({ ...claims, email: "a@example.org" }),
        access_token: jwt(claims),
        refresh_token: refresh,
      };
      const file = {
        OPENAI_API_KEY: null,
        tokens: { ...made_, account_id: "acct-1" },
        last_refresh: new Date().toISOString(),
      };
      return { file: JSON.stringify(file, null, 2), refresh };
    },
    keep(name, text) {
      const path = join(home, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text, { mode: 0o600 });
      return path;
    },
    async run(args, { env } = {}) {
      const {
        rawStdout: stdout,
        rawStderr: stderr,
        exitCode,
        argv,
      } = await runChild({
        command: process.execPath,
        args: [CLI, "init", ...args],
        cwd: root,
        env: { ...envOf(env), NO_COLOR: "1" },
        stops: [],
        timeoutMs: 120_000,
        onLine: () => {},
      });
      expectNoLeak({ stdout, stderr, argv: argv.join("\n") });
      expect(github.violations(), "what GitHub's description does not allow").toEqual([]);
      const isJson = stdout.startsWith("{");
      return { code: exitCode, stdout, stderr, json: isJson ? (JSON.parse(stdout) as Record<string, any>) : {} };
    },
    sit(args = [], { env, columns = 90, rows = 60 } = {}) {
      const terminal = openTerminal({
        command: process.execPath,
        args: [CLI, "init", ...args],
        cwd: root,
        env: envOf({ NO_COLOR: "1", ...env }),
        columns,
        rows,
      });
      onTestFinished(() => {
        const shown = terminal.raw();
        terminal.close();
        expect(shown).toContain("init");
        expectNoLeak({ terminal: shown });
        expect(github.violations(), "what GitHub's description does not allow").toEqual([]);
      });
      return terminal;
    },
    file: (path) => (existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : undefined),
    untracked: () =>
      git("status", "--porcelain", "--untracked-files=all")
        .split("\n")
        .filter(Boolean)
        .map((line) => line.slice(3)),
  };
}

/** A program on the PATH before all others. */
export function program({ home }: Stage, name: string, script: string): void {
  const path = join(dirname(home), "bin", name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

const gitEnv = (home: string) => ({ PATH: process.env["PATH"] ?? "", HOME: home, GIT_CONFIG_NOSYSTEM: "1" });

/** The secret as GitHub opened it. */
export function secretOf({ github }: Stage, name: string): string | undefined {
  return github.github.secret(name);
}

/** Whether the two keys of the ledger belong together. */
export function isPair(s: Stage): boolean {
  const root = parseKeys(secretOf(s, "environment/oauth-creds/OAUTH_CREDS_KEY") ?? "");
  const access = parseKeys(secretOf(s, "OAUTH_CREDS_ACCESS_KEY") ?? "");
  if (typeof root === "string" || typeof access === "string") return false;
  return root.root[0] !== undefined && root.root[0].access.kid === access.access[0]?.kid;
}

/** Shows what a run said if it failed. */
export function succeeded({ code, stderr }: Ended): void {
  expect({ code, said: code === 0 ? "" : stderr }).toEqual({ code: 0, said: "" });
}
