/** `init --yes` where something is there already, breaks on the way, or will not do. */
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { makeRootKey } from "../../src/ledger/keys.ts";
import { isPair, program, secretOf, type Stage, stage, succeeded } from "./init-stage.ts";

const WORKFLOWS = ".github/workflows/";
const ENVIRONMENT = "/repos/octo/demo/environments/oauth-creds";

describe("what is there is kept", () => {
  test("a secret, unless --force says otherwise", async () => {
    const s = await stage();
    s.github.github.setSecretByUser("CLAUDE_SETUP_TOKEN", "theirs");
    const args = ["--yes", "--skip-doctor", "--credential", s.keep("t", s.setupToken())];
    const kept = await s.run(args);
    expect([kept.code, secretOf(s, "CLAUDE_SETUP_TOKEN")]).toEqual([0, "theirs"]);
    const forced = await s.run([...args, "--force"]);
    succeeded(forced);
    expect(secretOf(s, "CLAUDE_SETUP_TOKEN")).toMatch(/^sk-ant-oat01-/);
  });

  test("a workflow, also with --force: ours goes beside a foreign one, and nowhere if it uses us already", async () => {
    const s = await stage();
    const args = ["--yes", "--force", "--skip-doctor", "--credential", s.keep("t", s.setupToken())];
    write(s, "claude.yml", "name: mine\non: push\njobs: {}\n");
    const first = await s.run(args);
    expect(first.stderr).toMatch(/- name: mine\n[^]*\+ name: Claude/);
    expect(s.file(`${WORKFLOWS}claude.yml`)).toBe("name: mine\non: push\njobs: {}\n");
    expect(s.file(`${WORKFLOWS}claude-2.yml`)).toContain("CLAUDE_SETUP_TOKEN");
    await s.run(args);
    expect(s.untracked(), "no third one").toEqual([`${WORKFLOWS}claude-2.yml`, `${WORKFLOWS}claude.yml`]);

    const changed = (s.file(`${WORKFLOWS}claude-2.yml`) ?? "").replace("timeout-minutes: 30", "timeout-minutes: 45");
    write(s, "claude.yml", changed);
    write(s, "claude-2.yml", changed);
    expect((await s.run(args)).code).toBe(0);
    expect(s.untracked()).toHaveLength(2);
    expect(s.file(`${WORKFLOWS}claude.yml`)).toBe(changed);
  });

  test("an environment that others may use too is told, and not changed", async () => {
    const s = await stage();
    s.github.environments.add("oauth-creds", { protected_branches: false, custom_branch_policies: true }, [
      "main",
      "release/*",
    ]);
    const args = [
      "--yes",
      "--skip-doctor",
      "--topology",
      "ledger",
      "--credential",
      s.keep("l.json", s.claudeLogin().file),
    ];
    const ended = await s.run(args);
    succeeded(ended);
    expect(ended.stderr).toContain("more than the default branch: main, release/*");
    expect(s.github.environments.all.get("oauth-creds")?.rules).toHaveLength(2);
  });

  test("what somebody stores while it runs is not overwritten", async () => {
    const s = await stage();
    // The second look at it is the one right before the write.
    const hold = s.github.github.hold({ method: "GET", path: /secrets\/CLAUDE_SETUP_TOKEN$/, skip: 1 });
    const running = s.run(["--yes", "--skip-doctor", "--credential", s.keep("t", s.setupToken())]);
    await hold.received;
    s.github.github.setSecretByUser("CLAUDE_SETUP_TOKEN", "theirs");
    hold.release();
    const ended = await running;
    expect(ended.code).toBe(5);
    expect(ended.stderr).toContain("was written by somebody else meanwhile");
    expect(secretOf(s, "CLAUDE_SETUP_TOKEN")).toBe("theirs");
  });
});

