import { describe, expect, test } from "vitest";
import { USABLE_MS } from "../../../src/credential/credential.ts";
import { decide, type Decision, type Situation, type StoredBy, type Why } from "../../../src/ledger/decide.ts";
import type { Lease } from "../../../src/ledger/record.ts";
import { HOUR, MINUTE, NOW } from "./support.ts";

type Record = NonNullable<Situation["record"]>;

const lease = (phase: Lease["phase"] = "intent"): Lease => ({ owner: "B", nonce: "n", phase, ttlMs: 1, attempts: 1 });

const record = (change: Partial<Record> = {}): Record => ({
  lineage: "L",
  generation: 5,
  epoch: 3,
  dead: undefined,
  lease: undefined,
  ...change,
});

/** A job with a root key that holds an older copy of the login; its access token ends in 30 minutes. */
function at(change: Partial<Situation> = {}): Situation {
  const given = { record: record(), leaseLeftMs: 0, mayRenew: true, snapshot: "known", stored: undefined, ...change };
  return {
    accessEndsAt: NOW + 30 * MINUTE,
    firstAttempt: true,
    refresh: "auto",
    minValidityMs: HOUR,
    checksOut: false,
    renewedMeanwhile: false,
    now: NOW,
    ...given,
    snapshot: given.snapshot as Situation["snapshot"],
  };
}

const leased = (phase?: Lease["phase"], change: Partial<Record> = {}): Partial<Situation> => ({
  record: record({ lease: lease(phase), ...change }),
  leaseLeftMs: MINUTE,
});
const ended = { record: record({ lease: lease() }), leaseLeftMs: 0 };
const dead = { record: record({ dead: { at: NOW, why: "login-refused" } }) };
const nothing = { record: undefined } as const;
const long = { accessEndsAt: NOW + 8 * HOUR };
const gone = { accessEndsAt: NOW + USABLE_MS };
const reader = { mayRenew: false, snapshot: "none" } as const;
const fresh = { snapshot: "unknown" } as const;
const stored = (generation: number, over?: string, lineage = "L", by = 2): Partial<Situation> => ({
  snapshot: over === undefined ? "known" : "unknown",
  stored: { lineage, generation, unpublished: over !== undefined, adoptableOver: over, ...(over && { by }) },
});
/** A copy that this job cannot open. */
const sealed = (generation: number): Partial<Situation> => ({
  snapshot: "none",
  stored: { lineage: "L", generation, unpublished: true, adoptableOver: undefined },
});

const use: Decision = { type: "use", short: false };
const useShort: Decision = { type: "use", short: true };
const wait: Decision = { type: "wait" };
const renew = (what: "record" | "sign-in" | "seed"): Decision => ({ type: "renew", what });
const adopt = (what: "record" | "sign-in"): Decision => ({ type: "adopt", what });
const fail = (why: Why): Decision => ({ type: "fail", why });

type Row = [string, Partial<Situation>[], Decision];

describe("without a record", () => {
  test.each<Row>([
    ["an access key cannot begin one", [nothing, { mayRenew: false }], fail("access-key")],
    ["nor can a job without a login", [nothing, { snapshot: "none" }], fail("no-login")],
    ["a login begins it", [nothing, fresh], renew("seed")],
    ["on the first attempt of a run only", [nothing, fresh, { firstAttempt: false }], fail("re-run")],
    ["what was stored by a ledger never does", [nothing, stored(1)], fail("stored-by-ledger")],
    ["not even if it could not be published", [nothing, stored(1, "L")], fail("stored-by-ledger")],
    ["nor unopened", [nothing, stored(1), { snapshot: "none" }], fail("stored-by-ledger")],
  ])("%s", (_, changes, decision) => expect(decide(at(Object.assign({}, ...changes)))).toEqual(decision));
});

