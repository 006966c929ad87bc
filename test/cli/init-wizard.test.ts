/** The wizard at a real terminal: each way to get a login, from the first question to the last line. */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { openEnvelope } from "../../src/credential/envelope.ts";
import { TMUX } from "../support/terminal/tmux.ts";
import { isPair, program, secretOf, stage, succeeded } from "./init-stage.ts";

if (!TMUX) console.warn("tmux is not installed: the wizard is not tried at a terminal.");
const WORKFLOWS = ".github/workflows/";

describe.skipIf(!TMUX)("a set-up at a terminal", () => {
  test("setup token: one secret, one workflow", async () => {
    const s = await stage();
    const token = s.setupToken();
    const t = s.sit();
    await t.sees("Whose login?");
    expect(t.flat()).toContain("octo/demo: private, default branch main (remote origin)");
    expect(t.flat()).toContain("GitHub token: the variable GH_TOKEN (a sign-in of gh)");
    t.press("Enter");
    await t.sees("How do jobs get it?");
    expect(t.screen()).toMatch(/● Setup token \(recommended\)/);
    t.press("Enter");
    await t.sees("Where is the setup token?");
    t.press("Down", "Enter");
    await t.sees("it is not shown;");
    t.paste(token);
    t.press("Enter");
    await t.sees(`${token.length} characters, not shown`);
    await t.sees("Anthropic accepts the Claude setup token");
    await t.sees("When does the token end?");
    t.press("C-u");
    t.type("2027-10-01");
    t.press("Enter");
    await t.sees("Do it?");
    expect(s.github.made(), "before a person has said yes").toEqual([]);
    expect(s.untracked()).toEqual([]);
    t.press("Enter");
    await t.sees("What is left to do:");
    expect(await t.ended()).toBe(0);

    expect(secretOf(s, "CLAUDE_SETUP_TOKEN")).toBe(token);
    expect(s.github.made()).toEqual(["PUT /repos/octo/demo/actions/secrets/CLAUDE_SETUP_TOKEN"]);
    expect(s.untracked()).toEqual([`${WORKFLOWS}claude.yml`]);
    expect(withOf(s.file(`${WORKFLOWS}claude.yml`))).toEqual({
      credential: "${{ secrets.CLAUDE_SETUP_TOKEN }}",
      "credential-expires": "2027-10-01",
    });
    expect(t.flat(), "the doctor has looked").toContain("Every setting is understood");
    const [, add = ""] = /git add (\S+)/.exec(t.flat()) ?? [];
    mkdirSync(join(s.root, "deep"));
    s.git("-C", "deep", "add", add); // as it stands there, wherever the person is
    expect(s.git("diff", "--cached", "--name-only").trim()).toBe(`${WORKFLOWS}claude.yml`);
    expect(t.flat()).toContain("gh workflow run claude.yml");
  });

  test("ledger: an environment for the default branch, a pair of keys, the login", async () => {
    const s = await stage();
    const login = s.claudeLogin();
    const t = s.sit();
    await t.sees("Whose login?");
    t.press("Enter");
    await t.sees("How do jobs get it?");
    t.press("Down", "Enter");
    await t.sees("/oauth-creds-octo-demo.key, too?");
    t.press("Enter");
    await t.sees("Where is the Claude login?");
    t.press("Down", "Enter");
    await t.sees("it is not shown;");
    t.paste(login.file); // many lines: none of them may be taken for an answer to a later question
    t.press("Enter");
    await t.sees("Do it?");
    t.press("Enter");
    expect(await t.ended()).toBe(0);

    const environment = s.github.environments.all.get("oauth-creds");
    expect(environment?.policy).toEqual({ protected_branches: false, custom_branch_policies: true });
    expect(environment?.rules.map(({ name, type }) => `${type} ${name}`)).toEqual(["branch main"]);
    const root = secretOf(s, "environment/oauth-creds/OAUTH_CREDS_KEY") ?? "";
    expect(isPair(s)).toBe(true);
    expect(secretOf(s, "OAUTH_CREDS_KEY"), "what renews is the environment's alone").toBeUndefined();
    const { credential, stored } = openEnvelope(secretOf(s, "environment/oauth-creds/CLAUDE_LOGIN") ?? "");
    expect(credential.refresh?.reveal()).toBe(login.refresh);
    expect(credential.access?.reveal()).toBe(login.access);
    expect(stored, "a fresh sign-in, which may begin the ledger").toBeUndefined();
    expect(t.all()).not.toContain(root.slice(5, 25));
    const rotator = parse(s.file(`${WORKFLOWS}claude-rotate.yml`) ?? "") as Workflow;
    expect(rotator.jobs["renew"]?.environment).toEqual({ name: "oauth-creds", deployment: false });
    expect(rotator.jobs["renew"]?.permissions).toEqual({ contents: "write" });
    const copy = join(s.home, "oauth-creds-octo-demo.key");
    expect([readFileSync(copy, "utf8"), statSync(copy).mode & 0o777]).toEqual([`${root}\n`, 0o600]);
    expect(withOf(s.file(`${WORKFLOWS}claude.yml`))["ledger-key"]).toBe("${{ secrets.OAUTH_CREDS_ACCESS_KEY }}");
  });

  test("a terminal that does not mark what is pasted: a file is read to its end, line by line", async () => {
    const s = await stage();
    const login = s.claudeLogin();
    const t = s.sit(["--provider", "anthropic", "--topology", "ledger", "--skip-doctor"]);
    await t.sees("/oauth-creds-octo-demo.key, too?");
    t.press("Right", "Enter"); // no
    await t.sees("Where is the Claude login?");
    t.press("Down", "Enter");
    await t.sees("it is not shown;");
    for (const line of login.file.split("\n")) {
      t.type(line);
      t.press("Enter");
    }
    await t.sees("Do it?");
    t.press("Enter");
    expect(await t.ended()).toBe(0);
    const { credential } = openEnvelope(secretOf(s, "environment/oauth-creds/CLAUDE_LOGIN") ?? "");
    expect(credential.refresh?.reveal()).toBe(login.refresh);
    expect(existsSync(join(s.home, "oauth-creds-octo-demo.key")), "nobody wanted it").toBe(false);
  });

  test("rotation: a token that may write secrets is explained, asked for, and proved", async () => {
    const s = await stage();
    const login = s.claudeLogin();
    const weak = s.token("github_pat_", { permissions: { secrets: "read", environments: "write" } });
    const t = s.sit();
    await t.sees("Whose login?");
    t.press("Enter");
    await t.sees("How do jobs get it?");
    t.press("Down", "Down", "Enter");
    await t.sees("Where is the Claude login?");
    t.press("Down", "Enter");
    await t.sees("it is not shown;");
    t.paste(login.file);
    t.press("Enter");
    await t.sees("Paste the token");
    expect(t.flat()).toContain("Secrets: read and write");
    expect(t.flat()).toContain("Environments: read and write");
    expect(t.flat()).toMatch(/personal-access-tokens\/new\?\S*target_name=octo\S*&secrets=write&environments=write/);
    t.paste("not-a-token");
    t.press("Enter");
    await t.sees("GitHub does not accept the token of `secrets-token` (401)");
    await t.sees("Paste the token", 2);
    t.paste(weak);
    t.press("Enter");
    await t.sees("“Secrets: read and write”, to store a renewed login (GitHub says that it takes: secrets=write)");
    await t.sees("Paste the token", 3);
    t.paste(s.secretsToken);
    t.press("Enter");
    await t.sees("`secrets-token` ends on ");
    await t.sees("Do it?");
    expect(s.github.made()).toEqual([]);
    t.press("Enter");
    expect(await t.ended()).toBe(0);

    const within = (name: string) => secretOf(s, `environment/oauth-creds/${name}`);
    expect(within("CLAUDE_SECRETS_TOKEN")).toBe(s.secretsToken);
    expect(openEnvelope(within("CLAUDE_LOGIN") ?? "").credential.refresh?.reveal()).toBe(login.refresh);
    const part = openEnvelope(secretOf(s, "CLAUDE_ACCESS") ?? "").credential;
    expect([part.kind, part.access?.reveal(), part.refresh]).toEqual(["access", login.access, undefined]);
    expect(secretOf(s, "CLAUDE_LOGIN")).toBeUndefined();
    expect(withOf(s.file(`${WORKFLOWS}claude-rotate.yml`))).toMatchObject({
      "rotate-to": "environment/oauth-creds/CLAUDE_LOGIN, CLAUDE_ACCESS:access",
      "secrets-token": "${{ secrets.CLAUDE_SECRETS_TOKEN }}",
    });
    expect(withOf(s.file(`${WORKFLOWS}claude.yml`)).credential).toBe("${{ secrets.CLAUDE_ACCESS }}");
  });

  test("a sign-in on the spot: the program of the provider runs at this terminal, its token is not shown", async () => {
    const s = await stage();
    const token = s.setupToken();
    program(s, "claude", `[ "$1" = setup-token ] && printf 'Your token:\\n\\n%s\\n' '${token}'`);
    const t = s.sit();
    await t.sees("Whose login?");
    t.press("Enter");
    await t.sees("How do jobs get it?");
    t.press("Enter");
    await t.sees("Where is the setup token?");
    t.press("Enter");
    await t.sees("Do it?"); // its end is known: it was made now
    t.press("Enter");
    expect(await t.ended()).toBe(0);
    expect(secretOf(s, "CLAUDE_SETUP_TOKEN")).toBe(token);
    expect(withOf(s.file(`${WORKFLOWS}claude.yml`))["credential-expires"]).toMatch(/^20\d\d-\d\d-\d\d$/);
  });

  test.each<[string, string[], RegExp]>([
    ["its secret is refused", ["Enter"], /GitHub answered 403 to the secret CLAUDE_SETUP_TOKEN/],
    ["the person does not want to go on", ["Up", "Enter"], /Stopped\. Nothing was changed\./],
    ["the person is gone", ["C-c"], /Stopped\. Nothing was changed\./],
  ])("a sign-in is not thrown away where %s", async (_what, keys, said) => {
    const s = await stage();
    const token = s.setupToken();
    program(s, "claude", `[ "$1" = setup-token ] && printf 'Your token:\\n\\n%s\\n' '${token}'`);
    const t = s.sit(["--provider", "anthropic", "--topology", "setup-token", "--sign-in", "--skip-doctor"]);
    await t.sees("Do it?");
    s.github.break((method, path) => method === "PUT" && path.endsWith("/CLAUDE_SETUP_TOKEN"), 403);
    t.press(...keys);
    expect(await t.ended()).not.toBe(0);
    expect(t.flat()).toMatch(said);
    const [, path = ""] = /It is kept in (\S+), for your user alone/.exec(t.flat()) ?? [];
    expect(t.flat()).toContain(`--credential ${path}`);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    s.github.break(undefined);
    succeeded(await s.run(["--yes", "--skip-doctor", "--credential", path]));
    expect(secretOf(s, "CLAUDE_SETUP_TOKEN")).toBe(token);
  });

  test("a rehearsal asks the same, shows every call and file, and changes nothing", async () => {
    const s = await stage();
    const t = s.sit(["--dry-run"], { rows: 120 });
    await t.sees("a rehearsal, nothing will be changed");
    await t.sees("Whose login?");
    t.press("Enter");
    await t.sees("How do jobs get it?");
    t.press("Down", "Enter");
    await t.sees("/oauth-creds-octo-demo.key, too?");
    t.press("Enter");
    expect(await t.ended()).toBe(0);
    expect(existsSync(join(s.home, "oauth-creds-octo-demo.key"))).toBe(false);
    expect(t.flat()).toContain("Nothing was changed.");
    expect(t.flat()).toContain("PUT /repos/octo/demo/environments/oauth-creds/secrets/CLAUDE_LOGIN");
    expect(t.flat()).toContain("| concurrency:");
    expect(s.github.writes(), "no request that could write").toEqual([]);
    expect(s.untracked()).toEqual([]);
  });
});

