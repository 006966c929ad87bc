import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Credential } from "../../../src/credential/credential.ts";
import { openEnvelope, sealEnvelope, type Stored } from "../../../src/credential/envelope.ts";
import { detect } from "../../../src/recognise/detect.ts";
import { Failure } from "../../../src/errors.ts";
import { Secret } from "../../../src/secret.ts";
import { anyTime, newLogin, NOW, pieceOf, word } from "./support.ts";

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
// Any text at all: an envelope must not be the place that loses a token because it looks odd.
const anySecret = fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 }).map((text) => new Secret(text));
const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown);

const common = {
  provider: fc.constantFrom("anthropic" as const, "openai" as const, "custom" as const),
  generation: fc.nat(),
  accessExpiresAt: maybe(anyTime),
  loginExpiresAt: maybe(anyTime),
  scopes: maybe(fc.array(fc.string(), { maxLength: 4 })),
  clientId: maybe(fc.string()),
  clientAuth: maybe(fc.constant("post" as const)),
  plan: maybe(fc.string()),
  idToken: maybe(anySecret),
  recovery: maybe(anySecret),
  accountId: maybe(fc.string()),
  other: fc.dictionary(word(1, 9), json, { maxKeys: 4 }),
  shared: maybe(fc.record({ place: fc.string(), lineage: word(1, 12), sealed: word(1, 40) })),
};
const anyCredential: fc.Arbitrary<Credential> = fc.oneof(
  fc.record({
    ...common,
    kind: fc.constant("login" as const),
    access: maybe(anySecret),
    refresh: anySecret,
    predecessor: maybe(anySecret),
  }),
  fc.record({
    ...common,
    kind: fc.constantFrom("access" as const, "setup-token" as const),
    access: anySecret,
    refresh: fc.constant(undefined),
    predecessor: fc.constant(undefined),
  }),
);
const anyStored: fc.Arbitrary<Stored> = fc.record({
  savedAt: anyTime,
  location: fc.record({
    kind: fc.constant("repository" as const),
    name: word(1, 20),
    repository: word(3, 40),
    repositoryId: maybe(fc.nat().map(String)),
  }),
  probe: maybe(fc.record({ encrypted_value: fc.base64String(), key_id: word(1, 20) })),
});

/** With the tokens themselves, which a comparison of Secrets would not see. */
const bare = ({ access, refresh, predecessor, idToken, ...rest }: Credential) => ({
  ...rest,
  tokens: [access, refresh, predecessor, idToken].map((token) => token?.reveal()),
});

describe("an envelope", () => {
  test("is one line that begins with oc1., and opens as what was put into it", () => {
    fc.assert(
      fc.property(anyCredential, maybe(anyStored), (credential, stored) => {
        const text = sealEnvelope(credential, stored);
        expect(text).toMatch(/^oc1\.[\w-]+$/);
        const opened = openEnvelope(text);
        expect(bare(opened.credential)).toEqual(bare(credential));
        expect(opened.stored).toEqual(stored);
      }),
    );
  });

  test("says times in ISO 8601, so that a person can read them", () => {
    const text = Buffer.from(
      sealEnvelope(newLogin({ accessExpiresAt: NOW }), undefined).slice(4),
      "base64url",
    ).toString();
    expect(text).toContain('"accessExpiresAt":"2031-05-06T07:08:09Z"');
  });

  test("of a later version's fields keeps them", () => {
    const fields = fieldsOf(sealEnvelope(newLogin(), undefined));
    const opened = openEnvelope(envelopeOf({ ...fields, later: { a: [1] } }));
    expect(fieldsOf(sealEnvelope(opened.credential, undefined))).toMatchObject({ later: { a: [1] } });
  });
});