describe("the record's access token", () => {
  test.each<Row>([
    ["is used if it lives long enough", [long], use],
    ["even while another job renews the login", [long, leased()], use],
    ["or after the login's end", [long, dead], use],
    ["is renewed before it gets too short", [], renew("record")],
    ["is waited for while another job renews it", [leased()], wait],
    ["a lease that has ended holds nobody up", [ended], renew("record")],
    ["is renewed when asked always", [long, { refresh: "always" }], renew("record")],
    ["but not again after another job has done so", [long, { refresh: "always", renewedMeanwhile: true }], use],
    ["is short if a new one is no longer than that", [{ renewedMeanwhile: true }], useShort],
    ["is renewed if what came meanwhile is about to end", [gone, { renewedMeanwhile: true }], renew("record")],
    ["is used short if it may not be renewed", [{ refresh: "never" }], useShort],
    ["is waited for if it may not be renewed, and another job does", [gone, { refresh: "never" }, leased()], wait],
    ["is none if it may not be renewed", [gone, { refresh: "never" }], fail("must-not-renew")],
    ["is used short by a job with an access key", [reader], useShort],
    ["is waited for by a job with an access key", [reader, gone, leased()], wait],
    ["is none for a job with an access key", [reader, gone], fail("cannot-renew")],
    ["is none for it when the holder of the lease is gone", [reader, gone, ended], fail("cannot-renew")],
    ["is used short if the login has ended", [dead], useShort],
    ["but not if a renewed one was asked for", [dead, { refresh: "always" }], fail("dead")],
    ["and not at its very end", [dead, gone], fail("dead")],
    ["not even by a job with an access key", [dead, gone, reader], fail("dead")],
    ["one that the provider does not take is renewed", [{ accessEndsAt: 0 }], renew("record")],
  ])("%s", (_, changes, decision) => expect(decide(at(Object.assign({}, ...changes)))).toEqual(decision));
});

describe("an access token whose end the provider does not tell", () => {
  const untold = { accessEndsAt: undefined };
  test.each<Row>([
    ["is renewed, since it may have ended", [untold], renew("record")],
    ["but not after another job has just done so", [untold, { renewedMeanwhile: true }], use],
    ["not even if asked always", [untold, { renewedMeanwhile: true, refresh: "always" }], use],
    ["is waited for while another job renews it", [untold, leased()], wait],
    ["is used by a job with an access key", [untold, reader], use],
    ["if asked always, too", [untold, reader, { refresh: "always" }], use],
    ["is used if it may not be renewed", [untold, { refresh: "never" }], use],
    ["is waited for while a job's program has the login", [untold, leased("checked-out")], wait],
    ["but not with an access key", [untold, reader, leased("checked-out")], use],
    ["is none of a login that has ended", [untold, dead], fail("dead")],
    ["not even for a job with an access key", [untold, dead, reader], fail("dead")],
    ["is renewed before the login is handed out", [untold, { checksOut: true }], renew("record")],
  ])("%s", (_, changes, decision) => expect(decide(at(Object.assign({}, ...changes)))).toEqual(decision));
});

describe("a fresh sign-in", () => {
  test.each<Row>([
    ["replaces the present login", [fresh], renew("sign-in")],
    ["even where that is good for long", [fresh, long], renew("sign-in")],
    ["and above all where it has ended", [fresh, dead], renew("sign-in")],
    ["waits for whoever renews the present one", [fresh, long, leased()], wait],
    ["does not wait for a job's program", [fresh, leased("checked-out")], useShort],
    ["unless there is nothing to go on with", [fresh, gone, leased("checked-out")], wait],
    ["or it is to be handed out", [fresh, long, leased("checked-out"), { checksOut: true }], wait],
    ["is left to another run if the login was renewed meanwhile", [fresh, long, { renewedMeanwhile: true }], use],
    ["is none on a re-run", [fresh, { firstAttempt: false }], renew("record")],
    ["is none where nothing may be renewed", [fresh, { refresh: "never" }], useShort],
    ["is none for a job with an access key", [fresh, { mayRenew: false }], useShort],
    ["is none in an envelope of this ledger", [stored(3), fresh], renew("record")],
  ])("%s", (_, changes, decision) => expect(decide(at(Object.assign({}, ...changes)))).toEqual(decision));
});

