/** The main step from the stored credential to its end, and the post step after it, in a world without a network. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readCapsule } from "../../../src/capsule-open.ts";
import type { Credential } from "../../../src/credential/credential.ts";
import { openEnvelope, sealEnvelope } from "../../../src/credential/envelope.ts";
import { finish } from "../../../src/post/finish.ts";
import { storedLocation } from "../../../src/rotation/location.ts";
import { run } from "../../../src/run.ts";
import { Secret } from "../../../src/secret.ts";
import { LOCATION } from "./fake-store.ts";
import { fakeNet, type Net, TOKEN_URL } from "./fake-net.ts";
import {
  ACCOUNT,
  answer,
  DAY,
  GITHUB,
  HOUR,
  inputEnv,
  MINUTE,
  newChatGpt,
  newJwt,
  newLogin,
  newOpenaiRefresh,
  newToken,
  NOW,
  pieceOf,
  SECOND,
  tempFolder,
} from "./support.ts";

const STORE = { "rotate-to": "LOGIN", "secrets-token": "github_pat_x" };

interface Job {
  net: Net;
  login: Credential;
  root: string;
  file: string;
  main(): Promise<number>;
  /** Runs post with what main saved, in a process of its own. */
  post(before?: (net: Net) => void): Promise<Net>;
}

async function job(
  settings: Record<string, string> = {},
  change: Partial<Credential> = {},
  raw?: string,
): Promise<Job> {
  const root = tempFolder();
  for (const name of ["home", "temp"]) mkdirSync(join(root, name));
  const login = newLogin({ accessExpiresAt: NOW + 10 * MINUTE, ...change });
  const envelope = sealEnvelope(login, { savedAt: NOW - HOUR, location: storedLocation(LOCATION), probe: undefined });
  const env = {
    ...GITHUB,
    HOME: join(root, "home"),
    RUNNER_TEMP: join(root, "temp"),
    ...inputEnv({ credential: raw ?? envelope, "token-url": TOKEN_URL, ...STORE, ...settings }),
  };
  const net = await fakeNet(env);
  if (login.refresh) net.alive.add(login.refresh.reveal());
  return {
    net,
    login,
    root,
    file: join(root, "home/.claude/.credentials.json"),
    main: () => run(net.world),
    async post(before = () => {}) {
      const state = Object.fromEntries(
        Object.entries(net.world.recorded.state).map(([name, value]) => [`STATE_${name}`, value]),
      );
      const next = await fakeNet({ ...env, ...state }, net.world.now());
      Object.assign(next, { secret: net.secret, updatedAt: net.updatedAt });
      before(next);
      await finish(next.world);
      return next;
    },
  };
}

const accessIn = (file: string) =>
  (JSON.parse(readFileSync(file, "utf8")) as { claudeAiOauth: { accessToken: string; refreshToken: string | null } })
    .claudeAiOauth;
const errors = ({ world }: Net) =>
  world.recorded.events.filter(({ kind }) => kind === "error").map(({ args }) => args[1]);

describe("no network at all", () => {
  test.each<[string, Record<string, string>, Partial<Credential>]>([
    ["a login that lives long enough", {}, { accessExpiresAt: NOW + 61 * MINUTE }],
    ["a login, refresh never", { refresh: "never" }, {}],
    [
      "a login without a place, good enough",
      { "rotate-to": "", "secrets-token": "" },
      { accessExpiresAt: NOW + 2 * HOUR },
    ],
    ["a setup token", {}, { kind: "setup-token", refresh: undefined, accessExpiresAt: undefined }],
    ["an access token", {}, { kind: "access", refresh: undefined, accessExpiresAt: NOW + MINUTE }],
    [
      "a setup token, refresh always",
      { refresh: "always" },
      { kind: "setup-token", refresh: undefined, accessExpiresAt: undefined },
    ],
  ])("%s: used as it is", async (_, settings, change) => {
    const { net, main, file, login } = await job(settings, change);
    expect(await main()).toBe(0);
    expect(net.calls).toEqual([]);
    expect(accessIn(file)).toMatchObject({ accessToken: login.access?.reveal(), refreshToken: null });
    expect(net.world.recorded.outputs).toMatchObject({
      available: "true",
      source: "secret",
      refreshed: "false",
      rotated: "false",
    });
  });

  test.each<[string, Record<string, string>, Partial<Credential>, string]>([
    ["a login without a place", { "rotate-to": "", "secrets-token": "" }, {}, "nowhere-to-store"],
    ["an ended login, refresh never", { refresh: "never" }, { accessExpiresAt: NOW + 4 * MINUTE }, "credential-ended"],
    ["a login without an access token, refresh never", { refresh: "never" }, { access: undefined }, "credential-ended"],
    ["an ended setup token", {}, { kind: "setup-token", refresh: undefined, accessExpiresAt: NOW }, "credential-ended"],
    [
      "an ended access token",
      {},
      { kind: "access", refresh: undefined, accessExpiresAt: NOW - SECOND },
      "credential-ended",
    ],
  ])("%s: an error, and nothing left on the disk", async (_, settings, change, code) => {
    const { net, main, root } = await job(settings, change);
    const before = readdirSync(root, { recursive: true });
    expect(await main()).toBe(1);
    expect(errors(net)).toEqual([`oauth-creds: ${code}`]);
    expect(net.calls).toEqual([]);
    expect(readdirSync(root, { recursive: true })).toEqual(before);
  });
});

