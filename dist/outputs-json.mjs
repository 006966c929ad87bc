function outputsAsJson(outputs) {
	let { "access-token": _, ...shown } = outputs;
	return Object.fromEntries(Object.entries(shown).map(([name, value]) => [name.replaceAll("-", "_"), read(value)]));
}
function read(value) {
	return value === "" ? null : /^(true|false|\d+|\[.*\])$/s.test(value) ? JSON.parse(value) : value;
}
export { outputsAsJson as t };