describe("a failure midway says what was made, and the next run makes the rest", () => {
  test.each([
    ["the rule of the environment", "POST", /deployment-branch-policies$/, 0],
    ["the access key", "PUT", /OAUTH_CREDS_ACCESS_KEY$/, 1],
    ["the root key", "PUT", /OAUTH_CREDS_KEY$/, 2],
    ["the login", "PUT", /CLAUDE_LOGIN$/, 3],
  ])("at %s", async (_what, method, path, made) => {
    const s = await stage();
    const root = s.hide(makeRootKey(randomBytes));
    const args = ["--yes", "--skip-doctor", "--topology", "ledger", "--ledger-key", s.keep("root.txt", root)];
    const login = ["--credential", s.keep("l.json", s.claudeLogin().file)];
    s.github.break((asked, at) => asked === method && path.test(at), 403);
    const broken = await s.run([...args, ...login]);
    expect(broken.code).toBe(5);
    expect(broken.stderr.match(/^ {2}- /gm)).toHaveLength(6);
    expect(broken.stderr).toContain(made === 0 ? "Nothing was made." : "Made:");
    expect(broken.stderr).toContain("Then run `oauth-creds init` again");
    expect(s.untracked(), "files come last").toEqual([]);
    s.github.break(undefined);
    const again = await s.run([...args, ...login]);
    succeeded(again);
    expect(s.github.environments.all.get("oauth-creds")?.rules).toHaveLength(1);
    expect(secretOf(s, "environment/oauth-creds/OAUTH_CREDS_KEY")).toBe(root);
    expect(isPair(s)).toBe(true);
    expect(secretOf(s, "environment/oauth-creds/CLAUDE_LOGIN")).toMatch(/^oc1\./);
    expect(
      s.github.made().filter((call) => call === `PUT ${ENVIRONMENT}`),
      "made once",
    ).toHaveLength(1);
    expect(s.untracked()).toHaveLength(2);
  });
});

describe("the GitHub token", () => {
  const args = (s: Stage) => ["--yes", "--skip-doctor", "--credential", s.keep("t", s.setupToken())];

  test("comes from gh, which gets no secret", async () => {
    const s = await stage();
    const note = join(dirname(s.home), "asked");
    program(s, "gh", `echo "$*" >> '${note}'; [ "$1 $2" = "auth token" ] && echo '${s.own}'`);
    const ended = await s.run(args(s), { env: { GH_TOKEN: undefined } });
    succeeded(ended);
    expect(ended.stderr).toContain("GitHub token: `gh` (a sign-in of gh)");
    expect(readFileSync(note, "utf8")).toBe("auth token --hostname github.com\n");
  });

  test("is missing: it says how to get one", async () => {
    const s = await stage();
    program(s, "gh", "exit 1");
    const ended = await s.run(args(s), { env: { GH_TOKEN: undefined } });
    expect([ended.code, ended.stderr]).toEqual([5, expect.stringContaining("gh auth login")]);
  });

  test("lacks the scope", async () => {
    const s = await stage();
    const poor = s.token("ghp_", { kind: "classic", permissions: { secrets: "write" }, scopes: "gist, workflow" });
    const ended = await s.run(args(s), { env: { GH_TOKEN: poor } });
    expect([ended.code, ended.stderr]).toEqual([
      5,
      expect.stringContaining("“scope `repo`”, to set secrets; it has gist, workflow"),
    ]);
    expect(s.github.writes()).toEqual([]);
  });

  test("does not see the repository", async () => {
    const s = await stage();
    const other = s.token("github_pat_", { permissions: { secrets: "write" }, repositories: ["octo/other"] });
    const ended = await s.run(args(s), { env: { GH_TOKEN: other } });
    expect([ended.code, ended.stderr]).toEqual([5, expect.stringContaining("does not see octo/demo (404)")]);
  });

  test("may read secrets, and not write them: found before anything is made", async () => {
    const s = await stage();
    const weak = s.token("github_pat_", { permissions: { secrets: "read", actions: "read" } });
    const ended = await s.run(args(s), { env: { GH_TOKEN: weak } });
    expect(ended.code).toBe(5);
    expect(ended.stderr).toContain(
      "“Secrets: read and write”, to store secrets (GitHub says that it takes: secrets=write)",
    );
    expect(ended.stderr).toContain("Nothing was changed.");
    expect(s.github.made()).toEqual([]);
    expect(s.untracked()).toEqual([]);
  });

  test("is a job's own, which can never do it", async () => {
    const s = await stage();
    const job = s.token("ghs_", { kind: "github-token", permissions: { contents: "write", actions: "read" } });
    const ended = await s.run(args(s), { env: { GH_TOKEN: undefined, GITHUB_TOKEN: job } });
    expect([ended.code, ended.stderr]).toEqual([
      5,
      expect.stringContaining("the variable GITHUB_TOKEN lacks “Secrets: read and write”"),
    ]);
  });

  test("is of somebody who does not administer the repository", async () => {
    const s = await stage();
    const guest = s.token("gho_", {
      kind: "classic",
      permissions: { secrets: "write", actions: "read" },
      admin: false,
    });
    const login = ["--yes", "--topology", "ledger", "--credential", s.keep("l", s.claudeLogin().file)];
    const ended = await s.run(login, { env: { GH_TOKEN: guest } });
    expect([ended.code, ended.stderr]).toEqual([5, expect.stringContaining("ask somebody who does")]);
    expect(s.github.made()).toEqual([]);
  });
});

