/** `init --yes` and `--dry-run`, as a script calls them: nobody is asked, everything is a flag, a file or a variable. */
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { openEnvelope } from "../../src/credential/envelope.ts";
import { isPair, secretOf, stage, succeeded } from "./init-stage.ts";

const WORKFLOWS = ".github/workflows/";
const SECRETS = "/repos/octo/demo/actions/secrets";
const ENVIRONMENT = "/repos/octo/demo/environments/oauth-creds";

describe("without a terminal", () => {
  test("and without --yes it is an error of usage that says so", async () => {
    const s = await stage();
    const ended = await s.run([]);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain("Say `--yes`");
    expect(s.github.seen).toEqual([]);
  });

  test("the smallest set-up; the second one finds everything there", async () => {
    const s = await stage();
    const token = s.setupToken();
    const args = ["--yes", "--json", "--credential", s.keep("token.txt", `${token}\n`)];
    const first = await s.run([...args, "--credential-expires", "2027-10-01"]);
    succeeded(first);
    expect(first.json).toMatchObject({
      repository: "octo/demo",
      topology: "setup-token",
      environment: null,
      doctor: 0,
    });
    expect(secretOf(s, "CLAUDE_SETUP_TOKEN")).toBe(token);
    expect(s.github.made()).toEqual([`PUT ${SECRETS}/CLAUDE_SETUP_TOKEN`]);
    expect(s.untracked()).toEqual([`${WORKFLOWS}claude.yml`]);

    const again = await s.run(args);
    succeeded(again);
    expect(again.json["changes"]).toEqual([]);
    expect(again.json["kept"]).toHaveLength(2);
    expect(again.stderr, "a credential that was given for nothing").toContain("`--force` replaces it");
    expect(s.github.made(), "nothing more").toHaveLength(1);
  });

  test("the doctor looks at what was made, not at this machine's programs", async () => {
    const s = await stage();
    s.keep(".claude/.credentials.json", "{");
    s.keep(".claude/settings.json", JSON.stringify({ apiKeyHelper: "/usr/local/bin/key" }));
    const args = ["--yes", "--json", "--credential", s.keep("token.txt", s.setupToken())];
    const ended = await s.run(args, { env: { ANTHROPIC_API_KEY: s.hide("sk-ant-api03-a-key-of-the-laptop-alone") } });
    succeeded(ended);
    expect(ended.json).toMatchObject({ doctor: 0 });
    expect(ended.stderr).toContain("Every setting is understood");
    expect(ended.stderr).not.toContain("The doctor found something");
    expect(ended.stderr).not.toMatch(/shadowed|ANTHROPIC_API_KEY|file-unreadable/);
  });

  test("the credential decides which ways there are", async () => {
    const s = await stage();
    const ended = await s.run(["--yes", "--json", "--dry-run", "--credential", s.keep("l.json", s.claudeLogin().file)]);
    expect(ended.json["topology"]).toBe("ledger");
    const wrong = await s.run([
      "--yes",
      "--topology",
      "setup-token",
      "--credential",
      s.keep("l.json", s.claudeLogin().file),
    ]);
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      expect.stringContaining("`--topology` takes `ledger`, `rotation` here"),
    ]);
  });
});

