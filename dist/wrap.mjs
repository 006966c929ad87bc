import { Ct as Failure } from "./common.mjs";
import { i as usage } from "./arguments.mjs";
var Stopped = class extends Error {
	gone;
	constructor(gone) {
		super("stopped"), this.name = "Stopped", this.gone = gone;
	}
};
function fromFlag({ options, flag }) {
	if (flag?.given === void 0) return;
	let option = options.find(({ value }) => value === flag.given);
	if (option) return option.value;
	let names = options.map(({ value }) => `\`${value}\``).join(", ");
	throw usage(`\`--${flag.name}\` takes ${names} here.`);
}
function askNobody(terminal) {
	return {
		interactive: !1,
		async choice(question) {
			let given = fromFlag(question);
			if (given !== void 0) return given;
			let [first] = question.options;
			if (question.flag?.required || !first) {
				let names = question.options.map(({ value }) => `\`--${question.flag?.name} ${value}\``).join(", ");
				throw usage(`${question.message} Say it with ${names}.`);
			}
			return first.value;
		},
		yes: async (_message, standard) => standard,
		async text({ standard, check }) {
			let wrong = check(standard);
			if (wrong) throw new Failure("input-invalid", wrong, "See `oauth-creds help init`.");
			return standard;
		},
		paste: async () => void 0,
		say: {
			step: (text) => terminal.log(`- ${text}`),
			info: (text) => terminal.log(`  ${text}`),
			done: (text) => terminal.log(`- ${text}`),
			warn: (text) => terminal.warning(text),
			note: (title, lines) => terminal.log([
				`\n${title}`,
				...lines.map((line) => `  ${line}`),
				""
			].join("\n"))
		}
	};
}
function wrap(text, width) {
	return text.split("\n").flatMap((line) => {
		let [indent = ""] = /^ *(?:[|+=-] )? */.exec(line) ?? [], lines = [], row = indent;
		for (let word of line.slice(indent.length).split(" ")) {
			let begun = row.length > indent.length;
			begun && row.length + 1 + word.length > width ? (lines.push(row), row = " ".repeat(indent.length) + word) : row += begun ? ` ${word}` : word;
		}
		return [...lines, row];
	});
}
export { fromFlag as i, Stopped as n, askNobody as r, wrap as t };
