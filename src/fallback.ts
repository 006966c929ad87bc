import type { ProviderName } from "./credential/credential.ts";
import { Failure } from "./errors.ts";
import { InputProblems } from "./input-problems.ts";
import type { Inputs } from "./inputs.ts";
import { recognise } from "./recognise/recognise.ts";
import type { World } from "./world/world.ts";

/** What an API key cannot make up for: a mistake in the settings, and a job that was told to stop. */
const NOT_FOR: ReadonlySet<string> = new Set(["input-invalid", "cancelled", "unexpected"]);

/**
 * The job goes on with the API key of `fallback-api-key`, under the variables that the provider's program reads,
 * and says so loudly: such runs are paid for otherwise. Throws `failure` where the key is no help, and a Failure
 * (`input-invalid`) where it is a key of another provider than the login's.
 *
 * @param masked what maskInputs gave
 */
export async function useApiKey(
  world: World,
  inputs: Inputs,
  failure: Failure,
  masked: ReadonlySet<string>,
): Promise<void> {
  if (NOT_FOR.has(failure.code)) throw failure;
  const key = inputs.fallbackApiKey?.reveal() ?? "";
  const provider = keyProvider(key, await loginProvider(world, inputs, masked), failure);
  // Codex reads the second, everything else of OpenAI's the first.
  const variables = provider === "anthropic" ? ["ANTHROPIC_API_KEY"] : ["OPENAI_API_KEY", "CODEX_API_KEY"];
  for (const variable of variables) world.runner.variable(variable, key);
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

/** Whose login it is that cannot be had; undefined if the step does not say, and the credential does not tell. */
async function loginProvider(
  world: World,
  inputs: Inputs,
  masked: ReadonlySet<string>,
): Promise<ProviderName | undefined> {
  if (inputs.provider !== "auto") return inputs.provider;
  if (!inputs.credential) return undefined;
  return recognise(world, inputs, masked).then(
    ({ credential }) => credential.provider,
    () => undefined,
  );
}

/** Whose key it is: that of the login's provider. Its look decides only where nothing else tells. */
function keyProvider(key: string, login: ProviderName | undefined, failure: Failure): "anthropic" | "openai" {
  if (login === "custom") throw new InputProblems([["custom-fallback"]]);
  // A gateway's key may look like anything; the middle of OpenAI's own is the same in all of them.
  const look = key.startsWith("sk-ant-") ? "anthropic" : /^sk-(proj|svcacct|admin)-|T3BlbkFJ/.test(key) && "openai";
  if (look && login && look !== login) {
    throw new Failure(
      "input-invalid",
      `\`fallback-api-key\` holds a key of ${TITLES[look]}, but the login is one of ${TITLES[login]}: this job's program could not use the key.`,
      `Give it a key of ${TITLES[login]}. Why there is no login: ${failure.explain()}`,
    );
  }
  const provider = login ?? look;
  if (provider) return provider;
  throw new Failure(
    "input-invalid",
    "Neither the look of `fallback-api-key` nor the credential tells whose key it is.",
    `Say it by \`provider\` (\`anthropic\` or \`openai\`). Why there is no login: ${failure.explain()}`,
  );
}

const TITLES = { anthropic: "Anthropic", openai: "OpenAI" } as const;