describe("the repository", () => {
  const dry = ["--yes", "--dry-run", "--json", "--provider", "anthropic"];

  test("is asked for where remotes name several, and taken where they name one", async () => {
    const s = await stage();
    s.git("remote", "add", "same", "https://github.com/octo/demo");
    expect((await s.run(dry)).json["repository"]).toBe("octo/demo");
    s.git("remote", "add", "upstream", "https://github.com/other/demo.git");
    const asked = await s.run(dry);
    expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining("--repository other/demo")]);
    expect((await s.run([...dry, "--repository", "octo/demo"])).json["repository"]).toBe("octo/demo");
  });

  test("has to be a clone", async () => {
    const s = await stage();
    s.git("config", "core.bare", "true");
    const ended = await s.run(dry);
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining("run it in a clone")]);
  });

  test("links out of the tree are not followed", async () => {
    const s = await stage();
    mkdirSync(join(s.root, ".github"));
    symlinkSync(s.home, join(s.root, ".github", "workflows"));
    const ended = await s.run(["--yes", "--skip-doctor", "--credential", s.keep("t", s.setupToken())]);
    expect(ended.stderr).toContain("[unsafe-path]");
    expect(s.github.made()).toEqual([]);
  });
});

describe("the credential", () => {
  test("of the program on this machine is not shared with CI", async () => {
    const s = await stage();
    const login = s.claudeLogin();
    const path = s.keep(".claude/.credentials.json", login.file);
    const args = ["--yes", "--skip-doctor", "--topology", "ledger", "--credential", path];
    const refused = await s.run(args);
    expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining("the program on this machine uses")]);
    expect(s.github.made()).toEqual([]);
    expect((await s.run([...args, "--force"])).code).toBe(0);
  });

  test.each([
    ["an API key", () => `sk-ant-api03-${randomBytes(60).toString("base64url")}`, 2, "API key"],
    [
      "a token that its provider does not know",
      () => `sk-ant-oat01-${randomBytes(70).toString("base64url")}`,
      3,
      "Anthropic",
    ],
    ["an old copy of a secret", (s: Stage) => copyOf(s), 5, "oauth-creds has stored"],
  ])("%s is named as what it is", async (_name, make, code, said) => {
    const s = await stage();
    const ended = await s.run(["--yes", "--credential", s.keep("c", s.hide(make(s)))]);
    expect([ended.code, ended.stderr]).toEqual([code, expect.stringContaining(said)]);
    expect(s.github.made()).toEqual([]);
  });

  test("is missing: it says how to give one", async () => {
    const s = await stage();
    const ended = await s.run(["--yes", "--provider", "anthropic"]);
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining("--credential FILE")]);
  });
});

/** What a rotation has written into another repository. */
function copyOf(s: Stage): string {
  const login = JSON.parse(s.claudeLogin().file) as { claudeAiOauth: { accessToken: string; refreshToken: string } };
  const fields = {
    v: 1,
    kind: "login",
    provider: "anthropic",
    generation: 3,
    other: {},
    access: login.claudeAiOauth.accessToken,
    refresh: login.claudeAiOauth.refreshToken,
    stored: {
      savedAt: "2026-11-01T00:00:00Z",
      location: { kind: "repository", name: "CLAUDE_LOGIN", repository: "octo/other" },
    },
  };
  return `oc1.${Buffer.from(JSON.stringify(fields)).toString("base64url")}`;
}

function write({ root }: Stage, name: string, text: string): void {
  mkdirSync(join(root, WORKFLOWS), { recursive: true });
  writeFileSync(join(root, WORKFLOWS, name), text);
}
