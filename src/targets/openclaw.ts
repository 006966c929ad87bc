import { Failure } from "../errors.ts";
import { openclawFile } from "./openclaw-file.ts";
import { type OpenclawProgram, openclawProgram, type Outside, runOpenclaw } from "./openclaw-program.ts";
import type { FileTarget, Whereabouts } from "./target.ts";

/** From here on it calls a ChatGPT login `openai`, as it calls one with an API key. */
const RENAMED = [2026, 6, 1];
/** From here on it keeps its logins in a database. */
const DATABASE = [2026, 6, 5];
/** From here on it has `models auth logout`. */
const LOGOUT = [2026, 8, 1];

/**
 * How the OpenClaw of this job is given a login, which its version decides: by the file that it shares with
 * Clawdbot, or by its own commands.
 * Throws a Failure if there is no OpenClaw on the PATH, or if it cannot be given one.
 *
 * @param world its `env` is where the PATH is found; of `where`, only OpenClaw's own variables count
 */
export async function openclaw(world: Outside, where: Whereabouts): Promise<FileTarget | OpenclawProgram> {
  const version = await versionOf(world, where);
  if (isFrom(version, DATABASE)) return openclawProgram(world, where, { canLogOut: isFrom(version, LOGOUT) });
  const { exists } = world.files;
  return openclawFile(isFrom(version, RENAMED) ? "openai" : "openai-codex", exists);
}

async function versionOf(world: Outside, where: Whereabouts): Promise<number[]> {
  const { missing, status, stdout } = await runOpenclaw(world, where, ["--version"]);
  const found = /\b(20\d\d)\.(\d+)\.(\d+)/.exec(stdout);
  if (!missing && status === 0 && found) return found.slice(1).map(Number);
  throw new Failure(
    "program-missing",
    missing
      ? "`targets: openclaw`: there is no program `openclaw` on the PATH of this step, and its version decides how it is given a login."
      : `\`targets: openclaw\`: \`openclaw --version\` did not tell its version (status ${status ?? "unknown"}). It may not run on the Node of this job.`,
    "Install it in a step before this one (`npm install -g openclaw`, with the Node that it asks for), or give it a Claude " +
      "login by its variable: `targets: env:ANTHROPIC_OAUTH_TOKEN`.",
  );
}

function isFrom(version: readonly number[], first: readonly number[]): boolean {
  const at = first.findIndex((part, place) => part !== version[place]);
  return at === -1 || (version[at] ?? 0) > (first[at] ?? 0);
}
