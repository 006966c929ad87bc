import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readJwt } from "../../../src/credential/jwt.ts";
import { NOW } from "./support.ts";

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const jwt = (payload: unknown, signature = "c2ln"): string => `${part({ alg: "RS256" })}.${part(payload)}.${signature}`;
const AUTH = "https://api.openai.com/auth";
const NOTHING = { issuedAt: undefined, expiresAt: undefined, accountId: undefined, plan: undefined };

describe("a JSON Web Token", () => {
  test("tells when it was given out", () => {
    expect(readJwt(jwt({ iat: NOW / 1000 }))?.issuedAt).toBe(NOW);
    expect(readJwt(jwt({ iat: "yesterday" }))?.issuedAt).toBeUndefined();
  });

  test("tells its end in ms, the account and the plan", () => {
    const claims = { chatgpt_account_id: "acc-1", chatgpt_plan_type: "plus", user_id: "u" };
    const token = jwt({ exp: NOW / 1000, email: "someone@example.com", [AUTH]: claims });

    expect(readJwt(token)).toEqual({ issuedAt: undefined, expiresAt: NOW, accountId: "acc-1", plan: "plus" });
  });

  test("may have a fraction of a second, and no signature", () => {
    expect(readJwt(jwt({ exp: 1_900_000_000.25 }, ""))?.expiresAt).toBe(1_900_000_000_250);
  });

  test.each([
    ["no claims", {}],
    ["an end as text", { exp: "1900000000" }],
    ["an end that no date can have", { exp: 1e300 }],
    ["an end before time began", { exp: -5 }],
    ["an end of null", { exp: null, [AUTH]: null }],
    ["claims of another shape", { [AUTH]: "acc-1" }],
    ["claims that are no text, or empty", { [AUTH]: { chatgpt_account_id: 7, chatgpt_plan_type: "" } }],
  ])("with %s tells nothing", (_, payload) => {
    expect(readJwt(jwt(payload))).toEqual(NOTHING);
  });

  test.each([
    ["an opaque token", "rt_0123456789"],
    ["nothing", ""],
    ["two parts", `${part({})}.${part({})}`],
    ["four parts", `${jwt({})}.x`],
    ["a list as payload", jwt([1])],
    ["a number as payload", jwt(7)],
    ["a payload that is no JSON", "e30.bm90IGpzb24.c2ln"],
    ["white space", `${jwt({})}\n`],
  ])("%s is none", (_, token) => {
    expect(readJwt(token)).toBeUndefined();
  });

  test("never throws, whatever the text", () => {
    const anyPayload = fc.json().map((json) => `e30.${Buffer.from(json).toString("base64url")}.x`);
    fc.assert(fc.property(fc.oneof(fc.string(), anyPayload), (text) => void readJwt(text)));
  });
});
