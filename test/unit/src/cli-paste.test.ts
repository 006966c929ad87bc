/** What is pasted at a terminal, in whatever parts it comes: at a prompt of `login`, and at one of the wizard. */
import { EventEmitter } from "node:events";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Stopped } from "../../../src/cli/init/ask.ts";
import { wizard } from "../../../src/cli/init/wizard.ts";
import { meet } from "../../../src/cli/login/person.ts";
import { terminal } from "../../../src/cli/terminal.ts";

/** A terminal as Node shows one: whether it echoes, and whether anybody listens. */
class Keyboard extends EventEmitter {
  isTTY = true;
  raw = false;
  flowing = false;
  setRawMode = (on: boolean) => void (this.raw = on);
  setEncoding = () => this;
  resume = () => void (this.flowing = true);
  pause = () => void (this.flowing = false);
  destroy = () => {};
}

const CANCELLED = Symbol("cancelled");
const readers: readonly [string, () => Promise<string | undefined | typeof CANCELLED>][] = [
  [
    "login",
    async () => {
      let cancelled = false;
      const text = await meet(terminal({}, false), () => void (cancelled = true)).paste("Paste it: ", { all: true });
      return cancelled ? CANCELLED : text;
    },
  ],
  [
    "the wizard",
    () =>
      wizard()
        .paste("Paste the token", "it is not shown")
        .catch((error: unknown) => {
          if (!(error instanceof Stopped)) throw error;
          return CANCELLED;
        }),
  ],
];

describe.each(readers)("at a prompt of %s", (_, read) => {
  const own = Object.getOwnPropertyDescriptor(process, "stdin") as PropertyDescriptor;
  let keyboard: Keyboard;
  let shown = "";
  const { isTTY } = process.stderr;

  const sit = () => {
    keyboard = new Keyboard();
    Object.defineProperty(process, "stdin", { value: keyboard, configurable: true });
  };
  beforeEach(() => {
    vi.useFakeTimers();
    sit();
    shown = "";
    process.stderr.isTTY = true;
    vi.spyOn(process.stderr, "write").mockImplementation((text) => {
      shown += String(text);
      return true;
    });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
    process.stderr.isTTY = isTTY;
    Object.defineProperty(process, "stdin", own);
  });

  /** Chunks, 30 ms apart; what came of it, once it is quiet. */
  async function type(...chunks: readonly string[]) {
    const answer = read();
    expect(keyboard.raw, "the terminal does not echo").toBe(true);
    for (const chunk of chunks) {
      expect(keyboard.listenerCount("data"), `somebody listens to ${JSON.stringify(chunk)}`).toBe(1);
      keyboard.emit("data", chunk);
      await vi.advanceTimersByTimeAsync(30);
    }
    await vi.advanceTimersByTimeAsync(1000);
    const text = await answer;
    expect([keyboard.raw, keyboard.flowing, keyboard.listenerCount("data")]).toEqual([false, false, 0]);
    return text;
  }

  test("two lines that come in two parts are one paste, and the second is not left for whoever reads next", async () => {
    expect(await type("ghp_FIRST\r", "SECOND\r")).toBe("ghp_FIRST\nSECOND");
    expect(shown).not.toMatch(/FIRST|SECOND/);
  });

  test("however a paste is cut, it comes whole", async () => {
    const line = fc.string({ minLength: 1, maxLength: 8, unit: fc.constantFrom("a", "7", "_", "é") });
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 4 }), fc.array(fc.nat(40)), async (lines, cuts) => {
        sit();
        const whole = lines.map((text) => `${text}\r`).join("");
        const at = [...new Set([0, ...cuts.map((cut) => cut % whole.length), whole.length])].toSorted((a, b) => a - b);
        const chunks = at.slice(1).map((end, index) => whole.slice(at[index], end));
        expect(await type(...chunks)).toBe(lines.join("\n"));
      }),
      { numRuns: 50 },
    );
  });

  test("a file of JSON has many lines, and ends where it is whole", async () => {
    expect(await type("{\r", '"a": 1\r', "}\r")).toBe('{\n"a": 1\n}');
  });

  test("Ctrl-C counts, also right after Enter", async () => {
    expect(await type("abc", "\u0003")).toBe(CANCELLED);
    sit();
    expect(await type("abc\r", "\u0003")).toBe(CANCELLED);
  });
});
