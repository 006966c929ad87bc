import { claude } from "../targets/claude.ts";
import type { TargetName } from "../targets/names.ts";
import { whereabouts } from "../targets/place.ts";
import type { Inputs } from "../inputs.ts";
import type { World } from "../world/world.ts";

const { dirname, join } = process.getBuiltinModule("node:path");

/** Variables that Claude Code prefers to what a target gives it, strongest first. Empty ones it ignores. */
const CLOUD = ["CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX", "CLAUDE_CODE_USE_FOUNDRY"];
const KEYS = ["ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_API_KEY"];

/** What would silently win over the login that this step provides to Claude Code. */
export function shadows(world: World, inputs: Inputs): string[] {
  const byFile = inputs.targets.some(({ name }) => name === "claude");
  const byVariable = inputs.targets.some(
    (target: TargetName) => target.name === "env" && target.variable === "CLAUDE_CODE_OAUTH_TOKEN",
  );
  // What pi, OpenClaw and Clawdbot read; newer releases of pi prefer the other.
  const forOthers = inputs.targets.some(
    (target) => target.name === "env" && target.variable === "ANTHROPIC_OAUTH_TOKEN",
  );
  const others: string[] = [];
  if (forOthers && world.env["ANTHROPIC_AUTH_TOKEN"]) {
    others.push(
      "The variable ANTHROPIC_AUTH_TOKEN is set in this job: pi uses it instead of ANTHROPIC_OAUTH_TOKEN. Remove it.",
    );
  }
  if (!byFile && !byVariable) return others;
  const names = [...CLOUD, ...KEYS];
  if (byFile && !byVariable) names.push("CLAUDE_CODE_OAUTH_TOKEN");
  const found = names
    .filter((name) => world.env[name])
    .map(
      (name) =>
        `The variable ${name} is set in this job: Claude Code uses it instead of this login. Remove it from the job's \`env\`.`,
    );
  for (const folder of [
    dirname(claude.path(whereabouts(world, inputs))),
    join(world.env["GITHUB_WORKSPACE"] || ".", ".claude"),
  ]) {
    for (const file of ["settings.json", "settings.local.json"]) {
      const settings = world.files.read(join(folder, file));
      if (settings && /"apiKeyHelper"\s*:\s*"[^"]/.test(settings)) {
        found.push(
          `${join(folder, file)} sets \`apiKeyHelper\`: Claude Code uses its key instead of this login. Remove the setting.`,
        );
      }
    }
  }
  return [...others, ...found];
}
