/** Clawdbot imports the login in Codex's file, renews it by itself, and keeps the new one in its own file. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Credential } from "../../../src/credential/credential.ts";
import { isoTime } from "../../../src/duration.ts";
import { capturedFrom } from "../../../src/post/generations.ts";
import { Secret } from "../../../src/secret.ts";
import { clawdbot } from "../../../src/targets/clawdbot.ts";
import { codex } from "../../../src/targets/codex.ts";
import type { FileEntry } from "../../../src/targets/manifest.ts";
import {
  ACCOUNT,
  DAY,
  fakeWorld,
  HOUR,
  inputsOf,
  MINUTE,
  newChatGpt,
  newOpenaiRefresh,
  NOW,
  SECOND,
  tempFolder,
} from "./support.ts";

/** When main wrote the file. */
const LENT = NOW - 2 * HOUR;

/** A ChatGPT login, as it was given out at `issued`; null: its token does not say when. */
function issuedAt(issued: number | null, account = ACCOUNT): Credential {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const end = (issued ?? NOW) + 10 * DAY;
  const claims = {
    exp: end / SECOND,
    ...(issued !== null && { iat: issued / SECOND }),
    jti: newOpenaiRefresh(),
    "https://api.openai.com/auth": { chatgpt_account_id: account },
  };
  const token = [part({ alg: "RS256" }), part(claims), "c2lnbmF0dXJlLW9mLXRlc3Rz"].join(".");
  return newChatGpt({ access: new Secret(token), accessExpiresAt: end, accountId: account });
}

/** A job in which Codex has the login, whole, and Clawdbot runs. */
function job(env: Record<string, string> = {}) {
  const home = tempFolder();
  const world = fakeWorld({ env: { HOME: home, RUNNER_TEMP: home, ...env } });
  const path = codex.path({ env: {}, home });
  const entry: FileEntry = {
    target: "codex",
    slot: { provider: "openai", account: "default" },
    path,
    temp: `${path}.tmp`,
    made: [dirname(path)],
    backup: undefined,
  };
  const handedOut = issuedAt(LENT - DAY);
  const write = (file: string, text: string) => {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  };
  const codexHas = (login: Credential, at: number) =>
    write(path, JSON.stringify({ ...codex.write(login, { full: true, now: at }), last_refresh: isoTime(at) }));
  codexHas(handedOut, LENT);
  const store = clawdbot.path({ env, home });
  const clawdbotHas = (profiles: Record<string, Credential>, file = store) =>
    write(
      file,
      JSON.stringify({
        version: 1,
        profiles: Object.fromEntries(
          Object.entries(profiles).map(([id, { access, refresh, accountId, accessExpiresAt }]) => [
            id,
            {
              type: "oauth",
              provider: "openai-codex",
              access: access?.reveal(),
              refresh: refresh?.reveal(),
              expires: accessExpiresAt,
              accountId,
            },
          ]),
        ),
      }),
    );
  return {
    world,
    store,
    entry,
    handedOut,
    codexHas,
    clawdbotHas,
    captured: (settings: Record<string, string> = {}) => capturedFrom(world, inputsOf(settings), [entry], handedOut),
    warnings: () => world.recorded.of("warning"),
  };
}

const CLI = "openai-codex:codex-cli";

