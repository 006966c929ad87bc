import type { ChildProcess } from "node:child_process";
import { readClaudeOauth } from "../../credential/claude-file.ts";
import { type Credential, EMPTY } from "../../credential/credential.ts";
import { asFailure } from "../../as-failure.ts";
import { Failure } from "../../errors.ts";
import { parseObject } from "../../json.ts";
import type { Outcome } from "../../refresh/outcome.ts";
import { maskSecrets } from "../../runner/mask.ts";
import { Secret } from "../../secret.ts";
import { windowsCommand } from "../../world/windows-command.ts";
import { withoutInputs } from "../../world/programs.ts";
import type { World } from "../../world/world.ts";
import { readPasted } from "./paste.ts";
import type { Person } from "./person.ts";
import { sayCancelled, sayExchange, sayTooLate } from "./say.ts";

export interface Official {
  readonly world: World;
  readonly person: Person;
  /** `claude setup-token` instead of `claude auth login`. */
  readonly longLived: boolean;
  readonly browser: boolean;
  readonly stop: AbortSignal;
}

const PATIENCE_MS = 600_000;
const YEAR_MS = 365 * 86_400_000;
const LARGEST_OUTPUT = 1024 * 1024;

/** Why the official program's own sign-in cannot be used here; undefined if it may. */
export function whyNot({ world, person, longLived, browser }: Omit<Official, "stop">): string | undefined {
  if (world.platform === "darwin" && !longLived) return "on a Mac Claude Code keeps its login in the Keychain";
  if (longLived && !person.present) return "`claude setup-token` works in a terminal only";
  if (!browser && world.platform === "win32") return "Claude Code cannot be kept from opening a browser here";
  return undefined;
}

/**
 * Claude Code signs in by itself, with a configuration folder of its own; what it stored there, or printed, is taken
 * over, and the folder is removed. Nothing that it prints reaches the screen. Undefined if it is not installed.
 * Throws a Failure.
 */
export async function signInByClaude(official: Official): Promise<Credential | undefined> {
  const { world, person, longLived } = official;
  const fs = process.getBuiltinModule("node:fs");
  const { join } = process.getBuiltinModule("node:path");
  const home = fs.mkdtempSync(
    join(fs.realpathSync(process.getBuiltinModule("node:os").tmpdir()), "oauth-creds-login-"),
  );
  const remove = () => fs.rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  process.once("exit", remove);
  try {
    const ended = await runClaude(official, home);
    if (!ended) return undefined;
    const credential = longLived
      ? fromOutput(ended.stdout, world.now())
      : fromFile(world, join(home, ".credentials.json"));
    if (!credential) throw explain(ended);
    maskSecrets(world.runner, [credential.access, credential.refresh]);
    return credential;
  } finally {
    process.off("exit", remove);
    try {
      remove();
    } catch (error) {
      const code = asFailure(error).message;
      person.tell(`The folder ${home} could not be removed: it may hold a copy of the login. ${code}`);
    }
  }
}

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function runClaude(official: Official, home: string): Promise<Ended | undefined> {
  const { world, person, longLived, stop } = official;
  const output = { stdout: "", stderr: "" };
  if (stop.aborted) throw sayCancelled();
  const child = start(official, home);
  const over = new AbortController();
  let address: URL | undefined;
  let asked: Promise<void> | undefined;
  const hear = (name: "stdout" | "stderr") => (text: string) => {
    if (output[name].length < LARGEST_OUTPUT) output[name] += text;
    const first = address === undefined;
    address ??= addressIn(output.stdout);
    if (first && address) invite(official, address);
    // It wants the code on a line of its stdin, and would show it if the terminal were its own.
    if (address && !longLived && /Paste code here/i.test(output.stdout)) {
      asked ??= pass(person, child, address, over.signal).catch(() => {});
    }
  };
  child.stdout?.setEncoding("utf8").on("data", hear("stdout"));
  child.stderr?.setEncoding("utf8").on("data", hear("stderr"));
  child.stdin?.on("error", () => {}); // it may end without reading

  let failure: Failure | undefined;
  const end = (why: Failure) => {
    failure ??= why;
    child.kill("SIGTERM");
  };
  const cancel = () => end(sayCancelled());
  stop.addEventListener("abort", cancel, { once: true });
  const timer = setTimeout(() => end(sayTooLate(PATIENCE_MS / 60_000)), PATIENCE_MS);
  const killed = () => void child.kill("SIGKILL");
  process.once("exit", killed);
  try {
    const status = await new Promise<number | null | undefined>((resolve) => {
      child.once("error", () => child.pid === undefined && resolve(undefined));
      child.once("close", resolve);
    });
    if (failure) throw failure;
    return status === undefined ? undefined : { status, ...output };
  } finally {
    clearTimeout(timer);
    stop.removeEventListener("abort", cancel);
    process.off("exit", killed);
    over.abort();
    await asked;
    // It reads keys one by one, and may have been killed meanwhile.
    if (longLived && process.stdin.isTTY) process.stdin.setRawMode(false);
    world.runner.log("");
  }
}

