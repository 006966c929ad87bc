import { Failure } from "../../errors.ts";
import { githubRunner, type Runner } from "../../runner/commands.ts";
import { EXIT } from "../exit-code.ts";
import type { Terminal } from "../terminal.ts";
import type { Call } from "../verb.ts";
import { outputsAsJson } from "./outputs-json.ts";
import { perform } from "./perform.ts";

type Env = Call["world"]["env"];

/** The action's main step: a working login in the files of the programs that are to use it. */
export async function run(call: Call): Promise<number> {
  const { world, terminal } = call;
  const inActions = world.env["GITHUB_ACTIONS"] === "true";
  if (!inActions) refuseVariables(world.env);
  await perform(call, inActions ? forLaterSteps(terminal, world.env) : terminal);
  if (terminal.json) terminal.answer("", outputsAsJson(terminal.given));
  return EXIT.done;
}

/** In a `run:` step of GitHub Actions: what is not for the log goes where the runner looks for it. */
function forLaterSteps(terminal: Terminal, env: Env): Runner {
  const { outputs, variable, summary } = githubRunner(env);
  return {
    ...terminal,
    variable,
    summary,
    outputs(values) {
      terminal.outputs(values);
      outputs(values);
    },
  };
}

/** Only a CI system can set variables of later steps; a program cannot, for the shell that called it. */
function refuseVariables(env: Env): void {
  const targets = (env["INPUT_TARGETS"] ?? "").split(/[\s,]+/);
  const found = targets.find((name) => name === "output" || /^env(:|$)/.test(name));
  if (found !== undefined) {
    const variable = found.startsWith("env:") ? found.slice(4) : "CLAUDE_CODE_OAUTH_TOKEN";
    throw new Failure(
      "input-invalid",
      `\`--targets ${found === "output" ? found : "env"}\` is for steps of GitHub Actions: no program can set a variable of the shell that called it.`,
      `Let the shell do it: \`export ${variable}="$(oauth-creds token)"\`. Or name the program that is to use the login (\`--targets claude\`).`,
    );
  }
  if (env["INPUT_FALLBACK-API-KEY"]) {
    throw new Failure(
      "input-invalid",
      "`fallback-api-key` is for steps of GitHub Actions: no program can set a variable of the shell that called it.",
      "Let the script fall back: `oauth-creds write || export ANTHROPIC_API_KEY=…`.",
    );
  }
}
