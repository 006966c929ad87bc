import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Credential } from "../../../src/credential/credential.ts";
import { anthropic } from "../../../src/providers/anthropic.ts";
import type { Asking, Provider } from "../../../src/providers/provider.ts";
import { nothingWasSpent, type Outcome } from "../../../src/refresh/outcome.ts";
import { sayOutcome } from "../../../src/refresh/say-outcome.ts";
import { sendRefresh, type Sent } from "../../../src/refresh/send.ts";
import { type HttpAnswer, HttpFailure } from "../../../src/world/world.ts";
import {
  answer,
  fakeWorld,
  type FakeWorld,
  HOUR,
  inputsOf,
  newLogin,
  newToken,
  NOW,
  pieceOf,
  SECOND,
} from "./support.ts";

/** What the provider's side does with one request. */
const ROWS = {
  ok: () => answer(200, { access_token: newToken("oat"), refresh_token: newToken("ort"), expires_in: 28_800 }),
  refused: () => answer(400, { error: "invalid_grant", error_description: "Refresh token not found or invalid" }),
  hold: () => answer(400, { error: "invalid_grant", error_uri: "https://claude.ai/x" }),
  mistake: () => answer(400, { error: "invalid_scope" }),
  throttled: () => answer(429, "{}"),
  throttled5: () => answer(429, "{}", { "retry-after": "5" }),
  throttledLong: () => answer(429, "{}", { "retry-after": "31" }),
  edge: () => answer(403, "<html>"),
  unsent: () => {
    throw new HttpFailure(false, "ECONNREFUSED");
  },
  cut: () => {
    throw new HttpFailure(true, "ECONNRESET");
  },
  error500: () => answer(500, ""),
} as const;
type Row = keyof typeof ROWS;

interface Run {
  sent: Sent;
  world: FakeWorld;
  /** The rows that were asked for, one a request. */
  seen: Row[];
}

/** `signalAt`: the request, counted from 0, during which the runner asks us to stop; -1 is before any. */
async function play(script: readonly Row[], signalAt?: number): Promise<Run> {
  const seen: Row[] = [];
  const world: FakeWorld = fakeWorld({
    http: async () => {
      const row = script[seen.length] ?? "error500";
      if (signalAt === seen.length) world.signal();
      seen.push(row);
      return ROWS[row]();
    },
  });
  if (signalAt === -1) world.signal();
  const sent = await sendRefresh(world, anthropic, newLogin(), inputsOf().request, world.holdSignals());
  return { sent, world, seen };
}

describe("how often a refresh token is sent", () => {
  test.each<[script: Row[], type: Outcome["type"], pauses: number[], unclearBefore?: true]>([
    [["ok"], "refreshed", []],
    [["refused"], "refused", []],
    [["hold"], "attention", []],
    // The provider's rules know a better way to ask after `invalid_scope`: once.
    [["mistake", "ok"], "refreshed", []],
    [["mistake", "mistake"], "mistake", []],
    [["mistake", "refused"], "refused", []],
    [["mistake", "unsent", "unsent", "unsent"], "not-sent", [1000, 3000]],
    [["unsent", "mistake", "throttled5", "ok"], "refreshed", [1000, 5000]],
    [["mistake", "cut", "ok"], "refreshed", [2000], true],
    [["cut", "mistake", "ok"], "refreshed", [2000], true],
    [["cut", "mistake", "cut"], "ambiguous", [2000], true],
    [["unsent", "ok"], "refreshed", [1000]],
    [["unsent", "unsent", "ok"], "refreshed", [1000, 3000]],
    [["unsent", "unsent", "unsent"], "not-sent", [1000, 3000]],
    [["throttled"], "throttled", []],
    [["edge"], "throttled", []],
    [["throttledLong"], "throttled", []],
    [["throttled5", "ok"], "refreshed", [5000]],
    [["throttled5", "throttled5"], "throttled", [5000]],
    [["throttled5", "refused"], "refused", [5000]],
    [["cut", "ok"], "refreshed", [2000], true],
    [["error500", "ok"], "refreshed", [2000], true],
    [["cut", "refused"], "refused", [2000], true],
    [["cut", "cut"], "ambiguous", [2000], true],
    [["error500", "cut"], "ambiguous", [2000], true],
    [["cut", "hold"], "attention", [2000], true],
    [["cut", "throttled"], "throttled", [2000], true],
    [["cut", "unsent", "unsent", "unsent"], "not-sent", [2000, 1000, 3000], true],
    [["unsent", "cut", "unsent", "refused"], "refused", [1000, 2000, 3000], true],
    [["unsent", "throttled5", "cut", "ok"], "refreshed", [1000, 5000, 2000], true],
  ])("%j: each once, and then %s", async (script, type, pauses, unclearBefore) => {
    const { sent, seen, world } = await play(script);
    expect(seen).toEqual(script);
    expect(sent.outcome.type).toBe(type);
    expect(world.pauses).toEqual(pauses);
    expect(sent.unclearBefore).toBe(unclearBefore ?? false);
  });

  test("whatever comes: three connections at most, one wait, and one more chance after an unclear answer", async () => {
    const rows = fc.array(fc.constantFrom(...(Object.keys(ROWS) as Row[])), { minLength: 1, maxLength: 12 });
    const signal = fc.option(fc.integer({ min: -1, max: 5 }), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(rows, signal, async (script, signalAt) => {
        const { seen, sent, world } = await play(script, signalAt);
        const count = (...names: Row[]) => seen.filter((row) => names.includes(row)).length;
        expect(count("unsent")).toBeLessThanOrEqual(3);
        expect(count("throttled", "throttled5", "throttledLong", "edge")).toBeLessThanOrEqual(2);
        expect(count("ok", "refused", "hold")).toBeLessThanOrEqual(1);
        expect(count("mistake")).toBeLessThanOrEqual(2);
        const first = seen.findIndex((row) => row === "cut" || row === "error500");
        const looked = seen
          .slice(first + 1)
          .filter((row) => ["ok", "refused", "hold", "cut", "error500"].includes(row));
        expect(first < 0 ? 0 : looked.length).toBeLessThanOrEqual(1);
        expect(sent.unclearBefore).toBe(first >= 0 && first < seen.length - 1);
        expect(Math.max(0, ...world.pauses)).toBeLessThanOrEqual(30 * SECOND);
      }),
      { numRuns: 300 },
    );
  });

  test("an error of our own is not taken for an answer", async () => {
    const world = fakeWorld({ http: () => Promise.reject(new TypeError("x")) });
    const sending = sendRefresh(world, anthropic, newLogin(), inputsOf().request, world.holdSignals());
    await expect(sending).rejects.toThrow(TypeError);
    expect(world.requests).toHaveLength(1);
  });
});

