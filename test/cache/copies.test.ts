/** Copies of renewed logins, and access tokens for many jobs, through the real client and a real blob store. */
import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type Credential, EMPTY } from "../../src/credential/credential.ts";
import { openEnvelope, sealEnvelope } from "../../src/credential/envelope.ts";
import { deriveAccessKey, makeRootKey, parseKeys, type Keyring, type RootKey } from "../../src/ledger/keys.ts";
import { openCopy } from "../../src/recovery/copy.ts";
import { Secret } from "../../src/secret.ts";
import { versionOf } from "../support/cache/archives.ts";
import { expectQuiet, MAIN, stage } from "./stage.ts";

const world = stage();
const HOUR = 3_600_000;
const SITE = {
  provider: "anthropic",
  account: "default",
  place: "github:42:refs/oauth-creds/v1/anthropic/default",
} as const;
const LABEL = "the ref refs/oauth-creds/v1/anthropic/default of octo/demo";
const newToken = (kind: "oat" | "ort") => `sk-ant-${kind}01-${randomBytes(60).toString("base64url")}`;
const newKey = () => ({ from: "ledger", key: randomBytes(32).toString("base64url") }) as const;

function newLogin(generation: number): Credential {
  const [access, refresh] = [new Secret(newToken("oat")), new Secret(newToken("ort"))];
  return { ...EMPTY, kind: "login", generation, access, refresh, accessExpiresAt: Date.now() + 8 * HOUR };
}

const keeping = (key: ReturnType<typeof newKey>, spent: Credential, next: Credential) => ({
  do: "keep" as const,
  key,
  site: { ...SITE, label: LABEL },
  spent: spent.refresh?.reveal() ?? "",
  next: sealEnvelope(next, undefined),
});
const finding = (key: ReturnType<typeof newKey>, spent: Credential) => ({
  do: "find" as const,
  keys: [key],
  site: SITE,
  spent: spent.refresh?.reveal() ?? "",
});
const refreshIn = (result: Record<string, unknown>): string | undefined =>
  openEnvelope(String(result["credential"])).credential.refresh?.reveal();

