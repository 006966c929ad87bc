/** `auth-profiles.json`, as Clawdbot and the older releases of OpenClaw have it. */
import * as fc from "fast-check";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { clawdbot } from "../../../src/targets/clawdbot.ts";
import { openclawFile } from "../../../src/targets/openclaw-file.ts";
import { withoutProfile } from "../../../src/targets/profile-order.ts";
import type { Doc, FileTarget, Section, Slot } from "../../../src/targets/target.ts";
import { ACCOUNT, DAY, HOUR, MINUTE, NOW, newChatGpt, newJwt, newLogin, newToken, pieceOf } from "./support.ts";

const ANTHROPIC: Slot = { provider: "anthropic", account: "default" };
const OPENAI: Slot = { provider: "openai", account: "default" };
const openclaw = openclawFile();

type Profiles = Record<string, Record<string, unknown>>;
const profilesOf = (doc: Doc): Profiles => doc["profiles"] as Profiles;
const bare = { full: false, now: NOW };
const full = { full: true, now: NOW };
const doc = (profiles: Profiles, more: object = {}): Doc => ({ version: 1, profiles, ...more });

/** What a program would find after our writing. */
const written = (target: FileTarget, before: Doc, slot: Slot, section: Section): Doc => {
  const text = target.print(target.set(before, slot, section));
  return target.parse(text) as Doc;
};
const read = (profile: object, slot: Slot, target: FileTarget = clawdbot) => {
  const id = `${slot.provider}:x`;
  const whole = doc({ [id]: profile as Profiles[string] });
  const at = { ...slot, account: "x" };
  const section = target.get(whole, at);
  return section && target.read(section, at, NOW);
};

describe("where the programs look", () => {
  test.each<[string, Record<string, string>, string]>([
    ["the home", {}, "/h/.clawdbot/agents/main/agent"],
    ["another state", { CLAWDBOT_STATE_DIR: "/s" }, "/s/agents/main/agent"],
    ["a state in the home", { CLAWDBOT_STATE_DIR: " ~/s " }, "/h/s/agents/main/agent"],
    ["an empty variable", { CLAWDBOT_STATE_DIR: " " }, "/h/.clawdbot/agents/main/agent"],
    ["an agent's folder", { CLAWDBOT_AGENT_DIR: "/a", PI_CODING_AGENT_DIR: "/p", CLAWDBOT_STATE_DIR: "/s" }, "/a"],
    ["pi's variable", { PI_CODING_AGENT_DIR: "/p", CLAWDBOT_STATE_DIR: "/s" }, "/p"],
    ["OpenClaw's variables are not its own", { OPENCLAW_STATE_DIR: "/s" }, "/h/.clawdbot/agents/main/agent"],
  ])("Clawdbot: %s", (_, env, folder) => {
    expect(clawdbot.path({ env, home: "/h" })).toBe(join(resolve(folder), "auth-profiles.json"));
  });

  test.each<[string, Record<string, string>, string]>([
    ["the home", {}, "/h/.openclaw"],
    ["another state", { OPENCLAW_STATE_DIR: "/s", OPENCLAW_HOME: "/o" }, "/s"],
    ["another home", { OPENCLAW_HOME: "/o" }, "/o/.openclaw"],
    ["an agent's folder does not matter", { OPENCLAW_AGENT_DIR: "/a", PI_CODING_AGENT_DIR: "/p" }, "/h/.openclaw"],
  ])("OpenClaw: %s", (_, env, state) => {
    const path = join(resolve(state), "agents", "main", "agent", "auth-profiles.json");
    expect(openclaw.path({ env, home: "/h" })).toBe(path);
  });

  test.each([
    [[".clawdbot"], ".clawdbot"],
    [[".clawdbot", ".openclaw"], ".openclaw"],
    [[], ".openclaw"],
  ])("OpenClaw beside the folders %j of the home", (present, folder) => {
    const target = openclawFile("openai", (path) => present.some((name) => path === join("/h", name)));
    expect(target.path({ env: {}, home: "/h" })).toContain(`${join("/h", folder)}/`);
  });

  test("the lock is theirs", () => {
    expect(clawdbot.locks?.("/h/auth-profiles.json")).toEqual([
      { path: "/h/auth-profiles.json.lock", staleMs: 30_000 },
    ]);
  });
});