describe("a ledger's copy in a job without its key", () => {
  const shared = { place: "p", lineage: "l", sealed: newToken("ort") };
  const copy = { refresh: undefined, shared, accessExpiresAt: NOW + 2 * HOUR };
  const NO_PLACE = { "rotate-to": "", "secrets-token": "" };

  test("is used as it is, with no call", async () => {
    const { net, main, file, login } = await job(NO_PLACE, copy);
    expect(await main()).toBe(0);
    expect(net.calls).toEqual([]);
    expect(accessIn(file).accessToken).toBe(login.access?.reveal());
  });

  test("with `validate: online` is shown to its provider, and not used if that does not take it", async () => {
    const good = await job({ ...NO_PLACE, validate: "online" }, copy);
    good.net.faults["GET profile"] = [answer(200, { organization: {} })];
    expect(await good.main()).toBe(0);
    expect(good.net.calls).toEqual(["GET profile"]);

    const bad = await job({ ...NO_PLACE, validate: "online" }, copy);
    bad.net.faults["GET profile"] = [answer(401, { type: "error", error: { type: "authentication_error" } })];
    expect(await bad.main()).toBe(1);
    expect(errors(bad.net)).toEqual(["oauth-creds: token-refused"]);
    expect(existsSync(bad.file)).toBe(false);
  });

  test.each<[string, Record<string, string>]>([
    ["refresh: always", { refresh: "always" }],
    ["write-refresh-token: true", { "write-refresh-token": "true" }],
  ])("cannot do what `%s` asks for, and says so before anything else", async (setting, settings) => {
    for (const accessExpiresAt of [NOW + 2 * HOUR, NOW - HOUR]) {
      const { net, main, file } = await job(settings, { ...copy, accessExpiresAt });
      expect(await main()).toBe(1);
      expect(errors(net)).toEqual(["oauth-creds: input-invalid"]);
      const [said = ""] = net.world.recorded.of("error");
      expect(said).toContain(`\`${setting}\``);
      expect(said).toContain("root key");
      expect(net.calls).toEqual([]);
      expect(existsSync(file)).toBe(false);
    }
  });

  test("whose token has ended: told who can renew it", async () => {
    const { net, main } = await job(NO_PLACE, { ...copy, accessExpiresAt: NOW + 4 * MINUTE });
    expect(await main()).toBe(1);
    expect(errors(net)).toEqual(["oauth-creds: credential-ended"]);
    expect(net.world.recorded.of("error").join()).toContain("ledger-key");
  });
});

