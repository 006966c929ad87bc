import { clawdbot } from "./clawdbot.ts";
import { codex } from "./codex.ts";
import { openclawFile } from "./openclaw-file.ts";
import { opencode } from "./opencode.ts";
import { peekaboo } from "./peekaboo.ts";
import { pi } from "./pi.ts";

/** All targets but Claude's, in one chunk: each is small, and a pasted file may be any of theirs. */
export const OTHERS = { codex, peekaboo, clawdbot, openclaw: openclawFile(), pi, opencode } as const;