describe("what is written", () => {
  const login = newLogin();
  const chatGpt = newChatGpt();

  test.each([
    [clawdbot, login, { type: "token", provider: "anthropic" }],
    [openclaw, login, { type: "token", provider: "anthropic" }],
    [clawdbot, chatGpt, { type: "token", provider: "openai-codex" }],
    [openclawFile("openai-codex"), chatGpt, { type: "token", provider: "openai-codex" }],
    [openclaw, chatGpt, { type: "token", provider: "openai" }],
  ])("the access token alone, without an end ($name)", (target, credential, profile) => {
    const { provider } = credential;
    const id = provider === "openai" ? "openai-codex:ci" : "anthropic:ci";
    const slot = { provider, account: "ci" };
    const whole = written(target, {}, slot, target.write(credential, bare));
    expect(whole).toEqual({
      version: 1,
      profiles: { [id]: { ...profile, token: credential.access?.reveal() } },
      ...((target === clawdbot || provider === "openai") && { order: { [profile.provider]: [id] } }),
    });
    expect(pieceOf(credential.refresh?.reveal() ?? "", JSON.stringify(whole))).toBeUndefined();
    expect(target.print(whole)).toMatch(/^\{\n {2}"version": 1,\n[^]*\n\}\n$/);
  });

  test("the whole login only if that is asked for, with its end as the programs note it", () => {
    const whole = written(clawdbot, {}, ANTHROPIC, clawdbot.write(login, full));
    expect(profilesOf(whole)["anthropic:default"]).toEqual({
      type: "oauth",
      provider: "anthropic",
      access: login.access?.reveal(),
      refresh: login.refresh?.reveal(),
      expires: (login.accessExpiresAt as number) - 5 * MINUTE,
    });
    const other = written(openclaw, {}, OPENAI, openclaw.write(chatGpt, full));
    expect(profilesOf(other)["openai-codex:default"]).toMatchObject({
      type: "oauth",
      provider: "openai",
      refresh: chatGpt.refresh?.reveal(),
      accountId: ACCOUNT,
    });
  });

  test("without a refresh token, nothing that a program would try to renew", () => {
    const { profile } = clawdbot.write({ ...login, refresh: undefined }, full);
    expect(profile).toMatchObject({ type: "token" });
  });
});

