import { Secret } from "../../secret.ts";
import type { World } from "../../world/world.ts";

/** A token to set the repository up with. */
export interface FoundToken {
  readonly token: Secret;
  /** For people: `GH_TOKEN`, `gh`. */
  readonly source: string;
}

/** Variables in gh's own order; the second pair is for a GitHub Enterprise Server. */
const VARIABLES = {
  hosted: ["GH_TOKEN", "GITHUB_TOKEN"],
  server: ["GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"],
} as const;

/**
 * Where a token for this host lies: `--github-token`, the variables that gh reads, gh itself. Undefined if nowhere.
 *
 * @param host as the remote names it; undefined if only the API's address is known
 */
export async function findToken(world: World, host: string | undefined): Promise<FoundToken | undefined> {
  const { env, run } = world;
  const given = env["INPUT_GITHUB-TOKEN"]?.trim();
  if (given) return { token: new Secret(given), source: "`--github-token`" };
  const hosted = host === undefined || host === "github.com" || host.endsWith(".ghe.com");
  for (const name of VARIABLES[hosted ? "hosted" : "server"]) {
    const value = env[name]?.trim();
    if (value) return { token: new Secret(value), source: `the variable ${name}` };
  }
  const args = ["auth", "token", ...(host ? ["--hostname", host] : [])];
  // Its variables are those above: without them it gives what a person signed in with.
  const asked = await run("gh", args, { timeoutMs: 10_000 });
  const token = asked.status === 0 ? asked.stdout.trim() : "";
  return /^[!-~]+$/.test(token) ? { token: new Secret(token), source: "`gh`" } : undefined;
}

/** What kind of token it is, by its beginning; GitHub promises these. */
export function sayKindOf(token: Secret): string {
  const text = token.reveal();
  if (text.startsWith("github_pat_")) return "a fine-grained personal access token";
  if (text.startsWith("ghp_")) return "a classic personal access token";
  if (text.startsWith("gho_")) return "a sign-in of gh";
  if (text.startsWith("ghs_")) return "a GitHub App's token, or a job's own";
  if (text.startsWith("ghu_")) return "a GitHub App's token for a user";
  return "a token";
}
