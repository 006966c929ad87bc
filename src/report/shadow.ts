import { claude } from "../targets/claude.ts";
import { loadTarget } from "../targets/load.ts";
import { isProgram } from "../targets/names.ts";
import { whereabouts } from "../targets/place.ts";
import type { Inputs } from "../inputs.ts";
import { parseObject } from "../json.ts";
import { quietly } from "../quietly.ts";
import type { World } from "../world/world.ts";

const { dirname, join } = process.getBuiltinModule("node:path");

/** Variables that Claude Code prefers to its own variable and to its file, strongest first. Empty ones it ignores. */
const STRONGEST = [
  "CLAUDE_CODE_USE_BEDROCK",
  "CLAUDE_CODE_USE_VERTEX",
  "CLAUDE_CODE_USE_FOUNDRY",
  "ANTHROPIC_AUTH_TOKEN",
  "ANTHROPIC_API_KEY",
];
const OWN = "CLAUDE_CODE_OAUTH_TOKEN";
/** What it prefers to its file only; of the second both have to be there. */
const OVER_FILE = ["CLAUDE_CODE_OAUTH_TOKEN_FILE_DESCRIPTOR", "ANTHROPIC_FEDERATION_RULE_ID", "ANTHROPIC_PROFILE"];

type Env = Readonly<Record<string, unknown>>;

/** What would silently win over the login that this step provides to Claude Code, or by ANTHROPIC_OAUTH_TOKEN. */
export function shadows(world: World, inputs: Inputs): string[] {
  const { env, files } = world;
  const by = (variable: string) =>
    inputs.targets.some((target) => target.name === "env" && target.variable === variable);
  const byFile = inputs.targets.some(({ name }) => name === "claude");
  const byVariable = by(OWN);
  const found: string[] = [];
  // What pi, OpenClaw and Clawdbot read; newer releases of pi prefer the other.
  if (by("ANTHROPIC_OAUTH_TOKEN") && env["ANTHROPIC_AUTH_TOKEN"]) {
    found.push(
      "The variable ANTHROPIC_AUTH_TOKEN is set in this job: pi uses it instead of ANTHROPIC_OAUTH_TOKEN. Remove it.",
    );
  }
  if (!byFile && !byVariable) return found;
  const overFile = byVariable ? [] : [OWN, ...OVER_FILE];
  for (const name of stronger(env, [...STRONGEST, ...overFile])) {
    found.push(`The variable ${name} is set in this job: ${INSTEAD(name)} Remove it from the job's \`env\`.`);
  }
  for (const folder of [
    dirname(claude.path(whereabouts(world, inputs))),
    join(env["GITHUB_WORKSPACE"] || ".", ".claude"),
  ]) {
    for (const file of ["settings.json", "settings.local.json"]) {
      const settings = quietly(() => files.read(join(folder, file)));
      if (!settings) continue;
      if (/"apiKeyHelper"\s*:\s*"[^"]/.test(settings)) {
        found.push(
          `${join(folder, file)} sets \`apiKeyHelper\`: Claude Code uses its key instead of this login. Remove the setting.`,
        );
      }
      // They take the place of the job's own.
      for (const name of stronger(parseObject(settings)?.["env"], [...STRONGEST, OWN, ...overFile.slice(1)])) {
        found.push(
          `${join(folder, file)} sets the variable ${name} (\`env\`): ${INSTEAD(name)} Remove it from that file.`,
        );
      }
    }
  }
  return found;
}

const INSTEAD = (name: string): string =>
  name === "ANTHROPIC_PROFILE"
    ? "Claude Code uses the profile of that name instead of this login, if there is one."
    : "Claude Code uses it instead of this login.";

function stronger(variables: unknown, names: readonly string[]): string[] {
  const env = (variables ?? {}) as Env;
  return names.filter((name) => env[name] && (name !== OVER_FILE[1] || env["ANTHROPIC_ORGANIZATION_ID"]));
}

/**
 * Where a program will look for its file by a variable of this job, although the input `home` says otherwise: the
 * input counts for us alone. Clawdbot's and OpenClaw's targets know that by themselves, with their settings.
 */
export async function lookedForElsewhere(world: World, inputs: Inputs): Promise<string[]> {
  if (inputs.home === undefined) return [];
  const where = whereabouts(world, inputs);
  const found: string[] = [];
  for (const { name } of inputs.targets) {
    if (!isProgram(name) || name === "clawdbot" || name === "openclaw") continue;
    const target = await loadTarget(name);
    const [path, theirs] = [target.path(where), target.path({ ...where, env: world.env })];
    if (theirs === path) continue;
    const variable = VARIABLES[name].find((each) => world.env[each] !== undefined);
    found.push(
      `The variable ${variable} is set in this job: ${name} looks for its login in ${theirs}, and not in ${path}. ` +
        "Remove the variable, or leave `home` out.",
    );
  }
  return found;
}

const VARIABLES = {
  claude: ["CLAUDE_SECURESTORAGE_CONFIG_DIR", "CLAUDE_CONFIG_DIR"],
  codex: ["CODEX_HOME"],
  peekaboo: ["PEEKABOO_CONFIG_DIR"],
  pi: ["PI_CODING_AGENT_DIR"],
  opencode: ["XDG_DATA_HOME"],
} as const;
