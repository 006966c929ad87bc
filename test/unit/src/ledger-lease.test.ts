import { describe, expect, test } from "vitest";
import {
  CHECK_OUT_MS,
  type FirstSeen,
  leftOf,
  LONGEST_SEND_MS,
  SEND_WITHIN_MS,
  TTL_MS,
} from "../../../src/ledger/lease.ts";
import type { Entry } from "../../../src/ledger/ledger.ts";
import type { Lease } from "../../../src/ledger/record.ts";
import { HOUR, MINUTE, NOW, SECOND } from "./support.ts";

const SKEW = 15 * SECOND;
const lease = (ttlMs = TTL_MS): Lease => ({ owner: "B", nonce: "n", phase: "intent", ttlMs, attempts: 1 });
const entry = (writtenAt: number | undefined, version = "v1"): Entry => ({ version, text: "", writtenAt });

/** What is left of a lease that was written at NOW, by the server's clock. */
const byServer = (now: number, local = 0) =>
  leftOf(lease(), entry(NOW), { server: now, local, seen: new Map<string, number>() });

describe("by the server's clock", () => {
  test("a lease lives for its time and the skew from when the server took it", () => {
    expect(byServer(NOW)).toBe(TTL_MS + SKEW);
    expect(byServer(NOW + MINUTE)).toBe(TTL_MS + SKEW - MINUTE);
    expect(byServer(NOW + TTL_MS)).toBe(SKEW);
    expect(byServer(NOW + TTL_MS + SKEW)).toBe(0);
    expect(byServer(NOW + HOUR)).toBeLessThan(0);
  });

  test("the runner's clock says nothing, however wrong it is", () => {
    for (const local of [0, NOW - 10 * HOUR, NOW, NOW + 10 * HOUR]) {
      expect(byServer(NOW + MINUTE, local)).toBe(TTL_MS + SKEW - MINUTE);
    }
  });

  test("a server whose clock goes back a little ends no lease early", () => {
    expect(byServer(NOW - SKEW)).toBe(TTL_MS + SKEW + SKEW);
  });

  test("one that goes back further says nothing: the lease lives from when it was first seen, not for hours", () => {
    const seen: FirstSeen = new Map();
    const left = (server: number, local: number) => leftOf(lease(), entry(NOW), { server, local, seen });
    expect(left(NOW - 5 * HOUR, NOW)).toBe(TTL_MS + SKEW);
    expect(left(NOW - 5 * HOUR + MINUTE, NOW + MINUTE)).toBe(TTL_MS + SKEW - MINUTE);
    expect(left(NOW - 5 * HOUR + TTL_MS + SKEW, NOW + TTL_MS + SKEW)).toBe(0);
  });

  test("a lease has the time that its holder gave it", () => {
    const left = leftOf(lease(CHECK_OUT_MS), entry(NOW), { server: NOW + 6 * HOUR, local: NOW, seen: new Map() });
    expect(left).toBe(CHECK_OUT_MS + SKEW - 6 * HOUR);
  });
});

describe("without the server's clock", () => {
  const watch = (seen: FirstSeen) => (local: number, version?: string, server?: number) =>
    leftOf(lease(), entry(undefined, version), { server, local, seen });

  test("a lease lives for its time and the skew from when it was first seen", () => {
    const left = watch(new Map());
    expect(left(NOW)).toBe(TTL_MS + SKEW);
    expect(left(NOW + MINUTE)).toBe(TTL_MS + SKEW - MINUTE);
    expect(left(NOW + TTL_MS + SKEW)).toBe(0);
  });

  test("every version begins anew", () => {
    const left = watch(new Map());
    left(NOW);
    expect(left(NOW + MINUTE, "v2")).toBe(TTL_MS + SKEW);
    expect(left(NOW + 2 * MINUTE, "v2")).toBe(TTL_MS + SKEW - MINUTE);
    expect(left(NOW + 2 * MINUTE)).toBe(TTL_MS + SKEW - 2 * MINUTE);
  });

  test("another process begins anew", () => {
    watch(new Map())(NOW);
    expect(watch(new Map())(NOW + HOUR)).toBe(TTL_MS + SKEW);
  });

  test("one of the two times alone is none", () => {
    const seen: FirstSeen = new Map();
    expect(watch(seen)(NOW, "v1", NOW + HOUR)).toBe(TTL_MS + SKEW);
    const known = leftOf(lease(), entry(NOW - HOUR, "v2"), { server: undefined, local: NOW, seen });
    expect(known).toBe(TTL_MS + SKEW);
  });
});

test("a send that begins in time ends within the lease, with time to publish", () => {
  expect(SEND_WITHIN_MS + LONGEST_SEND_MS).toBeLessThanOrEqual(TTL_MS - 60 * SECOND);
});