describe("each way to get a login", () => {
  const ledger = ["--topology", "ledger", "--provider", "anthropic"];
  const rotation = ["--topology", "rotation", "--provider", "anthropic"];

  test("ledger: made in this order, each box sealed for its own place", async () => {
    const s = await stage();
    const login = s.claudeLogin();
    const ended = await s.run(["--yes", ...ledger, "--credential", s.keep("l.json", login.file)]);
    succeeded(ended);
    expect(s.github.made()).toEqual([
      `PUT ${ENVIRONMENT}`,
      `POST ${ENVIRONMENT}/deployment-branch-policies`,
      `PUT ${SECRETS}/OAUTH_CREDS_ACCESS_KEY`,
      `PUT ${ENVIRONMENT}/secrets/OAUTH_CREDS_KEY`,
      `PUT ${ENVIRONMENT}/secrets/CLAUDE_LOGIN`,
    ]);
    expect(isPair(s)).toBe(true);
    expect(s.untracked()).toEqual([`${WORKFLOWS}claude-rotate.yml`, `${WORKFLOWS}claude.yml`]);
    expect(ended.stdout).toContain("gh workflow run claude-rotate.yml");
  });

  test("rotation: the token is proved before anything but the environment is made", async () => {
    const s = await stage();
    const args = ["--yes", ...rotation, "--credential", s.keep("l.json", s.claudeLogin().file)];
    const without = await s.run(args);
    expect([without.code, without.stderr]).toEqual([2, expect.stringContaining("--secrets-token FILE")]);
    const weak = s.token("github_pat_", { permissions: { secrets: "write" } });
    const refused = await s.run([...args, "--secrets-token", s.keep("weak.txt", weak)]);
    expect(refused.code).toBe(5);
    expect(refused.stderr).toContain("“Environments: read and write”");
    expect(refused.stderr).toMatch(/Made:\n {2}- environment oauth-creds\nNot made:\n/);
    expect(secretOf(s, "environment/oauth-creds/CLAUDE_LOGIN")).toBeUndefined();

    const ended = await s.run([...args, "--secrets-token", s.keep("good.txt", s.secretsToken)]);
    succeeded(ended);
    expect(ended.stderr).toMatch(/`secrets-token` ends on 20\d\d-\d\d-\d\d/);
    expect(secretOf(s, "environment/oauth-creds/CLAUDE_SECRETS_TOKEN")).toBe(s.secretsToken);
    expect(openEnvelope(secretOf(s, "CLAUDE_ACCESS") ?? "").credential.refresh).toBeUndefined();
  });

  test("rotation of a refresh token alone: the first renewal makes what the other jobs read", async () => {
    const s = await stage();
    const { file } = s.claudeLogin({ access: false });
    const args = [
      "--yes",
      ...rotation,
      "--credential",
      s.keep("r.txt", file),
      "--secrets-token",
      s.keep("t", s.secretsToken),
    ];
    expect((await s.run(args)).code).toBe(0);
    expect(secretOf(s, "CLAUDE_ACCESS")).toBeUndefined();
    expect(s.file(`${WORKFLOWS}claude-rotate.yml`)).toContain("create-secrets: true");
  });

  test("ChatGPT: Codex renews, in a private repository", async () => {
    const s = await stage();
    const login = s.codexLogin();
    const ended = await s.run([
      "--yes",
      "--json",
      "--validate",
      "none",
      "--credential",
      s.keep("auth.json", login.file),
    ]);
    succeeded(ended);
    expect(ended.json["topology"]).toBe("ledger");
    const envelope = openEnvelope(secretOf(s, "environment/oauth-creds/CODEX_LOGIN") ?? "");
    expect(envelope.credential.refresh?.reveal()).toBe(login.refresh);
    expect(s.file(`${WORKFLOWS}codex-rotate.yml`)).toContain("refresh-with: cli");
  });

  test("ChatGPT in a public repository is refused, unless somebody answers for it", async () => {
    const s = await stage({ visibility: "public" });
    const args = [
      "--yes",
      "--validate",
      "none",
      "--skip-doctor",
      "--credential",
      s.keep("auth.json", s.codexLogin().file),
    ];
    const refused = await s.run(args);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("[public-repository]")]);
    expect(s.github.writes()).toEqual([]);
    const token = ["--secrets-token", s.keep("t", s.secretsToken)];
    const allowed = await s.run([...args, "--allow-public-repository", ...token]);
    succeeded(allowed);
    expect(s.file(`${WORKFLOWS}codex.yml`), "the job refuses otherwise").toContain("allow-public-repository: true");
  });

  test("a second login beside the first has names of its own", async () => {
    const s = await stage();
    const login = ["--yes", "--skip-doctor", ...ledger, "--credential", s.keep("l.json", s.claudeLogin().file)];
    expect((await s.run(login)).code).toBe(0);
    const root = secretOf(s, "environment/oauth-creds/OAUTH_CREDS_KEY");
    const other = ["--credential", s.keep("l2.json", s.claudeLogin().file), "--account", "work"];
    expect((await s.run([...login, ...other])).code).toBe(0);
    expect(secretOf(s, "environment/oauth-creds/CLAUDE_WORK_LOGIN")).toBeDefined();
    expect(secretOf(s, "environment/oauth-creds/OAUTH_CREDS_KEY"), "one pair of keys for both").toBe(root);
    expect(s.untracked()).toContain(`${WORKFLOWS}claude-work-rotate.yml`);
    expect(s.file(`${WORKFLOWS}claude-work.yml`)).toContain("account: work");
  });
});