describe("a renewal", () => {
  test("is proved before, sealed and masked at once, stored, and then given out", async () => {
    const { net, main, file, login } = await job();
    const at: Record<string, { capsule: string; masks: string[]; file: boolean }> = {};
    net.onCall = (call) => {
      const { state, masks } = net.world.recorded;
      const path = state["capsule"] ?? "";
      const key = new Secret(net.world.env["INPUT_CREDENTIAL"] ?? "");
      at[call] ??= {
        capsule: (path && readCapsule(net.world, key, path)) ?? "",
        masks: [...masks],
        file: existsSync(file),
      };
    };
    expect(await main()).toBe(0);
    const order = ["PUT OAUTH_CREDS_PROBE_LOGIN", "POST token", "PUT LOGIN"].map((call) => net.calls.indexOf(call));
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(Math.min(...order)).toBeGreaterThanOrEqual(0);
    const next = net.stored() ?? "";
    expect([...net.alive]).toEqual([next]);
    expect(net.spent).toEqual([login.refresh?.reveal()]);
    const { access } = openEnvelope(net.secret ?? "").credential;
    const stored = at["PUT LOGIN"];
    expect(openEnvelope(stored?.capsule ?? "").credential.refresh?.reveal()).toBe(next);
    expect(stored?.masks).toEqual(expect.arrayContaining([next, access?.reveal()]));
    expect(stored?.file).toBe(false);
    expect(accessIn(file)).toMatchObject({ accessToken: access?.reveal(), refreshToken: null });
    expect(net.world.recorded.outputs).toMatchObject({
      refreshed: "true",
      rotated: "true",
      source: "refreshed",
      generation: "1",
    });
    for (const token of [next, access?.reveal() ?? "", login.refresh?.reveal() ?? ""]) {
      expect(pieceOf(token, net.world.recorded.text())).toBeUndefined();
    }
  });

  test("keeps what the provider leaves out, and never moves the login's end away", async () => {
    const { net, main } = await job(
      {},
      { generation: 4, clientId: "c", loginExpiresAt: NOW + DAY, other: { rateLimitTier: "t" } },
    );
    net.faults["POST token"] = [
      answer(200, { access_token: newToken("oat"), expires_in: 60, refresh_token_expires_in: 9e6 }),
    ];
    expect(await main()).toBe(0);
    expect(openEnvelope(net.secret ?? "").credential).toMatchObject({
      generation: 5,
      clientId: "c",
      loginExpiresAt: NOW + DAY,
      scopes: ["user:inference", "user:profile"],
      plan: "max",
      other: { rateLimitTier: "t" },
    });
    expect([...net.alive]).toEqual([net.stored()]);
  });

  test("an end beyond all dates does not lose the login", async () => {
    const { net, main } = await job();
    const [access, refresh] = [newToken("oat"), newToken("ort")];
    net.faults["POST token"] = [answer(200, { access_token: access, refresh_token: refresh, expires_in: 1e15 })];
    expect(await main()).toBe(0);
    expect(net.stored()).toBe(refresh);
  });

  test.each<[string, Record<string, string>, (net: Net) => void, string]>([
    ["the secret is newer", {}, (net) => void (net.updatedAt = NOW), "snapshot-stale"],
    ["there is no such secret", {}, (net) => void (net.updatedAt = undefined), "secret-not-found"],
    [
      "it may not be written",
      {},
      (net) => void (net.faults["PUT OAUTH_CREDS_PROBE_LOGIN"] = [answer(403, {})]),
      "secret-forbidden",
    ],
    [
      "the provider cannot be reached",
      {},
      (net) => void (net.faults["POST token"] = ["unsent", "unsent", "unsent"]),
      "provider-unreachable",
    ],
    ["it throttles", {}, (net) => void (net.faults["POST token"] = [answer(429, {})]), "throttled"],
  ])("%s: nothing is spent, and a job whose token still lives goes on with it", async (_, settings, fault, code) => {
    const usable = await job(settings);
    fault(usable.net);
    expect(await usable.main()).toBe(0);
    expect(usable.net.world.recorded.of("warning").join()).toContain(`[${code}]`);
    expect(accessIn(usable.file).accessToken).toBe(usable.login.access?.reveal());
    expect(usable.net.world.recorded.outputs).toMatchObject({ refreshed: "false", rotated: "false" });

    const others: [Record<string, string>, Partial<Credential>][] = [
      [{}, { accessExpiresAt: NOW + 4 * MINUTE }],
      [{ refresh: "always" }, {}],
      [{ "write-refresh-token": "true" }, {}],
    ];
    for (const [more, change] of others) {
      const { net, main, file } = await job({ ...settings, ...more }, change);
      fault(net);
      expect(await main()).toBe(1);
      expect(errors(net)).toEqual([`oauth-creds: ${code}`]);
      expect(net.spent).toEqual([]);
      expect(existsSync(file)).toBe(false);
    }
  });

  test("refused by the provider: an error, though the token still lives, and no capsule is left", async () => {
    const { net, main, root } = await job();
    net.alive.clear();
    expect(await main()).toBe(1);
    expect(errors(net)).toEqual(["oauth-creds: login-refused"]);
    expect(readdirSync(join(root, "temp"))).toEqual([]);
  });

  test("after an unclear answer and no connection, a job does not go on as if nothing had been sent", async () => {
    const { net, main } = await job();
    net.faults["POST token"] = ["cut", "unsent", "unsent", "unsent"];
    expect(await main()).toBe(1);
    expect(errors(net)).not.toEqual(["oauth-creds: provider-unreachable"]);
  });

  test("a missing folder for the capsule is found before anything is sent", async () => {
    const { net, main } = await job();
    Object.assign(net.world.env, { RUNNER_TEMP: `${net.world.env["RUNNER_TEMP"]}/missing` });
    expect(await main()).toBe(1);
    expect(net.spent).toEqual([]);
    expect(errors(net)).toEqual(["oauth-creds: file-failed"]);
  });

  test("not stored for lack of a place, where the user allows it: given out all the same", async () => {
    const { net, main } = await job({ "rotate-to": "", "secrets-token": "", "allow-unstored-refresh": "true" });
    expect(await main()).toBe(0);
    expect(net.calls).toEqual(["POST token"]);
    expect(net.world.recorded.outputs).toMatchObject({ refreshed: "true", rotated: "false" });
  });
});

