import { Ct as Failure, _ as recognise, xt as InputProblems } from "./common.mjs";
const NOT_FOR = new Set([
	"input-invalid",
	"cancelled",
	"unexpected"
]);
async function useApiKey(world, inputs, failure, masked) {
	if (NOT_FOR.has(failure.code)) throw failure;
	let key = inputs.fallbackApiKey?.reveal() ?? "", provider = keyProvider(key, await loginProvider(world, inputs, masked), failure), variables = provider === "anthropic" ? ["ANTHROPIC_API_KEY"] : ["OPENAI_API_KEY", "CODEX_API_KEY"];
	for (let variable of variables) world.runner.variable(variable, key);
	world.runner.outputs({
		available: "true",
		provider,
		kind: "api-key",
		refreshed: "false",
		rotated: "false"
	});
	let where = variables.map((name) => `\`${name}\``).join(" and ");
	world.runner.warning(`There is no login for this job, so it goes on with the API key of \`fallback-api-key\` (in ${where}), which is billed by use. Why: ${failure.explain()}`), world.runner.summary(`### API key instead of a login\n\nThis job uses the API key of \`fallback-api-key\`, which is billed by use.\n\n- **Why:** ${failure.explain()}\n- **Written:** ${where}\n`);
}
async function loginProvider(world, inputs, masked) {
	if (inputs.provider !== "auto") return inputs.provider;
	if (inputs.credential) return recognise(world, inputs, masked).then(({ credential }) => credential.provider, () => void 0);
}
function keyProvider(key, login, failure) {
	if (login === "custom") throw new InputProblems([["custom-fallback"]]);
	let look = key.startsWith("sk-ant-") ? "anthropic" : /^sk-(proj|svcacct|admin)-|T3BlbkFJ/.test(key) && "openai";
	if (look && login && look !== login) throw new Failure("input-invalid", `\`fallback-api-key\` holds a key of ${TITLES[look]}, but the login is one of ${TITLES[login]}: this job's program could not use the key.`, `Give it a key of ${TITLES[login]}. Why there is no login: ${failure.explain()}`);
	let provider = login ?? look;
	if (provider) return provider;
	throw new Failure("input-invalid", "Neither the look of `fallback-api-key` nor the credential tells whose key it is.", `Say it by \`provider\` (\`anthropic\` or \`openai\`). Why there is no login: ${failure.explain()}`);
}
const TITLES = {
	anthropic: "Anthropic",
	openai: "OpenAI"
};
export { useApiKey };
