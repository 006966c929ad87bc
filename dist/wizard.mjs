import { ht as parseObject } from "./common.mjs";
import { i as fromFlag, n as Stopped, t as wrap } from "./wrap.mjs";
import { a as cancel, c as log, d as text, f as isCancel, i as S_STEP_SUBMIT, l as outro, n as S_STEP_ACTIVE, o as confirm, r as S_STEP_CANCEL, s as intro, t as S_BAR, u as select } from "./clack.mjs";
import { i as keyReader, n as MARK_PASTES, t as MARK_NO_PASTES } from "./keys2.mjs";
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
function paste(message, hint) {
	let { stdin } = process, { styleText, stripVTControlCharacters } = process.getBuiltinModule("node:util"), read = keyReader((text) => !text.trimStart().startsWith("{") || parseObject(text) !== void 0), [grey, cyan] = [styleText("gray", S_BAR), styleText("cyan", S_BAR)], question = message.split("\n").join(`\n${grey}  `), below = hint.split("\n").map((line) => `${cyan}  ${line}\n`);
	return output.write(`${grey}\n${styleText("cyan", S_STEP_ACTIVE)}  ${question}\n${below.join("")}${MARK_PASTES}${cyan}`), new Promise((resolve, reject) => {
		let leave = (symbol, word) => {
			stdin.off("data", hear).off("end", gone), stdin.setRawMode(!1), stdin.pause();
			let up = message.split("\n").length + below.length, answer = `${grey}  ${styleText("dim", word)}`;
			output.write(`\r\u001b[${up}A\u001b[0J${symbol}  ${question}\n${answer}${MARK_NO_PASTES}\n`);
		}, gone = () => {
			leave(styleText("red", S_STEP_CANCEL), ""), reject(new Stopped(!0));
		}, count = 0, hear = (chunk) => {
			let typed = read(String(chunk));
			if (typed.type === "cancel") return gone();
			if (typed.type === "done") return leave(styleText("green", S_STEP_SUBMIT), `${typed.text.trim().length} characters, not shown`), resolve(typed.text);
			count += stripVTControlCharacters(String(chunk)).replaceAll(/\s/g, "").length, output.write(`\r\u001b[2K${cyan}  ${styleText("dim", `… ${count}`)}`);
		};
		stdin.setRawMode(!0), stdin.setEncoding("utf8").on("data", hear).once("end", gone).resume();
	});
}
export { wizard };
