/** One credential, several programs in one step: each gets its own form, and each file is put back. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { authJson, jsonFile, openaiStage, PRIVATE } from "./issuers.ts";
import { type BareStage, envelopeOf, type Stage, stage } from "./stage.ts";

let home: string;
let here: BareStage;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "targets-"));
});
afterEach(async () => {
  await here.close();
  rmSync(home, { recursive: true, force: true });
});

const PI = ".pi/agent/auth.json";
const CLAWDBOT = ".clawdbot/agents/main/agent/auth-profiles.json";
const PEEKABOO = ".peekaboo/credentials";
const CLAUDE = ".claude/.credentials.json";
const CODEX = ".codex/auth.json";
const OPENCODE = ".local/share/opencode/auth.json";

/** What a person's own programs have on this machine. */
const NEIGHBOURS: Readonly<Record<string, string>> = {
  [PI]: '{\n\t"github-copilot": { "type": "oauth", "access": "theirs", "refresh": "theirs", "expires": 5 }\n}',
  [CLAWDBOT]: `${JSON.stringify({ version: 1, profiles: { "google:me": { type: "api_key", provider: "google", key: "theirs" } }, lastGood: { google: "google:me" } }, null, 2)}\n`,
  [PEEKABOO]: "# mine\nGROK_API_KEY=theirs\n\nOLLAMA_HOST=there",
};

function put(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(home, name)), { recursive: true, mode: 0o700 });
    writeFileSync(join(home, name), text, { mode: 0o600 });
  }
}
const text = (name: string) => (existsSync(join(home, name)) ? readFileSync(join(home, name), "utf8") : undefined);

test("a Claude login for five places at once, in a home that others use", async () => {
  here = await stage();
  await (here as Stage).signIn();
  put(NEIGHBOURS);
  let seen: Record<string, string | undefined> = {};
  const run = await here.run({
    job: { home },
    inputs: { targets: "claude,pi,clawdbot,peekaboo,env:ANTHROPIC_OAUTH_TOKEN,output" },
    step: {
      between: () => {
        seen = Object.fromEntries([CLAUDE, PI, CLAWDBOT, PEEKABOO].map((name) => [name, text(name)]));
        if (process.platform === "win32") return;
        for (const name of Object.keys(seen)) expect((statSync(join(home, name)).mode & 0o777).toString(8)).toBe("600");
      },
    },
  });
  const { credential } = envelopeOf(here.secret());
  const [access, refresh] = [credential.access?.reveal() ?? "", credential.refresh?.reveal() ?? ""];
  expect(JSON.parse(run.main.outputs["files"] ?? "")).toHaveLength(4);
  for (const [name, content] of Object.entries(seen)) {
    expect([name, content?.includes(access), content?.includes(refresh)]).toEqual([name, true, false]);
  }
  expect(JSON.parse(seen[PI] ?? "")).toMatchObject({
    anthropic: { type: "api_key" },
    "github-copilot": { expires: 5 },
  });
  expect(JSON.parse(seen[CLAWDBOT] ?? "")).toMatchObject({
    profiles: { "anthropic:default": { type: "token", provider: "anthropic" }, "google:me": { key: "theirs" } },
    lastGood: { google: "google:me" },
  });
  expect(seen[PEEKABOO]).toMatch(
    /^# mine\nGROK_API_KEY=theirs\n\nOLLAMA_HOST=there\n[\s\S]*ANTHROPIC_ACCESS_TOKEN=sk-ant-oat/,
  );
  expect(run.main.env["ANTHROPIC_OAUTH_TOKEN"]).toBe(access);
  expect(run.main.outputs["access-token"]).toBe(access);

  for (const [name, before] of Object.entries(NEIGHBOURS)) expect([name, text(name)]).toEqual([name, before]);
  expect(text(CLAUDE)).toBeUndefined();
});

test("a ChatGPT login for Codex, opencode, pi and Clawdbot, under a name of its own", async () => {
  const openai = await openaiStage();
  here = openai;
  here.paste(authJson(openai.openai.issue()));
  let seen: (Record<string, any> | undefined)[] = [];
  await here.run({
    job: { ...PRIVATE, home },
    inputs: { targets: "codex,opencode,pi,clawdbot", account: "work" },
    step: { between: () => void (seen = [CODEX, OPENCODE, PI, CLAWDBOT].map((name) => jsonFile(home, name))) },
  });
  expect(seen).toMatchObject([
    { tokens: { refresh_token: "" } },
    { openai: { type: "oauth", refresh: "" } },
    { "openai-codex": { type: "oauth", refresh: "" } },
    { profiles: { "openai-codex:work": { type: "token" } } },
  ]);
  expect([CODEX, OPENCODE, PI, CLAWDBOT].map(text)).toEqual([undefined, undefined, undefined, undefined]);
});

test("a program that cannot use the login is named before anything is spent", async () => {
  here = await stage();
  await (here as Stage).signIn();
  const { main } = await here.run({ inputs: { targets: "claude,opencode,codex" } });
  const message = main.annotations.at(-1)?.message ?? "";
  expect(message).toMatch(
    /opencode cannot use a login of the provider anthropic[\s\S]*codex cannot[\s\S]*\[input-invalid\]/,
  );
  expect((here as Stage).oidc.requests).toEqual([]);
});

test("OpenClaw is not installed: said with what else would do", async () => {
  here = await stage();
  await (here as Stage).signIn();
  const { main } = await here.run({ inputs: { targets: "openclaw" }, job: { path: dirname(process.execPath) } });
  expect(main.annotations.at(-1)?.message).toMatch(/env:ANTHROPIC_OAUTH_TOKEN.*\[program-missing\]/);
  expect((here as Stage).oidc.requests).toEqual([]);
});

test("a lock that its program holds is waited for, and one of a dead program is taken over", async () => {
  here = await stage();
  await (here as Stage).signIn();
  put({ [PI]: NEIGHBOURS[PI] ?? "" });
  const lock = join(home, `${PI}.lock`);
  mkdirSync(lock);
  setTimeout(() => rmSync(lock, { recursive: true, force: true }), 1500);
  const run = await here.run({ job: { home }, inputs: { targets: "pi" } });
  expect(run.main.outputs["available"]).toBe("true");
  expect(existsSync(lock)).toBe(false);
  expect(text(PI)).toBe(NEIGHBOURS[PI]);
});