describe.skipIf(!TMUX)("what is there already", () => {
  test("a secret is kept or replaced, as the person says; a foreign workflow is shown, and left alone", async () => {
    const s = await stage();
    s.github.github.setSecretByUser("CLAUDE_SETUP_TOKEN", "old");
    const mine = "name: mine\non: push\njobs: {}\n";
    writeFolder(s.root, `${WORKFLOWS}claude.yml`, mine);
    const t = s.sit();
    await t.sees("Whose login?");
    t.press("Enter");
    await t.sees("How do jobs get it?");
    t.press("Enter");
    await t.sees("secret CLAUDE_SETUP_TOKEN (repository) is there");
    t.press("Enter"); // no
    await t.sees(".github/workflows/claude.yml?");
    expect(t.flat()).toContain("- name: mine");
    expect(t.flat()).toContain("+ name: Claude");
    t.press("Enter"); // beside it
    await t.sees("Do it?");
    expect(t.flat()).toMatch(/= secret CLAUDE_SETUP_TOKEN \(repository\), of 20.*, as it is/);
    t.press("Enter");
    expect(await t.ended()).toBe(0);
    expect(secretOf(s, "CLAUDE_SETUP_TOKEN")).toBe("old");
    expect(s.github.made()).toEqual([]);
    expect(s.file(`${WORKFLOWS}claude.yml`)).toBe(mine);
    expect(s.file(`${WORKFLOWS}claude-2.yml`)).toContain("secrets.CLAUDE_SETUP_TOKEN");
    expect(t.flat()).toContain("gh workflow run claude-2.yml");
  });

  test("an environment that every branch may use is told, and left as it is", async () => {
    const s = await stage();
    s.github.environments.add("oauth-creds", null);
    const t = s.sit();
    await t.sees("Whose login?");
    t.press("Enter");
    await t.sees("How do jobs get it?");
    t.press("Down", "Enter");
    await t.sees("can be used by more than the default branch: every branch");
    await t.sees("Use oauth-creds all the same?");
    t.press("Down", "Enter"); // stop
    expect(await t.ended()).toBe(1);
    expect(t.flat()).toContain("Stopped. Nothing was changed.");
    expect(s.github.made()).toEqual([]);
    expect(s.github.environments.all.get("oauth-creds")?.policy).toBeNull();
  });
});

