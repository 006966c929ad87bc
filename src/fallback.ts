import { Failure } from "./errors.ts";
import type { Inputs } from "./inputs.ts";
import type { World } from "./world/world.ts";

/** What an API key cannot make up for: a mistake in the settings, and a job that was told to stop. */
const NOT_FOR: ReadonlySet<string> = new Set(["input-invalid", "cancelled", "unexpected"]);

/**
 * The job goes on with the API key of `fallback-api-key`, under the variables that the provider's program reads,
 * and says so loudly: such runs are paid for otherwise. Throws `failure` where the key is no help.
 */
export function useApiKey(world: World, inputs: Inputs, failure: Failure): void {
  if (NOT_FOR.has(failure.code)) throw failure;
  const key = inputs.fallbackApiKey?.reveal() ?? "";
  const anthropic = inputs.provider === "anthropic" || (inputs.provider === "auto" && key.startsWith("sk-ant-"));
  // Codex reads the second, everything else of OpenAI's the first.
  const variables = anthropic ? ["ANTHROPIC_API_KEY"] : ["OPENAI_API_KEY", "CODEX_API_KEY"];
  for (const variable of variables) world.runner.variable(variable, key);
  const provider = anthropic ? "anthropic" : "openai";
  world.runner.outputs({ available: "true", provider, kind: "api-key", refreshed: "false", rotated: "false" });
  const where = variables.map((name) => `\`${name}\``).join(" and ");
  world.runner.warning(
    `There is no login for this job, so it goes on with the API key of \`fallback-api-key\` (in ${where}), which is billed ` +
      `by use. Why: ${failure.explain()}`,
  );
  world.runner.summary(
    `### API key instead of a login\n\nThis job uses the API key of \`fallback-api-key\`, which is billed by use.\n\n` +
      `- **Why:** ${failure.explain()}\n- **Written:** ${where}\n`,
  );
}