describe("what is read", () => {
  const token = newToken();
  const jwt = newJwt();

  test.each<[string, object, Slot, object | undefined]>([
    ["a token", { type: "token", provider: "anthropic", token }, ANTHROPIC, { kind: "setup-token" }],
    [
      "a key that is a token",
      { type: "api_key", provider: "anthropic", key: token },
      ANTHROPIC,
      { kind: "setup-token" },
    ],
    [
      "a token with an end soon",
      { type: "token", provider: "anthropic", token, expires: NOW + HOUR },
      ANTHROPIC,
      { kind: "access", accessExpiresAt: NOW + HOUR },
    ],
    [
      "a token with an end in a year",
      { type: "token", provider: "anthropic", token, expires: NOW + 360 * DAY },
      ANTHROPIC,
      { kind: "setup-token", accessExpiresAt: NOW + 360 * DAY },
    ],
    [
      "a login",
      { type: "oauth", provider: "anthropic", access: token, refresh: "r".repeat(20), expires: NOW },
      ANTHROPIC,
      { kind: "login", refresh: "r".repeat(20), accessExpiresAt: NOW + 5 * MINUTE },
    ],
    [
      "one of Claude Code's, as OpenClaw names it",
      { type: "oauth", provider: "claude-cli", access: token, refresh: "r", expires: NOW },
      ANTHROPIC,
      { kind: "login" },
    ],
    [
      "a ChatGPT token",
      { type: "token", provider: "openai", token: jwt },
      OPENAI,
      { kind: "access", provider: "openai", accountId: ACCOUNT, accessExpiresAt: NOW + 10 * DAY },
    ],
    [
      "a ChatGPT login",
      { type: "oauth", provider: "openai-codex", access: jwt, refresh: "r", expires: 1, idToken: "i" },
      OPENAI,
      { kind: "login", provider: "openai", idToken: "i", accessExpiresAt: NOW + 10 * DAY },
    ],
    ["a real key", { type: "api_key", provider: "anthropic", key: "sk-ant-api03-x" }, ANTHROPIC, undefined],
    ["a real key of OpenAI", { type: "api_key", provider: "openai", key: "sk-proj-x" }, OPENAI, undefined],
    ["no token", { type: "token", provider: "anthropic" }, ANTHROPIC, undefined],
    ["an unknown type", { type: "other", provider: "anthropic", token }, ANTHROPIC, undefined],
  ])("%s", (_, profile, slot, expected) => {
    const found = read(profile, slot);
    const shown = found && {
      ...found,
      access: found.access?.reveal(),
      refresh: found.refresh?.reveal(),
      idToken: found.idToken?.reveal(),
    };
    if (expected === undefined) expect(shown).toBeUndefined();
    else expect(shown).toMatchObject({ access: slot === OPENAI ? jwt : token, ...expected });
  });

  test("each login by its account, under every name of its provider", () => {
    const oauth = { type: "oauth", access: jwt, refresh: "r", expires: 1 };
    const whole = doc({
      "anthropic:default": { type: "token", provider: "anthropic", token },
      work: { type: "token", provider: "Anthropic ", token },
      "anthropic:claude-cli": { type: "oauth", provider: "claude-cli", access: token, refresh: "r", expires: 1 },
      "openai-codex:default": { ...oauth, provider: "openai-codex" },
      "openai:default": { ...oauth, provider: "openai" },
      "openai:me@example.com": { ...oauth, provider: "openai" },
      "openai:key": { type: "api_key", provider: "openai", key: "sk-proj-x" },
      "xai:default": { type: "oauth", provider: "xai", access: "a", refresh: "r", expires: 1 },
      broken: { provider: 1 },
    });
    const slots = clawdbot.slots(whole);
    expect(slots).toEqual([
      ANTHROPIC,
      { provider: "anthropic", account: "work" },
      { provider: "anthropic", account: "claude-cli" },
      OPENAI,
      { provider: "openai", account: "openai:default" },
      { provider: "openai", account: "me@example.com" },
    ]);
    for (const slot of slots) {
      const section = clawdbot.get(whole, slot) as Section;
      expect(clawdbot.read(section, slot, NOW)?.provider).toBe(slot.provider);
    }
  });

  test.each(["", "{", "[]", "7", "\uFEFF{}"])("nothing in %j, which the programs cannot read either", (text) => {
    expect(clawdbot.parse(text)).toBeUndefined();
  });

  test.each([{}, { profiles: null }, { profiles: [] }, { profiles: { a: null, b: "text", c: [] } }])(
    "no login in %j",
    (whole) => {
      expect(clawdbot.slots(whole)).toEqual([]);
      expect(clawdbot.get(whole, ANTHROPIC)).toBeUndefined();
    },
  );
});

test.each([
  // The login in Codex's file would be made a profile of the first name, and preferred.
  ["openai", "default", undefined],
  ["openai", "work", ["openai-codex:work"]],
  ["anthropic", "default", undefined],
  ["anthropic", "work", undefined],
] as const)("OpenClaw with a login of %s, account %s: the list %j", (provider, account, list) => {
  const credential = provider === "openai" ? newChatGpt() : newLogin();
  for (const target of [openclawFile("openai-codex"), openclawFile("openai")]) {
    const section = target.write(credential, { full: false, now: NOW });
    const name = (section["profile"] as { provider: string }).provider;
    const order = target.set({}, { provider, account }, section)["order"];
    expect(order).toEqual(list && { [name]: list });
  }
});

