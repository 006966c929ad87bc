/** The ledger's keys in `init`: the pair is that of every login, so it is made once, whole, and never lost. */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { deriveAccessKey, makeRootKey, parseKeys } from "../../src/ledger/keys.ts";
import { isPair, secretOf, type Stage, stage, succeeded } from "./init-stage.ts";

const ledger = (s: Stage) => ["--yes", "--skip-doctor", "--topology", "ledger", "--credential", loginOf(s)];
const loginOf = (s: Stage) => s.keep("l.json", s.claudeLogin().file);
const keysOf = (s: Stage) =>
  ["environment/oauth-creds/OAUTH_CREDS_KEY", "OAUTH_CREDS_ACCESS_KEY"].map((name) => secretOf(s, name));

describe("a pair that is there is kept", () => {
  test("a ledger's keys, also with --force: what they have sealed could not be opened any more", async () => {
    const s = await stage();
    const own = ["--ledger-key", s.keep("root.txt", s.hide(makeRootKey(randomBytes)))];
    succeeded(await s.run(ledger(s)));
    const [before, login] = [keysOf(s), secretOf(s, "environment/oauth-creds/CLAUDE_LOGIN")];
    const forced = await s.run([...ledger(s), ...own, "--force", "--json"]);
    succeeded(forced);
    expect(keysOf(s)).toEqual(before);
    expect(secretOf(s, "environment/oauth-creds/CLAUDE_LOGIN"), "the new sign-in").not.toBe(login);
    expect(forced.stderr).toContain("`ledger-key` is not stored. `--new-keys` replaces them");
    expect(JSON.stringify(forced.json["next"])).not.toContain("--delete");
  });

  test("but not with --new-keys, which takes a sign-in of its own, and names every ref that has to go", async () => {
    const s = await stage();
    succeeded(await s.run(ledger(s)));
    const before = keysOf(s);
    const refs = ["refs/oauth-creds/v1/anthropic/default", "refs/oauth-creds/v1/openai/work"];
    const foreign = "refs/oauth-creds/v1/$(reboot)"; // not to be named in a command that is copied
    for (const ref of [...refs, foreign]) await s.github.github.git.run("update-ref", ref, "refs/heads/main");
    const args = ["--yes", "--skip-doctor", "--topology", "ledger", "--new-keys"];
    const without = await s.run([...args, "--provider", "anthropic"]);
    expect([without.code, without.stderr]).toEqual([2, expect.stringContaining("no Claude login to store")]);
    const made = await s.run([...args, "--json", "--credential", loginOf(s)]);
    succeeded(made);
    expect(isPair(s)).toBe(true);
    for (const key of keysOf(s)) expect(before).not.toContain(key);
    const step = (made.json["next"] as string[]).find((text) => text.includes("--delete")) ?? "";
    expect(step.split("\n")[1]).toBe(`git push origin --delete ${refs.join(" ")}`);
  });

  test("half a pair of keys is not half replaced", async () => {
    const s = await stage();
    s.github.environments.add("oauth-creds", { protected_branches: false, custom_branch_policies: true }, ["main"]);
    const root = s.hide(makeRootKey(randomBytes));
    s.github.github.setSecretByUser("environment/oauth-creds/OAUTH_CREDS_KEY", root);
    const args = [
      "--yes",
      "--skip-doctor",
      "--topology",
      "ledger",
      "--credential",
      s.keep("l.json", s.claudeLogin().file),
    ];
    const refused = await s.run(args);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("a pair of keys belongs together")]);
    expect(s.github.made()).toEqual([]);
    const completed = await s.run([...args, "--ledger-key", s.keep("root.txt", root)]);
    succeeded(completed);
    expect(secretOf(s, "environment/oauth-creds/OAUTH_CREDS_KEY")).toBe(root);
    const ring = parseKeys(root);
    if (typeof ring === "string" || !ring.root[0]) throw new Error("no key");
    expect(secretOf(s, "OAUTH_CREDS_ACCESS_KEY")).toBe(deriveAccessKey(ring.root[0]));
  });
});

