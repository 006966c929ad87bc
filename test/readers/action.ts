/**
 * The action as the suite uses it: "this credential is in the secret, the step has run".
 *
 * TEMPORARY BODIES: as long as there is no built action, these functions write by hand what it
 * has to write. They are to be replaced by a run of `dist/main.mjs` and `dist/post.mjs`
 * as child processes; the tests stay as they are.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

export type ActionStep = {
  /** The HOME of the job. */
  home: string;
  /** What the user stores: a raw setup token, or the text of Claude's `.credentials.json`. */
  credential: string;
  /** Inputs of the step by name, e.g. `{ "write-refresh-token": "true" }`. */
  inputs?: Record<string, string>;
  /** More variables of the job, e.g. CLAUDE_CONFIG_DIR. */
  env?: Record<string, string>;
};

/** Runs the step. Rejects if it fails. TEMPORARY: writes the file by hand. */
export async function writeWithAction(step: ActionStep): Promise<void> {
  const folder = step.env?.["CLAUDE_CONFIG_DIR"] ?? join(step.home, ".claude");
  const file = join(folder, ".credentials.json");
  const login = readCredential(step.credential);
  const keepsRefresh = step.inputs?.["write-refresh-token"] === "true";
  const entry = keepsRefresh
    ? login
    : {
        accessToken: login["accessToken"],
        refreshToken: null,
        expiresAt: null,
        scopes: login["scopes"],
        subscriptionType: login["subscriptionType"] ?? null,
        rateLimitTier: login["rateLimitTier"] ?? null,
      };
  const before = await readFile(file, "utf8").catch(() => "{}");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const content = { ...(JSON.parse(before) as object), claudeAiOauth: entry };
  await writeFile(file, JSON.stringify(content), { mode: 0o600 });
}

/**
 * Runs the step with `targets: env` and returns the variables that later steps see.
 * TEMPORARY: names the variable by hand.
 */
export async function envFromAction(step: ActionStep): Promise<Record<string, string>> {
  return { CLAUDE_CODE_OAUTH_TOKEN: String(readCredential(step.credential)["accessToken"]) };
}

/** Runs the end of the job for a step that `writeWithAction` ran. TEMPORARY: there is none. */
export async function runPost(_step: ActionStep): Promise<void> {
  throw new Error("runPost needs the built action (dist/post.mjs)");
}

function readCredential(credential: string): Record<string, unknown> {
  if (!credential.startsWith("{")) {
    return { accessToken: credential, scopes: ["user:inference"] };
  }
  return (JSON.parse(credential) as { claudeAiOauth: Record<string, unknown> }).claudeAiOauth;
}
