import type { Keeping } from "./keeping.ts";
import type { Credential } from "../credential/credential.ts";
import { Failure } from "../errors.ts";
import type { Provider, RequestSettings } from "../providers/provider.ts";
import { secretOf } from "../secret.ts";
import { noteForPost } from "../world/note.ts";
import type { SignalHold, World } from "../world/world.ts";
import type { NewTokens } from "./outcome.ts";
import { HOME_STATE, removeHome } from "./program-home.ts";
import { type OfficialProgram, type Renewal, sent } from "./program.ts";
import type { Sent } from "./send.ts";

const { join } = process.getBuiltinModule("node:path");

/** A program may be slow to start, so a shorter `timeout` does not count. */
const SHORTEST_MS = 60_000;
/** A lease lives for 120 s, and the program may start 30 s after it was taken. */
const LONGEST_MS = 90_000;

/** What a program gets of the job's variables. None of them holds a token, and no other can change what it does. */
const PASSED = [
  "PATH",
  "LANG",
  "LC_ALL",
  "LC_CTYPE",
  "NODE_EXTRA_CA_CERTS",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "CODEX_CA_CERTIFICATE",
  "RUNNER_TRACKING_ID", // by it the runner finds and ends what a killed job has left running
  "SystemRoot", // without it nothing starts on Windows
];
const PROXIES = ["http_proxy", "https_proxy", "all_proxy", "no_proxy"].flatMap((name) => [name, name.toUpperCase()]);

/**
 * Lets the provider's own program spend the refresh token, in a private folder that is its home, and takes over
 * what it has stored there. Once: the program has its own ways of trying again. It is given 60 to 90 s.
 * Throws a Failure, with nothing spent, if there is no such program or it cannot be used here.
 */
export async function sendByProgram(
  world: World,
  provider: Provider,
  credential: Credential,
  settings: RequestSettings,
  hold: SignalHold,
  keeping?: Pick<Keeping, "beforeSend">,
): Promise<Sent> {
  const program = await programOf(world, provider);
  await keeping?.beforeSend?.();
  if (hold.signalledAt() !== undefined) return sent({ type: "not-sent", reason: "cancelled" });
  const home = join(world.env["RUNNER_TEMP"] || process.getBuiltinModule("node:os").tmpdir(), freeName(world));
  // Also where this process is ended in the midst of it; where it is killed, by the post step.
  const remove = () => removeHome(world, home);
  process.once("exit", remove);
  try {
    world.runner.state(HOME_STATE, home);
    world.files.makeFolder(home);
    const renewal = program.prepare(world, home, credential);
    const { args, hopeless, stopEarly } = renewal;
    world.runner.log(`${program.name} renews the login in a private folder.`);
    const ended = await world.run(program.command, args, {
      cwd: home, // the workspace may hold settings for the program
      env: { ...environment(world.env, home), ...renewal.env },
      timeoutMs: Math.min(Math.max(settings.timeoutMs, SHORTEST_MS), LONGEST_MS),
      until: (soFar) => (stopEarly && harvest(world, program, renewal) !== undefined) || hopeless?.(soFar) === true,
    });
    if (ended.missing) throw missing(program);
    const tokens = harvest(world, program, renewal);
    return tokens ? sent({ type: "refreshed", tokens }) : renewal.explain(ended);
  } finally {
    process.off("exit", remove);
    remove();
    if (!world.files.exists(home)) noteForPost(world, HOME_STATE, "");
  }
}

async function programOf({ platform }: World, { name }: Provider): Promise<OfficialProgram> {
  if (name === "openai") return (await import("./program-codex.ts")).codexProgram;
  if (name === "custom") {
    throw new Failure(
      "input-invalid",
      "`refresh-with: cli`: this provider has no program of its own.",
      "Leave it out.",
    );
  }
  if (platform === "darwin") {
    throw new Failure(
      "input-invalid",
      "`refresh-with: cli` with Claude Code is not supported on macOS yet: there it keeps its login in the keychain. " +
        "Nothing was spent.",
      "Leave `refresh-with` out, or let a job on Linux renew the login.",
    );
  }
  return (await import("./program-claude.ts")).claudeProgram;
}

const freeName = (world: World) => `oauth-creds-program-${Buffer.from(world.random(8)).toString("hex")}`;

function environment(env: World["env"], home: string): Record<string, string> {
  const passed = [...PASSED, ...PROXIES].flatMap((name) => (env[name] ? [[name, env[name]] as const] : []));
  const places = ["HOME", "TMPDIR", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "TEMP", "TMP"];
  return Object.fromEntries([...passed, ...places.map((name) => [name, home] as const)]);
}

/** What the program has stored beyond what it was given; undefined if there is no new token. */
function harvest(world: World, { target }: OfficialProgram, { file, put }: Renewal): NewTokens | undefined {
  let found: Credential | undefined;
  try {
    const doc = target.parse(world.files.read(file) ?? "") ?? {};
    const slot = target.slots(doc)[0];
    const section = slot && target.get(doc, slot);
    found = slot && section && target.read(section, slot, world.now());
  } catch {
    return undefined; // half written, or not to be read: either way no result
  }
  const changed = (name: "access" | "refresh" | "idToken") =>
    found?.[name]?.equals(put[name]) ? undefined : found?.[name];
  const [access, refresh] = [changed("access"), changed("refresh")];
  if (!found || (!access && !refresh)) return undefined;
  const { loginExpiresAt, scopes, plan, accountId, other } = found;
  return {
    access,
    refresh,
    accessExpiresAt: access && found.accessExpiresAt,
    loginExpiresAt,
    scopes,
    accountUuid: textOf(other["accountUuid"]),
    organizationUuid: textOf(other["organizationUuid"]),
    idToken: changed("idToken"),
    accountId,
    plan,
  };
}

const textOf = (value: unknown): string | undefined => secretOf(value)?.reveal();

function missing({ name, command, npm }: OfficialProgram): Failure {
  return new Failure(
    "program-missing",
    `\`refresh-with: cli\` needs ${name}, but there is no program \`${command}\` on the PATH of this job. Nothing was spent.`,
    `Install it in a step before this one (\`npm i -g ${npm}\`), or leave \`refresh-with\` out.`,
  );
}
