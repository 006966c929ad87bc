/** What `status`, `doctor`, `recover` and `revoke` see of the ledger. */
import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { ledgerChecks } from "../../../src/cli/doctor/ledger.ts";
import { records } from "../../../src/cli/status/records.ts";
import { type Credential, EMPTY } from "../../../src/credential/credential.ts";
import { makeRootKey, parseKeys } from "../../../src/ledger/keys.ts";
import { recordOf, type RootRecord } from "../../../src/ledger/record.ts";
import type { Session } from "../../../src/ledger/session.ts";
import { Secret } from "../../../src/secret.ts";
import type { World } from "../../../src/world/world.ts";
import { fakeWorld, inputEnv, inputsOf, newToken, NOW } from "./support.ts";

function pushing(run: World["run"]) {
  const settings = {
    "ledger-key": makeRootKey((bytes) => randomBytes(bytes)),
    ledger: "git-push",
    "ledger-repository": "https://git.example/logins.git",
  };
  return { world: fakeWorld({ env: inputEnv(settings), run }), inputs: inputsOf(settings) };
}

test("without the program git it is said how to get it, and no rule of a server is blamed", async () => {
  const { world, inputs } = pushing(async () => ({ status: undefined, missing: true, stdout: "", stderr: "" }));
  const seen = await records(world, inputs, "anthropic");
  expect(seen[0]?.failure).toMatchObject({
    code: "program-missing",
    message: expect.stringMatching(/`git` is not installed, or not on the PATH/),
    advice: expect.stringMatching(/^Install git 2\.32 or newer/),
  });
  expect(world.pauses).toEqual([]);
  expect(ledgerChecks(seen, undefined, false)).toEqual([
    expect.objectContaining({ level: "fail", code: "ledger-unreachable", advice: seen[0]?.failure?.advice }),
  ]);
});

const login = (generation: number): Credential => ({
  ...EMPTY,
  kind: "login",
  generation,
  access: new Secret(newToken("oat")),
  refresh: new Secret(newToken("ort")),
});

test.each([
  ["a sign-in", 0, false, "is a fresh sign-in: the next run takes it over"],
  ["a login that was renewed before", 4, false, "was renewed before.+passed over"],
  ["one that `rotate-to` proves", 4, true, "is a fresh sign-in: the next run takes it over"],
])("what the next run does with %s in `credential`", (_, generation, proves, words) => {
  const keys = parseKeys(makeRootKey((bytes) => randomBytes(bytes)));
  const session = { keys, site: { place: "p", provider: "anthropic", account: "default" } } as unknown as Session;
  const record = recordOf(login(0), "default", randomBytes);
  const dead = { ...record, dead: { at: NOW, why: "login-refused" } };
  const ask = (there: RootRecord | undefined) => {
    const seen = { entry: undefined, record: there, leaseLeftMs: 0, behind: false };
    const one = { provider: "anthropic", label: "somewhere", session, seen, failure: undefined } as const;
    return ledgerChecks([one], login(generation), proves).at(-1);
  };
  expect(ask(record)).toMatchObject({ text: expect.stringMatching(words) });
  expect(ask(dead)).toMatchObject({ level: words.startsWith("was") ? "fail" : "warn" });
  expect(ask(undefined)).toMatchObject({ level: words.startsWith("was") ? "fail" : "warn", code: "ledger-empty" });
});