describe("a login that another program wrote", () => {
  const predecessor = new Secret(newToken("ort"));

  test("works: the one before it is forgotten", async () => {
    const { net, main, login } = await job({}, { predecessor });
    expect(await main()).toBe(0);
    expect(net.spent).toEqual([login.refresh?.reveal()]);
    expect(openEnvelope(net.secret ?? "").credential.predecessor).toBeUndefined();
  });

  test("does not work: the one before it is tried", async () => {
    const { net, main, login } = await job({}, { predecessor });
    net.alive.clear();
    net.alive.add(predecessor.reveal());
    expect(await main()).toBe(0);
    expect(net.spent).toEqual([login.refresh?.reveal(), predecessor.reveal()]);
    expect([...net.alive]).toEqual([net.stored()]);
  });

  test.each<[string, (net: Net) => void, sends: number]>([
    ["on hold", (net) => void (net.faults["POST token"] = [answer(400, { error: "access_denied" })]), 1],
    ["no clear answer, and then refused", (net) => void (net.faults["POST token"] = ["cut"]), 2],
    [
      "the end of the login",
      (net) =>
        void (net.faults["POST token"] = [
          answer(400, { error: "invalid_grant", error_description: "Refresh token expired" }),
        ]),
      1,
    ],
  ])("%s: the one before it is not touched", async (_, fault, sends) => {
    const { net, main } = await job({}, { predecessor });
    fault(net);
    expect(await main()).toBe(1);
    expect(net.calls.filter((call) => call === "POST token")).toHaveLength(sends);
    expect(net.spent).not.toContain(predecessor.reveal());
  });
});

describe("the runner asks us to stop", () => {
  test("during the request: it is finished and stored, and then told", async () => {
    const { net, main, file } = await job();
    net.onCall = (call) => void (call === "POST token" && net.world.signal());
    expect(await main()).toBe(1);
    expect(errors(net)).toEqual(["oauth-creds: cancelled"]);
    expect([...net.alive]).toEqual([net.stored()]);
    expect(existsSync(file)).toBe(false);
  });

  test.each<[string, (net: Net) => void, RegExp]>([
    [
      "wrote the secret",
      (net) => void (net.updatedAt = net.world.now() + MINUTE),
      /not stored.* written by somebody else/,
    ],
    ["deleted the secret", (net) => void (net.updatedAt = undefined), /not stored.* deleted/],
  ])("while somebody else %s: neither stored nor left to post, and told so", async (_, change, words) => {
    const { net, main, post } = await job();
    net.onCall = (call) => {
      if (call !== "POST token") return;
      change(net);
      net.world.signal();
    };
    expect(await main()).toBe(1);
    expect(errors(net)).toEqual(["oauth-creds: cancelled"]);
    const [said = ""] = net.world.recorded.of("error");
    expect(said).toMatch(words);
    expect(said).not.toContain("post step");
    expect((await post()).calls).toEqual([]);
  });

  test("before anything is sent: nothing was spent, and it says so", async () => {
    const { net, main } = await job();
    net.onCall = (call) => void (call === "PUT OAUTH_CREDS_PROBE_LOGIN" && net.world.signal());
    net.faults["POST token"] = ["unsent"];
    expect(await main()).toBe(1);
    expect(errors(net)).toEqual(["oauth-creds: cancelled"]);
    expect(net.world.recorded.of("error").join()).toContain("nothing was spent");
    expect(net.spent).toEqual([]);
  });

  test("and a fault of our own follows on the answer: it does not say that nothing was spent", async () => {
    const { net, main, login } = await job();
    net.onCall = (call) => {
      if (call !== "POST token") return;
      net.world.signal();
      net.world.runner.mask = () => {
        throw new TypeError("x");
      };
    };
    expect(await main()).toBe(1);
    expect(net.spent).toEqual([login.refresh?.reveal()]);
    expect(errors(net)).toEqual(["oauth-creds: unexpected"]);
    expect(net.world.recorded.of("error").join()).not.toContain("nothing was spent");
  });

  test("while storing fails: it ends within the seconds that the runner leaves, and post stores it", async () => {
    const { net, main, post, root } = await job();
    net.faults["PUT LOGIN"] = Array.from({ length: 99 }, () => answer(500, ""));
    let asked = 0;
    net.onCall = (call) => {
      if (call === "PUT LOGIN" && asked === 0) {
        asked = net.world.now();
        net.world.signal();
      }
    };
    expect(await main()).toBe(1);
    expect(net.world.now() - asked).toBeLessThanOrEqual(7 * SECOND);
    expect(errors(net)).toEqual(["oauth-creds: cancelled"]);
    expect(net.world.recorded.of("error").join()).toContain("is left to the post step to store");
    const after = await post();
    expect([...net.alive]).toEqual([after.stored()]);
    expect(readdirSync(join(root, "temp"))).toEqual([]);
  });
});

