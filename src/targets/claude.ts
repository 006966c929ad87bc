import { writeClaudeOauth } from "../credential/claude-file.ts";
import type { Credential } from "../credential/credential.ts";
import { Failure } from "../errors.ts";
import { parseObject } from "../json.ts";
import type { Inputs } from "../inputs.ts";
import type { World } from "../world/world.ts";

const { dirname, isAbsolute, join, relative, resolve, sep } = process.getBuiltinModule("node:path");

/** Where Claude Code looks for its login; the names are its own. */
export function claudeFile(world: World, inputs: Pick<Inputs, "home">): string {
  const { env } = world;
  const home = inputs.home ?? (env["HOME"] || process.getBuiltinModule("node:os").homedir());
  // Defined but empty means the standard folder, not the next variable.
  const secure = env["CLAUDE_SECURESTORAGE_CONFIG_DIR"];
  const folder = inputs.home !== undefined ? undefined : secure !== undefined ? secure : env["CLAUDE_CONFIG_DIR"];
  return join(resolve((folder || join(home, ".claude")).normalize("NFC")), ".credentials.json");
}

/** Throws where a write would follow a link or put a token into the checked-out files. */
export function refuseUnsafe(world: World, path: string): void {
  const folder = dirname(path);
  for (const place of [path, folder]) {
    if (world.files.isSymlink(place)) {
      throw new Failure(
        "unsafe-path",
        `${place} is a symbolic link: a token written through it would land somewhere else.`,
        "Remove the link, or name the real folder in CLAUDE_CONFIG_DIR or in the input `home`.",
      );
    }
  }
  const workspace = world.env["GITHUB_WORKSPACE"];
  if (!workspace || !world.files.exists(workspace)) return;
  let existing = folder;
  while (!world.files.exists(existing)) existing = dirname(existing);
  const inside = relative(
    world.files.realPath(workspace),
    resolve(world.files.realPath(existing), relative(existing, folder)),
  );
  if (!isAbsolute(inside) && inside.split(sep)[0] !== "..") {
    throw new Failure(
      "unsafe-path",
      `${path} lies in the workspace, where a later step could publish it (artifacts, images, commits).`,
      "Set `home` (or CLAUDE_CONFIG_DIR) to a folder outside the workspace.",
    );
  }
}

/**
 * The file's new text: `claudeAiOauth` replaced, every other key as it stands. What is not JSON, Claude Code
 * cannot read either, and it is replaced as a whole.
 */
export function renderClaude(present: string | undefined, credential: Credential, full: boolean): string {
  return JSON.stringify({ ...parseClaude(present), claudeAiOauth: writeClaudeOauth(credential, full) });
}

export const parseClaude = (text: string | undefined): Record<string, unknown> => parseObject(text ?? "") ?? {};

/** The `claudeAiOauth` object of the file, if it has one. */
export function claudeSection(text: string | undefined): Record<string, unknown> | undefined {
  const section = parseClaude(text)["claudeAiOauth"];
  return typeof section === "object" && section !== null ? (section as Record<string, unknown>) : undefined;
}