function start({ world, longLived, browser }: Official, home: string): ChildProcess {
  const { spawn } = process.getBuiltinModule("node:child_process");
  const { existsSync } = process.getBuiltinModule("node:fs");
  // The person's own settings of the program, and what would make it another login than theirs, do not count. HOME
  // stays: the browser that it opens is the person's.
  const own = Object.entries(withoutInputs(world.env)).filter(([name]) => !/^(CLAUDE|ANTHROPIC)/i.test(name));
  const env = {
    ...Object.fromEntries(own),
    CLAUDE_CONFIG_DIR: home,
    DISABLE_AUTOUPDATER: "1",
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    ...(!browser && { BROWSER: "true" }), // the program of that name, which does nothing
  };
  const args = longLived ? ["setup-token"] : ["auth", "login"];
  const {
    file,
    args: all,
    verbatim,
  } = world.platform === "win32"
    ? windowsCommand("claude", args, env, existsSync)
    : { file: "claude", args, verbatim: false };
  return spawn(file, all, {
    cwd: home, // the present folder may hold settings for the program
    env,
    stdio: [longLived ? "inherit" : "pipe", "pipe", "pipe"],
    windowsVerbatimArguments: verbatim,
  });
}

/** The one that it prints for people; only if it is whole, and the provider's. */
function addressIn(output: string): URL | undefined {
  for (const [found] of output.matchAll(/https:\/\/[!-~]+(?=[^!-~])/g)) {
    const url = URL.canParse(found) ? new URL(found) : undefined;
    const whole = (url?.searchParams.get("state") ?? "").length >= 20;
    if (whole && /(^|\.)(claude\.(com|ai)|anthropic\.com)$/.test(url?.hostname ?? "")) return url;
  }
  return undefined;
}

function invite({ person, longLived, browser }: Official, { href }: URL): void {
  const then = longLived
    ? "paste the code that it shows (it will not be shown here), and press Enter"
    : "paste the code that it shows";
  person.tell(
    browser
      ? `Claude Code opens your browser now. If it does not, open this address, and ${then}:\n\n${href}\n`
      : `Open this address in a browser, sign in, and ${then}:\n\n${href}\n`,
  );
}

/** Asks for the code until there is one that belongs to this sign-in: Claude Code itself does not compare the state. */
async function pass(person: Person, child: ChildProcess, address: URL, signal: AbortSignal): Promise<void> {
  const state = address.searchParams.get("state") ?? "";
  const attempt = { state, challenge: "", verifier: new Secret("") };
  const redirects = { loopback: undefined, codePage: address.searchParams.get("redirect_uri") ?? undefined };
  for (;;) {
    const text = await person.paste("Paste it here (it will not be shown): ", { signal });
    if (text === undefined) return;
    const pasted = readPasted(text, attempt, redirects);
    if (pasted.type === "response" && pasted.response.type === "code") {
      return void child.stdin?.write(`${pasted.response.code.reveal()}#${state}\n`);
    }
    if (text.trim() !== "") person.tell(pasted.type === "useless" ? pasted.why : "That is an answer without a code.");
  }
}

function fromOutput(stdout: string, now: number): Credential | undefined {
  const token = /(?<![\w-])sk-ant-oat\d*-[\w.~+/=-]{20,}(?=\s)/.exec(stdout)?.[0];
  if (token === undefined) return undefined;
  return {
    ...EMPTY,
    kind: "setup-token",
    access: new Secret(token),
    accessExpiresAt: now + YEAR_MS, // what it asks for, and says
    scopes: ["user:inference"],
  };
}

function fromFile(world: World, path: string): Credential | undefined {
  const oauth = parseObject(world.files.read(path) ?? "")?.["claudeAiOauth"];
  return oauth instanceof Object ? readClaudeOauth(oauth as Record<string, unknown>, world.now()) : undefined;
}

/** Of what it printed only a status and the name of a fault are told. */
function explain({ status, stdout, stderr }: Ended): Failure {
  const said = `${stdout}\n${stderr}`;
  const code = Number(/\bstatus code (\d{3})\b/.exec(said)?.[1] ?? 0);
  const unconnected = /\b(?:getaddrinfo|connect) (E[A-Z_]{1,20})\b|SSL certificate error \(([A-Z_]{1,40})\)/.exec(said);
  let outcome: Exclude<Outcome, { type: "refreshed" }> | undefined;
  if (code === 400 || code === 401) outcome = { type: "refused", why: "spent-or-revoked" };
  else if (code === 403 || code === 404 || code === 429)
    outcome = { type: "throttled", status: code, retryAfterMs: undefined };
  else if (code > 0) outcome = { type: "ambiguous", reason: `status ${code}` };
  else if (unconnected) outcome = { type: "not-sent", reason: unconnected[1] ?? unconnected[2] ?? "no connection" };
  if (outcome) return sayExchange(outcome, "anthropic");
  return new Failure(
    "sign-in-failed",
    `Claude Code ended (${status === null ? "killed" : `status ${status}`}) without a login.`,
    "Run the same command once more; with `--pkce` oauth-creds signs in by itself.",
  );
}