describe.skipIf(!TMUX)("a token that will not do", () => {
  test("GitHub does not take it: another one may be pasted, and is kept nowhere", async () => {
    const s = await stage();
    const t = s.sit(["--skip-doctor"], { env: { GH_TOKEN: s.hide("gho_0123456789abcdef0123456789abcdef") } });
    await t.sees("GitHub does not accept the token of the variable GH_TOKEN (401)");
    await t.sees("Paste a GitHub token");
    t.paste(s.own);
    t.press("Enter");
    await t.sees("GitHub token: what you pasted (a sign-in of gh)");
    await t.sees("Whose login?");
    t.press("C-c");
    expect(await t.ended()).toBe(130);
  });

  test("it lacks permissions: all of them are named before anything is asked or made", async () => {
    const s = await stage();
    const pat = s.token("github_pat_", { permissions: { secrets: "read", actions: "read" } });
    const t = s.sit([], { env: { GH_TOKEN: pat } });
    await t.sees("Whose login?");
    t.press("Enter");
    await t.sees("How do jobs get it?");
    t.press("Down", "Enter");
    await t.sees("“Administration: read and write”, to make the environment oauth-creds");
    expect(t.flat()).toContain("“Secrets: read and write”, to store secrets");
    await t.sees("Paste a GitHub token");
    expect(s.github.made()).toEqual([]);
    t.paste(s.own);
    t.press("Enter");
    await t.sees("/oauth-creds-octo-demo.key, too?");
    t.press("C-c");
    expect(await t.ended()).toBe(130);
  });
});

