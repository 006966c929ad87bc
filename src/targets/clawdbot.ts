import type { ProfilesShadows } from "./profile-shadows.ts";
import { authProfiles, folderOf } from "./profiles.ts";
import type { FileTarget, Whereabouts } from "./target.ts";

const { dirname, join } = process.getBuiltinModule("node:path");

const NAME = "auth-profiles.json";

const stateFolder = ({ env, home }: Whereabouts): string =>
  folderOf(env["CLAWDBOT_STATE_DIR"], home) ?? join(home, ".clawdbot");

const ownFolder = (where: Whereabouts): string => join(stateFolder(where), "agents", "main", "agent");

/**
 * Clawdbot reads Claude Code's and Codex's files at every start, and prefers what it finds there: so it is told to
 * use our profile alone.
 */
const profiles = authProfiles({
  name: "clawdbot",
  title: "Clawdbot",
  chatgpt: "openai-codex",
  alone: () => true,
  path(where) {
    const { env, home } = where;
    const folder = folderOf(env["CLAWDBOT_AGENT_DIR"], home) ?? folderOf(env["PI_CODING_AGENT_DIR"], home);
    return join(folder ?? ownFolder(where), NAME);
  },
  config: (where) =>
    folderOf(where.env["CLAWDBOT_CONFIG_PATH"], where.home) ?? join(stateFolder(where), "clawdbot.json"),
});

/** Clawdbot's logins. Its main agent also reads the standard folder where a variable names another, and prefers it. */
const shadows: ProfilesShadows = (where, read, path, slot) => {
  const found = profiles.shadows(where, read, path, slot);
  const own = ownFolder(where);
  const text = dirname(path) === own ? undefined : read(join(own, NAME));
  if (text !== undefined && profiles.slots(profiles.parse(text) ?? {}).length > 0) {
    found.push(
      `Clawdbot also reads ${join(own, NAME)} and prefers its profiles. Remove it, or the variable that names another folder.`,
    );
  }
  return found;
};

export const clawdbot: FileTarget = { ...profiles, shadows };