describe("asked in another way after a mistake", () => {
  const post = (asked: Asking): Asking => ({ ...asked, credential: { ...asked.credential, clientAuth: "post" } });
  const mistaken = answer(400, { error: "invalid_client" });

  /** One send with a provider that has this rule, and a server that gives these answers. */
  async function ask(amend: Provider["amend"], answers: HttpAnswer[], change: Partial<Credential> = {}) {
    const world = fakeWorld({ http: async () => answers.shift() ?? ROWS.ok() });
    const provider: Provider = {
      ...anthropic,
      refreshRequest: (credential, settings) => ({
        ...anthropic.refreshRequest(credential, settings),
        body: `${credential.clientAuth ?? "basic"} ${settings.scope ?? "-"} ${credential.refresh?.reveal()}`,
      }),
      amend: amend ?? (() => undefined),
    };
    if (!amend) delete provider.amend;
    const login = newLogin(change);
    const sent = await sendRefresh(world, provider, login, inputsOf().request, world.holdSignals());
    const bodies = world.requests.map(({ body }) => body?.replace(login.refresh?.reveal() ?? "?", "same"));
    return { sent, bodies, world };
  }

  test("once, with the same refresh token and no pause; the way that worked is told", async () => {
    const { sent, bodies, world } = await ask(post, [mistaken]);
    expect(bodies).toEqual(["basic - same", "post - same"]);
    expect(sent).toMatchObject({ outcome: { type: "refreshed" }, unclearBefore: false, clientAuth: "post" });
    expect(world.pauses).toEqual([]);
  });

  test("never twice, whatever the rule says", async () => {
    const { sent, bodies } = await ask(post, [mistaken, mistaken]);
    expect(bodies).toHaveLength(2);
    expect(sent.outcome).toEqual({ type: "mistake", error: "invalid_client" });
    let count = 0;
    const again = await ask(
      ({ credential, settings }) => ({ credential, settings: { ...settings, scope: `s${++count}` } }),
      [mistaken, mistaken, mistaken],
    );
    expect(again.bodies).toEqual(["basic - same", "basic s1 same"]);
  });

  test("not where the rule knows no better way, nor without a rule", async () => {
    for (const amend of [() => undefined, undefined]) {
      const { sent, bodies } = await ask(amend, [mistaken]);
      expect(bodies).toHaveLength(1);
      expect(sent).toMatchObject({ outcome: { type: "mistake" }, clientAuth: undefined });
    }
  });

  test("not after anything else than a mistake", async () => {
    for (const other of [ROWS.refused(), ROWS.hold(), ROWS.throttled(), ROWS.ok()]) {
      const { bodies } = await ask(post, [other]);
      expect(bodies).toEqual(["basic - same"]);
    }
  });

  test("the better way is kept over the retries that follow", async () => {
    const { bodies } = await ask(post, [mistaken, ROWS.throttled5()]);
    expect(bodies).toEqual(["basic - same", "post - same", "post - same"]);
  });

  test("the way that is known already is used from the first, and told again", async () => {
    const { sent, bodies } = await ask(undefined, [], { clientAuth: "post" });
    expect(bodies).toEqual(["post - same"]);
    expect(sent.clientAuth).toBe("post");
  });

  test("Anthropic's rule: the login's own scopes after invalid_scope, unless there are none or they were sent", async () => {
    const refused = answer(400, { error: "invalid_scope" });
    const { bodies } = await ask(anthropic.amend, [refused]);
    expect(bodies).toEqual(["basic - same", "basic user:inference user:profile same"]);
    expect((await ask(anthropic.amend, [refused], { scopes: undefined })).bodies).toHaveLength(1);
    expect((await ask(anthropic.amend, [mistaken])).bodies).toHaveLength(1);
  });
});