describe("is refused", () => {
  test("cut off anywhere", () => {
    fc.assert(
      fc.property(anyCredential, fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (credential, part) => {
        const whole = sealEnvelope(credential, undefined);
        const length = 4 + Math.floor((whole.length - 4) * part);
        expect(() => openEnvelope(whole.slice(0, length))).toThrow(/cut off|fields missing/);
      }),
    );
  });

  test("with its beginning cut off", () => {
    const whole = sealEnvelope(newLogin(), undefined);
    for (let cut = 1; cut < 40; cut++) expect(() => openEnvelope(`oc1.${whole.slice(4 + cut)}`)).toThrow(/envelope/);
  });

  test("of a newer version, with that reason", () => {
    expect(() => openEnvelope(envelopeOf({ ...fieldsOf(sealEnvelope(newLogin(), undefined)), v: 2 }))).toThrow(/newer/);
  });

  const stored = { savedAt: NOW, location: { kind: "repository", name: "A", repository: "o/r" } } as unknown as Stored;
  const whole = () => fieldsOf(sealEnvelope(newLogin(), stored));
  test.each<[string, (fields: Record<string, unknown>) => unknown]>([
    ["an unknown provider", (fields) => ({ ...fields, provider: "github" })],
    ["no provider", ({ provider: _provider, ...fields }) => fields],
    ["a plan that is no text", (fields) => ({ ...fields, plan: 1 })],
    ["an account that is no text", (fields) => ({ ...fields, accountId: {} })],
    ["a client that is no text", (fields) => ({ ...fields, clientId: [] })],
    ["a proof of the client that is no text", (fields) => ({ ...fields, clientAuth: true })],
    ["no kind", ({ kind: _kind, ...fields }) => fields],
    ["an unknown kind", (fields) => ({ ...fields, kind: "password" })],
    ["no generation", ({ generation: _generation, ...fields }) => fields],
    ["a generation that is no number", (fields) => ({ ...fields, generation: "1" })],
    ["half a generation", (fields) => ({ ...fields, generation: 1.5 })],
    ["scopes that are no list", (fields) => ({ ...fields, scopes: "user:inference" })],
    ["no tokens", ({ access: _a, refresh: _r, ...fields }) => fields],
    ["tokens that are no text", (fields) => ({ ...fields, access: 1, refresh: 2 })],
    ["empty tokens", (fields) => ({ ...fields, access: "", refresh: "" })],
    ["a login without a refresh token", ({ refresh: _refresh, ...fields }) => fields],
    ["other fields that are none", (fields) => ({ ...fields, other: null })],
    ["no time of storing", (fields) => ({ ...fields, stored: { location: (fields["stored"] as Stored).location } })],
    [
      "a time of storing that is none",
      (fields) => ({ ...fields, stored: { ...(fields["stored"] as Stored), savedAt: "x" } }),
    ],
    ["no place of storing", (fields) => ({ ...fields, stored: { savedAt: "2031-01-01T00:00:00Z" } })],
    [
      "an unknown kind of place",
      (fields) => ({ ...fields, stored: { savedAt: "2031-01-01T00:00:00Z", location: { kind: "cloud" } } }),
    ],
    ["null", () => null],
    ["a number", () => 1],
    ["a text", () => "v"],
    ["a list", () => []],
  ])("with %s, in words that hold nothing of it", (_, change) => {
    const fields = whole();
    let message = "";
    try {
      openEnvelope(envelopeOf(change(fields)));
    } catch (error) {
      ({ message } = error as Error);
    }
    expect(message).toMatch(/^it is an envelope of (ours|a newer)/);
    expect(pieceOf(String(fields["refresh"]), message)).toBeUndefined();
  });

  test("altered in one place, or opened without the credential becoming something that cannot be used", async () => {
    const text = sealEnvelope(newLogin(), stored);
    const letter = fc.constantFrom(..."ABCXYZabcxyz0189-_");
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 4, max: text.length - 1 }), letter, async (at, other) => {
        const altered = text.slice(0, at) + other + text.slice(at + 1);
        expect(await fateOf(altered)).toMatch(/^(sealed again|credential-unusable)$/);
      }),
      { numRuns: 300 },
    );
  });
});

/** What opens can be sealed again: nothing in it makes the writing of a successor fail. */
async function fateOf(text: string): Promise<string> {
  try {
    const { credential } = await detect(text, { provider: "auto", account: "default", endsAt: undefined }, NOW);
    openEnvelope(sealEnvelope(credential, undefined));
    return "sealed again";
  } catch (error) {
    return error instanceof Failure ? error.code : String(error);
  }
}

function fieldsOf(envelope: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(envelope.slice(4), "base64url").toString()) as Record<string, unknown>;
}

function envelopeOf(fields: unknown): string {
  return `oc1.${Buffer.from(JSON.stringify(fields)).toString("base64url")}`;
}