describe("what Clawdbot has renewed of Codex's login", () => {
  test("is taken over, in the place of what was handed out", async () => {
    const { clawdbotHas, captured, handedOut, warnings, store, world } = job();
    const renewed = issuedAt(LENT + HOUR);
    clawdbotHas({ [CLI]: renewed });
    const found = await captured();
    expect(found?.refresh?.reveal()).toBe(renewed.refresh?.reveal());
    expect(found?.access?.reveal()).toBe(renewed.access?.reveal());
    expect(found).toMatchObject({ provider: "openai", generation: handedOut.generation + 1, accountId: ACCOUNT });
    expect(found?.idToken?.reveal()).toBe(handedOut.idToken?.reveal());
    expect(found?.predecessor?.reveal()).toBe(handedOut.refresh?.reveal());
    expect(warnings()).toEqual([expect.stringContaining(store)]);
    expect(warnings().join()).not.toContain(renewed.refresh?.reveal().slice(3, 30));
    expect(world.pauses).toEqual([]);
    expect(readFileSync(store, "utf8")).toContain(renewed.refresh?.reveal());
  });

  test("is taken over where a variable puts Clawdbot's file, also with the input home", async () => {
    const agent = tempFolder();
    const { clawdbotHas, captured } = job({ CLAWDBOT_AGENT_DIR: agent });
    const renewed = issuedAt(LENT + HOUR);
    clawdbotHas({ [CLI]: renewed }, join(agent, "auth-profiles.json"));
    for (const settings of [{}, { home: tempFolder() }]) {
      expect((await captured(settings))?.refresh?.reveal()).toBe(renewed.refresh?.reveal());
    }
  });

  test("is newer than what Codex renewed before, and the other way round", async () => {
    const { clawdbotHas, codexHas, captured } = job();
    const [first, second] = [issuedAt(LENT + HOUR), issuedAt(LENT + HOUR + 55 * MINUTE)];
    codexHas(first, LENT + HOUR);
    clawdbotHas({ [CLI]: second });
    expect((await captured())?.refresh?.reveal()).toBe(second.refresh?.reveal());
    codexHas(second, LENT + HOUR + 55 * MINUTE);
    clawdbotHas({ [CLI]: first });
    expect((await captured())?.refresh?.reveal()).toBe(second.refresh?.reveal());
  });

  test("is no reason to lose what Codex renewed, where it cannot be read any more", async () => {
    const { clawdbotHas, codexHas, captured, world, store, entry, handedOut } = job();
    const renewed = issuedAt(LENT + HOUR);
    codexHas(renewed, LENT + HOUR);
    clawdbotHas({ [CLI]: handedOut });
    expect((await captured())?.refresh?.reveal()).toBe(renewed.refresh?.reveal());
    let looks = 0;
    const read = (path: string) => {
      if (path === store && ++looks > 1) throw Object.assign(new Error("EIO"), { code: "EIO", syscall: "read" });
      return world.files.read(path);
    };
    const failing = { ...world, files: { ...world.files, read } };
    const found = await capturedFrom(failing, inputsOf(), [entry], handedOut);
    expect(looks).toBeGreaterThan(1);
    expect(found?.refresh?.reveal()).toBe(renewed.refresh?.reveal());
  });

  test("counts once where both have the same", async () => {
    const { clawdbotHas, codexHas, captured, warnings } = job();
    const renewed = issuedAt(LENT + HOUR);
    codexHas(renewed, LENT + HOUR);
    clawdbotHas({ [CLI]: renewed });
    const found = await captured();
    expect(found?.refresh?.reveal()).toBe(renewed.refresh?.reveal());
    expect(found?.idToken?.reveal()).toBe(renewed.idToken?.reveal());
    expect(warnings()).toHaveLength(1);
  });
});

describe("left alone", () => {
  test.each<[string, string, Credential]>([
    ["the user's own, which was there before", CLI, issuedAt(LENT - HOUR)],
    ["one that does not say when it was given out", CLI, issuedAt(null)],
    ["one of another account", CLI, issuedAt(LENT + HOUR, "22222222-2222-4333-8444-555555555555")],
    ["one that is cut off", CLI, { ...issuedAt(LENT + HOUR), refresh: new Secret("rt_x") }],
    ["another profile", "openai-codex:default", issuedAt(LENT + HOUR)],
  ])("%s", async (_, id, login) => {
    const { clawdbotHas, captured, warnings } = job();
    clawdbotHas({ [id]: login });
    expect(await captured()).toBeUndefined();
    expect(warnings()).toEqual([]);
  });

  test("a store that cannot be read, or none", async () => {
    const { captured, warnings, store, world } = job();
    expect(await captured()).toBeUndefined();
    mkdirSync(dirname(store), { recursive: true });
    symlinkSync("/nowhere/at/all", store);
    expect(await captured()).toBeUndefined();
    expect([warnings(), world.pauses]).toEqual([[], []]);
  });
});

test("a copy that stays on a machine of one's own is warned of, on one of GitHub's it is not", async () => {
  for (const [environment, expected] of [
    ["self-hosted", 1],
    ["github-hosted", 0],
  ] as const) {
    const { clawdbotHas, captured, handedOut, warnings } = job({ RUNNER_ENVIRONMENT: environment });
    clawdbotHas({ [CLI]: handedOut });
    expect(await captured()).toBeUndefined();
    expect(warnings()).toHaveLength(expected);
    clawdbotHas({ [CLI]: issuedAt(LENT + HOUR) });
    expect(await captured()).toBeDefined();
    expect(warnings()).toHaveLength(2 * expected);
  }
});
