/** What the tests of the ledger by pushes share: worlds with real git, bare repositories, servers. */
import { spawn } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { type GitPushSettings, gitPushLedger } from "../../../src/ledger/git-push.ts";
import { LedgerProblem } from "../../../src/ledger/ledger.ts";
import { Secret } from "../../../src/secret.ts";
import { type Ended, runProgram } from "../../../src/world/programs.ts";
import type { World } from "../../../src/world/world.ts";
import type { ChildJob } from "../../support/ledger/child.ts";
import { git, type GitServerOptions, startGitServer } from "../../support/ledger/git-server.ts";
import { fakeWorld, tempFolder } from "./support.ts";

export const CHILD = join(import.meta.dirname, "../../support/ledger/child.ts");
export const REF = "refs/oauth-creds/v1/anthropic/default";
export const BRANCH = "refs/heads/oauth-creds/anthropic/default";
export const PLACE = "42:refs";

export interface Call {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly ended: Ended;
}

/** A world with real programs, which notes what git was called with. */
export function gitWorld(env: Record<string, string> = {}): { world: World; calls: Call[] } {
  const calls: Call[] = [];
  const world = fakeWorld({
    env: { PATH: process.env["PATH"] ?? "", ...env },
    run: async (command, args, options) => {
      expect(command).toBe("git");
      const ended = await runProgram(command, args, options);
      calls.push({ args, env: options.env ?? {}, ended });
      return ended;
    },
  });
  return { world, calls };
}

/** A bare repository as a forge has them: it checks what it is sent. */
export function newRemote(folder: string, name = "remote.git"): string {
  git(folder, ["init", "--quiet", "--bare", name]);
  const remote = join(folder, name);
  git(remote, ["config", "receive.fsckObjects", "true"]);
  git(remote, ["config", "core.logAllRefUpdates", "always"]);
  git(remote, ["config", "http.receivepack", "true"]);
  return remote;
}

export function hook(remote: string, name: string, script: string): void {
  writeFileSync(join(remote, "hooks", name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(remote, "hooks", name), 0o755);
}

/** A place for the repositories of one handle each. */
export function openIn(
  folder: string,
  settings: Partial<GitPushSettings> & { remote: string },
  world = gitWorld().world,
) {
  const own = { ref: REF, place: PLACE, token: undefined, folder: join(folder, "temp") };
  return gitPushLedger(world, { ...own, ...settings });
}

export const runChild = (job: ChildJob): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", CHILD, JSON.stringify(job)], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    child.on("close", (status) => (status === 0 ? resolve() : reject(new Error(`the writer ended with ${status}`))));
  });

export const problemIn = async (work: Promise<unknown>): Promise<LedgerProblem> => {
  const problem = await work.catch((error: unknown) => error);
  if (!(problem instanceof LedgerProblem)) throw new Error("no problem", { cause: problem });
  return problem;
};

/** What a push is told. */
export const outcomeOf = async (work: Promise<{ type: string }>) =>
  work.then(
    ({ type }) => type,
    ({ kind, sent }: LedgerProblem) => ({ kind, sent }),
  );

export function setUp(settings: Partial<GitPushSettings> = {}, env: Record<string, string> = {}) {
  const folder = tempFolder();
  const remote = newRemote(folder);
  const { world, calls } = gitWorld(env);
  const open = (more: Partial<GitPushSettings> = {}) => openIn(folder, { remote, ...settings, ...more }, world);
  return { folder, remote, world, calls, open, ledger: open() };
}

export const refs = (remote: string): string[] =>
  git(remote, ["for-each-ref", "--format=%(refname)"]).split("\n").filter(Boolean);

export async function setUpHttp(logins?: GitServerOptions["logins"], env: Record<string, string> = {}) {
  const base = setUp({}, env);
  const server = await startGitServer({ root: base.folder, ...(logins && { logins }) });
  onTestFinished(() => server.close());
  const remote = `${server.origin}/remote.git`;
  const open = (token?: string, more: Partial<GitPushSettings> = {}) =>
    base.open({ remote, token: token === undefined ? undefined : new Secret(token), ...more });
  return { ...base, server, remote, bare: base.remote, open };
}