describe("stopped between the two keys, of which nobody has the root key", () => {
  async function stopped(s: Stage) {
    const args = ["--yes", "--skip-doctor", "--topology", "ledger", "--credential"];
    const all = [...args, s.keep("l.json", s.claudeLogin().file)];
    s.github.break((asked, at) => asked === "PUT" && at.endsWith("OAUTH_CREDS_KEY"), 403);
    const broken = await s.run(all);
    expect([broken.code, broken.stderr]).toEqual([5, expect.stringContaining("it finds what is there, and makes the")]);
    expect(secretOf(s, "OAUTH_CREDS_ACCESS_KEY"), "which is worth nothing alone").toMatch(/^oca1_/);
    s.github.break(undefined);
    return all;
  }

  test("the next run makes a new pair: nothing can have been sealed for the old one", async () => {
    const s = await stage();
    const again = await s.run(await stopped(s));
    succeeded(again);
    expect(again.stderr).toContain("no ledger here either: a new pair is made");
    expect(isPair(s)).toBe(true);
    expect(secretOf(s, "environment/oauth-creds/CLAUDE_LOGIN")).toMatch(/^oc1\./);
  });

  test.each([
    ["where there is a ledger all the same", "write"],
    ["where the token may not look", undefined],
  ] as const)("%s, it is not taken for that", async (_what, contents) => {
    const s = await stage();
    const all = await stopped(s);
    const ref = "refs/oauth-creds/v1/openai/work";
    if (contents) await s.github.github.git.run("update-ref", ref, "refs/heads/main");
    const pat = s.token("github_pat_", {
      permissions: { secrets: "write", environments: "write", actions: "read", ...(contents && { contents }) },
      administration: "write",
    });
    const before = secretOf(s, "OAUTH_CREDS_ACCESS_KEY");
    const refused = await s.run(all, { env: { GH_TOKEN: pat } });
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("make a new pair with `--new-keys`")]);
    expect(secretOf(s, "OAUTH_CREDS_ACCESS_KEY")).toBe(before);
    const made = await s.run([...all, "--new-keys"], { env: { GH_TOKEN: pat } });
    succeeded(made);
    expect(isPair(s)).toBe(true);
    expect(made.stdout).toContain(`--delete ${contents ? ref : "refs/oauth-creds/v1/anthropic/default"}`);
  });
});

describe("the root key, which its secret shows to nobody", () => {
  const save = (path: string) => ["--save-key", path];

  test("is saved for this user alone where --save-key says; without it there is a warning", async () => {
    const s = await stage();
    const path = join(s.home, "root.key");
    const dry = await s.run([...ledger(s), ...save(path), "--dry-run"]);
    expect([dry.code, existsSync(path)]).toEqual([0, false]);
    expect(dry.stdout).toContain(`+ file ${path}: the ledger's root key`);
    const made = await s.run([...ledger(s), ...save(path), "--json"]);
    succeeded(made);
    expect(made.json["changes"]).toContainEqual(expect.objectContaining({ type: "file", name: path, calls: [] }));
    expect(readFileSync(path, "utf8")).toBe(`${keysOf(s)[0]}\n`);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(JSON.stringify(made.json["next"]), "not to be committed").not.toContain("root.key");
    expect(made.stderr).not.toContain("shows the ledger's root key to nobody");

    const other = await stage();
    const without = await other.run(ledger(other));
    succeeded(without);
    expect(without.stderr).toContain("`--save-key FILE` keeps a copy");
  });

  test("that an earlier run has saved is the one that a stopped set-up goes on with", async () => {
    const s = await stage();
    const args = [...ledger(s), ...save(join(s.home, "root.key"))];
    s.github.break((asked, at) => asked === "PUT" && at.endsWith("OAUTH_CREDS_KEY"), 403);
    expect((await s.run(args)).code).toBe(5);
    s.github.break(undefined);
    const saved = s.hide(readFileSync(join(s.home, "root.key"), "utf8").trim());
    succeeded(await s.run(args));
    expect(isPair(s)).toBe(true);
    expect(keysOf(s)[0]).toBe(saved);
    // Nothing is to be saved now: but what is there is not overwritten either.
    expect((await s.run(args)).stderr).toContain("cannot be read: none is saved");
    const anew = await s.run([...args, "--new-keys"]);
    expect([anew.code, anew.stderr]).toEqual([2, expect.stringContaining("may hold the key that is replaced")]);
    expect([keysOf(s)[0], readFileSync(join(s.home, "root.key"), "utf8").trim()]).toEqual([saved, saved]);
  });

  test.each<[string, (s: Stage) => string[], string]>([
    ["in the working tree", (s) => save(join(s.root, "root.key")), "is in the working tree"],
    ["over another file", (s) => save(s.keep("notes", "mine")), "is there already, and holds no root key"],
    ["where there is no folder", (s) => save(join(s.home, "none", "root.key")), "cannot be made (ENOENT)"],
    ["beside one that is given", (s) => [...save("k"), "--ledger-key", s.keep("g", KEY)], "not one of `--ledger-key`"],
    ["of a way without one", () => [...save("k"), "--topology", "rotation"], "and none of another way"],
  ])("is not saved %s", async (_where, more, said) => {
    const s = await stage();
    const refused = await s.run([...ledger(s), ...more(s)]);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain(said);
    expect(s.github.made()).toEqual([]);
  });
});

const KEY = makeRootKey(randomBytes);