describe("post", () => {
  test("stores what main could not, and cleans up", async () => {
    const { net, main, post, root } = await job();
    const before = readdirSync(root, { recursive: true });
    net.faults["PUT LOGIN"] = Array.from({ length: 99 }, () => answer(500, ""));
    expect(await main()).toBe(0);
    expect(errors(net)).toEqual(["oauth-creds: could-not-store"]);
    expect(net.world.recorded.outputs).toMatchObject({ refreshed: "true", rotated: "false" });
    const after = await post();
    expect([...net.alive]).toEqual([after.stored()]);
    expect(after.spent).toEqual([]);
    expect(readdirSync(root, { recursive: true })).toEqual(before);
  });

  test.each([
    ["with a key for a copy", new Secret("k".repeat(43)), /A sealed recovery copy .* `oauth-creds recover`/],
    ["without one", undefined, /carries no key for a recovery copy: should this machine go/],
  ])("speaks of no summary where there is none, and once (a login %s)", async (_, recovery, words) => {
    const { net, main, post } = await job({}, { recovery });
    const refused = () => Array.from({ length: 99 }, () => answer(403, {}));
    net.faults["PUT LOGIN"] = refused();
    await main();
    const after = await post((next) => void (next.faults["PUT LOGIN"] = refused()));
    const said = [net, after].flatMap(({ world }) => world.recorded.of("warning")).filter((text) => words.test(text));
    expect(said).toHaveLength(1);
    expect([net, after].map(({ world }) => world.recorded.of("summary").join()).join()).not.toContain("ocrec1.");
    expect([net, after].map(({ world }) => world.recorded.text()).join()).not.toContain("job summary");
    expect(said[0]?.includes("\nocrec1.")).toBe(recovery !== undefined);
  });

  test("writes nothing where main has stored it", async () => {
    const { main, post, root } = await job();
    const before = readdirSync(root, { recursive: true });
    expect(await main()).toBe(0);
    expect((await post()).calls).toEqual([]);
    expect(readdirSync(root, { recursive: true })).toEqual(before);
  });

  test("does not overwrite a login that a person stored while the job ran", async () => {
    const { net, main, post } = await job();
    net.faults["PUT LOGIN"] = Array.from({ length: 99 }, () => answer(500, ""));
    await main();
    const after = await post((next) => Object.assign(next, { secret: undefined, updatedAt: next.world.now() }));
    expect(after.secret).toBeUndefined();
    expect(after.world.recorded.of("warning").join()).toContain("by this job's main step or by somebody else");
  });

  test("takes over what the job's program renewed, and keeps the one before beside it", async () => {
    const { net, main, post, file } = await job({ "write-refresh-token": "true" }, { accessExpiresAt: NOW + 2 * HOUR });
    expect(await main()).toBe(0);
    expect(net.spent).toEqual([]);
    const [accessToken, refreshToken] = [newToken("oat"), newToken("ort")];
    const oauth = { ...accessIn(file), accessToken, refreshToken, expiresAt: NOW + 9 * HOUR };
    writeFileSync(file, JSON.stringify({ claudeAiOauth: oauth }));
    const after = await post();
    const { credential } = openEnvelope(after.secret ?? "");
    expect([credential.access?.reveal(), credential.refresh?.reveal()]).toEqual([accessToken, refreshToken]);
    expect(credential.predecessor?.reveal()).toBe(oauthBefore(net));
    expect(after.world.recorded.masks).toEqual(expect.arrayContaining([accessToken, refreshToken]));
    expect(existsSync(file)).toBe(false);
  });
  const oauthBefore = (net: Net) => [...net.alive][0];

  /** The job's program, which goes on while post is at work, renews once more. Gives what it got. */
  function renewIn(file: string, ends: number) {
    const [accessToken, refreshToken] = [newToken("oat"), newToken("ort")];
    const oauth = { ...accessIn(file), accessToken, refreshToken, expiresAt: ends };
    writeFileSync(file, JSON.stringify({ claudeAiOauth: oauth }));
    return { accessToken, refreshToken };
  }

  /** Main hands the login out, the program renews it, and once more at each of these calls of post. */
  async function renewedMeanwhile(call: string, times: number, before: (net: Net) => void = () => {}) {
    const { main, post, file } = await job({ "write-refresh-token": "true" }, { accessExpiresAt: NOW + 2 * HOUR });
    await main();
    const made = [renewIn(file, NOW + 9 * HOUR)];
    const after = await post((next) => {
      next.onCall = (now) => {
        if (now === call && made.length <= times) made.push(renewIn(file, NOW + (9 + made.length) * HOUR));
      };
      before(next);
    });
    return { after, file, made, puts: after.calls.filter((one) => one === "PUT LOGIN").length };
  }

  test("takes over what the program renewed once more while post stored the one before, and removes its file then", async () => {
    const { after, file, made, puts } = await renewedMeanwhile("PUT LOGIN", 1);
    expect([after.stored(), puts]).toEqual([made[1]?.refreshToken, 2]);
    const { credential } = openEnvelope(after.secret ?? "");
    expect(credential).toMatchObject({ generation: 2 });
    expect(credential.predecessor?.reveal()).toBe(made[0]?.refreshToken);
    expect(credential.recovery).toBeDefined();
    expect(after.world.recorded.masks).toEqual(expect.arrayContaining(Object.values(made[1] ?? {})));
    expect(existsSync(file)).toBe(false);
  });

  /** What stands in the secret now was written so late that a job with the other copy knows it for an old one. */
  const expectApart = ({ updatedAt = 0 }: Net, copy: string | undefined) =>
    expect(Math.floor(updatedAt / SECOND) * SECOND - (openEnvelope(copy ?? "").stored?.savedAt ?? 0)).toBeGreaterThan(
      10 * SECOND,
    );

  test("of two that were renewed right after one another, stores the second so much later that the times tell", async () => {
    let between: string | undefined;
    const { after } = await renewedMeanwhile("PUT LOGIN", 1, (net) => {
      const { onCall } = net;
      net.onCall = (call) => {
        if (call === "PUT LOGIN") between = net.secret;
        onCall(call);
      };
    });
    expectApart(after, between);
  });

  test.each([false, true])(
    "what the program renewed right after main had: so, too, if it was not told to stop (%s)",
    async (stop) => {
      const { net, main, post, file } = await job({ "write-refresh-token": "true" });
      await main();
      const { refreshToken } = renewIn(file, NOW + 9 * HOUR);
      const after = await post((next) => void (stop && next.world.signal()));
      expect(after.stored()).toBe(refreshToken);
      if (!stop) return expectApart(after, net.secret);
      expect(after.world.pauses).toEqual([]);
    },
  );

  test("does so once: a program that renews again and again keeps the last in its file, and that is said", async () => {
    const { after, file, made, puts } = await renewedMeanwhile("PUT LOGIN", 9);
    expect(made).toHaveLength(3);
    expect([after.stored(), puts]).toEqual([made[1]?.refreshToken, 2]);
    expect(accessIn(file)).toMatchObject({ refreshToken: made[2]?.refreshToken });
    expect(after.world.recorded.of("log").join()).toContain("somebody else has written a login there since");
  });

  test("does not put it over a login that a person has stored meanwhile", async () => {
    const { after, made, puts } = await renewedMeanwhile("PUT LOGIN", 1, (net) => {
      const { onCall } = net;
      net.onCall = (call) => {
        onCall(call);
        // After post has seen its own write.
        if (call !== "GET LOGIN" || net.stored() === undefined || net.calls.filter((one) => one === call).length < 3)
          return;
        Object.assign(net, { secret: undefined, updatedAt: net.world.now() + 60 * SECOND });
      };
    });
    expect(made).toHaveLength(2);
    expect([after.secret, puts]).toEqual([undefined, 1]);
    expect(after.world.recorded.of("warning").join()).toMatch(/was not stored: .* by somebody else/);
  });

  test("says so where it is not known what the secret holds: the file is left with the only copy", async () => {
    const { after, file, made, puts } = await renewedMeanwhile("PUT LOGIN", 1, (net) => {
      net.faults["PUT LOGIN"] = Array.from({ length: 99 }, () => answer(403, {}));
    });
    expect([after.secret, puts]).toEqual([undefined, 1]);
    expect(after.world.recorded.of("warning").join()).toMatch(/renewed the login once more .* sign in again/);
    expect(accessIn(file)).toMatchObject({ refreshToken: made[1]?.refreshToken });
  });

  test.each([
    ["wiped", (text: string) => text.replace(/"(access|refresh)Token":"[^"]*"/g, '"$1Token":""')],
    ["cut off", (text: string) => text.slice(0, 100)],
  ])("leaves the secret as it is where the file was %s", async (_, change) => {
    const { main, post, file } = await job({ "write-refresh-token": "true" }, { accessExpiresAt: NOW + 2 * HOUR });
    await main();
    writeFileSync(file, change(readFileSync(file, "utf8")));
    const after = await post();
    expect(after.calls).toEqual([]);
    expect(after.world.recorded.of("warning").join()).toContain("The stored login was left as it is");
  });

  test("does nothing where main did nothing", async () => {
    const { post } = await job();
    expect((await post()).world.recorded.events).toEqual([]);
  });

  test("never fails the job, whatever main has left", async () => {
    const { post, net } = await job();
    for (const [files, capsule] of [
      ["", "/missing"],
      ['[{"path":"/dev/null/x","temp":"/dev/null/y","made":[]}]', ""],
      ['[{"target":"claude","path":"/dev/null/x","temp":"/dev/null/y","made":[]}]', ""],
      [
        '[{"target":"pi","slot":{"provider":"openai","account":"default"},"path":"/dev/null/x","temp":"/dev/null/y","made":[]}]',
        "",
      ],
      ["[{", ""],
    ]) {
      Object.assign(net.world.recorded.state, { files, capsule });
      await expect(post()).resolves.toBeDefined();
    }
  });
});

describe("a ChatGPT login", () => {
  const OPENAI = { "allow-public-repository": "true" };
  const envelope = (login: Credential) =>
    sealEnvelope(login, { savedAt: NOW - HOUR, location: storedLocation(LOCATION), probe: undefined });
  const codexFile = (root: string) => join(root, "home/.codex/auth.json");
  const tokensIn = (root: string) =>
    (JSON.parse(readFileSync(codexFile(root), "utf8")) as { tokens: Record<string, string> }).tokens;

  test("is renewed: stored whole, with what the answer leaves out, masked, and given to Codex without its refresh token", async () => {
    const login = newChatGpt({ accessExpiresAt: NOW + 10 * MINUTE, generation: 1 });
    const { net, main, root } = await job(OPENAI, {}, envelope(login));
    const [access, refresh] = [newJwt(undefined, NOW + 9 * DAY), newOpenaiRefresh()];
    net.faults["POST token"] = [answer(200, { access_token: access, refresh_token: refresh })];
    expect(await main()).toBe(0);
    const { credential } = openEnvelope(net.secret ?? "");
    expect(credential).toMatchObject({
      provider: "openai",
      generation: 2,
      accessExpiresAt: NOW + 9 * DAY,
      accountId: ACCOUNT,
      plan: "plus",
    });
    expect(credential.idToken?.reveal()).toBe(login.idToken?.reveal());
    expect([credential.access?.reveal(), credential.refresh?.reveal()]).toEqual([access, refresh]);
    expect(net.world.recorded.masks).toEqual(expect.arrayContaining([access, refresh]));
    expect(tokensIn(root)).toMatchObject({ access_token: access, refresh_token: "", account_id: ACCOUNT });
    expect(net.world.recorded.outputs).toMatchObject({ provider: "openai", refreshed: "true", rotated: "true" });
    for (const token of [access, refresh]) {
      expect(net.world.recorded.text()).not.toContain(token.slice(-30));
    }
  });

  test("that Codex renewed is taken over by post, and its file goes", async () => {
    const login = newChatGpt({ accessExpiresAt: NOW + 2 * HOUR });
    const { net, main, post, root } = await job({ ...OPENAI, "write-refresh-token": "true" }, {}, envelope(login));
    expect(await main()).toBe(0);
    const whole = JSON.parse(readFileSync(codexFile(root), "utf8")) as { tokens: Record<string, string> };
    const [access, refresh] = [newJwt(undefined, NOW + 9 * DAY), newOpenaiRefresh()];
    const tokens = { ...whole.tokens, access_token: access, refresh_token: refresh };
    writeFileSync(codexFile(root), JSON.stringify({ ...whole, tokens }));
    const after = await post();
    const { credential } = openEnvelope(after.secret ?? "");
    expect([credential.access?.reveal(), credential.refresh?.reveal()]).toEqual([access, refresh]);
    expect(credential.predecessor?.reveal()).toBe(login.refresh?.reveal());
    expect(after.world.recorded.masks).toEqual(expect.arrayContaining([access, refresh]));
    expect(existsSync(join(root, "home/.codex"))).toBe(false);
    expect(net.calls.filter((call) => call === "POST token")).toEqual([]);
  });

  test("in several programs' files at once: all are written, and all are gone after post", async () => {
    const login = newChatGpt();
    const targets = "codex,pi,opencode,peekaboo";
    const { net, main, post, root } = await job({ ...OPENAI, targets }, {}, envelope(login));
    const before = readdirSync(root, { recursive: true });
    expect(await main()).toBe(0);
    const files = JSON.parse(net.world.recorded.outputs["files"] ?? "[]") as string[];
    expect(files).toHaveLength(4);
    for (const file of files) {
      expect(readFileSync(file, "utf8")).toContain(login.access?.reveal());
      expect(readFileSync(file, "utf8")).not.toContain(login.refresh?.reveal());
    }
    expect((await post()).world.recorded.of("warning")).toEqual([]);
    expect(readdirSync(root, { recursive: true })).toEqual(before);
  });
});

describe("a login of another server", () => {
  const OWN = { provider: "custom", "client-id": "c", "client-secret": "s3cret-0123456789", targets: "output" };

  test("that wants its client's secret in the body: found out once, and remembered with the login", async () => {
    const { net, main } = await job(OWN, {}, "1//refresh-0123456789");
    net.faults["POST token"] = [
      answer(401, { error: "invalid_client" }),
      answer(200, { access_token: "a-0123456789", refresh_token: "r-0123456789", expires_in: 3600 }),
    ];
    expect(await main()).toBe(0);
    const { credential } = openEnvelope(net.secret ?? "");
    expect(credential).toMatchObject({ provider: "custom", clientAuth: "post", accessExpiresAt: NOW + HOUR });
    expect(net.world.recorded.outputs).toMatchObject({ "access-token": "a-0123456789", provider: "custom" });
    const bodies = net.world.requests.filter(({ url }) => url === TOKEN_URL).map(({ body }) => body ?? "");
    expect(bodies.map((body) => body.includes("client_secret"))).toEqual([false, true]);

    // The next run asks in that way from the first.
    const next = await job(OWN, {}, net.secret);
    next.net.faults["POST token"] = [answer(200, { access_token: "b-0123456789", expires_in: 3600 })];
    next.net.updatedAt = openEnvelope(net.secret ?? "").stored?.savedAt;
    next.net.world.pass(HOUR);
    expect(await next.main()).toBe(0);
    const sent = next.net.world.requests.filter(({ url }) => url === TOKEN_URL);
    expect(sent.map(({ body = "" }) => body.includes("client_secret"))).toEqual([true]);
    expect(openEnvelope(next.net.secret ?? "").credential).toMatchObject({ clientAuth: "post", generation: 2 });
  });

  test("without a target that takes it: an error before anything is spent", async () => {
    const { net, main } = await job({ ...OWN, targets: "" }, {}, "1//refresh-0123456789");
    expect(await main()).toBe(1);
    expect(errors(net)).toEqual(["oauth-creds: input-invalid"]);
    expect(net.calls).toEqual([]);
  });
});
