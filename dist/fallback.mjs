const NOT_FOR = new Set([
	"input-invalid",
	"cancelled",
	"unexpected"
]);
function useApiKey(world, inputs, failure) {
	if (NOT_FOR.has(failure.code)) throw failure;
	let key = inputs.fallbackApiKey?.reveal() ?? "", anthropic = inputs.provider === "anthropic" || inputs.provider === "auto" && key.startsWith("sk-ant-"), variables = anthropic ? ["ANTHROPIC_API_KEY"] : ["OPENAI_API_KEY", "CODEX_API_KEY"];
	for (let variable of variables) world.runner.variable(variable, key);
	let provider = anthropic ? "anthropic" : "openai";
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
export { useApiKey };
