/** Which releases of the real programs the suite runs. With READERS=newest the newest of each moves along. */
import { ensureClawdbot, ensureOpenclaw } from "./claw-program.ts";
import { claudePackages, codexPackages, ensureClaude, ensureCodex, ensureNode, versionOf } from "./install.ts";
import { ensureOpencode, opencodePackages } from "./opencode-program.ts";
import { ensurePi, FIRST_PI, PI } from "./pi-program.ts";

export const CLAUDE = {
  newest: await versionOf("@anthropic-ai/claude-code", "2.1.329", claudePackages),
  lastInJavaScript: "2.1.112",
};
export const CODEX = { newest: await versionOf("@openai/codex", "0.169.0", codexPackages), old: "0.101.0" };
/** The one before it starts nowhere. */
export const CLAWDBOT = { last: "2026.1.24-3" };
const weekly = process.env["READERS"] === "newest";
/** Each of its releases means a dozen starts, and each start a quarter of a minute of the processor. */
export const OPENCLAW = {
  /** The last one that reads the file. */
  withFile: "2026.6.1",
  /** The last one with another name for a ChatGPT login; it takes over other programs' logins. */
  withFileBefore: weekly ? ["2026.5.28"] : [],
  /** The newest of those with a database that cannot log out. */
  withoutLogout: weekly ? ["2026.7.35"] : [],
  newest: await versionOf("openclaw", "2026.9.6"),
} as const;
export const PI_RELEASES = { newest: await versionOf(PI, "1.5.2"), first: "0.73.1" };
export const OPENCODE = { newest: await versionOf("opencode-ai", "1.18.33", opencodePackages) };
/** The oldest Node that the product runs on; its own agents know nothing of proxies. */
export const OLD_NODE = "22.19.0";

/** The versions as they were found, for a process that cannot ask the registry. */
export const found = (): Record<string, string> => ({
  "@anthropic-ai/claude-code": CLAUDE.newest,
  "@openai/codex": CODEX.newest,
  openclaw: OPENCLAW.newest,
  [PI]: PI_RELEASES.newest,
  "opencode-ai": OPENCODE.newest,
});

/** Installs all of them that are not there yet, two at a time: four gigabytes. */
export async function installAll(): Promise<void> {
  const left: (() => Promise<unknown>)[] = [
    ...[OPENCLAW.withFile, ...OPENCLAW.withFileBefore, ...OPENCLAW.withoutLogout, OPENCLAW.newest].map(
      (version) => () => ensureOpenclaw(version),
    ),
    () => ensureClawdbot(CLAWDBOT.last),
    ...Object.values(CLAUDE).map((version) => () => ensureClaude(version)),
    ...Object.values(CODEX).map((version) => () => ensureCodex(version)),
    () => ensurePi(PI, PI_RELEASES.newest),
    () => ensurePi(FIRST_PI, PI_RELEASES.first),
    () => ensureOpencode(OPENCODE.newest),
    () => ensureNode(OLD_NODE),
  ];
  const work = async () => {
    for (let next = left.shift(); next; next = left.shift()) await next();
  };
  await Promise.all([work(), work()]);
}
