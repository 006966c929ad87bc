import { E as isProgram, c as loadTarget, h as quietly, m as claude, p as whereabouts, vt as parseObject } from "./common.mjs";
const { dirname, join } = process.getBuiltinModule("node:path"), STRONGEST = [
	"CLAUDE_CODE_USE_BEDROCK",
	"CLAUDE_CODE_USE_VERTEX",
	"CLAUDE_CODE_USE_FOUNDRY",
	"ANTHROPIC_AUTH_TOKEN",
	"ANTHROPIC_API_KEY"
], OWN = "CLAUDE_CODE_OAUTH_TOKEN", OVER_FILE = [
	"CLAUDE_CODE_OAUTH_TOKEN_FILE_DESCRIPTOR",
	"ANTHROPIC_FEDERATION_RULE_ID",
	"ANTHROPIC_PROFILE"
];
function shadows(world, inputs) {
	let { env, files } = world, by = (variable) => inputs.targets.some((target) => target.name === "env" && target.variable === variable), byFile = inputs.targets.some(({ name }) => name === "claude"), byVariable = by(OWN), found = [];
	if (by("ANTHROPIC_OAUTH_TOKEN") && env.ANTHROPIC_AUTH_TOKEN && found.push("The variable ANTHROPIC_AUTH_TOKEN is set in this job: pi uses it instead of ANTHROPIC_OAUTH_TOKEN. Remove it."), !byFile && !byVariable) return found;
	let overFile = byVariable ? [] : [OWN, ...OVER_FILE];
	for (let name of stronger(env, [...STRONGEST, ...overFile])) found.push(`The variable ${name} is set in this job: ${INSTEAD(name)} Remove it from the job's \`env\`.`);
	for (let folder of [dirname(claude.path(whereabouts(world, inputs))), join(env.GITHUB_WORKSPACE || ".", ".claude")]) for (let file of ["settings.json", "settings.local.json"]) {
		let settings = quietly(() => files.read(join(folder, file)));
		if (settings) {
			/"apiKeyHelper"\s*:\s*"[^"]/.test(settings) && found.push(`${join(folder, file)} sets \`apiKeyHelper\`: Claude Code uses its key instead of this login. Remove the setting.`);
			for (let name of stronger(parseObject(settings)?.env, [
				...STRONGEST,
				OWN,
				...overFile.slice(1)
			])) found.push(`${join(folder, file)} sets the variable ${name} (\`env\`): ${INSTEAD(name)} Remove it from that file.`);
		}
	}
	return found;
}
const INSTEAD = (name) => name === "ANTHROPIC_PROFILE" ? "Claude Code uses the profile of that name instead of this login, if there is one." : "Claude Code uses it instead of this login.";
function stronger(variables, names) {
	let env = variables ?? {};
	return names.filter((name) => env[name] && (name !== OVER_FILE[1] || env.ANTHROPIC_ORGANIZATION_ID));
}
async function lookedForElsewhere(world, inputs) {
	if (inputs.home === void 0) return [];
	let where = whereabouts(world, inputs), found = [];
	for (let { name } of inputs.targets) {
		if (!isProgram(name) || name === "clawdbot" || name === "openclaw") continue;
		let target = await loadTarget(name), [path, theirs] = [target.path(where), target.path({
			...where,
			env: world.env
		})];
		if (theirs === path) continue;
		let variable = VARIABLES[name].find((each) => world.env[each] !== void 0);
		found.push(`The variable ${variable} is set in this job: ${name} looks for its login in ${theirs}, and not in ${path}. Remove the variable, or leave \`home\` out.`);
	}
	return found;
}
const VARIABLES = {
	claude: ["CLAUDE_SECURESTORAGE_CONFIG_DIR", "CLAUDE_CONFIG_DIR"],
	codex: ["CODEX_HOME"],
	peekaboo: ["PEEKABOO_CONFIG_DIR"],
	pi: ["PI_CODING_AGENT_DIR"],
	opencode: ["XDG_DATA_HOME"]
};
export { shadows as n, lookedForElsewhere as t };
