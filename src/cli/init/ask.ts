import { Failure } from "../../errors.ts";
import { usage } from "../arguments.ts";
import type { Terminal } from "../terminal.ts";
import type { Option } from "./choices.ts";

/** Where decisions come from: flags, and a person if there is one. */
export interface Ask {
  /** False: nobody is there, and what no flag says has its standard answer or is an error. */
  readonly interactive: boolean;
  choice<T extends string>(question: Choice<T>): Promise<T>;
  /** Without a person: `standard`. */
  yes(message: string, standard: boolean): Promise<boolean>;
  text(question: Text): Promise<string>;
  /** A secret that is pasted, and not shown; undefined where nobody is there to paste. */
  paste(message: string, hint: string): Promise<string | undefined>;
  readonly say: Say;
}

export interface Choice<T extends string> {
  readonly message: string;
  /** The recommended one first; of those with a flag, that is the standard answer. */
  readonly options: readonly Option<T>[];
  /** The flag that answers it, and what it says. A choice without one has its first option as the standard answer. */
  readonly flag?: { readonly name: string; readonly given: string | undefined; readonly required?: boolean };
  /** Calls the first option the recommended one. */
  readonly recommends?: boolean;
}

export interface Text {
  readonly message: string;
  readonly standard: string;
  /** What is wrong with an answer; undefined if nothing is. */
  readonly check: (value: string) => string | undefined;
}

/** What is told on the way; everything goes to stderr. */
export interface Say {
  /** Something is known now, or done. */
  step(text: string): void;
  info(text: string): void;
  /** One of several things that are done now. */
  done(text: string): void;
  warn(text: string): void;
  /** Several lines under a title. */
  note(title: string, lines: readonly string[]): void;
}

/** The person does not want to go on. */
export class Stopped extends Error {
  /** By ctrl-C, or the end of the input, and not by an answer. */
  readonly gone: boolean;

  constructor(gone: boolean) {
    super("stopped");
    this.name = "Stopped";
    this.gone = gone;
  }
}

/** Takes a flag's value if there is one. Throws a Failure if it is none of the options. */
export function fromFlag<T extends string>({ options, flag }: Choice<T>): T | undefined {
  if (flag?.given === undefined) return undefined;
  const option = options.find(({ value }) => value === flag.given);
  if (option) return option.value;
  const names = options.map(({ value }) => `\`${value}\``).join(", ");
  throw usage(`\`--${flag.name}\` takes ${names} here.`);
}

/** `--yes`: what no flag says has its standard answer, the recommended one. */
export function askNobody(terminal: Terminal): Ask {
  return {
    interactive: false,
    async choice(question) {
      const given = fromFlag(question);
      if (given !== undefined) return given;
      const [first] = question.options;
      if (question.flag?.required || !first) {
        const names = question.options.map(({ value }) => `\`--${question.flag?.name} ${value}\``).join(", ");
        throw usage(`${question.message} Say it with ${names}.`);
      }
      return first.value;
    },
    yes: async (_message, standard) => standard,
    async text({ standard, check }) {
      const wrong = check(standard);
      if (wrong) throw new Failure("input-invalid", wrong, "See `oauth-creds help init`.");
      return standard;
    },
    paste: async () => undefined,
    say: {
      step: (text) => terminal.log(`- ${text}`),
      info: (text) => terminal.log(`  ${text}`),
      done: (text) => terminal.log(`- ${text}`),
      warn: (text) => terminal.warning(text),
      note: (title, lines) => terminal.log([`\n${title}`, ...lines.map((line) => `  ${line}`), ""].join("\n")),
    },
  };
}
