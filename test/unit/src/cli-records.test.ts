/** What `status`, `doctor`, `recover` and `revoke` see of the ledger. */
import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { ledgerChecks } from "../../../src/cli/doctor/ledger.ts";
import { records } from "../../../src/cli/status/records.ts";
import { makeRootKey } from "../../../src/ledger/keys.ts";
import type { World } from "../../../src/world/world.ts";
import { fakeWorld, inputEnv, inputsOf } from "./support.ts";

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
  expect(ledgerChecks(seen, undefined)).toEqual([
    expect.objectContaining({ level: "fail", code: "ledger-unreachable", advice: seen[0]?.failure?.advice }),
  ]);
});
