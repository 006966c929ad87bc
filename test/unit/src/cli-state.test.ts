/** Where the command line program keeps what `clean` needs, and whose it is. */
import { randomBytes } from "node:crypto";
import { existsSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { isSecret } from "../../../src/cli/arguments.ts";
import { isOver } from "../../../src/cli/clean/clean-run.ts";
import { here } from "../../../src/cli/here.ts";
import { helpOf } from "../../../src/cli/help.ts";
import { MEANINGS, OWN_MEANINGS } from "../../../src/cli/meanings.ts";
import { VERBS } from "../../../src/cli/verbs.ts";
import {
  hasToBeCleaned,
  isAtWork,
  pruneRun,
  removeRun,
  type Run,
  Runs,
  saveRun,
  stateFolder,
  unsettled,
} from "../../../src/cli/state.ts";
import { outputsAsJson } from "../../../src/cli/write/outputs-json.ts";
import { NAMES } from "../../../src/input-names.ts";
import { ciJob, isCi, ownerOf } from "../../../src/world/ci.ts";
import { fakeWorld, HOUR, MINUTE, NOW, tempFolder } from "./support.ts";

const ABOUT = {
  job: "",
  home: "/home/me",
  pid: process.pid,
  host: "here",
  begun: NOW,
  done: false,
  inputs: {},
  secrets: ["credential"],
  key: "k",
  state: {},
  written: {},
};
const random = () => randomBytes(4).toString("hex");
const aRun = (change: Partial<Run> = {}): Run => ({ ...ABOUT, folder: "/nowhere", ...change });

test.each([
  ["linux", {}, "/home/me", "/home/me/.local/state/oauth-creds"],
  ["linux", { XDG_STATE_HOME: "/var/state" }, "/home/me", "/var/state/oauth-creds"],
  ["linux", { XDG_STATE_HOME: "relative" }, "/home/me", "/home/me/.local/state/oauth-creds"],
  ["linux", { LOCALAPPDATA: "C:\\x" }, "/home/me", "/home/me/.local/state/oauth-creds"],
  ["darwin", {}, "/Users/me", "/Users/me/Library/Application Support/oauth-creds"],
  ["darwin", { XDG_STATE_HOME: "/Users/me/.state" }, "/Users/me", "/Users/me/.state/oauth-creds"],
  ["win32", {}, "C:\\Users\\me", "C:\\Users\\me\\AppData\\Local\\oauth-creds"],
  ["win32", { LOCALAPPDATA: "D:\\Local" }, "C:\\Users\\me", "D:\\Local\\oauth-creds"],
  ["win32", { XDG_STATE_HOME: "E:\\State" }, "C:\\Users\\me", "E:\\State\\oauth-creds"],
])("on %s with %o: the place of a program's own state", (platform, env, home, folder) => {
  expect(stateFolder(env, platform, home)).toBe(folder);
});

test("a home has its own runs, wherever the state is; a job has its own name", () => {
  const world = (env: Record<string, string>) => fakeWorld({ env: { HOME: "/home/me", ...env } });
  const folderOf = (env: Record<string, string>) => here(world(env), {}).runs.folder;
  expect(folderOf({})).toMatch(/^\/home\/me\/\.local\/state\/oauth-creds\/runs\/[0-9a-f]{16}$/);
  expect(folderOf({ INPUT_HOME: "/scratch" })).not.toBe(folderOf({}));
  // Not below the scratch folder, which may go before it is cleaned.
  expect(folderOf({ INPUT_HOME: "/scratch" })).toMatch(/^\/home\/me\//);
  expect(here(world({}), {}).job).toBe("");
  expect(here(world({ GITLAB_CI: "true", CI_JOB_ID: "5" }), {}).job).toBe("GitLab CI 5");
  expect(here(world({ GITLAB_CI: "true", CI_JOB_ID: "5" }), { job: "GitLab CI 6" }).job).toBe("named GitLab CI 6");
});

test("who looked last at the files is undone first, whoever began first", () => {
  const runs = new Runs(tempFolder(), "/home/me");
  for (const [begun, looked] of [
    [1, 9],
    [2, 3],
    [5, undefined],
  ] as const) {
    const about = { ...ABOUT, begun: NOW + begun, ...(looked && { looked: NOW + looked }) };
    saveRun(runs.begin(about, random()));
  }
  expect(runs.list().map((run) => run.begun - NOW)).toEqual([1, 5, 2]);
});

test("runs come back as they were saved, the newest first; only the user may read them", () => {
  const runs = new Runs(tempFolder(), "/home/me");
  expect(runs.list()).toEqual([]);
  const saved = [3, 1, 2].map((day) => {
    const run = runs.begin({ ...ABOUT, begun: NOW + day, state: { files: `[${day}]` } }, random());
    saveRun(run);
    return run;
  });
  expect(runs.list()).toEqual([saved[0], saved[2], saved[1]]);
  for (const { folder } of saved) {
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, "run.json")).mode & 0o777).toBe(0o600);
  }
  for (const run of saved) removeRun(run);
  expect(existsSync(runs.folder)).toBe(false);
  expect(runs.everywhere()).toEqual([]);
});

