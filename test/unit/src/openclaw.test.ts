/** How OpenClaw is given a login, by its version; its own commands are played here, and real in test/readers. */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, onTestFinished, test } from "vitest";
import { openclaw } from "../../../src/targets/openclaw.ts";
import { type OpenclawDone, type OpenclawProgram, undoOpenclaw } from "../../../src/targets/openclaw-program.ts";
import type { FileTarget, Slot } from "../../../src/targets/target.ts";
import { files } from "../../../src/world/files.ts";
import type { Ended, RunOptions } from "../../../src/world/programs.ts";
import { failureIn, NOW, newChatGpt, newLogin, tempFolder } from "./support.ts";

const ANTHROPIC: Slot = { provider: "anthropic", account: "default" };
const MISSING: Ended = { status: undefined, missing: true, stdout: "", stderr: "" };
const LATE: Ended = { ...MISSING, missing: false };
const ended = (stdout: string, status = 0, stderr = ""): Ended => ({
  status,
  missing: false,
  stdout,
  stderr,
});

interface Call {
  readonly args: string;
  readonly options: RunOptions;
}

/** A program that answers a command by its beginning; anything else is an error of the test. */
function playing(answers: Record<string, Ended>, env: Record<string, string> = {}) {
  const calls: Call[] = [];
  const world = {
    env: { PATH: "/bin", ...env },
    files,
    platform: "linux",
    run: async (command: string, list: readonly string[], options: RunOptions): Promise<Ended> => {
      const args = list.join(" ");
      calls.push({ args, options });
      expect(command).toBe("openclaw");
      const found = Object.keys(answers).find((start) => args.startsWith(start));
      if (found === undefined) throw new Error(`an unexpected command: ${args}`);
      return answers[found] as Ended;
    },
  };
  return { world, calls, said: () => calls.map(({ args }) => args) };
}

const where = (home = "/h") => ({ env: {}, home });
const version = (text: string) => ({ "--version": ended(`OpenClaw ${text} (abc1234)\n`) });
const listing = (...profiles: { id: string; provider: string }[]) => ({
  "models auth list": ended(JSON.stringify({ authStatePath: "~/db.sqlite", profiles })),
});
const asProgram = async (...[world, place]: Parameters<typeof openclaw>) =>
  (await openclaw(world, place)) as OpenclawProgram;

describe("the version decides", () => {
  test.each([
    ["2026.2.1", "openai-codex"],
    ["2026.5.31-beta.4", "openai-codex"],
    ["2026.6.1", "openai"],
    ["2026.6.4", "openai"],
  ])("%s has the file, with %s as the name of a ChatGPT login", async (text, provider) => {
    const { world } = playing(version(text));
    const target = (await openclaw(world, where())) as FileTarget;
    expect(target.path(where())).toBe(join("/h", ".openclaw", "agents", "main", "agent", "auth-profiles.json"));
    expect(target.write(newChatGpt(), { full: false, now: NOW })["profile"]).toMatchObject({ provider });
  });

  test.each([
    ["2026.6.5", false],
    ["2026.7.35", false],
    ["2026.8.1", true],
    ["2026.10.0", true],
    ["2027.1.1", true],
  ])("%s has a database", async (text, canLogOut) => {
    const { world } = playing({ ...version(text), ...listing() });
    const target = await asProgram(world, where());
    expect(await target.prepare(ANTHROPIC)).toMatchObject({ canLogOut });
  });

  test.each([
    ["no program", MISSING, /no program `openclaw`/],
    ["a Node that is too old", ended("OpenClaw 2026.9.6 needs Node 24", 1), /did not tell its version \(status 1\)/],
    ["out of time", LATE, /status unknown/],
    ["another program of this name", ended("v1.2.3\n"), /did not tell its version/],
  ])("%s is said, with the way around it", async (_, answer, what) => {
    const failure = await failureIn(() => openclaw(playing({ "--version": answer }).world, where()));
    expect(failure.code).toBe("program-missing");
    expect(failure.message).toMatch(what);
    expect(failure.advice).toContain("npm install -g openclaw");
    expect(failure.advice).toContain("env:ANTHROPIC_OAUTH_TOKEN");
  });
});