describe("what an earlier job has stored", () => {
  test.each<Row>([
    ["of the same generation, says nothing", [stored(5)], renew("record")],
    ["of an earlier one, neither", [stored(4)], renew("record")],
    ["of a later one, shows that the record was put back", [stored(6), long], fail("rolled-back")],
    ["also to a job with an access key", [stored(6), long, reader], fail("rolled-back")],
    ["of another lineage, says nothing of this one", [stored(9, undefined, "M"), long], use],
    ["and could not publish, is published", [stored(6, "L")], adopt("record")],
    ["also if the login has ended meanwhile", [stored(6, "L"), dead], adopt("record")],
    ["but not under another's lease", [stored(6, "L"), leased()], wait],
    ["nor under another's check-out", [stored(6, "L"), leased("checked-out")], wait],
    ["at once under the check-out that it came of", [stored(6, "L", "L", 3), leased("checked-out")], adopt("record")],
    ["not under the intent that it came of", [stored(6, "L", "L", 3), leased()], wait],
    [
      "nor what did not come next, whatever it came of",
      [stored(7, "L", "L", 3), leased("checked-out")],
      fail("rolled-back"),
    ],
    ["only if it is the very next", [stored(7, "L"), long], fail("rolled-back")],
    ["not twice", [stored(5, "L"), long], use],
    ["not without what renews it", [sealed(6)], renew("record")],
    ["and is no proof of a roll-back then", [sealed(6), long, reader], use],
    ["unless more than that is missing", [sealed(7), long, reader], fail("rolled-back")],
    ["not if it was published since", [stored(6, "L"), { snapshot: "known" }, long], use],
    ["as a sign-in, becomes a lineage", [stored(1, "L", "M")], adopt("sign-in")],
    ["also on a re-run", [stored(1, "L", "M"), { firstAttempt: false }], adopt("sign-in")],
    ["only in the place of the one that it was to replace", [stored(1, "K", "M"), long], use],
    ["and is not a sign-in of its own then", [stored(1, "K", "M")], renew("record")],
    ["not without the key", [stored(1, "L", "M"), { mayRenew: false }, long], use],
  ])("%s", (_, changes, decision) => expect(decide(at(Object.assign({}, ...changes)))).toEqual(decision));
});

describe("to hand out what renews it", () => {
  const out = { checksOut: true };
  test.each<Row>([
    ["takes a login that nobody holds", [out, long], use],
    ["waits for whoever renews it", [out, long, leased()], wait],
    ["waits for another job's program", [out, long, leased("checked-out")], wait],
    ["takes over from one whose time is over", [out, long, ended], use],
    ["takes a living login", [out, long, dead], fail("dead")],
    ["takes the root key", [out, long, reader], fail("cannot-renew")],
    ["it is renewed first if it is short", [out], renew("record")],
  ])("%s", (_, changes, decision) => expect(decide(at(Object.assign({}, ...changes)))).toEqual(decision));
});

/** Every situation of a record, some thousands. */
function* everySituation(): Generator<Situation> {
  const leases = [undefined, lease(), lease("checked-out")];
  const copies: (StoredBy | undefined)[] = [undefined];
  for (const lineage of ["L", "M"])
    for (const generation of [4, 5, 6, 7])
      for (const adoptableOver of [undefined, "L", "K"])
        for (const unpublished of adoptableOver ? [true] : [true, false])
          for (const by of adoptableOver ? [2, 3] : [undefined])
            copies.push({ lineage, generation, unpublished, adoptableOver, by });
  const flags = [false, true];
  for (const [held, leaseLeftMs] of leases.flatMap((one) => [[one, 0] as const, [one, MINUTE] as const]))
    for (const isDead of flags)
      for (const mayRenew of flags)
        for (const snapshot of ["none", "known", "unknown"] as const)
          for (const copy of copies)
            for (const firstAttempt of flags)
              for (const refresh of ["auto", "always", "never"] as const)
                for (const checksOut of flags)
                  for (const renewedMeanwhile of flags)
                    for (const accessEndsAt of [undefined, 0, NOW + USABLE_MS, NOW + 30 * MINUTE, NOW + 8 * HOUR])
                      yield {
                        record: record({ lease: held, dead: isDead ? { at: NOW, why: "" } : undefined }),
                        leaseLeftMs,
                        mayRenew,
                        snapshot,
                        stored: copy,
                        firstAttempt,
                        refresh,
                        checksOut,
                        renewedMeanwhile,
                        accessEndsAt,
                        minValidityMs: HOUR,
                        now: NOW,
                      };
}

