async function refusedByProvider(world, inputs, credential) {
	if (inputs.validate === "none") return;
	let { validate, sayVerdict } = await import("./validate.mjs"), verdict = await validate(world, credential, inputs.request);
	if (!verdict) return;
	let said = sayVerdict(verdict, credential);
	if (said.level === "failure") return said.failure;
	world.runner[said.level](said.text);
}
export { refusedByProvider as t };
