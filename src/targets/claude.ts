import { readClaudeOauth, writeClaudeOauth } from "../credential/claude-file.ts";
import { parseObject } from "../json.ts";
import type { Doc, FileTarget, Section, Slot } from "./target.ts";

const { dirname, join, resolve } = process.getBuiltinModule("node:path");

const SLOT: Slot = { provider: "anthropic", account: "default" };

/** Claude Code's `.credentials.json`: one login under `claudeAiOauth`, beside other things of the program. */
export const claude: FileTarget = {
  name: "claude",
  providers: ["anthropic"],
  full: true,
  path({ env, home }) {
    // Defined but empty means the standard folder, not the next variable.
    const folder = env["CLAUDE_SECURESTORAGE_CONFIG_DIR"] ?? env["CLAUDE_CONFIG_DIR"];
    return join(resolve((folder || join(home, ".claude")).normalize("NFC")), ".credentials.json");
  },
  parse: parseObject,
  print: JSON.stringify,
  slots: (doc) => (sectionOf(doc) ? [SLOT] : []),
  get: sectionOf,
  set(doc, _slot, section) {
    if (section) return { ...doc, claudeAiOauth: section };
    const { claudeAiOauth: _ours, ...others } = doc;
    return others;
  },
  write: (credential, { full }) => writeClaudeOauth(credential, full),
  read: (section, _slot, now, notice) => readClaudeOauth(section, now, notice),
  ended: (section) => section["accessToken"] === "" && section["refreshToken"] === "",
  /** The first is what present releases take around a refresh, the second what they share with older ones. */
  locks(path) {
    const folder = dirname(path);
    return [
      { path: join(folder, ".oauth_refresh.lock"), staleMs: 60_000 },
      { path: `${folder}.lock`, staleMs: 10_000 },
    ];
  },
};

function sectionOf(doc: Doc): Section | undefined {
  const section = doc["claudeAiOauth"];
  return typeof section === "object" && section !== null ? (section as Section) : undefined;
}
