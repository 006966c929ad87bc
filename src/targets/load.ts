import { claude } from "./claude.ts";
import type { ProgramName } from "./names.ts";
import type { FileTarget } from "./target.ts";

/** A program's target. All but Claude's are loaded only where a step names them. */
export async function loadTarget(name: ProgramName): Promise<FileTarget> {
  return name === "claude" ? claude : (await import("./others.ts")).OTHERS[name];
}