describe.skipIf(!TMUX)("ctrl-C", () => {
  const questions: readonly (readonly [string, readonly string[]])[] = [
    ["Whose login?", []],
    ["How do jobs get it?", ["Enter"]],
    ["Where is the setup token?", ["Enter", "Enter"]],
    ["Paste the setup token", ["Enter", "Enter", "Down Enter"]],
  ];
  test.each(questions)("at %s leaves nothing half done", async (question, before) => {
    const s = await stage();
    const t = s.sit();
    const asked = ["Whose login?", "How do jobs get it?", "Where is the setup token?"];
    for (const [index, keys] of before.entries()) {
      await t.sees(asked[index] ?? "");
      t.press(...keys.split(" "));
    }
    await t.sees(question);
    if (question.startsWith("Paste")) t.paste(s.setupToken().slice(0, 40));
    t.press("C-c");
    expect(await t.ended()).toBe(130);
    expect(t.flat()).toContain("Stopped. Nothing was changed.");
    expect(s.github.made()).toEqual([]);
    expect(s.untracked()).toEqual([]);
  });

  test("while it is writing, it stops before the next change and says what is there", async () => {
    const s = await stage();
    const hold = s.github.github.hold({ method: "PUT", path: /CLAUDE_SETUP_TOKEN$/ });
    const t = s.sit(["--provider", "anthropic", "--topology", "setup-token"], {
      env: { OAUTH_CREDS_CREDENTIAL: s.setupToken(), OAUTH_CREDS_CREDENTIAL_EXPIRES: "2027-10-01" },
    });
    await t.sees("Do it?");
    t.press("Enter");
    await hold.received;
    t.press("C-c");
    await t.sees("^C");
    hold.release();
    expect(await t.ended()).toBe(130);
    expect(t.flat()).toMatch(/You stopped it\.[^]*Made:[^]*secret CLAUDE_SETUP_TOKEN[^]*Not made:[^]*claude\.yml/);
    expect(t.flat()).toContain("run `oauth-creds init` again");
    expect(s.untracked()).toEqual([]);
  });
});

