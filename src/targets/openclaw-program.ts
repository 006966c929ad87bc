import type { DatabaseSync } from "node:sqlite";
import type { Credential, ProviderName } from "../credential/credential.ts";
import { Failure } from "../errors.ts";
import { parseObject } from "../json.ts";
import type { Ended } from "../world/programs.ts";
import type { World } from "../world/world.ts";
import { openclawFolder } from "./openclaw-file.ts";
import { withoutProfile } from "./profile-order.ts";
import { folderOf } from "./profiles.ts";
import type { Slot, Whereabouts } from "./target.ts";

const { join } = process.getBuiltinModule("node:path");

/** It starts in seconds, but may first fetch a plugin that its settings ask for. */
const TIMEOUT_MS = 180_000;

/** A program that keeps logins where only it may write, so that it is asked to by its own commands. */
export interface OpenclawProgram {
  readonly name: "openclaw";
  readonly providers: readonly ProviderName[];
  /** What `undo` needs, to be saved before `write`: plain JSON without a token. */
  prepare(slot: Slot): Promise<OpenclawDone>;
  /** Gives it the access token. A refresh token never gets there, whatever was asked for. Gives a sentence for the log. */
  write(credential: Credential, done: OpenclawDone): Promise<string>;
}

/** What we are about to change in OpenClaw's store. */
export interface OpenclawDone {
  readonly profile: string;
  readonly provider: string;
  /** The list that said which profiles to use, without ours; null: none. Undefined: ours is the only one, and needs none. */
  readonly order?: readonly string[] | null;
  readonly canLogOut: boolean;
  /** Where releases that cannot log out keep the profile. */
  readonly database: string;
  /** Where the program was told to keep its things then: a later step may tell it otherwise. */
  readonly where?: Whereabouts;
}

/** What it needs of the world. */
export type Outside = Pick<World, "run" | "env" | "files" | "platform">;

/**
 * OpenClaw from 2026.6.5. Our profiles have names that nobody else gives one, so none of the user's is overwritten,
 * nor that of a job of another runner on the same home; what a killed job of this runner has left behind is. Asks the program what it has: throws a Failure if it would not take a
 * login, before a token is spent.
 */
export async function openclawProgram(
  world: Outside,
  where: Whereabouts,
  { canLogOut }: Pick<OpenclawDone, "canLogOut">,
): Promise<OpenclawProgram> {
  const run = (...args: string[]) => succeed(world, where, args);
  const { profiles, authStatePath } = answerOf(await run("models", "auth", "list", "--json"));
  const present = (Array.isArray(profiles) ? profiles : []) as { id?: unknown; provider?: unknown }[];
  return {
    name: "openclaw",
    providers: ["anthropic", "openai"],
    async prepare({ provider, account }) {
      const label = account === "default" ? "" : `${account.replaceAll(".", "_")}-`;
      const profile = `${provider}:${OURS}${label}${runnerOf(world)}`;
      const database = folderOf(String(authStatePath ?? ""), homeOf(where)) ?? "";
      const done = { profile, provider, canLogOut, database, where: { ...where, env: variables(where.env, PLACES) } };
      if (!present.some((other) => other.provider === provider && other.id !== profile)) return done;
      // It would try the others first.
      const { order } = answerOf(await run("models", "auth", "order", "get", "--provider", provider, "--json"));
      // It takes none back that is not there any more.
      const others = Array.isArray(order)
        ? order.filter((id): id is string => id !== profile && present.some((other) => other.id === id))
        : [];
      return { ...done, order: others.length > 0 ? others : null };
    },
    async write({ access }, { profile, provider, order }) {
      // Without an end: past it, the program would pass the profile over, where the provider says what is wrong.
      const paste = ["models", "auth", "paste-token", "--provider", provider, "--profile-id", profile];
      await succeed(world, where, paste, `${access?.reveal() ?? ""}\n`);
      const taken = `OpenClaw has taken the access token into its own store, as the profile ${profile}.`;
      if (order === undefined) return taken;
      const first = ["models", "auth", "order", "set", "--provider", provider, profile];
      // A list stays behind ours, so that jobs on one home can each take theirs back, in whatever order they end. One
      // of them may have done so since we asked.
      const whole = order ? await runOpenclaw(world, where, [...first, ...order]) : undefined;
      if (whole?.status !== 0) await run(...first);
      return taken;
    },
  };
}

