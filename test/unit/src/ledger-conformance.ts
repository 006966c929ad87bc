/** What every ledger must do, whatever it is kept in. */
import { randomBytes } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Entry, type Ledger, LedgerProblem, type Swap } from "../../../src/ledger/ledger.ts";

/** A ledger's place with no record in it yet. */
export interface OpenLedger {
  /** A new handle on the same record, as another process has it. */
  ledger(): Ledger;
  close(): Promise<void>;
  /** The next swap is lost: on its way (`before`), or its answer, when it was carried out (`after`). */
  breakOnce?(how: "before" | "after"): void;
  /** Another process writes the texts in turn, so many times in all, by loading and swapping. */
  elsewhere?(texts: readonly string[], times: number): Promise<void>;
}

export interface Extent {
  /** How often what depends on chance is tried. */
  readonly rounds?: number;
}

const base64 = (bytes: number): string => randomBytes(bytes).toString("base64");

/** A text that nobody has written before. */
const newText = (about = "text"): string => `${about} ${base64(12)}`;

/** Texts as records are: one line of printable ASCII, short and long, with what a format could trip over. */
const TEXTS: readonly (readonly [string, string])[] = [
  ["a letter", "x"],
  ["1 KB of base64", base64(768)],
  ["8 KB of base64", base64(6144)],
  ["64 KB of base64", base64(49_152)],
  ["JSON", JSON.stringify({ v: 1, 'quote"s': "back\\slash \\n \\u2028", list: [base64(300), null, -1.5e300] })],
  ["what looks like a header", "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904"],
  ["what looks like a comment", "# not a comment --- <a@b> %s $(x) `y` ; | & ' \""],
];

async function entryOf(ledger: Ledger): Promise<Entry> {
  const { entry } = await ledger.load();
  if (!entry) throw new Error("there is no record");
  return entry;
}

/** Swaps, and expects that it succeeds. */
async function put(ledger: Ledger, expected: string | undefined, text: string): Promise<string> {
  const swap = await ledger.compareAndSwap(expected, text);
  if (swap.type !== "swapped") throw new Error("a conflict, where there is none");
  return swap.version;
}

const problemIn = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    (result) => result,
    (error: unknown) => error,
  );