describe("other logins", () => {
  const login = newLogin();
  const mine = { type: "oauth", provider: "anthropic", access: "a", refresh: "r", expires: 1 };
  const ours = "anthropic:default";

  test.each<[string, FileTarget, object, object | undefined]>([
    ["Clawdbot is told to use ours alone", clawdbot, {}, { anthropic: [ours] }],
    ["so is OpenClaw", openclaw, {}, { anthropic: [ours] }],
    [
      "a list keeps what it has",
      clawdbot,
      { order: { anthropic: ["x"], xai: ["y"] } },
      { anthropic: [ours, "x"], xai: ["y"] },
    ],
    ["a list that names ours stays", clawdbot, { order: { anthropic: ["x", ours] } }, { anthropic: ["x", ours] }],
    ["a list by another spelling", clawdbot, { order: { " Anthropic": ["x"] } }, { " Anthropic": [ours, "x"] }],
    ["an empty list", clawdbot, { order: { anthropic: [] } }, { anthropic: [ours] }],
  ])("%s", (_, target, more, order) => {
    const before = doc({ "anthropic:mine": mine }, more);
    expect(written(target, before, ANTHROPIC, target.write(login, bare))["order"]).toEqual(order);
  });

  test("OpenClaw gets no list where ours is the only one of its provider", () => {
    const before = doc({ "xai:default": { type: "api_key", provider: "xai", key: "k" } });
    expect(written(openclaw, before, ANTHROPIC, openclaw.write(login, bare))).not.toHaveProperty("order");
  });

  test("a login that stands under another name is replaced, not doubled", () => {
    const user = { type: "oauth", provider: "openai", access: newJwt(), refresh: "r", expires: 1 };
    const whole = written(openclaw, doc({ "openai:default": user }), OPENAI, openclaw.write(newChatGpt(), bare));
    expect(Object.keys(profilesOf(whole))).toEqual(["openai:default"]);
  });

  test("an API key of the same provider is not", () => {
    const user = { type: "api_key", provider: "openai", key: "sk-proj-x" };
    const whole = written(openclaw, doc({ "openai:default": user }), OPENAI, openclaw.write(newChatGpt(), bare));
    expect(profilesOf(whole)).toMatchObject({ "openai:default": user, "openai-codex:default": { type: "token" } });
    expect(whole["order"]).toEqual({ openai: ["openai-codex:default"] });
  });

  test("marks of an earlier token under our name go, as they would put it last", () => {
    const usageStats = { [ours]: { cooldownUntil: NOW }, "anthropic:mine": { lastUsed: 1 } };
    const before = doc({ "anthropic:mine": mine }, { usageStats });
    const whole = written(clawdbot, before, ANTHROPIC, clawdbot.write(login, bare));
    expect(whole["usageStats"]).toEqual({ "anthropic:mine": { lastUsed: 1 } });
  });

  test("removed, ours leaves no trace, also none of what the program noted of it", () => {
    const before = doc(
      { "anthropic:mine": mine },
      { order: { xai: ["x"] }, lastGood: { anthropic: "anthropic:mine" } },
    );
    const during = written(clawdbot, before, ANTHROPIC, clawdbot.write(login, bare));
    const after = { ...during, lastGood: { anthropic: ours }, usageStats: { [ours]: { lastUsed: 1 } } };
    const { lastGood: _program, ...rest } = before;
    expect(clawdbot.set(after, ANTHROPIC, undefined)).toEqual(rest);
  });

  const order: fc.Arbitrary<unknown> = fc.option(
    fc.dictionary(
      fc.constantFrom("anthropic", "openai-codex", "xai"),
      fc.array(fc.constantFrom(ours, "b", "c"), { minLength: 1 }),
      { minKeys: 1 },
    ),
    { nil: undefined },
  );
  const id = fc.constantFrom(ours, "anthropic:mine", "xai:default", "openai-codex:default");
  const profile = fc.constantFrom(
    mine,
    { type: "api_key", provider: "xai", key: "k" },
    { type: "token", provider: "anthropic", token: newToken() },
  );

  test.each([clawdbot, openclaw])("put back, the file is as it was ($name)", (target) => {
    const sound = fc
      .record({ version: fc.constantFrom(1, 2), unknown: fc.jsonValue(), profiles: fc.dictionary(id, profile), order })
      .map(
        ({ order: lists, ...rest }) =>
          JSON.parse(JSON.stringify({ ...rest, ...(lists !== undefined && { order: lists }) })) as Doc,
      );
    fc.assert(
      fc.property(sound, fc.boolean(), (before, whole) => {
        const during = written(target, before, ANTHROPIC, target.write(login, { full: whole, now: NOW }));
        expect(profilesOf(during)).toMatchObject(withoutProfile(before, ours, true)["profiles"] as object);
        expect(during["unknown"]).toEqual(before["unknown"]);
        const section = target.get(before, ANTHROPIC);
        const after = target.set(during, ANTHROPIC, section);
        // A list that named ours before it was there loses it: nothing else is lost.
        expect(after).toEqual(section ? before : withoutProfile(before, ours, true));
      }),
    );
  });

  test("a list that somebody else has changed meanwhile stays", () => {
    const before = doc({ [ours]: mine, "anthropic:mine": mine });
    const during = written(clawdbot, before, ANTHROPIC, clawdbot.write(login, bare));
    const changed = { ...during, order: { anthropic: ["anthropic:mine", ours] } };
    expect(clawdbot.set(changed, ANTHROPIC, clawdbot.get(before, ANTHROPIC))["order"]).toEqual(changed.order);
  });
});