describe("a generation that could not be stored", () => {
  test("is found by the next job for its predecessor, and its tokens are masked first", async () => {
    const [key, before, next] = [newKey(), newLogin(3), newLogin(4)];
    const kept = await world.run(keeping(key, before, next));
    expect(kept.result["saved"]).toEqual({ type: "saved", proved: true });
    expectQuiet(kept);
    const found = await world.run(finding(key, before));
    expect(found.result).toMatchObject({ type: "found", complete: true });
    expect(refreshIn(found.result)).toBe(next.refresh?.reveal());
    expect(found.log).toContain(`::add-mask::${next.refresh?.reveal()}`);
    expect((await world.run(finding(newKey(), before))).result).toEqual({ type: "none" });
    expect((await world.run(finding(key, next))).result).toEqual({ type: "none" });
  });

  test("nothing of it stands in the clear in what the service was given", async () => {
    const [key, before, next] = [newKey(), newLogin(3), newLogin(4)];
    const { result } = await world.run(keeping(key, before, next));
    const text = String(result["text"]);
    const opened = openCopy(text, { ...key, key: new Secret(key.key) }, SITE, before.refresh as Secret);
    expect(opened.type).toBe("opened");
    for (const secret of [next.access, next.refresh, before.refresh]) {
      expect(text + world.service.names().join()).not.toContain(secret?.reveal().slice(20, 36));
    }
  });

  test("survives a reservation whose answer is lost, and one that a dead job has left", async () => {
    const [key, before, next] = [newKey(), newLogin(3), newLogin(4)];
    world.service.fault("create", { when: "after" });
    expect((await world.run(keeping(key, before, next))).result["saved"]).toEqual({ type: "saved", proved: true });
    const [name] = world.service.names();
    expect(name).toMatch(/\.2$/);
    expect(world.service.reserved()).toEqual([name?.replace(/2$/, "1")]);
    expect(refreshIn((await world.run(finding(key, before))).result)).toBe(next.refresh?.reveal());
    world.service.evict(name ?? "");
    world.service.reserve(name ?? "", versionOf("zstd"), MAIN);
    expect((await world.run(keeping(key, before, next))).result["saved"]).toEqual({ type: "saved", proved: true });
    expect(world.service.names()).toEqual([name?.replace(/2$/, "3")]);
    expect(refreshIn((await world.run(finding(key, before))).result)).toBe(next.refresh?.reveal());
  });

  test("two in a row: the job that holds the first finds the second", async () => {
    const [key, first, second, third] = [newKey(), newLogin(1), newLogin(2), newLogin(3)];
    await world.run(keeping(key, first, second));
    await world.run(keeping(key, second, third));
    const found = await world.run(finding(key, first));
    expect(found.result).toMatchObject({ type: "found", complete: true });
    expect(refreshIn(found.result)).toBe(third.refresh?.reveal());
  });

  test("kept by a run of a pull request, it is not seen by one of the default branch: that is what the summary is for", async () => {
    const [key, before, next] = [newKey(), newLogin(3), newLogin(4)];
    world.service.tokens.set("pull", { scope: "refs/pull/7/merge", reads: [MAIN] });
    const kept = await world.run(keeping(key, before, next), { token: "pull" });
    expect(kept.result["saved"]).toEqual({ type: "saved", proved: true });
    expect((await world.run(finding(key, before))).result).toEqual({ type: "none" });
    const opened = openCopy(
      String(kept.result["text"]),
      { ...key, key: new Secret(key.key) },
      SITE,
      before.refresh as Secret,
    );
    expect(opened.type).toBe("opened");
    // Kept by the default branch, a pull request's run sees it.
    await world.run(keeping(key, before, next));
    expect((await world.run(finding(key, before), { token: "pull" })).result).toMatchObject({ type: "found" });
  });

  test("an entry in front of it that somebody else has written does not hide it", async () => {
    const [key, before, next] = [newKey(), newLogin(3), newLogin(4)];
    await world.run(keeping(key, before, next));
    const [name = ""] = world.service.names();
    await world.service.plant(name.replace(/1$/, "9"), versionOf("zstd"), Buffer.from("junk"), MAIN);
    expect(refreshIn((await world.run(finding(key, before))).result)).toBe(next.refresh?.reveal());
    world.service.evict(name);
    expect((await world.run(finding(key, before))).result).toEqual({ type: "unreadable", why: "foreign" });
  });

  test("a job without write access has the text for its summary all the same", async () => {
    world.service.tokens.set("job", { scope: MAIN, may: "read" });
    const { result } = await world.run(keeping(newKey(), newLogin(3), newLogin(4)));
    expect(result["saved"]).toEqual({ type: "denied" });
    expect(result["text"]).toMatch(/^ocrec1\./);
  });
});

describe("the access token for many jobs", () => {
  const saving = (keys: string, credential: Credential) => ({
    do: "save-access" as const,
    keys,
    site: SITE,
    credential: sealEnvelope(credential, undefined),
    lineage: "row",
  });
  const loading = (keys: string) => ({ do: "load-access" as const, keys, site: SITE, minValidityMs: HOUR });

  test("a job with the access key has it without a call of GitHub's API; the newest counts", async () => {
    const root = makeRootKey((bytes) => randomBytes(bytes));
    const access = deriveAccessKey((parseKeys(root) as Keyring).root[0] as RootKey);
    const [first, second] = [newLogin(1), newLogin(2)];
    const saved = await world.run(saving(root, first));
    expect(saved.result).toEqual({ type: "saved", proved: true });
    expectQuiet(saved);
    expect((await world.run(loading(access))).result).toEqual({ type: "found", access: first.access?.reveal() });
    await world.run(saving(root, second));
    const loaded = await world.run(loading(access));
    expect(loaded.result).toEqual({ type: "found", access: second.access?.reveal() });
    for (const name of world.service.names()) world.service.evict(name);
    expect((await world.run(loading(access))).result).toEqual({ type: "nothing" });
  });

  test("another key, junk, or a service that is down: the ledger is read", async () => {
    const random = (bytes: number) => randomBytes(bytes);
    const root = makeRootKey(random);
    await world.run(saving(root, newLogin(1)));
    expect((await world.run(loading(makeRootKey(random)))).result).toEqual({ type: "nothing" });
    const [name = ""] = world.service.names();
    await world.service.plant(`${name}x`, versionOf("zstd"), Buffer.from("junk"), MAIN);
    expect((await world.run(loading(root))).result).toEqual({ type: "nothing" });
    await world.service.refuse();
    expect((await world.run(loading(root))).result).toEqual({ type: "nothing" });
    await world.service.accept();
  });
});