export function ledgerConformance(name: string, open: () => Promise<OpenLedger>, { rounds = 20 }: Extent = {}): void {
  describe(`the ledger ${name}`, () => {
    let opened: OpenLedger;
    let ledger: Ledger;
    beforeEach(async () => {
      opened = await open();
      ledger = opened.ledger();
    });
    afterEach(() => opened.close());

    test("tells what it is, the same for every handle", () => {
      const other = opened.ledger();
      expect([other.place, other.serverTime, other.label]).toEqual([ledger.place, ledger.serverTime, ledger.label]);
      expect(ledger.place).toMatch(/^[ -~]+$/);
      expect(ledger.label).toMatch(/^the [ -~]+$/);
    });

    test("has no record at first, and none to replace", async () => {
      expect((await ledger.load()).entry).toBeUndefined();
      for (const version of ["", "0", "1", "0".repeat(40), "7b".repeat(20)]) {
        expect(await ledger.compareAndSwap(version, newText())).toEqual({ type: "conflict" });
      }
      expect((await opened.ledger().load()).entry).toBeUndefined();
    });

    test("creates the record only where there is none", async () => {
      const text = newText();
      const version = await put(ledger, undefined, text);
      for (const handle of [ledger, opened.ledger()]) {
        expect(await handle.compareAndSwap(undefined, newText("another"))).toEqual({ type: "conflict" });
        expect(await entryOf(handle)).toMatchObject({ version, text });
      }
    });

    test("replaces the record only if its version is the expected one", async () => {
      const first = await put(ledger, undefined, newText());
      const second = await put(ledger, first, newText());
      for (const version of [first, "", `${second}0`, second.slice(1), "0".repeat(40)]) {
        for (const handle of [ledger, opened.ledger()]) {
          expect(await handle.compareAndSwap(version, newText("wrong"))).toEqual({ type: "conflict" });
        }
      }
      const text = newText();
      const third = await put(opened.ledger(), second, text); // without a load before
      expect(await entryOf(ledger)).toMatchObject({ version: third, text });
    });

    test("shows every handle what any other has written", async () => {
      const others = [opened.ledger(), opened.ledger(), ledger];
      let version: string | undefined;
      for (const writer of others) {
        const text = newText();
        version = await put(writer, version, text);
        for (const reader of [...others, opened.ledger()])
          expect(await entryOf(reader)).toMatchObject({ version, text });
      }
    });

    test("never gives two versions the same name, whatever they hold", async () => {
      const [a, b] = [newText("a"), newText("b")];
      const versions: string[] = [];
      for (const [index, text] of [a, b, a, a, b, a].entries()) {
        const writer = index % 2 === 0 ? ledger : opened.ledger();
        versions.push(await put(writer, versions.at(-1), text));
      }
      expect(new Set(versions).size).toBe(versions.length);
      expect(await ledger.compareAndSwap(versions[0], newText())).toEqual({ type: "conflict" });
      expect(await entryOf(ledger)).toMatchObject({ version: versions.at(-1), text: a });
    });

    test("gives every text back byte for byte", async () => {
      let version: string | undefined;
      for (const [what, text] of TEXTS) {
        version = await put(ledger, version, text);
        for (const reader of [ledger, opened.ledger()]) {
          if ((await entryOf(reader)).text !== text) expect.unreachable(what); // shown whole it would say nothing
        }
      }
    });

    test("tells the time of its server, or none at all", async () => {
      const before = await ledger.load();
      const swap = await ledger.compareAndSwap(undefined, newText());
      if (swap.type !== "swapped") throw new Error("a conflict, where there is none");
      const { entry, now } = await opened.ledger().load();
      const times = [before.now, swap.writtenAt, entry?.writtenAt, now];
      if (!ledger.serverTime) {
        expect(times).toEqual([undefined, undefined, undefined, undefined]);
        return;
      }
      expect(times.every((time) => Number.isSafeInteger(time))).toBe(true);
      const [asked = 0, written = 0, stored = 0, seen = 0] = times;
      const second = 1000; // some servers tell no more
      expect(stored).toBe(written);
      expect(written).toBeGreaterThanOrEqual(asked - second);
      expect(seen).toBeGreaterThanOrEqual(written - second);
      await put(ledger, swap.version, newText());
      const later = await ledger.load();
      expect(later.entry?.writtenAt).toBeGreaterThanOrEqual(stored);
      expect(later.now).toBeGreaterThanOrEqual(seen - second);
    });

    test("lets exactly one of those win who swap at the same moment, over and over", async () => {
      const handles = [ledger, opened.ledger(), opened.ledger()];
      const won = new Set<number>();
      for (let round = 0, version: string | undefined; round < rounds; round++) {
        if (round % 2 === 1) await Promise.all(handles.map((handle) => handle.load()));
        const same = newText(); // the same text, too, is written by one only
        const texts = handles.map((_, index) => (round % 3 === 2 ? same : newText(`racer ${index}`)));
        const swaps = await Promise.all(
          handles.map((handle, index) => handle.compareAndSwap(version, texts[index] as string)),
        );
        const winners = swaps.flatMap((swap, index) => (swap.type === "swapped" ? [index] : []));
        expect(winners).toHaveLength(1);
        const [winner = -1] = winners;
        won.add(winner);
        version = (swaps[winner] as Swap & { type: "swapped" }).version;
        expect(await entryOf(opened.ledger())).toMatchObject({ version, text: texts[winner] });
      }
    });

    test("never lets a stale handle win, however often it tries", async () => {
      const stale = opened.ledger();
      let version = await put(ledger, undefined, newText());
      const old = await entryOf(stale);
      for (let round = 0; round < rounds; round++) {
        const text = round % 2 === 0 ? old.text : newText();
        version = await put(ledger, version, text);
        // Nor if it wants what is there already: that has been written by another.
        const wanted = round % 2 === 0 ? text : newText("stale");
        expect(await stale.compareAndSwap(old.version, wanted)).toEqual({ type: "conflict" });
        expect(await entryOf(ledger)).toMatchObject({ version, text });
      }
      expect(await entryOf(stale)).toMatchObject({ version });
      await put(stale, version, newText()); // having looked, it may
    });

    test("never shows a record half written, while another writes without a pause", async () => {
      const texts = [1, 8000, 40, 60_000, 300].map((bytes) => newText(base64(bytes)));
      await put(ledger, undefined, texts[0] as string);
      const seen = new Set<string>();
      const writer = { done: false };
      const read = async (reader: Ledger): Promise<void> => {
        while (!writer.done) {
          const { text } = await entryOf(reader); // there is always one
          if (!texts.includes(text)) expect.unreachable(`a text of ${text.length} characters that nobody has written`);
          seen.add(text);
          await setImmediate();
        }
      };
      const writing = opened.elsewhere?.(texts, rounds * 10) ?? write(opened.ledger(), texts, rounds * 10);
      const reading = read(ledger);
      await Promise.all([writing.finally(() => (writer.done = true)), reading]);
      expect(seen.size).toBeGreaterThan(1);
    });

    test("does what a simple register does, in any order of calls, and deletes nothing", async () => {
      const handles = [ledger, opened.ledger()];
      const versions: (string | undefined)[] = [undefined];
      let text: string | undefined;
      for (let step = 0; step < rounds * 2; step++) {
        const [which = 0, choice = 0, age = 0] = randomBytes(3);
        const handle = handles[which % 2] as Ledger;
        if (choice % 4 === 0) handles[which % 2] = opened.ledger();
        if (choice % 3 === 0) expect((await handle.load()).entry?.text).toBe(text);
        const next = newText();
        // Mostly the present version, sometimes one of those before it.
        const expected = versions.at(age % 3 === 0 ? -1 - (age % versions.length) : -1);
        const swap = await handle.compareAndSwap(expected, next);
        expect(swap.type).toBe(expected === versions.at(-1) ? "swapped" : "conflict");
        if (swap.type === "swapped") {
          expect(versions).not.toContain(swap.version);
          versions.push(swap.version);
          text = next;
        }
        const { entry } = await (age % 2 ? handle : opened.ledger()).load();
        expect([entry?.version, entry?.text]).toEqual([versions.at(-1), text]);
      }
    });

    for (const how of ["before", "after"] as const) {
      for (const what of ["creating", "replacing"] as const) {
        test(`does not hide that a call was lost, ${how} it was carried out (${what})`, async ({ skip }) => {
          if (!opened.breakOnce) return skip();
          const old = what === "replacing" ? newText("old") : undefined;
          const version = old && (await put(ledger, undefined, old));
          const text = newText("new");
          opened.breakOnce(how);
          const outcome = await problemIn(ledger.compareAndSwap(version, text));
          const entry = (await opened.ledger().load()).entry;
          // The record tells. What the call said must not contradict it.
          expect(entry?.text).toBe(how === "after" ? text : old);
          expect(outcome).toBeInstanceOf(LedgerProblem);
          const { kind, sent } = outcome as LedgerProblem;
          expect(kind).toBe("unreachable");
          if (how === "after") expect(sent).toBe(true);
          expect((await ledger.load()).entry).toEqual(entry);
          // And both handles go on as ever.
          const next = newText("next");
          const after = await put(ledger, entry?.version, next);
          expect(await entryOf(opened.ledger())).toMatchObject({ version: after, text: next });
          return undefined;
        });
      }
    }
  });
}

/** Writes the texts in turn, so many times in all. For `OpenLedger.elsewhere`, too. */
export async function write(ledger: Ledger, texts: readonly string[], times: number): Promise<void> {
  for (let done = 0; done < times;) {
    const { entry } = await ledger.load();
    const swap = await ledger.compareAndSwap(entry?.version, texts[done % texts.length] as string);
    if (swap.type === "swapped") done++;
    await setImmediate();
  }
}