/** The variables that say where its things are; others of its own hold secrets. */
const PLACES = /^OPENCLAW_(HOME|PROFILE|\w+_(DIR|PATH))$/;

/** The variables of these names, or the others. */
function variables(env: Whereabouts["env"], names: RegExp, others = false): Whereabouts["env"] {
  return Object.fromEntries(Object.entries(env).filter(([name]) => names.test(name) !== others));
}

/** How the names of our profiles begin. */
const OURS = "oauth-creds-";

/** The same for all jobs of one runner, of which there is one at a time, and for no other runner. */
function runnerOf({ env }: Outside): string {
  const name = [env["RUNNER_NAME"], env["RUNNER_TEMP"]].join("\0");
  return process.getBuiltinModule("node:crypto").createHash("sha256").update(name).digest("hex").slice(0, 8);
}

/**
 * Takes back what was done, also if it came only half-way. Everything else in OpenClaw's store stays.
 * Throws a Failure that says which command does it by hand.
 *
 * @param present where the job's programs look now
 */
export async function undoOpenclaw(world: Outside, present: Whereabouts, done: OpenclawDone): Promise<void> {
  const { profile, provider, order, canLogOut, database, where: then } = done;
  const where = then ? { ...then, env: { ...variables(present.env, PLACES, true), ...then.env } } : present;
  try {
    if (canLogOut) {
      const { status } = await runOpenclaw(world, where, ["models", "auth", "logout", profile, "--yes"]);
      if (status !== 0 && (await isThere(world, where, profile))) throw refused(["models", "auth", "logout"], status);
      emptyFreeSpace(world, where, database);
    } else {
      // Not there, if the profile was not written.
      await runOpenclaw(world, where, ["config", "unset", `auth.profiles.${profile}`]);
      if (world.files.exists(database)) removeFromDatabase(database, profile);
    }
    // Ours is gone from the lists with it. If nothing is left of one, it is put back; another job's logins may have
    // been in it, and the program takes none that is not there any more.
    const before = (order ?? []).filter((id) => !id.startsWith(`${provider}:${OURS}`));
    if (before.length === 0) return;
    const now = await succeed(world, where, ["models", "auth", "order", "get", "--provider", provider, "--json"]);
    if (answerOf(now)["order"]) return;
    await succeed(world, where, ["models", "auth", "order", "set", "--provider", provider, ...before]);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(
      "file-failed",
      `OpenClaw's profile ${profile} could not be removed from ${database}.`,
      "Remove it by hand, or the whole file if nobody else uses it.",
    );
  }
}

async function isThere(world: Outside, where: Whereabouts, profile: string): Promise<boolean> {
  const { profiles } = answerOf(await succeed(world, where, ["models", "auth", "list", "--json"]));
  return JSON.stringify(profiles ?? "").includes(JSON.stringify(profile));
}

/**
 * What SQLite deletes stays in the free space of its file, and OpenClaw leaves it there. Of the files nothing needs to
 * be known for that. Throws a Failure that says which one still may hold the token.
 */
function emptyFreeSpace({ files }: Outside, where: Whereabouts, agents: string): void {
  const common = join(openclawFolder(where, files.exists), "state", "openclaw.sqlite");
  for (const path of new Set([common, agents])) {
    if (!files.exists(path)) continue;
    try {
      changeDatabase(path, (database) => database.exec(EMPTY));
    } catch {
      throw new Failure(
        "file-failed",
        `OpenClaw's profile is removed, but the free space of ${path} may still hold its token: the file is in use, or not one of SQLite's.`,
        "If the machine outlives the job, have the file made anew while no OpenClaw runs: `sqlite3 FILE VACUUM`.",
      );
    }
  }
}