describe("by its own commands", () => {
  const suffix = (name?: string, temp?: string) =>
    createHash("sha256")
      .update(`${name ?? ""}\0${temp ?? ""}`)
      .digest("hex")
      .slice(0, 8);
  const OURS = `anthropic:oauth-creds-${suffix()}`;
  const done: OpenclawDone = {
    profile: OURS,
    provider: "anthropic",
    canLogOut: true,
    database: "/h/db.sqlite",
    where: where(),
  };

  test("the token goes by stdin, the refresh token nowhere", async () => {
    const login = newLogin();
    const { world, calls, said } = playing({
      ...version("2026.9.6"),
      ...listing(),
      "models auth paste-token": ended(""),
    });
    const target = await asProgram(world, where());
    expect(await target.prepare(ANTHROPIC)).toEqual(done);
    const told = await target.write(login, done);
    expect(told).toContain(`as the profile ${OURS}`);
    expect(told).not.toContain(login.access?.reveal());

    expect(said()).toEqual([
      "--version",
      "models auth list --json",
      `models auth paste-token --provider anthropic --profile-id ${OURS}`,
    ]);
    expect(calls.map(({ options }) => options.input)).toEqual([undefined, undefined, `${login.access?.reveal()}\n`]);
    expect(JSON.stringify(calls)).not.toContain(login.refresh?.reveal());
    expect(JSON.stringify(calls.map(({ args, options: { env } }) => [args, env]))).not.toContain(
      login.access?.reveal(),
    );
  });

  test.each([
    [{ provider: "openai", account: "default" } as const, `openai:oauth-creds-${suffix()}`],
    [{ provider: "anthropic", account: "team.ci" } as const, `anthropic:oauth-creds-team_ci-${suffix()}`],
  ])("%j is the profile %s", async (slot, profile) => {
    const { world } = playing({ ...version("2026.9.6"), ...listing() });
    expect(await (await asProgram(world, where())).prepare(slot)).toMatchObject({ profile });
  });

  test("each runner has a profile of its own on a home that they share, whatever it runs", async () => {
    const profileOf = async (env: Record<string, string>) => {
      const { world } = playing({ ...version("2026.9.6"), ...listing() }, env);
      return (await (await asProgram(world, where())).prepare(ANTHROPIC)).profile;
    };
    const first = { RUNNER_NAME: "a", RUNNER_TEMP: "/runner/a/_temp" };
    const profile = await profileOf(first);
    expect(profile).toBe(`anthropic:oauth-creds-${suffix("a", "/runner/a/_temp")}`);
    expect(await profileOf({ ...first, GITHUB_RUN_ID: "2" })).toBe(profile);
    expect(await profileOf({ ...first, RUNNER_NAME: "b" })).not.toBe(profile);
    expect(await profileOf({ ...first, RUNNER_TEMP: "/runner/b/_temp" })).not.toBe(profile);
  });

  test("a list of which nothing but other jobs' logins was left is not put back", async () => {
    const { world, said } = playing({ "models auth logout": ended("") });
    await undoOpenclaw(world, where(), { ...done, order: ["anthropic:oauth-creds-01234567"] });
    expect(said()).toHaveLength(1);
  });

  const OTHER = "anthropic:oauth-creds-01234567";
  const beside = ["anthropic:mine", "anthropic:b", OTHER].map((id) => ({ id, provider: "anthropic" }));
  const SET = "models auth order set --provider anthropic";
  test.each<[string, string, readonly string[] | null]>([
    ["no list", '{"order":null}', null],
    ["a list", '{"order":["anthropic:mine","anthropic:b"]}', ["anthropic:mine", "anthropic:b"]],
    ["a list with one that is gone", '{"order":["anthropic:gone","anthropic:b"]}', ["anthropic:b"]],
    ["a list of which all are gone", '{"order":["anthropic:gone"]}', null],
    ["the list of a job of this runner that was killed", JSON.stringify({ order: [OURS] }), null],
    ["the list of another runner's job", JSON.stringify({ order: [OTHER] }), [OTHER]],
    ["a list after a plugin's greeting", 'Hello {\n{\n"order":["anthropic:b"]}', ["anthropic:b"]],
  ])("beside others of its provider, with %s, ours comes first", async (_, stdout, order) => {
    const { world, said } = playing({
      ...version("2026.9.6"),
      ...listing(...beside),
      "models auth order get": ended(stdout),
      "models auth paste-token": ended(""),
      "models auth order set": ended(""),
    });
    const target = await asProgram(world, where());
    const prepared = await target.prepare(ANTHROPIC);
    expect(prepared).toEqual({ ...done, order });
    await target.write(newLogin(), prepared);
    expect(said().at(-1)).toBe([SET, OURS, ...(order ?? [])].join(" "));
    expect(said().filter((text) => text.startsWith(SET))).toHaveLength(1);
  });

  test("where one of the list was taken back meanwhile, ours is named alone", async () => {
    const { world, said } = playing({
      [`${SET} ${OURS} ${OTHER}`]: ended("", 1, "not found"),
      "models auth paste-token": ended(""),
      "models auth order set": ended(""),
      ...version("2026.9.6"),
      ...listing(...beside),
    });
    const target = await asProgram(world, where());
    await target.write(newLogin(), { ...done, order: [OTHER] });
    expect(said().slice(-2)).toEqual([`${SET} ${OURS} ${OTHER}`, `${SET} ${OURS}`]);
  });

  test.each([
    [{ id: "xai:default", provider: "xai" }],
    [{ id: OURS, provider: "anthropic" }], // ours, left behind by a job that was killed
  ])("beside %j alone, no list is asked for", async (profile) => {
    const { world, said } = playing({ ...version("2026.9.6"), ...listing(profile) });
    expect(await (await asProgram(world, where())).prepare(ANTHROPIC)).toEqual(done);
    expect(said()).toHaveLength(2);
  });

  test("it is run in the home, with the variables of a step: none of ours", async () => {
    const env = {
      INPUT_CREDENTIAL: "secret",
      STATE_files: "[]",
      ACTIONS_RUNTIME_TOKEN: "secret",
      OAUTH_CREDS_CREDENTIAL: "secret",
      OPENCLAW_STATE_DIR: "/elsewhere",
      HOME: "/root",
      MINE: "1",
    };
    const { world, calls } = playing({ ...version("2026.6.1") }, env);
    await openclaw(world, { env, home: "/h" });
    await openclaw(world, { env: {}, home: "/h" });
    const common = { PATH: "/bin", MINE: "1", HOME: "/h", NO_COLOR: "1" };
    expect(calls.map(({ options }) => options.env)).toEqual([{ ...common, OPENCLAW_STATE_DIR: "/elsewhere" }, common]);
    expect(calls.map(({ options }) => options.cwd)).toEqual(["/h", "/h"]);
  });

  test.each([
    [
      "a file of an older release",
      ended("", 1, "… requires legacy credential migration; …"),
      /auth-profiles\.json/,
      /doctor --fix/,
    ],
    [
      "a refusal",
      ended("sk-ant-oat01-x", 3),
      /`openclaw models auth list` ended with status 3/,
      /env:ANTHROPIC_OAUTH_TOKEN/,
    ],
    ["no end", LATE, /did not end in time/, /env:ANTHROPIC_OAUTH_TOKEN/],
  ])("%s is found before a token is spent", async (_, answer, what, advice) => {
    const { world } = playing({ ...version("2026.9.6"), "models auth list": answer });
    const failure = await failureIn(() => openclaw(world, where()));
    expect(failure.message).toMatch(what);
    expect(failure.advice).toMatch(advice);
    expect(failure.explain()).not.toContain("sk-ant");
  });

  test("a token that it does not take is said without the token", async () => {
    const login = newLogin();
    const { world } = playing({
      "models auth paste-token": ended("", 1, login.access?.reveal()),
      ...version("2026.9.6"),
      ...listing(),
    });
    const target = await asProgram(world, where());
    const failure = await failureIn(() => target.write(login, done));
    expect(failure.message).toBe("`openclaw models auth paste-token` ended with status 1.");
  });

  describe("taken back", () => {
    test("it is logged out", async () => {
      const { world, said } = playing({ "models auth logout": ended("") });
      await undoOpenclaw(world, where(), done);
      expect(said()).toEqual([`models auth logout ${OURS} --yes`]);
    });

    test("where it was given to the program, whatever the job's variables say by then", async () => {
      const then = {
        HOME: "/h",
        OPENCLAW_STATE_DIR: "/then",
        OPENCLAW_PROFILE: "ci",
        OPENCLAW_GATEWAY_TOKEN: "one-secret",
      };
      const outside = playing({ ...version("2026.9.6"), ...listing() }, then);
      const prepared = await (await asProgram(outside.world, { env: then, home: "/h" })).prepare(ANTHROPIC);
      expect(prepared.where).toEqual({ home: "/h", env: { OPENCLAW_STATE_DIR: "/then", OPENCLAW_PROFILE: "ci" } });

      const now = { HOME: "/now", OPENCLAW_STATE_DIR: "/now", OPENCLAW_HOME: "/n", OPENCLAW_GATEWAY_TOKEN: "other" };
      const { world, calls } = playing({ "models auth logout": ended("") }, now);
      await undoOpenclaw(world, { env: now, home: "/now" }, prepared);
      expect(calls.map(({ options }) => [options.cwd, options.env])).toEqual([
        [
          "/h",
          {
            PATH: "/bin",
            HOME: "/h",
            NO_COLOR: "1",
            OPENCLAW_STATE_DIR: "/then",
            OPENCLAW_PROFILE: "ci",
            OPENCLAW_GATEWAY_TOKEN: "other",
          },
        ],
      ]);
    });

    test("what a main step of an older release did, where the job's variables say", async () => {
      const { where: _, ...older } = done;
      const env = { OPENCLAW_STATE_DIR: "/now" };
      const { world, calls } = playing({ "models auth logout": ended("") }, env);
      await undoOpenclaw(world, { env, home: "/now" }, older);
      expect(calls.map(({ options }) => [options.cwd, options.env?.["OPENCLAW_STATE_DIR"]])).toEqual([
        ["/now", "/now"],
      ]);
    });

    test("what its database has deleted is gone from the bytes of the file, whatever stands in it", async () => {
      const home = tempFolder();
      const folder = join(home, ".openclaw", "state");
      files.makeFolder(folder);
      const path = join(folder, "openclaw.sqlite");
      const token = newLogin().access?.reveal() ?? "";
      const open = new DatabaseSync(path);
      onTestFinished(() => open.close());
      open.exec("PRAGMA journal_mode = WAL; CREATE TABLE anything (text TEXT)");
      open.prepare("INSERT INTO anything VALUES (?)").run(`${"x".repeat(20_000)}${token}`);
      open.exec("DELETE FROM anything; INSERT INTO anything VALUES ('kept')");
      const bytes = () => [path, `${path}-wal`].map((file) => readFileSync(file, "latin1")).join("");
      expect(bytes()).toContain(token);

      const { world } = playing({ "models auth logout": ended("") });
      await undoOpenclaw(world, where(), { ...done, where: where(home), database: join(home, "none.sqlite") });
      expect(bytes()).not.toContain(token);
      expect(open.prepare("SELECT text FROM anything").all()).toEqual([{ text: "kept" }]);
    });

    test("a file that is no database may still hold the token, which is said", async () => {
      const home = tempFolder();
      const path = join(home, "db.sqlite");
      writeFileSync(path, "no database, whatever its name may be ".repeat(100));
      const { world } = playing({ "models auth logout": ended("") });
      const failure = await failureIn(() => undoOpenclaw(world, { env: {}, home }, { ...done, database: path }));
      expect(failure.message).toContain(path);
      expect(failure.message).toContain("is removed");
    });

    test("what never got there needs nothing", async () => {
      const { world } = playing({ "models auth logout": ended("", 1), ...listing({ id: "x", provider: "anthropic" }) });
      await undoOpenclaw(world, where(), done);
    });

    test("what stays there is said", async () => {
      const { world } = playing({
        "models auth logout": ended("", 1),
        ...listing({ id: done.profile, provider: "anthropic" }),
      });
      expect((await failureIn(() => undoOpenclaw(world, where(), done))).message).toContain("models auth logout");
    });

    test.each([
      ["gone with ours", '{"order":null}', true],
      ["somebody else's by now", '{"order":["c"]}', false],
    ])("the list that was there is put back, if the present one is %s", async (_, stdout, again) => {
      const { world, said } = playing({
        "models auth logout": ended(""),
        "models auth order get": ended(stdout),
        "models auth order set": ended(""),
      });
      await undoOpenclaw(world, where(), { ...done, order: ["anthropic:oauth-creds-01234567", "a", "b"] });
      expect(said().includes("models auth order set --provider anthropic a b")).toBe(again);
    });

    test("a release that cannot log out has it taken from its database, bytes and all", async () => {
      const path = join(tempFolder(), "db.sqlite");
      const token = newLogin().access?.reveal() ?? "";
      const mine = { type: "token", provider: "anthropic", token: "mine" };
      const ours = { type: "token", provider: "anthropic", token };
      const open = new DatabaseSync(path);
      onTestFinished(() => open.close());
      open.exec(`
        PRAGMA journal_mode = WAL;
        CREATE TABLE auth_profile_store (store_key TEXT PRIMARY KEY, store_json TEXT NOT NULL, updated_at INTEGER);
        CREATE TABLE auth_profile_state (state_key TEXT PRIMARY KEY, state_json TEXT NOT NULL, updated_at INTEGER);`);
      const put = (part: string, json: object) =>
        open.prepare(`INSERT INTO auth_profile_${part} VALUES ('primary', ?, 1)`).run(JSON.stringify(json));
      const store = { version: 1, profiles: { "anthropic:mine": mine, [done.profile]: ours } };
      put("store", { ...store, filler: `${"x".repeat(20_000)}${token}` });
      // As the program would after a refresh of another login: what was there before is free space now.
      open.prepare("UPDATE auth_profile_store SET store_json = ?").run(JSON.stringify(store));
      put("state", {
        version: 1,
        order: { anthropic: [done.profile] },
        lastGood: { anthropic: done.profile, xai: "x" },
      });
      expect(readFileSync(`${path}-wal`, "latin1")).toContain(token);

      const { world, said } = playing({ "config unset": ended("", 1) });
      await undoOpenclaw(world, where(), { ...done, canLogOut: false, database: path });

      const json = (part: string) =>
        JSON.parse(
          String(open.prepare(`SELECT ${part}_json AS json FROM auth_profile_${part}`).get()?.["json"]),
        ) as object;
      expect(json("store")).toEqual({ version: 1, profiles: { "anthropic:mine": mine } });
      expect(json("state")).toEqual({ version: 1, lastGood: { xai: "x" } });
      for (const file of [path, `${path}-wal`]) expect(readFileSync(file, "latin1")).not.toContain(token);
      expect(said()).toEqual([`config unset auth.profiles.${OURS}`]);
    });

    test("a database that is not there is not made", async () => {
      const path = join(tempFolder(), "none.sqlite");
      const { world } = playing({ "config unset": ended("", 1) });
      await undoOpenclaw(world, where(), { ...done, canLogOut: false, database: path });
      expect(files.exists(path)).toBe(false);
    });

    test("a database of another kind is said", async () => {
      const path = join(tempFolder(), "db.sqlite");
      new DatabaseSync(path).close();
      const { world } = playing({ "config unset": ended("", 1) });
      const failure = await failureIn(() =>
        undoOpenclaw(world, where(), { ...done, canLogOut: false, database: path }),
      );
      expect(failure.message).toContain(path);
    });
  });
});