describe("a dry run", () => {
  test.each([
    ["setup-token", "anthropic"],
    ["ledger", "anthropic"],
    ["rotation", "anthropic"],
    ["ledger", "openai"],
    ["rotation", "openai"],
  ])("of %s for %s shows every call and file, asks for no secret, and writes nothing", async (topology, provider) => {
    const s = await stage();
    const args = ["--yes", "--dry-run", "--topology", topology, "--provider", provider];
    const ended = await s.run(args);
    succeeded(ended);
    expect(s.github.writes()).toEqual([]);
    expect(s.untracked()).toEqual([]);
    expect(/Business or Enterprise.*CODEX_ACCESS_TOKEN/.test(ended.stderr)).toBe(provider === "openai");

    const { json } = await s.run([...args, "--json"]);
    const changes = json["changes"] as Told[];
    // What it says is what the real one does.
    const said = changes.flatMap(({ calls }) => calls.map(({ method, path }) => `${method} ${path}`));
    for (const call of said) expect(ended.stdout).toContain(call);
    for (const { text } of changes) for (const line of text?.split("\n") ?? []) expect(ended.stdout).toContain(line);
    const login =
      topology === "setup-token" ? s.setupToken() : provider === "openai" ? s.codexLogin().file : s.claudeLogin().file;
    const real = await s.run([
      ...args.filter((arg) => arg !== "--dry-run"),
      "--json",
      "--skip-doctor",
      "--validate",
      "none",
      "--credential",
      s.keep("c", login),
      ...(topology === "rotation" ? ["--secrets-token", s.keep("t", s.secretsToken)] : []),
    ]);
    succeeded(real);
    expect(s.github.made()).toEqual(said);
    expect(s.untracked()).toEqual(changes.filter(({ type }) => type === "file").map((file) => file.path));
    for (const change of changes) if (change.text) expect(s.file(change.path ?? "")).toBe(change.text);
  });
});

describe("plans without environments", () => {
  test.each(["none-404", "none-403", "none-422"] as const)(
    "%s: secrets of the repository, and a warning",
    async (plan) => {
      const s = await stage({ plan });
      const args = [
        "--yes",
        "--skip-doctor",
        "--topology",
        "ledger",
        "--credential",
        s.keep("l.json", s.claudeLogin().file),
      ];
      const asked = await s.run([...args, "--environment", "agents"]);
      expect([asked.code, asked.stderr]).toEqual([
        2,
        expect.stringContaining("There can be no environment agents here"),
      ]);
      expect(s.github.made()).toEqual([]);
      const ended = await s.run(args);
      succeeded(ended);
      expect(ended.stderr).toContain("every workflow in it can name it");
      expect(secretOf(s, "OAUTH_CREDS_KEY")).toMatch(/^ocr1_/);
      expect(parse(s.file(`${WORKFLOWS}claude-rotate.yml`) ?? "").jobs.renew.environment).toBeUndefined();
    },
  );

  test("`--environment none` asks for none", async () => {
    const s = await stage();
    const args = ["--yes", "--skip-doctor", "--environment", "none", "--topology", "ledger"];
    expect((await s.run([...args, "--credential", s.keep("l.json", s.claudeLogin().file)])).code).toBe(0);
    expect(s.github.environments.all.size).toBe(0);
  });
});

interface Told {
  readonly type: string;
  readonly calls: readonly { readonly method: string; readonly path: string }[];
  readonly path?: string;
  readonly text?: string;
}
