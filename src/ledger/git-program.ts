import type { Secret } from "../secret.ts";
import type { Ended } from "../world/programs.ts";
import { decoded } from "../world/userinfo.ts";
import type { World } from "../world/world.ts";
import { LedgerProblem } from "./ledger.ts";

const { isAbsolute, join } = process.getBuiltinModule("node:path");

/** ms. A server that has hooks to run answers a push within a few seconds. */
const NETWORK_MS = 20_000;
const LOCAL_MS = 10_000;

/** The name by which git commands know the remote: its address stands in no argument. */
export const REMOTE = "ledger";

/** What git gets of the job's variables: nothing by which a job, or a person's settings, could lead it elsewhere. */
const PASSED = ["PATH", "SystemRoot", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "GIT_SSL_CERT", "GIT_SSL_KEY"];
const PROXIES = ["http_proxy", "https_proxy", "all_proxy", "no_proxy"].flatMap((name) => [name, name.toUpperCase()]);
/** Over SSH the job's own keys count, hence its own settings. */
const SSH = ["HOME", "USER", "LOGNAME", "SSH_AUTH_SOCK", "GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSH_VARIANT"];

export interface GitSettings {
  /** An address as git takes it: https, ssh, or a path. http only for this machine or the job's own server. */
  readonly remote: string;
  /** For http(s): a token, or `user:token` for a server that asks for a certain user (`gitlab-ci-token:…`). */
  readonly token: Secret | undefined;
  /** A private folder, made if need be; who gave it removes it with what is in it: ciphertext, no token. */
  readonly folder: string;
}

/** The program git 2.32 or newer with a bare repository of its own. */
export interface Git {
  /** The remote's address without a user's name and password: for people. */
  readonly address: string;
  /** Runs it on the repository; gives its stdout. Throws a LedgerProblem, not sent. */
  local(args: readonly string[], input: string): Promise<string>;
  /**
   * Runs it with the remote, which is called `REMOTE`. Throws a LedgerProblem only before git is started.
   * `traced`: it also tells on stderr what it does, as JSON lines.
   */
  network(args: readonly string[], traced?: "traced"): Promise<Ended>;
}

export function gitProgram(world: World, { remote, token, folder }: GitSettings): Git {
  const { protocol, url, address, user } = parseRemote(world, remote);
  const login = token ? token.reveal() : user;
  const config: Record<string, string> = {
    [`remote.${REMOTE}.url`]: url,
    // Else a server could have the token sent on to another.
    "http.followRedirects": "false",
    // Else each fetch would start one more program.
    "maintenance.auto": "false",
    ...(login && protocol.startsWith("http") && { "http.extraHeader": `Authorization: Basic ${basic(login)}` }),
  };
  // By the environment: another user of the machine may read arguments, and a file would stay behind.
  const pairs = Object.entries(config).flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  const passed = [...PASSED, ...PROXIES, ...(protocol === "ssh" ? SSH : [])].flatMap((name) =>
    world.env[name] ? [[name, world.env[name]]] : [],
  );
  const env: Record<string, string> = {
    ...(protocol === "ssh" && { GIT_SSH_COMMAND: "ssh -oBatchMode=yes" }),
    ...Object.fromEntries([...passed, ...pairs]),
    GIT_CONFIG_COUNT: String(Object.keys(config).length),
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null", // on Windows, too
    GIT_ALLOW_PROTOCOL: protocol,
    GIT_TERMINAL_PROMPT: "0",
    LC_ALL: "C",
  };
  let repository: string | undefined;

  async function run(args: readonly string[], timeoutMs: number, input = "", trace = ""): Promise<Ended> {
    // A home without settings and without passwords (.netrc).
    const place = { HOME: repository, GIT_DIR: repository };
    const own = { ...place, ...env, ...(trace && { GIT_TRACE2_EVENT: trace }) };
    const ended = await world.run("git", args, { cwd: repository ?? folder, env: own, input, timeoutMs });
    // Killed, it may have left a lock.
    if (ended.status === undefined) repository = undefined;
    return ended;
  }

  async function local(args: readonly string[], input: string): Promise<string> {
    const ended = await run(args, LOCAL_MS, input);
    if (ended.status !== 0) throw problemOf(ended, false);
    return ended.stdout;
  }

  async function makeRepository(): Promise<void> {
    if (protocol === "") throw new LedgerProblem("unsupported", false);
    if (repository !== undefined) return;
    const fresh = join(folder, `ledger-${Buffer.from(world.random(8)).toString("hex")}.git`);
    try {
      world.files.makeFolder(fresh);
      repository = fresh;
      await local(["init", "--quiet", "--bare", "--template="], "");
      // The tree of every record. Git knows it without being told, but a server need not.
      await local(["hash-object", "-t", "tree", "-w", "--stdin"], "");
    } catch (error) {
      repository = undefined;
      throw error instanceof LedgerProblem ? error : new LedgerProblem("unreachable", false);
    }
  }

  return {
    address,
    async local(args, input) {
      await makeRepository();
      return local(args, input);
    },
    async network(args, traced) {
      await makeRepository();
      return run(args, NETWORK_MS, "", traced && "2");
    },
  };
}