test("what is not whole, or of a later version, is no run, and is not removed", () => {
  const runs = new Runs(tempFolder(), "/home/me");
  const run = runs.begin(ABOUT, random());
  for (const text of ["", "{", "[]", '{"v":2}']) {
    writeFileSync(join(run.folder, "run.json"), text);
    expect(runs.list()).toEqual([]);
  }
  utimesSync(run.folder, (NOW - 2 * HOUR) / 1000, (NOW - 2 * HOUR) / 1000);
  runs.begin(ABOUT, random());
  expect(existsSync(run.folder)).toBe(true);
});

test("a folder without a state goes after an hour; before, it may be one that begins", () => {
  const runs = new Runs(tempFolder(), "/home/me");
  const now = Date.now(); // the file system's clock
  const about = { ...ABOUT, begun: now };
  const [old, young] = [runs.begin(about, random()), runs.begin(about, random())] as const;
  for (const [run, ms] of [
    [old, 61 * MINUTE],
    [young, 59 * MINUTE],
  ] as const) {
    utimesSync(run.folder, (now - ms) / 1000, (now - ms) / 1000);
  }
  runs.begin(about, random());
  expect([existsSync(old.folder), existsSync(young.folder)]).toEqual([false, true]);
});

test("a run's folder keeps what its state names, and nothing else", () => {
  const run = new Runs(tempFolder(), "/home/me").begin(ABOUT, random());
  const kept = join(run.folder, "oauth-creds-login-ab");
  writeFileSync(kept, "sealed");
  writeFileSync(join(run.folder, "oauth-creds-backup-cd"), "left by a step");
  const named = { ...run, state: { capsule: kept } };
  saveRun(named);
  pruneRun(named);
  expect(existsSync(kept)).toBe(true);
  expect(existsSync(join(run.folder, "oauth-creds-backup-cd"))).toBe(false);
  expect(unsettled(named)).toBe(kept);
});

test("whether a run is at work", () => {
  const now = NOW + MINUTE;
  const alive = process.ppid;
  const none = 2 ** 22 + 1; // no process has such a number
  expect(isAtWork(aRun({ pid: alive }), "here", now)).toBe(true);
  expect(isAtWork(aRun({ pid: alive }), "here", NOW + 15 * MINUTE)).toBe(false);
  expect(isAtWork(aRun({ pid: alive, done: true }), "here", now)).toBe(false);
  expect(isAtWork(aRun({ pid: none }), "here", now)).toBe(false);
  expect(isAtWork(aRun({ pid: none }), "elsewhere", now)).toBe(true);
  expect(isAtWork(aRun({ pid: none }), "elsewhere", NOW + HOUR)).toBe(false);
  expect(isAtWork(aRun({ pid: process.pid }), "here", now)).toBe(false);
});

test("whether a renewed login still has to be stored", () => {
  const folder = tempFolder();
  const [full, empty] = [join(folder, "full"), join(folder, "empty")];
  writeFileSync(full, "sealed");
  writeFileSync(empty, "");
  const turn = JSON.stringify({ nonce: "n2" });
  const cases: [Record<string, string>, boolean][] = [
    [{}, false],
    [{ capsule: full }, true],
    [{ capsule: empty }, false],
    [{ capsule: join(folder, "gone") }, false],
    [{ capsule: full, stored: "" }, false],
    [{ capsule: full, stored: "123" }, false],
    [{ capsule: full, turn }, true],
    [{ capsule: full, turn, stored: "123" }, true], // in the secret, but not in the ledger
    [{ capsule: full, turn, published: "n1" }, true],
    [{ capsule: full, turn, published: "n2" }, false],
    [{ capsule: full, turn, published: "n1", "checked-out": "true" }, false],
    [{ capsule: "", turn }, false],
  ];
  for (const [state, open] of cases) expect([state, unsettled(aRun({ state })) !== undefined]).toEqual([state, open]);
});

test("what has to be cleaned, and what is over", () => {
  expect(hasToBeCleaned(aRun())).toBe(false);
  expect(hasToBeCleaned(aRun({ state: { files: "[]", "access-ends": "1" } }))).toBe(false);
  for (const state of [{ files: '[{"path":"x"}]' }, { openclaw: "{}" }, { "checked-out": "true" }]) {
    expect(hasToBeCleaned(aRun({ state: state as Record<string, string> }))).toBe(true);
  }
  const state = { "access-ends": String(NOW) };
  expect(isOver(aRun({ done: true, state }), NOW + 1)).toBe(true);
  expect(isOver(aRun({ done: true, state }), NOW)).toBe(false);
  expect(isOver(aRun({ done: true }), NOW + 1)).toBe(false);
  for (const lends of ["true", "True", "TRUE", " true\n"]) {
    const run = aRun({ done: true, state, inputs: { "INPUT_WRITE-REFRESH-TOKEN": lends } });
    expect([lends, isOver(run, NOW + 1)]).toEqual([lends, false]);
  }
  expect(isOver(aRun({ done: true, state, inputs: { "INPUT_WRITE-REFRESH-TOKEN": "False" } }), NOW + 1)).toBe(true);
});