describe("when the runner asks us to stop", () => {
  test.each<[script: Row[], signalAt: number, sends: number, pauses: number[]]>([
    [["unsent", "ok"], 0, 1, []],
    [["unsent", "unsent", "ok"], 1, 2, [1000]],
    [["throttled5", "ok"], 0, 1, []],
    [["mistake", "ok"], 0, 1, []],
    [["ok"], 0, 1, []],
    // The token may be spent, or not: to send it now and be killed would make the worse of the two certain.
    [["cut", "ok"], 0, 1, []],
  ])("%j, during request %d: %d sends", async (script, signalAt, sends, pauses) => {
    const { seen, world } = await play(script, signalAt);
    expect(seen).toHaveLength(sends);
    expect(world.pauses).toEqual(pauses);
  });
});

describe("what is said of it", () => {
  const inputs = inputsOf();
  const login = newLogin({ loginExpiresAt: NOW - HOUR });
  const explain = ({ outcome, unclearBefore }: Sent) => {
    if (outcome.type === "refreshed") throw new Error("it succeeded");
    return sayOutcome(outcome, unclearBefore, login, inputs);
  };
  const say = async (script: Row[]) => explain((await play(script)).sent);

  test.each<[Row[], string, harmless: boolean]>([
    [["unsent", "unsent", "unsent"], "provider-unreachable", true],
    [["throttled"], "throttled", true],
    [["edge"], "throttled", true],
    [["throttledLong"], "throttled", true],
    [["refused"], "login-refused", false],
    [["hold"], "account-attention", false],
    [["mistake", "mistake"], "request-rejected", false],
    [["cut", "refused"], "login-lost-in-flight", false],
    [["cut", "cut"], "answer-unclear", false],
  ])("%j is %s", async (script, code, harmless) => {
    const failure = await say(script);
    expect(failure.code).toBe(code);
    expect(nothingWasSpent(failure)).toBe(harmless);
    expect(failure.advice.length).toBeGreaterThan(20);
    for (const token of [login.access, login.refresh]) {
      expect(pieceOf(token?.reveal() ?? "?", failure.explain())).toBeUndefined();
    }
  });

  // The token may have been spent by the first send, whatever became of the second.
  test.each<[Row[]]>([
    [["cut", "unsent", "unsent", "unsent"]],
    [["cut", "throttled"]],
    [["error500", "edge"]],
    [["cut", "hold"]],
    [["cut", "mistake", "mistake"]],
  ])("%j: after an unclear answer nobody says that the login is as it was", async (script) => {
    const failure = await say(script);
    expect(nothingWasSpent(failure)).toBe(false);
    expect(failure.message).not.toMatch(/as it was|nothing was sent/);
  });

  test("only a refusal is ever called the end of a login", async () => {
    for (const row of Object.keys(ROWS) as Row[]) {
      const { sent } = await play([row, row, row]);
      if (sent.outcome.type === "refreshed") continue;
      const { code } = explain(sent);
      expect(code.startsWith("login-"), `${row}: ${code}`).toBe(sent.outcome.type === "refused");
    }
  });

  test("the login's own end is said with its date, the wait with its seconds", async () => {
    const ended: Sent = { outcome: { type: "refused", why: "login-ended" }, unclearBefore: false };
    expect(explain(ended)).toMatchObject({ code: "login-ended" });
    expect(explain(ended).message).toContain("2031-05-06T06:08:09Z");
    expect((await say(["throttledLong"])).message).toContain("31 s");
  });
});
