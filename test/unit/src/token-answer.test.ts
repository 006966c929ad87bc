import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { livesFor } from "../../../src/credential/credential.ts";
import { readTokenAnswer } from "../../../src/recognise/token-answer.ts";
import { HOUR, NOW, SECOND } from "./support.ts";

const END = NOW + HOUR;
const iso = (ms: number) => new Date(ms).toISOString();
const end = (fields: object) =>
  readTokenAnswer({ refresh_token: "r", access_token: "a", ...fields }, NOW)?.accessExpiresAt;

describe("what servers and their usual programs write down", () => {
  test("Strava: expires_at in seconds", () => {
    const found = readTokenAnswer(
      {
        token_type: "Bearer",
        expires_at: END / SECOND,
        expires_in: 21_600,
        refresh_token: "r-1",
        access_token: "a-1",
        athlete: { id: 1 },
      },
      NOW,
    );
    expect(found).toMatchObject({ kind: "login", provider: "custom", generation: 0, accessExpiresAt: END });
    expect([found?.access?.reveal(), found?.refresh?.reveal()]).toEqual(["a-1", "r-1"]);
    expect([found?.scopes, found?.clientId, found?.loginExpiresAt, found?.other]).toEqual([
      undefined,
      undefined,
      undefined,
      {},
    ]);
  });

  test("Google's Python: token, scopes as a list, expiry in ISO 8601 with microseconds, the client beside it", () => {
    const found = readTokenAnswer(
      {
        token: "ya29.a",
        refresh_token: "1//r",
        token_uri: "https://oauth2.example/token",
        client_id: "id.apps.example",
        client_secret: "never read from here",
        scopes: ["https://www.example/auth/a", "b"],
        expiry: iso(END).replace(".000Z", ".000000Z"),
      },
      NOW,
    );
    expect(found).toMatchObject({
      kind: "login",
      accessExpiresAt: END,
      clientId: "id.apps.example",
      scopes: ["https://www.example/auth/a", "b"],
    });
    expect([found?.access?.reveal(), found?.refresh?.reveal()]).toEqual(["ya29.a", "1//r"]);
    expect(JSON.stringify(found)).not.toContain("never read");
  });

  test("Google's Node: expiry_date in ms, scope as one text", () => {
    const fields = { access_token: "a", refresh_token: "r", scope: "x y", expiry_date: END };
    expect(readTokenAnswer(fields, NOW)).toMatchObject({ accessExpiresAt: END, scopes: ["x", "y"] });
  });

  test("a refresh token alone", () => {
    const found = readTokenAnswer({ refresh_token: "r" }, NOW);
    expect([found?.kind, found?.access, found?.accessExpiresAt]).toEqual(["login", undefined, undefined]);
  });

  test("an access token alone: with its end, or without one that is known", () => {
    expect(readTokenAnswer({ access_token: "a", expires_at: END / SECOND }, NOW)).toMatchObject({
      kind: "access",
      accessExpiresAt: END,
    });
    const found = readTokenAnswer({ access_token: "a" }, NOW);
    expect(found && livesFor(found, 0, NOW)).toBe(true);
  });
});

describe("the end", () => {
  test("is not reckoned from expires_in, whose beginning nobody knows: the token is taken for ended", () => {
    const found = readTokenAnswer({ access_token: "a", refresh_token: "r", expires_in: 3600 }, NOW);
    expect(found && livesFor(found, 0, NOW)).toBe(false);
  });

  test.each<[string, object]>([
    ["s", { expires_at: END / SECOND }],
    ["s as text", { expires_at: String(END / SECOND) }],
    ["ms", { expires_at: END }],
    ["ms as text", { expires_at: String(END) }],
    ["ISO 8601", { expires_at: iso(END) }],
    ["ISO 8601 with an offset", { expiry: iso(END + HOUR).replace(".000Z", "+01:00") }],
    ["expiry in s", { expiry: END / SECOND }],
    ["expiry_date in s", { expiry_date: END / SECOND }],
    ["the second name, where the first says nothing", { expires_at: null, expiry: iso(END) }],
    ["the second name, where the first is no time", { expires_at: "soon", expiry_date: END }],
    ["the second name, where the first is empty", { expires_at: 0, expiry_date: END }],
  ])("in %s", (_, fields) => {
    expect(end(fields)).toBe(END);
  });

  test.each([
    [null],
    [0],
    [-1],
    [""],
    ["soon"],
    [{}],
    [{ toString: "" }],
    [Number.NaN],
    [1e300],
    ["99999999999999999999"],
  ])("%j is none: the token is taken for ended", (value) => {
    for (const name of ["expires_at", "expiry", "expiry_date"]) expect(end({ [name]: value })).toBe(NOW);
  });
});

test.each<[string, Record<string, unknown>]>([
  ["nothing", {}],
  ["an error", { error: "invalid_grant" }],
  ["empty tokens", { access_token: "", refresh_token: "" }],
  ["tokens that are no text", { access_token: 1, refresh_token: { a: 1 }, token: ["x"] }],
])("%s holds no token", (_, fields) => {
  expect(readTokenAnswer(fields, NOW)).toBeUndefined();
});

test("whatever the fields: a credential with a token, or nothing; never an error", () => {
  const names = ["access_token", "token", "refresh_token", "expires_at", "expiry", "expiry_date", "scope", "client_id"];
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), fc.jsonValue()), (fields) => {
      const found = readTokenAnswer(fields, NOW);
      if (!found) return;
      expect(found.access ?? found.refresh).toBeDefined();
      expect(found.kind).toBe(found.refresh ? "login" : "access");
      const { accessExpiresAt: at = NOW } = found;
      expect(Number.isNaN(new Date(at).getTime())).toBe(false);
    }),
    { numRuns: 300 },
  );
});