const basic = (login: string): string =>
  Buffer.from(login.includes(":") ? login : `x-access-token:${login}`).toString("base64");

interface Remote {
  /** As GIT_ALLOW_PROTOCOL names it; empty for one that is not allowed. */
  readonly protocol: "https" | "http" | "ssh" | "file" | "";
  /** As git gets it, and as people do: the latter without a name, and neither with a password. */
  readonly url: string;
  readonly address: string;
  /** What stood in the address: a token, or `user:password`. */
  readonly user: string | undefined;
}

function parseRemote({ env }: World, remote: string): Remote {
  if (isAbsolute(remote)) return plainly("file", remote);
  const scheme = /^([\w+.-]+):\/\//.exec(remote)?.[1]?.toLowerCase();
  if (scheme === "ssh" || scheme === "file") {
    // ssh wants the name, and has no use for a password: git would hand it on in an argument.
    const url = remote.replace(/^([^/]*\/\/[^/:@]*):[^/]*@/, "$1@");
    return { ...plainly(scheme, url), address: url.replace(/^([^/]*\/\/)[^/]*@/, "$1") };
  }
  // `user@host:path`; with two colons it would name a program.
  if (!scheme && /^[\w@.-]+:(?!:)/.test(remote)) return plainly("ssh", remote);
  const url = URL.parse(remote);
  if (!url || !/^https?:$/.test(url.protocol)) return plainly("", "(unknown)");
  const user = [url.username, url.password].filter(Boolean).map(decoded).join(":");
  url.username = "";
  url.password = "";
  // The runner itself sends the job's token to that server in the same way.
  const own = [env["GITHUB_SERVER_URL"], env["CI_SERVER_URL"]].some((known) => originOf(known) === url.origin);
  const plain = own || ["127.0.0.1", "[::1]", "localhost"].includes(url.hostname);
  const protocol = url.protocol === "https:" ? "https" : plain ? "http" : "";
  return { ...plainly(protocol, url.href), user: user || undefined };
}

const plainly = (protocol: Remote["protocol"], url: string): Remote => ({
  protocol,
  url,
  address: url,
  user: undefined,
});

const originOf = (address: string | undefined): string | undefined => URL.parse(address ?? "")?.origin;

/** What git says when the connection ended before it had anything to send. */
const BEFORE_SENDING =
  /^fatal: (unable to access |could not read (Username|Password) |Authentication failed |Could not read from remote |repository '.*' not found|transport '.*' not allowed|.* does not appear to be a git repository|.* not valid: )/m;

/**
 * Why git has failed. It tells by words only; with LC_ALL=C they are the same everywhere. What the server says to
 * people does not count. `pushing`: something may have been sent.
 */
export function problemOf(ended: Ended, pushing: boolean): LedgerProblem {
  if (ended.missing) return new LedgerProblem("missing", false);
  const words = ended.stderr.replaceAll(/^remote:.*$/gm, "");
  const sent = pushing && !BEFORE_SENDING.test(words);
  const status = Number(/ returned error: (\d{3})/.exec(words)?.[1] ?? 0);
  if (status === 429) return new LedgerProblem("throttled", sent);
  if (/^fatal: (could not read (Username|Password)|Authentication failed|repository '.*' not found)/m.test(words)) {
    return new LedgerProblem("forbidden", sent); // 401 and 404: servers also say that of what may not be seen
  }
  if (status === 401 || status === 403 || /^\S+: Permission denied /m.test(words)) {
    return new LedgerProblem("forbidden", sent);
  }
  if ((status >= 300 && status < 400) || /(does not appear to be a git repo|not allowed$| not valid: )/m.test(words)) {
    return new LedgerProblem("unsupported", sent);
  }
  return new LedgerProblem("unreachable", sent);
}
