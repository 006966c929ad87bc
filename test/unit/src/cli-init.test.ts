/** The parts of `init` that need no outside: what remotes name, what is recommended, what the workflows say. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { instead, prefixOf, SECRETS, topologies } from "../../../src/cli/init/choices.ts";
import { difference } from "../../../src/cli/init/difference.ts";
import { tokenEnd } from "../../../src/cli/init/github.ts";
import { beside, look, writeFile } from "../../../src/cli/init/project-files.ts";
import { apiUrlOf, parseAddress, readRemotes } from "../../../src/cli/init/remote.ts";
import { valuesOf } from "../../../src/cli/init/values.ts";
import { type Blueprint, PROGRAMS } from "../../../src/cli/init/workflow-parts.ts";
import {
  ledgerJob,
  ledgerRotator,
  loginJob,
  rotator,
  setupTokenJob,
  workflowFiles,
} from "../../../src/cli/init/workflows.ts";
import { wrap } from "../../../src/cli/init/wrap.ts";
import { openEnvelope, sealEnvelope } from "../../../src/credential/envelope.ts";
import { readInputs } from "../../../src/inputs.ts";
import { NAMES } from "../../../src/input-names.ts";
import { accessPart } from "../../../src/rotation/access-part.ts";
import { Secret } from "../../../src/secret.ts";
import { fakeWorld, GITHUB, newChatGpt, newLogin, tempFolder } from "./support.ts";

const root = new URL("../../../", import.meta.url);

describe("a remote", () => {
  test.each([
    ["git@github.com:octo/demo.git", "github.com", "octo/demo"],
    ["git@github.com:octo/demo", "github.com", "octo/demo"],
    ["github.com:octo/demo.git", "github.com", "octo/demo"],
    ["git@github-work:octo/demo.git", "github-work", "octo/demo"],
    ["ssh://git@github.com/octo/demo.git", "github.com", "octo/demo"],
    ["ssh://git@ssh.github.com:443/octo/demo.git", "github.com", "octo/demo"],
    ["ssh://git@ghes.example.com:2222/octo/demo/", "ghes.example.com", "octo/demo"],
    ["https://github.com/octo/demo", "github.com", "octo/demo"],
    ["https://GitHub.com/octo/demo.git/", "github.com", "octo/demo"],
    ["https://user:word@ghes.example.com:8443/octo/demo.js.git", "ghes.example.com", "octo/demo.js"],
    ["git://github.com/octo/demo.git", "github.com", "octo/demo"],
    ["git+ssh://git@github.com/octo/demo.git", "github.com", "octo/demo"],
  ])("%s", (address, host, repository) => {
    expect(parseAddress(address)).toEqual({ host, repository });
  });

  test.each([
    ["../demo.git"],
    ["/srv/git/demo.git"],
    ["C:/git/demo"],
    ["C:\\git\\demo"],
    ["file:///srv/octo/demo.git"],
    ["https://gitlab.example/group/sub/demo.git"],
    ["https://github.com/"],
    ["git@github.com:demo.git"],
    ["./a:b/c"],
    [""],
  ])("that is none: %s", (address) => {
    expect(parseAddress(address)).toBeUndefined();
  });

  test("any owner and name come back in every spelling", () => {
    const name = fc
      .stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,30}[A-Za-z0-9_-]$/)
      .filter((text) => !text.endsWith(".git"));
    const spell = fc.constantFrom(
      (path: string) => `git@github.com:${path}.git`,
      (path: string) => `https://github.com/${path}`,
      (path: string) => `ssh://git@github.com:22/${path}.git/`,
    );
    fc.assert(
      fc.property(name, name, spell, (owner, repository, write) => {
        expect(parseAddress(write(`${owner}/${repository}`))?.repository).toBe(`${owner}/${repository}`);
      }),
    );
  });

  test("git's list is read once for each, by the address that is fetched from", () => {
    const text =
      "origin\tgit@github.com:octo/demo.git (fetch)\norigin\tgit@github.com:octo/pushed.git (push)\n" +
      "part\thttps://github.com/octo/part (fetch) [blob:none]\nlocal\t/srv/demo.git (fetch)\n";
    expect(readRemotes(text)).toEqual([
      { name: "origin", host: "github.com", repository: "octo/demo" },
      { name: "part", host: "github.com", repository: "octo/part" },
    ]);
  });

  test("leads to the API of its server", () => {
    expect(apiUrlOf("github.com")).toBe("https://api.github.com");
    expect(apiUrlOf("octo.ghe.com")).toBe("https://api.octo.ghe.com");
    expect(apiUrlOf("ghes.example.com")).toBe("https://ghes.example.com/api/v3");
  });
});

describe("the recommendation", () => {
  const first = (provider: "anthropic" | "openai", open: boolean, environments: boolean | undefined) =>
    topologies({ provider, public: open, environments }).map(({ value }) => value);

  test("is a setup token for Claude, whatever the repository", () => {
    for (const open of [true, false]) expect(first("anthropic", open, open)[0]).toBe("setup-token");
  });

  test("among logins is the ledger where its record is not public", () => {
    expect(first("openai", false, undefined)).toEqual(["ledger", "rotation"]);
    expect(first("anthropic", true, true)).toEqual(["setup-token", "rotation", "ledger"]);
  });

  test("for ChatGPT in a private repository is no login at all where the plan has something better", () => {
    expect(instead({ provider: "openai", public: false })).toMatch(
      /^[^.]*Business or Enterprise[^.]*Codex access token[^.]*CODEX_ACCESS_TOKEN[^.]*API key[^.]*CODEX_API_KEY[^.]*\.$/,
    );
    expect(instead({ provider: "anthropic", public: false })).toBeUndefined();
    // There an API key is named, and nothing else is allowed.
    expect(instead({ provider: "openai", public: true })).toBeUndefined();
  });

  test("says in one line why, and promises no environment where there is none", () => {
    for (const environments of [true, false, undefined]) {
      for (const { reason } of topologies({ provider: "anthropic", public: false, environments })) {
        expect(reason.length).toBeLessThan(72);
        if (environments === false) expect(reason).not.toContain("agents never see");
      }
    }
  });
});

const blueprint = (more: Partial<Blueprint> = {}): Blueprint => ({
  topology: "rotation",
  program: PROGRAMS.anthropic,
  prefix: "CLAUDE",
  account: "default",
  action: "org/oauth-creds@v1",
  environment: undefined,
  expires: undefined,
  minute: 37,
  hour: 5,
  createSecrets: false,
  publicRepository: false,
  ...more,
});

describe("the workflows", () => {
  const codex = { program: PROGRAMS.openai, prefix: "CODEX" } as const;
  test.each([
    ["setup-token.yml", setupTokenJob(blueprint({ expires: "2027-11-21" }))],
    ["login.yml", loginJob(blueprint())],
    ["rotate.yml", rotator(blueprint())],
    ["codex.yml", loginJob(blueprint(codex))],
    ["codex-rotate.yml", rotator(blueprint(codex))],
    ["ledger-rotate.yml", ledgerRotator(blueprint({ environment: "oauth-creds" }))],
    ["ledger-agent.yml", ledgerJob(blueprint())],
  ])("are those of examples/%s, byte for byte below its first comment", (name, text) => {
    const example = readFileSync(new URL(`examples/${name}`, root), "utf8");
    expect(text).toBe(example.replace(/^(?:#.*\n)+/, ""));
  });

  const all = (["setup-token", "rotation", "ledger"] as const).flatMap((topology) =>
    (["anthropic", "openai"] as const)
      .filter((provider) => topology !== "setup-token" || provider === "anthropic")
      .flatMap((provider) =>
        [undefined, "oauth-creds"].flatMap((environment) =>
          ["default", "work"].map((account) => {
            const program = PROGRAMS[provider];
            const prefix = prefixOf(program.id, account);
            const more = { topology, program, prefix, environment, account, createSecrets: environment !== undefined };
            return [
              `${topology} ${provider} ${environment} ${account}`,
              blueprint({ ...more, expires: "2027-11-21" }),
            ] as const;
          }),
        ),
      ),
  );
  const action = parse(readFileSync(new URL("action.yml", root), "utf8")) as { inputs: Record<string, unknown> };

  test.each(all)("of %s are sound", (_name, plan) => {
    const files = workflowFiles(plan, "octo/demo");
    expect(files.filter(({ renews }) => renews)).toHaveLength(plan.topology === "setup-token" ? 0 : 1);
    const stored = new Set<string>(
      SECRETS[plan.topology](plan.prefix, plan.environment !== undefined).map(({ name }) => name),
    );
    for (const { path, text, renews } of files) {
      expect(path).toMatch(/^\.github\/workflows\/[\w-]+\.yml$/);
      const workflow = parse(text) as Workflow;
      expect(workflow.permissions, "nothing unless a job asks").toEqual({});
      const [job, ...more] = Object.values(workflow.jobs);
      if (!job || more.length > 0) throw new Error("not one job");
      expect(job["timeout-minutes"]).toBeGreaterThan(0);
      for (const { uses } of job.steps) {
        if (uses && !uses.startsWith("org/")) expect(uses, "fixed to a commit").toMatch(/@[0-9a-f]{40}$/);
      }
      const ours = job.steps.find(({ uses }) => uses === plan.action);
      const given = ours?.with ?? {};
      expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(Object.keys(given)));
      expect(NAMES).toEqual(expect.arrayContaining(Object.keys(given)));
      const named = [...text.matchAll(/^ +[\w-]+: \$\{\{ secrets\.(\w+) \}\}/gm)].map(([, name]) => name ?? "");
      for (const name of named) expect(stored).toContain(name);
      const rootKey = JSON.stringify(given).includes("OAUTH_CREDS_KEY");
      expect(rootKey, "what renews is named where it renews, and nowhere else").toBe(
        renews && plan.topology === "ledger",
      );
      expect(job.environment !== undefined).toBe(renews && plan.environment !== undefined);
      if (renews) {
        expect(workflow.concurrency?.["cancel-in-progress"]).toBe(false);
        expect(workflow.on.schedule?.[0]?.cron).toMatch(/^37 /);
      }
      // The action itself finds nothing wrong with what it is given.
      const login =
        plan.topology === "setup-token" ? `sk-ant-oat01-${"a1".repeat(48)}` : `sk-ant-ort01-${"a1".repeat(48)}`;
      const key = rootKey ? `ocr1_${"A".repeat(43)}` : `oca1_${"A".repeat(86)}`;
      const inputs = Object.entries(given).map(([name, value]) => {
        const secret = { credential: login, "ledger-key": key, "secrets-token": "github_pat_x1" }[name];
        return [`INPUT_${name.toUpperCase()}`, secret ?? String(value)];
      });
      expect(() => readInputs({ ...GITHUB, ...(Object.fromEntries(inputs) as Record<string, string>) })).not.toThrow();
    }
  });

  test("say which secret is where, and never hold one", () => {
    const [file] = workflowFiles(blueprint({ topology: "ledger", environment: "agents" }), "octo/demo");
    expect(file?.text).toContain("#   OAUTH_CREDS_KEY (environment agents): its root key");
    expect(file?.text).toContain("#   OAUTH_CREDS_ACCESS_KEY (repository): the ledger's access key");
  });

  test("names of secrets follow from the account, whatever it holds", () => {
    expect(prefixOf("claude", "default")).toBe("CLAUDE");
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9._-]{1,20}$/), (account) => {
        expect(prefixOf("codex", account)).toMatch(/^CODEX(_[A-Z0-9_]+)?$/);
      }),
    );
  });
});

interface Workflow {
  readonly on: { readonly schedule?: readonly { readonly cron: string }[] };
  readonly permissions: unknown;
  readonly concurrency?: { readonly "cancel-in-progress": boolean };
  readonly jobs: Readonly<
    Record<
      string,
      {
        readonly "timeout-minutes": number;
        readonly environment?: unknown;
        readonly steps: readonly { readonly uses?: string; readonly with?: Readonly<Record<string, unknown>> }[];
      }
    >
  >;
}

describe("what goes into the secrets", () => {
  const world = () => fakeWorld({ env: {} });

  test("a setup token is stored bare, a login whole, its access part without what renews it", () => {
    const bare = { ...newLogin(), kind: "setup-token" as const, refresh: undefined };
    const token = valuesOf(world(), new Set(["credential"]), bare, undefined);
    expect(token.credential?.reveal()).toBe(bare.access?.reveal());
    const login = { ...newLogin(), predecessor: new Secret("older-refresh-token") };
    const both = valuesOf(world(), new Set(["credential", "access-part"]), login, undefined);
    expect(openEnvelope(both.credential?.reveal() ?? "").credential.refresh?.reveal()).toBe(login.refresh?.reveal());
    const part = Buffer.from(both["access-part"]?.reveal().slice(4) ?? "", "base64url").toString();
    expect(part).toContain(login.access?.reveal());
    expect(part).not.toContain(login.refresh?.reveal());
    expect(part).not.toContain("older-refresh-token");
  });

  test("an access part is the one that a rotation writes: nothing in it shows who somebody is", () => {
    const other = { note: "kept", someToken: "x".repeat(60) };
    for (const login of [newChatGpt({ other }), newLogin({ clientId: "our-app" })]) {
      const { "access-part": part } = valuesOf(world(), new Set(["access-part"]), login, undefined);
      const { credential } = openEnvelope(part?.reveal() ?? "");
      expect(credential.idToken).toBeUndefined();
      expect(credential).toEqual(openEnvelope(sealEnvelope(accessPart(login), undefined)).credential);
      expect(credential.clientId).toBe(login.clientId);
    }
  });

  test("keys are made where they are wanted, a new pair each time", () => {
    expect(valuesOf(world(), new Set(["credential"]), undefined, undefined)).toEqual({});
    const pairs = [1, 2].map(() => valuesOf(world(), new Set(["root-key", "access-key"]), undefined, undefined));
    expect(pairs[0]?.["root-key"]?.reveal()).not.toBe(pairs[1]?.["root-key"]?.reveal());
  });
});

describe("files of the working tree", () => {
  test("what is there is the same, ours with changes, or somebody else's", () => {
    const tree = tempFolder();
    mkdirSync(join(tree, ".github/workflows"), { recursive: true });
    const put = (text: string) => writeFileSync(join(tree, ".github/workflows/a.yml"), text);
    const seen = () => look(tree, ".github/workflows/a.yml", "one\ntwo\n");
    expect(seen()).toEqual({ type: "absent" });
    put("one\r\ntwo\r\n");
    expect(seen()).toEqual({ type: "same" });
    put("steps:\n  - uses: org/oauth-creds@v1\n");
    expect(seen()).toMatchObject({ type: "other", ours: true });
    put("# uses nothing of oauth-creds\n");
    expect(seen()).toMatchObject({ type: "other", ours: false });
  });

  test("the name beside one is the first that is free, or holds the same already", () => {
    const tree = tempFolder();
    for (const name of ["a.yml", "a-2.yml"]) writeFile(tree, name, "theirs\n", false);
    expect(beside(tree, "./a.yml", "ours\n")).toEqual({ path: "./a-3.yml", present: { type: "absent" } });
    writeFile(tree, "a-3.yml", "ours\n", false);
    expect(beside(tree, "./a.yml", "ours\n").present).toEqual({ type: "same" });
  });

  test("one that came meanwhile is not overwritten, and no link is followed out of the tree", () => {
    const [tree, elsewhere] = [tempFolder(), tempFolder()];
    writeFile(tree, "a/b.yml", "first\n", false);
    expect(() => writeFile(tree, "a/b.yml", "second\n", false)).toThrow(/made by somebody else/);
    expect(readFileSync(join(tree, "a/b.yml"), "utf8")).toBe("first\n");
    symlinkSync(elsewhere, join(tree, "link"));
    expect(() => writeFile(tree, "link/b.yml", "text\n", false)).toThrow(/symbolic link/);
    symlinkSync(join(elsewhere, "x"), join(tree, "file.yml"));
    expect(() => writeFile(tree, "file.yml", "text\n", true)).toThrow(/symbolic link/);
  });
});

describe("what is shown", () => {
  test("a difference counts, shows both sides in their order, and stops", () => {
    expect(difference("a\nb\nc\n", "a\nx\nc\ny\n")).toEqual([
      "1 lines only there, 2 only in ours:",
      "- b",
      "+ x",
      "+ y",
    ]);
    const long = difference("", Array.from({ length: 30 }, (_, i) => `line ${i}`).join("\n"));
    expect(long).toHaveLength(14);
    expect(long.at(-1)).toBe("… and 18 more");
  });

  test("a difference leads from one to the other", () => {
    const lines = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 8 });
    fc.assert(
      fc.property(lines, lines, (one, other) => {
        const rows = difference(one.join("\n"), other.join("\n"), 99).slice(1);
        const gone = rows.filter((row) => row.startsWith("- ")).length;
        const come = rows.filter((row) => row.startsWith("+ ")).length;
        expect(one.length - gone).toBe(other.length - come);
        expect(rows.every((row) => /^[+-] [a-d]$/.test(row))).toBe(true);
      }),
    );
  });

  test("lines are broken at spaces, further ones begin as far in, long words stay whole", () => {
    expect(wrap("+ one two three", 9)).toEqual(["+ one two", "  three"]);
    expect(wrap("    https://example.org/very/long x", 12)).toEqual(["    https://example.org/very/long", "    x"]);
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1 }),
        fc.integer({ min: 12, max: 60 }),
        (words, width) => {
          const rows = wrap(words.join(" "), width);
          expect(rows.join(" ")).toBe(words.join(" "));
          expect(rows.every((row) => row.length <= width)).toBe(true);
        },
      ),
    );
  });

  test.each([
    ["2027-01-31 12:30:00 UTC", Date.UTC(2027, 0, 31, 12, 30)],
    ["2027-01-31 12:30:00 +0200", Date.UTC(2027, 0, 31, 10, 30)],
    ["2027-01-31 12:30:00 -0800", Date.UTC(2027, 0, 31, 20, 30)],
    ["soon", undefined],
  ])("the end of a token in GitHub's words: %s", (text, ms) => {
    const headers = { "github-authentication-token-expiration": text };
    expect(tokenEnd({ status: 200, headers, body: "", date: undefined })).toBe(ms);
  });
});