test.skipIf(!TMUX)("ctrl-C while the doctor looks stops the doctor, and is not called a finding", async () => {
  const s = await stage();
  const waits =
    'if (process.argv[2] === "doctor") { console.error("looking"); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); }';
  const t = s.sit(["--provider", "anthropic", "--topology", "setup-token"], {
    env: {
      OAUTH_CREDS_CREDENTIAL: s.setupToken(),
      OAUTH_CREDS_CREDENTIAL_EXPIRES: "2027-10-01",
      NODE_OPTIONS: `--require ${s.keep("slow.cjs", waits)}`,
    },
  });
  await t.sees("Do it?");
  t.press("Enter");
  await t.sees("looking");
  t.press("C-c");
  expect(await t.ended()).toBe(130);
  expect(t.flat()).toContain("The doctor was stopped. What was set up is there all the same.");
  expect(t.flat()).not.toContain("The doctor found something");
  expect(t.flat(), "what is left to do").toContain("gh workflow run claude.yml");
});

test.skipIf(!TMUX)("on 44 columns nothing is drawn beyond the edge, and colours follow NO_COLOR", async () => {
  const s = await stage();
  const t = s.sit([], { columns: 44, env: { NO_COLOR: undefined } });
  await t.sees("Whose login?");
  t.press("Enter");
  await t.sees("How do jobs");
  expect(t.coloured()).toContain("\u001b[3");
  const rows = t.screen().split("\n");
  expect(rows.filter((row) => row !== "" && !/^[┌│◇◆└▲]/.test(row))).toEqual([]);
  t.press("C-c");
  await t.ended();
  const plain = s.sit([], { columns: 44 });
  await plain.sees("Whose login?");
  expect(plain.coloured()).not.toContain("\u001b[3");
  plain.press("C-c");
  await plain.ended();
});

interface Workflow {
  readonly jobs: Readonly<
    Record<
      string,
      { environment?: unknown; permissions?: unknown; steps: { uses?: string; with?: Record<string, string> }[] }
    >
  >;
}

/** What the step of ours is given. */
function withOf(text: string | undefined): Record<string, string> {
  const { jobs } = parse(text ?? "") as Workflow;
  const steps = Object.values(jobs).flatMap((job) => job.steps);
  return steps.find(({ uses }) => uses?.includes("oauth-creds@"))?.with ?? {};
}

function writeFolder(root: string, path: string, text: string): void {
  mkdirSync(join(root, WORKFLOWS), { recursive: true });
  writeFileSync(join(root, path), text);
}
