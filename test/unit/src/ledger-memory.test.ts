import { describe, expect, test } from "vitest";
import { LedgerProblem } from "../../../src/ledger/ledger.ts";
import { type Fault, memoryLedger } from "../../support/ledger/memory.ts";
import { ledgerConformance } from "./ledger-conformance.ts";
import { NOW, SECOND } from "./support.ts";

for (const serverTime of [true, false]) {
  ledgerConformance(`in memory, ${serverTime ? "with" : "without"} server time`, async () => {
    let now = NOW;
    const memory = memoryLedger({ now: () => (now += 1), serverTime });
    return {
      ledger: memory.ledger,
      close: async () => {},
      breakOnce: (how) => memory.fault(how === "before" ? "lost-before" : "lost-after"),
    };
  });
}

/** A ledger with one version in it, and a clock that stands. */
async function started() {
  let now = NOW;
  const memory = memoryLedger({ now: () => now });
  const ledger = memory.ledger();
  const swap = await ledger.compareAndSwap(undefined, "first");
  if (swap.type !== "swapped") throw new Error("a conflict, where there is none");
  return { memory, ledger, version: swap.version, pass: (ms: number) => void (now += ms) };
}

describe("the ledger in memory can be made to", () => {
  test.each<[Fault, Partial<LedgerProblem>, string]>([
    ["unreachable", { kind: "unreachable", sent: false }, "first"],
    ["throttled", { kind: "throttled", sent: false, retryAfterMs: SECOND }, "first"],
    ["forbidden", { kind: "forbidden", sent: false }, "first"],
    ["unsupported", { kind: "unsupported", sent: false }, "first"],
    ["lost-before", { kind: "unreachable", sent: true }, "first"],
    ["lost-after", { kind: "unreachable", sent: true }, "second"],
  ])("fail once: %s", async (fault, problem, text) => {
    const { memory, ledger, version } = await started();
    memory.fault(fault);
    const error = await ledger.compareAndSwap(version, "second").catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(LedgerProblem);
    expect(error).toMatchObject(problem);
    expect(memory.present()?.text).toBe(text);
    memory.fault(fault, "load");
    await expect(ledger.load()).rejects.toMatchObject({ kind: problem.kind, sent: false });
    expect((await ledger.load()).entry?.text).toBe(text);
  });

  test.each<[Fault, string[]]>([
    ["conflict", ["first"]],
    ["repeated", ["first", "second"]],
  ])("answer with a conflict: %s", async (fault, history) => {
    const { memory, ledger, version } = await started();
    memory.fault(fault);
    expect(await ledger.compareAndSwap(version, "second")).toEqual({ type: "conflict" });
    expect(memory.history).toEqual(history);
    expect(memory.present()?.text).toBe(history.at(-1));
  });

  test("show for a while what was there before, and to compare with what is there", async () => {
    const { memory, ledger, version, pass } = await started();
    memory.lag(2 * SECOND);
    expect((await ledger.load()).entry).toBeUndefined();
    pass(2 * SECOND);
    const swap = await ledger.compareAndSwap(version, "second");
    expect((await ledger.load()).entry).toMatchObject({ version, text: "first", writtenAt: NOW });
    expect(await ledger.compareAndSwap(version, "third")).toEqual({ type: "conflict" });
    pass(2 * SECOND);
    const reading = await ledger.load();
    expect(reading).toMatchObject({ entry: { text: "second", writtenAt: NOW + 2 * SECOND }, now: NOW + 4 * SECOND });
    expect(reading.entry?.version).toBe((swap as { version?: string }).version);
  });

  test("lose the record, or go back to an older one, as an administrator can", async () => {
    const { memory, ledger, version } = await started();
    await ledger.compareAndSwap(version, "second");
    memory.rollBack(0);
    expect((await ledger.load()).entry).toMatchObject({ version, text: "first" });
    memory.remove();
    expect((await ledger.load()).entry).toBeUndefined();
    expect(await ledger.compareAndSwap(version, "third")).toEqual({ type: "conflict" });
    expect((await ledger.compareAndSwap(undefined, "third")).type).toBe("swapped");
    expect(memory.history).toEqual(["first", "second", "third"]);
  });

  test("wait at each step of a call, or end with it", async () => {
    const steps: string[] = [];
    const memory = memoryLedger({
      now: () => NOW,
      pause: async (step) => {
        steps.push(`${step} ${memory.history.length}`);
        if (step === "swap: answered") throw new Error("killed");
      },
    });
    await memory.ledger().load();
    await expect(memory.ledger().compareAndSwap(undefined, "first")).rejects.toThrow("killed");
    expect(steps).toEqual(["load: asked 0", "load: answered 0", "swap: asked 0", "swap: answered 1"]);
    expect(memory.present()?.text).toBe("first");
  });
});