const EMPTY = "VACUUM; PRAGMA wal_checkpoint(TRUNCATE)";

function changeDatabase(path: string, change: (database: DatabaseSync) => void): void {
  const sqlite = process.getBuiltinModule("node:sqlite");
  const database = new sqlite.DatabaseSync(path);
  try {
    database.exec("PRAGMA busy_timeout = 10000");
    change(database);
  } finally {
    database.close();
  }
}

/** The same as its own `logout` does, for releases that have none: they keep two objects of JSON in two tables. */
function removeFromDatabase(path: string, profile: string): void {
  changeDatabase(path, (database) => {
    database.exec("BEGIN IMMEDIATE");
    for (const part of ["store", "state"]) {
      const row = `auth_profile_${part} WHERE ${part}_key = 'primary'`;
      const json = database.prepare(`SELECT ${part}_json AS json FROM ${row}`).get()?.["json"];
      const doc = typeof json === "string" ? parseObject(json) : undefined;
      if (!doc) continue;
      const rest = JSON.stringify(withoutProfile(doc, profile, true));
      database.prepare(`UPDATE ${row.replace(" WHERE", ` SET ${part}_json = ? WHERE`)}`).run(rest);
    }
    // What was deleted still stands in the file's free space, and in the log of changes: the token with it.
    database.exec(`COMMIT; ${EMPTY}`);
  });
}

/** Its answer to `--json`; empty if it is none. Plugins may say something before it. */
const answerOf = ({ stdout }: Ended): Record<string, unknown> =>
  parseObject(stdout.slice(Math.max(0, stdout.search(/^\{/m)))) ?? {};

async function succeed(world: Outside, where: Whereabouts, args: readonly string[], input?: string): Promise<Ended> {
  const ended = await runOpenclaw(world, where, args, input);
  if (ended.status === 0) return ended;
  if (/legacy credential migration|AUTH_PROFILE_MIGRATION_REQUIRED/.test(ended.stdout + ended.stderr)) {
    throw new Failure(
      "file-failed",
      "OpenClaw takes no login while it has a file auth-profiles.json of an older release.",
      "Let it take the file over once (`openclaw doctor --fix`), or remove the file if its logins are not needed.",
    );
  }
  throw refused(args, ended.status);
}

function refused(args: readonly string[], status: number | undefined): Failure {
  const words = args.findIndex((arg) => !/^[a-z][a-z-]*$/.test(arg));
  const command = `openclaw ${args.slice(0, words === -1 ? args.length : words).join(" ")}`;
  return new Failure(
    "file-failed",
    `\`${command}\` ${status === undefined ? "did not end in time" : `ended with status ${status}`}.`,
    "Run it in a step of its own to see what it says. A Claude login can also be given to OpenClaw by its variable: " +
      "`targets: env:ANTHROPIC_OAUTH_TOKEN`.",
  );
}

/** Runs it in the job's home, with the variables that a step of the job would have: ours hold the credential. */
export function runOpenclaw(
  world: Outside,
  where: Whereabouts,
  args: readonly string[],
  input?: string,
): Promise<Ended> {
  const passed = variables(world.env, /^(INPUT|STATE|ACTIONS|OAUTH_CREDS|OPENCLAW)_/i, true);
  const home = world.platform === "win32" ? { USERPROFILE: where.home } : { HOME: where.home };
  return world.run("openclaw", args, {
    ...(input !== undefined && { input }),
    cwd: where.home, // the workspace may hold settings for the program
    env: { ...passed, ...variables(where.env, /^OPENCLAW_/i), ...home, NO_COLOR: "1" },
    timeoutMs: TIMEOUT_MS,
  });
}

/** What it means by `~`. */
const homeOf = ({ env, home }: Whereabouts): string => folderOf(env["OPENCLAW_HOME"], home) ?? home;