test("the job of each CI, by the variables that it documents", () => {
  const cases: [Record<string, string>, string | undefined][] = [
    [{}, undefined],
    [{ CI: "true" }, undefined],
    [{ GITLAB_CI: "true", CI_JOB_ID: "5" }, "GitLab CI 5"],
    [{ BUILDKITE: "true", BUILDKITE_JOB_ID: "b-1" }, "Buildkite b-1"],
    [{ CIRCLECI: "true", CIRCLE_WORKFLOW_JOB_ID: "c", CIRCLE_NODE_INDEX: "0" }, "CircleCI c 0"],
    [{ JENKINS_URL: "http://j", BUILD_TAG: "jenkins-x-3" }, "Jenkins jenkins-x-3"],
    [
      { GITHUB_ACTIONS: "true", GITHUB_RUN_ID: "1", GITHUB_RUN_ATTEMPT: "2", GITHUB_JOB: "j", RUNNER_NAME: "r" },
      "GitHub Actions 1 2 j r",
    ],
    [{ GITLAB_CI: "true" }, undefined],
  ];
  for (const [env, id] of cases) expect([env, ciJob(env)?.id]).toEqual([env, id]);
  expect([isCi({}), isCi({ CI: "false" }), isCi({ CI: "1" }), isCi({ JENKINS_URL: "x" })]).toEqual([
    false,
    false,
    true,
    true,
  ]);
  const circle = { CIRCLECI: "true", CIRCLE_WORKFLOW_JOB_ID: "c", CIRCLE_WORKING_DIRECTORY: "~/project" };
  expect(ciJob(circle)?.workspace).toBeUndefined();
});

test("what stands in the ledger for those who wait is one short line of plain characters", () => {
  expect(ownerOf({}, "box", 7)).toBe("process 7 on box");
  expect(ownerOf({ GITLAB_CI: "1", CI_JOB_ID: "5", CI_JOB_NAME: "build\n\u001B[31m" }, "box", 7)).toBe(
    "build??[31m of GitLab CI 5",
  );
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 300 }), (units) => {
      const name = String.fromCharCode(...units);
      const owner = ownerOf({ BUILDKITE: "true", BUILDKITE_JOB_ID: "j", BUILDKITE_LABEL: name }, "h", 1);
      return /^[ -~]{1,100}$/.test(owner);
    }),
  );
});

test("an address with a password is a secret, as the others are", () => {
  for (const address of [
    "https://user:pw@host/x.git",
    "https://token@host/x.git",
    "ssh://u:p@host/x",
    "HTTP://a:b@h/",
  ]) {
    expect([address, isSecret("ledger-repository", address)]).toEqual([address, true]);
  }
  for (const address of ["octo/demo", "https://host/x.git", "git@host:x.git", "ssh://git@host/x", "/srv/x@y.git"]) {
    expect([address, isSecret("ledger-repository", address)]).toEqual([address, false]);
  }
  expect(isSecret("credential", "")).toBe(true);
  expect(isSecret("home", "https://user:pw@host")).toBe(false);
});

test("outputs as JSON", () => {
  const outputs = {
    available: "true",
    generation: "3",
    kind: "login",
    "expires-at": "",
    files: '["/a b"]',
    "access-token": "x",
  };
  expect(outputsAsJson(outputs)).toEqual({
    available: true,
    generation: 3,
    kind: "login",
    expires_at: null,
    files: ["/a b"],
  });
});

test("the help has a line for every input", () => {
  expect(Object.keys(MEANINGS).toSorted()).toEqual([...NAMES].toSorted());
});

test("where an input means something else to a verb, its help says so; it has that input", () => {
  for (const [name, own] of Object.entries(OWN_MEANINGS)) {
    const verb = VERBS[name];
    if (!verb) throw new Error(`no verb ${name}`);
    for (const [input, meaning] of Object.entries(own)) {
      expect(verb.inputs === "all" || verb.inputs.includes(input)).toBe(true);
      expect(Object.keys(verb.flags)).not.toContain(input);
      expect(plain(helpOf(verb))).toContain(meaning);
    }
  }
});

test.each([
  ["doctor", "--validate <how>", "default: each is shown"],
  ["init", "--validate <how>", "default: it is"],
  ["status", "--timeout <time>", "all of it together"],
  ["revoke", "--rotate-to <secret>", "it is deleted"],
  ["revoke", "--targets <list>", "default: none"],
  ["login", "--targets <list>", "default: none"],
  ["write", "--validate <how>", "default: none"],
])("help %s: %s … %s", (name, flag, meaning) => {
  const help = VERBS[name] ? plain(helpOf(VERBS[name])) : "";
  expect(help.slice(help.indexOf(flag)).slice(0, 260)).toContain(meaning);
});

/** On one line. */
const plain = (text: string) => text.replaceAll(/\s+/g, " ");
