import { authProfiles, folderOf, type ProfilesProgram } from "./profiles.ts";
import type { FileTarget, Whereabouts } from "./target.ts";

const { join } = process.getBuiltinModule("node:path");

/**
 * The file of OpenClaw before 2026.6.5. It moves the lists `order` and `usageStats` into a file of its own beside it
 * (`auth-state.json`), so we ask for one only where that is needed. An agent's folder of its own
 * (OPENCLAW_AGENT_DIR) does not matter to its main agent.
 *
 * @param chatgpt its name for a ChatGPT login, which matters for writing only
 * @param exists whether there is such a folder
 */
export function openclawFile(
  chatgpt: ProfilesProgram["chatgpt"] = "openai",
  exists: (path: string) => boolean = () => false,
): FileTarget {
  const stateFolder = (where: Whereabouts): string => openclawFolder(where, exists);
  return authProfiles({
    name: "openclaw",
    title: "OpenClaw",
    chatgpt,
    // Without a profile of this very name it makes one of the login in Codex's file, and prefers that to ours.
    alone: (provider, id) => provider === "openai" && id !== "openai-codex:default",
    lock: "file",
    path: (where) => join(stateFolder(where), "agents", "main", "agent", "auth-profiles.json"),
    config: (where) =>
      folderOf(where.env["OPENCLAW_CONFIG_PATH"], where.home) ?? join(stateFolder(where), "openclaw.json"),
  });
}

/** Where OpenClaw keeps everything of its own, in any release. */
export function openclawFolder({ env, home }: Whereabouts, exists: (path: string) => boolean): string {
  const named = folderOf(env["OPENCLAW_STATE_DIR"], home);
  if (named !== undefined) return named;
  const root = folderOf(env["OPENCLAW_HOME"], home) ?? home;
  const [own, former] = [join(root, ".openclaw"), join(root, ".clawdbot")];
  return !exists(own) && exists(former) ? former : own;
}
