/** What an earlier run renewed and could not store, met by a process that has not its secrets. */
import { join } from "node:path";
import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { partInputs, settleEarlier } from "../../../src/cli/clean/earlier.ts";
import type { Run } from "../../../src/cli/state.ts";
import { nameOfLedger } from "../../../src/ledger/open.ts";
import { readInputs } from "../../../src/inputs.ts";
import { failureIn, fakeWorld, inputEnv, newToken, NOW, tempFolder } from "./support.ts";

type Settings = Record<string, string>;

/** The world of a process with a root key and a credential of its own. */
function processOf(settings: Settings) {
  return fakeWorld({ env: { HOME: "/home/me", ...inputEnv({ "ledger-key": "ocr1_own", ...settings }) } });
}

/** As `perform` notes a run of such a process; its login is renewed and lies in the capsule. */
function runOf(settings: Settings): Run {
  const folder = tempFolder();
  const capsule = join(folder, "login");
  writeFileSync(capsule, "sealed");
  const world = processOf(settings);
  const place = nameOfLedger(world, readInputs(world.env), "anthropic")?.replace("git-push ", "");
  const about = { folder, job: "", home: "/home/me", pid: 1, host: "here", begun: NOW, done: true, written: {} };
  return { ...about, key: "another", ...partInputs(world.env), state: { capsule, turn: JSON.stringify({ place }) } };
}

const SECRET = "https://ci:hunter2hunter2@git.example/logins.git";
const stops = (run: Settings, now: Settings) => failureIn(() => settleEarlier(processOf(now), [runOf(run)]));
const AT = (address: string): Settings => ({ ledger: "git-push", "ledger-repository": address });

test.each<[string, Settings, Settings]>([
  ["the very same settings", {}, {}],
  ["a password in both addresses", AT(SECRET), AT(SECRET)],
  ["another password", AT(SECRET), AT(SECRET.replace("hunter2hunter2", "hunter3"))],
  ["a password in the earlier address", AT(SECRET), AT("https://git.example/logins.git")],
  ["a password in the present address", AT("https://git.example/logins.git"), AT(SECRET)],
  ["the default account, named now", {}, { account: "default" }],
  ["the default account, named then", { account: "default" }, {}],
  ["the folder, named now", {}, { ledger: "file" }],
  ["the folder, named then", { ledger: "file" }, { ledger: "auto" }],
  ["another spelling on GitHub", { "ledger-repository": "octo/demo" }, { "ledger-repository": "Octo/Demo" }],
])("a process that may renew the same login stops: %s", async (_, run, now) => {
  expect(await stops(run, now)).toMatchObject({ code: "could-not-store" });
});

test.each<[string, Settings, Settings]>([
  ["another account", {}, { account: "work" }],
  ["another kind of ledger", { "ledger-repository": "octo/demo" }, { ledger: "file" }],
  ["another repository", AT(SECRET), AT("https://git.example/others.git")],
  ["another repository with a password", AT(SECRET), AT(SECRET.replace("logins", "others"))],
  ["an access key, which cannot renew", {}, { "ledger-key": "oca1_own", credential: newToken() }],
])("any other warns and goes on: %s", async (_, run, now) => {
  const world = processOf(now);
  await settleEarlier(world, [runOf(run)]);
  expect(world.recorded.of("warning")).toEqual([expect.stringContaining("opens only with the secrets of that run")]);
});
