import { Ct as Failure, i as githubRunner } from "./common.mjs";
import { t as EXIT } from "./exit-code.mjs";
import { t as outputsAsJson } from "./outputs-json.mjs";
import { t as perform } from "./perform.mjs";
async function run(call) {
	let { world, terminal } = call, inActions = world.env.GITHUB_ACTIONS === "true";
	return inActions || refuseVariables(world.env), await perform(call, inActions ? forLaterSteps(terminal, world.env) : terminal), terminal.json && terminal.answer("", outputsAsJson(terminal.given)), EXIT.done;
}
function forLaterSteps(terminal, env) {
	let { outputs, variable, summary } = githubRunner(env);
	return {
		...terminal,
		variable,
		summary,
		outputs(values) {
			terminal.outputs(values), outputs(values);
		}
	};
}
function refuseVariables(env) {
	let found = (env.INPUT_TARGETS ?? "").split(/[\s,]+/).find((name) => name === "output" || /^env(:|$)/.test(name));
	if (found !== void 0) {
		let variable = found.startsWith("env:") ? found.slice(4) : "CLAUDE_CODE_OAUTH_TOKEN";
		throw new Failure("input-invalid", `\`--targets ${found === "output" ? found : "env"}\` is for steps of GitHub Actions: no program can set a variable of the shell that called it.`, `Let the shell do it: \`export ${variable}="$(oauth-creds token)"\`. Or name the program that is to use the login (\`--targets claude\`).`);
	}
	if (env["INPUT_FALLBACK-API-KEY"]) throw new Failure("input-invalid", "`fallback-api-key` is for steps of GitHub Actions: no program can set a variable of the shell that called it.", "Let the script fall back: `oauth-creds write || export ANTHROPIC_API_KEY=…`.");
}
export { run };