describe("in every situation", () => {
  const all = [...everySituation()].map((situation) => ({ situation, decision: decide(situation) }));
  const isHeld = ({ record: present, leaseLeftMs }: Situation) => present?.lease !== undefined && leaseLeftMs > 0;
  const isLentUnder = ({ record: present }: Situation, by: number | undefined) =>
    present?.lease?.phase === "checked-out" && present.epoch === by;
  const never = (what: string, wrong: (situation: Situation, decision: Decision) => boolean) =>
    test(what, () => {
      const found = all.find(({ situation, decision }) => wrong(situation, decision));
      expect(found).toBeUndefined();
    });

  test("there are many, and every kind of answer among them", () => {
    expect(all.length).toBeGreaterThan(50_000);
    const kinds = all.map(({ decision }) => ("what" in decision ? `${decision.type} ${decision.what}` : decision.type));
    expect([...new Set(kinds)].toSorted()).toEqual(
      ["adopt record", "adopt sign-in", "fail", "renew record", "renew sign-in", "use", "wait"].toSorted(),
    );
  });
  never(
    "nothing is spent or published under another's lease, but for what came of the very check-out",
    (situation, { type }) =>
      isHeld(situation) && (type === "renew" || (type === "adopt" && !isLentUnder(situation, situation.stored?.by))),
  );
  never("nobody waits for a lease that has ended", (situation, { type }) => type === "wait" && !isHeld(situation));
  never(
    "nothing is spent or published without the key",
    ({ mayRenew }, { type }) => !mayRenew && (type === "renew" || type === "adopt"),
  );
  never(
    "a login that has ended is not asked for again",
    ({ record: present }, decision) =>
      present?.dead !== undefined && decision.type === "renew" && decision.what === "record",
  );
  never("`refresh: never` spends nothing", ({ refresh }, { type }) => refresh === "never" && type === "renew");
  never(
    "a token that ends within minutes is not handed out",
    ({ accessEndsAt = Infinity }, { type }) => type === "use" && accessEndsAt <= NOW + USABLE_MS,
  );
  never(
    "it is called short if and only if it is",
    ({ accessEndsAt = Infinity }, decision) => decision.type === "use" && decision.short !== accessEndsAt <= NOW + HOUR,
  );
  never(
    "what is held is not handed out with what renews it",
    (situation, { type }) => situation.checksOut && isHeld(situation) && type === "use",
  );
  never(
    "only what was never seen, in no envelope of ours, on a first attempt, is a fresh sign-in",
    ({ snapshot, stored: copy, firstAttempt }, decision) =>
      decision.type === "renew" &&
      decision.what === "sign-in" &&
      (snapshot !== "unknown" || copy !== undefined || !firstAttempt),
  );
  never(
    "only what was never published is adopted, and only in its place",
    ({ snapshot, stored: copy }, decision) =>
      decision.type === "adopt" &&
      (snapshot !== "unknown" ||
        copy?.adoptableOver !== "L" ||
        (decision.what === "record" ? copy.lineage !== "L" || copy.generation !== 6 : copy.lineage === "L")),
  );
  never(
    "a job that could have had a token for long does not fail, but for a record that was put back or a login to hand out",
    ({ accessEndsAt = 0, refresh, checksOut }, decision) =>
      decision.type === "fail" &&
      accessEndsAt > NOW + HOUR &&
      refresh === "auto" &&
      !checksOut &&
      decision.why !== "rolled-back",
  );
});