describe("why a program would not use it", () => {
  const where = { env: {}, home: "/h" };
  const path = clawdbot.path(where);
  const file = { type: "token", provider: "anthropic", token: newToken() };
  const shadows = (store: object, settings: object | string, slot?: Slot, env: Record<string, string> = {}) => {
    const files: Record<string, string> = {
      [path]: JSON.stringify(store),
      "/h/.clawdbot/clawdbot.json": typeof settings === "string" ? settings : JSON.stringify(settings),
    };
    return clawdbot.shadows?.({ ...where, env }, (name) => files[name], path, slot) ?? [];
  };
  const ours = { "anthropic:default": file };
  const configured = (mode: string, provider = "anthropic") => ({
    auth: { profiles: { "anthropic:default": { provider, mode } } },
  });

  test.each<[string, object, object | string]>([
    ["nothing is said", doc(ours), {}],
    ["settings that cannot be read", doc(ours), "{ // comment\n}"],
    [
      "it is named",
      doc(ours, { order: { anthropic: ["anthropic:default"] } }),
      { auth: { order: { anthropic: ["x"] } } },
    ],
    ["those before it are not there", doc(ours, { order: { anthropic: ["x", "anthropic:default"] } }), {}],
    ["of the same kind", doc(ours), configured("token")],
    ["of a kind that goes with it", doc(ours), configured("oauth")],
  ])("no reason: %s", (_, store, settings) => {
    expect(shadows(store, settings)).toEqual([]);
  });

  test.each<[string, object, object, RegExp]>([
    [
      "settings name others in a list",
      doc(ours),
      { auth: { order: { anthropic: ["x"] } } },
      /does not use.*auth\.order/,
    ],
    [
      "settings name others",
      doc(ours),
      { auth: { profiles: { "anthropic:x": { provider: "anthropic", mode: "oauth" } } } },
      /does not use.*auth\.profiles/,
    ],
    [
      "another comes first",
      doc({ ...ours, x: file }, { order: { anthropic: ["x", "anthropic:default"] } }),
      {},
      /prefers its profile x to anthropic:default/,
    ],
    ["another kind", doc(ours), configured("api_key"), /another kind of login.*auth\.profiles\.anthropic:default/],
    ["another provider", doc(ours), configured("token", "xai"), /another kind of login/],
  ])("%s", (_, store, settings, reason) => {
    expect(shadows(store, settings, ANTHROPIC)).toEqual([expect.stringMatching(reason)]);
  });

  test("only the login that is meant is spoken of", () => {
    const store = doc({ ...ours, "anthropic:x": file }, { order: { anthropic: ["anthropic:default"] } });
    expect(shadows(store, {}, ANTHROPIC)).toEqual([]);
    expect(shadows(store, {}, { provider: "anthropic", account: "x" })).toHaveLength(1);
    expect(shadows(doc({}), {}, ANTHROPIC)).toEqual([]);
  });

  test("a variable names another folder", () => {
    const env = { CLAWDBOT_STATE_DIR: "/s" };
    expect(shadows(doc(ours), {}, ANTHROPIC, env)).toEqual([expect.stringContaining("/s/agents/main/agent")]);
  });

  test("Clawdbot reads two folders", () => {
    const elsewhere = { env: { CLAWDBOT_AGENT_DIR: "/a" }, home: "/h" };
    const files = { "/a/auth-profiles.json": JSON.stringify(doc(ours)), [path]: JSON.stringify(doc(ours)) };
    const found = (present: Record<string, string>) =>
      clawdbot.shadows?.(elsewhere, (name) => present[name], "/a/auth-profiles.json", ANTHROPIC);
    expect(found(files)).toEqual([expect.stringContaining(path)]);
    expect(found({ ...files, [path]: JSON.stringify(doc({})) })).toEqual([]);
  });
});
