import * as clack from "@clack/prompts";
import { MARK_NO_PASTES, MARK_PASTES } from "../login/keys.ts";
import { oneLineOrFile, readKeys } from "../login/read-keys.ts";
import { type Ask, type Choice, fromFlag, Stopped, type Text } from "./ask.ts";
import { wrap } from "./wrap.ts";

/** A person at a terminal. Everything is drawn on stderr: stdout is for the answer. */
export interface Wizard extends Ask {
  begin(title: string): void;
  end(text: string): void;
  stopped(text: string): void;
}

const output = process.stderr;
const width = (): number => Math.max(24, (output.columns || 80) - 5);

export function wizard(): Wizard {
  const { styleText } = process.getBuiltinModule("node:util");
  const lines = (text: string) => wrap(text, width()).join("\n");
  const answered = <T>(answer: T | typeof clack.CANCEL_SYMBOL): T => {
    if (clack.isCancel(answer)) throw new Stopped(true);
    return answer as T;
  };
  // The list breaks its lines earlier than it has to: it counts the colours of its frame as columns.
  const room = () => width() - 12;
  const named = ({ options, recommends }: Choice<string>) =>
    options.map(({ value, label, reason }, index) => ({
      value,
      name: `${label}${recommends && index === 0 ? " (recommended)" : ""}`,
      reason,
    }));
  return {
    interactive: true,
    async choice<T extends string>(question: Choice<T>): Promise<T> {
      const given = fromFlag(question);
      if (given !== undefined) return given;
      const [only] = question.options;
      if (question.options.length === 1 && only) return only.value;
      const rows = named(question);
      const short = rows.every(({ name, reason }) => name.length + reason.length + 3 <= room());
      const whole = (name: string, reason: string) =>
        short ? `${name} · ${reason}` : [name, ...wrap(reason, room() - 2).map((line) => `    ${line}`)].join("\n");
      // What was chosen stays on the screen, and its reason is not needed any more: this hears Enter first.
      let chosen = false;
      const hear = (_text: string, key: { name?: string }) => void (chosen ||= key.name === "return");
      const options = rows.map(({ value, name, reason }) => ({
        value,
        get label() {
          return chosen ? name : whole(name, reason);
        },
      }));
      process.stdin.on("keypress", hear);
      try {
        const message = lines(question.message);
        return answered(await clack.select<string>({ message, options, output, showInstructions: false })) as T;
      } finally {
        process.stdin.off("keypress", hear);
      }
    },
    async yes(message, standard) {
      return answered(await clack.confirm({ message: lines(message), initialValue: standard, output }));
    },
    async text({ message, standard, check }: Text) {
      const validate = (value: string | undefined) => check(value || standard);
      const options = { message: lines(message), ...(standard && { placeholder: standard }) };
      const answer = await clack.text({ ...options, defaultValue: standard, validate, output });
      return answered(answer) || standard;
    },
    paste: (message, hint) => paste(lines(message), styleText("dim", lines(hint))),
    say: {
      step: (text) => clack.log.step(lines(text), { output }),
      done: (text) => clack.log.step(lines(text), { output, spacing: 0 }),
      info: (text) => clack.log.message(lines(text), { output, spacing: 0 }),
      warn: (text) => clack.log.warn(lines(text), { output }),
      note: (title, rows) => {
        const text = rows.flatMap((row) => wrap(row, width())).map((row) => paint(row, styleText));
        clack.log.step([styleText("bold", title), ...text].join("\n"), { output });
      },
    },
    begin: (title) => clack.intro(styleText("inverse", ` ${title} `), { output }),
    end: (text) => clack.outro(lines(text), { output }),
    stopped: (text) => clack.cancel(text, { output }),
  };
}

type Paint = typeof import("node:util").styleText;

function paint(row: string, styleText: Paint): string {
  if (row.startsWith("+ ")) return styleText("green", row);
  if (row.startsWith("- ")) return styleText("red", row);
  return /^= |^…/.test(row) ? styleText("dim", row) : row;
}

/** One text that is not echoed, but counted, so that a person sees that it came: one line, or a file of JSON. */
async function paste(message: string, hint: string): Promise<string> {
  const { styleText, stripVTControlCharacters } = process.getBuiltinModule("node:util");
  const [grey, cyan] = [styleText("gray", clack.S_BAR), styleText("cyan", clack.S_BAR)];
  const question = message.split("\n").join(`\n${grey}  `);
  const below = hint.split("\n").map((line) => `${cyan}  ${line}\n`);
  let count = 0;
  const seen = (part: string) => {
    count += stripVTControlCharacters(part).replaceAll(/\s/g, "").length;
    output.write(`\r\u001b[2K${cyan}  ${styleText("dim", `… ${count}`)}`);
  };
  const hearing = readKeys(process.stdin, { whole: oneLineOrFile, seen });
  output.write(
    `${grey}\n${styleText("cyan", clack.S_STEP_ACTIVE)}  ${question}\n${below.join("")}${MARK_PASTES}${cyan}`,
  );
  const heard = await hearing;
  const [symbol, word] =
    heard.type === "text"
      ? [styleText("green", clack.S_STEP_SUBMIT), `${heard.text.trim().length} characters, not shown`]
      : [styleText("red", clack.S_STEP_CANCEL), ""];
  // Drawn once more, as something that is over.
  const up = message.split("\n").length + below.length;
  const answer = `${grey}  ${styleText("dim", word)}`;
  output.write(`\r\u001b[${up}A\u001b[0J${symbol}  ${question}\n${answer}${MARK_NO_PASTES}\n`);
  if (heard.type !== "text") throw new Stopped(true);
  return heard.text;
}
