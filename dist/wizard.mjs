import { i as fromFlag, n as Stopped, t as wrap } from "./wrap.mjs";
import { a as cancel, c as log, d as text, f as isCancel, i as S_STEP_SUBMIT, l as outro, n as S_STEP_ACTIVE, o as confirm, r as S_STEP_CANCEL, s as intro, t as S_BAR, u as select } from "./clack.mjs";
import { a as MARK_PASTES, i as MARK_NO_PASTES, n as oneLineOrFile, r as readKeys } from "./read-keys.mjs";
const output = process.stderr, width = () => Math.max(24, (output.columns || 80) - 5);
function wizard() {
	let { styleText } = process.getBuiltinModule("node:util"), lines = (text) => wrap(text, width()).join("\n"), answered = (answer) => {
		if (isCancel(answer)) throw new Stopped(!0);
		return answer;
	}, room = () => width() - 12, named = ({ options, recommends }) => options.map(({ value, label, reason }, index) => ({
		value,
		name: `${label}${recommends && index === 0 ? " (recommended)" : ""}`,
		reason
	}));
	return {
		interactive: !0,
		async choice(question) {
			let given = fromFlag(question);
			if (given !== void 0) return given;
			let [only] = question.options;
			if (question.options.length === 1 && only) return only.value;
			let rows = named(question), short = rows.every(({ name, reason }) => name.length + reason.length + 3 <= room()), whole = (name, reason) => short ? `${name} · ${reason}` : [name, ...wrap(reason, room() - 2).map((line) => `    ${line}`)].join("\n"), chosen = !1, hear = (_text, key) => void (chosen ||= key.name === "return"), options = rows.map(({ value, name, reason }) => ({
				value,
				get label() {
					return chosen ? name : whole(name, reason);
				}
			}));
			process.stdin.on("keypress", hear);
			try {
				let message = lines(question.message);
				return answered(await select({
					message,
					options,
					output,
					showInstructions: !1
				}));
			} finally {
				process.stdin.off("keypress", hear);
			}
		},
		async yes(message, standard) {
			return answered(await confirm({
				message: lines(message),
				initialValue: standard,
				output
			}));
		},
		async text({ message, standard, check }) {
			let validate = (value) => check(value || standard), options = {
				message: lines(message),
				...standard && { placeholder: standard }
			}, answer = await text({
				...options,
				defaultValue: standard,
				validate,
				output
			});
			return answered(answer) || standard;
		},
		paste: (message, hint) => paste(lines(message), styleText("dim", lines(hint))),
		say: {
			step: (text) => log.step(lines(text), { output }),
			done: (text) => log.step(lines(text), {
				output,
				spacing: 0
			}),
			info: (text) => log.message(lines(text), {
				output,
				spacing: 0
			}),
			warn: (text) => log.warn(lines(text), { output }),
			note: (title, rows) => {
				let text = rows.flatMap((row) => wrap(row, width())).map((row) => paint(row, styleText));
				log.step([styleText("bold", title), ...text].join("\n"), { output });
			}
		},
		begin: (title) => intro(styleText("inverse", ` ${title} `), { output }),
		end: (text) => outro(lines(text), { output }),
		stopped: (text) => cancel(text, { output })
	};
}
function paint(row, styleText) {
	return row.startsWith("+ ") ? styleText("green", row) : row.startsWith("- ") ? styleText("red", row) : /^= |^…/.test(row) ? styleText("dim", row) : row;
}
async function paste(message, hint) {
	let { styleText, stripVTControlCharacters } = process.getBuiltinModule("node:util"), [grey, cyan] = [styleText("gray", S_BAR), styleText("cyan", S_BAR)], question = message.split("\n").join(`\n${grey}  `), below = hint.split("\n").map((line) => `${cyan}  ${line}\n`), count = 0, hearing = readKeys(process.stdin, {
		whole: oneLineOrFile,
		seen: (part) => {
			count += stripVTControlCharacters(part).replaceAll(/\s/g, "").length, output.write(`\r\u001b[2K${cyan}  ${styleText("dim", `… ${count}`)}`);
		}
	});
	output.write(`${grey}\n${styleText("cyan", S_STEP_ACTIVE)}  ${question}\n${below.join("")}${MARK_PASTES}${cyan}`);
	let heard = await hearing, [symbol, word] = heard.type === "text" ? [styleText("green", S_STEP_SUBMIT), `${heard.text.trim().length} characters, not shown`] : [styleText("red", S_STEP_CANCEL), ""], up = message.split("\n").length + below.length, answer = `${grey}  ${styleText("dim", word)}`;
	if (output.write(`\r\u001b[${up}A\u001b[0J${symbol}  ${question}\n${answer}${MARK_NO_PASTES}\n`), heard.type !== "text") throw new Stopped(!0);
	return heard.text;
}
export { wizard };
