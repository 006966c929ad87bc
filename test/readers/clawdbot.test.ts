/** The proof by the real program: what the action writes is read by the last release of Clawdbot. */
import { mkdir, readFile, stat, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { openEnvelope } from "../../src/credential/envelope.ts";
import { startGitHub } from "../support/github/server.ts";
import { ensureClawdbot } from "./claw-program.ts";
import { type ClawReader, clawSuite, HOUR_MS, takesVariable } from "./claw-suite.ts";
import { proves } from "./proof.ts";
import { CLAWDBOT } from "./releases.ts";
import { bearerOf, parseBody } from "./wire.ts";

const VERSION = CLAWDBOT.last;
const COMMON = {
  target: "clawdbot",
  title: "Clawdbot",
  version: VERSION,
  install: () => ensureClawdbot(VERSION),
  asked: false,
  namesAccount: true,
} as const;

const ANTHROPIC: ClawReader = {
  ...COMMON,
  provider: "anthropic",
  name: "anthropic",
  model: "anthropic/claude-opus-4-5",
};
const OPENAI: ClawReader = { ...COMMON, provider: "openai", name: "openai-codex", model: "openai-codex/gpt-5.2" };

const proof = { target: "clawdbot", program: "Clawdbot", version: VERSION } as const;
const claudeFile = (home: string): string => join(home, ".claude", ".credentials.json");

clawSuite(ANTHROPIC, (stage) => {
  takesVariable(ANTHROPIC, stage);

  it("imports nothing from Claude Code's file of the same step, and leaves the neighbours", async (context) => {
    proves(context, { ...proof, provider: "anthropic", claims: ["reads", "keeps"] });
    const mine = { type: "oauth", provider: "anthropic", access: "a", refresh: "r", expires: Date.now() + HOUR_MS };
    const before = {
      version: 1,
      profiles: {
        "anthropic:mine": { ...mine, email: "someone@example.com", unknown: [1] },
        "xai:default": { type: "api_key", provider: "xai", key: "elsewhere" },
      },
      order: { xai: ["xai:default"] },
      lastGood: { anthropic: "anthropic:mine" },
      usageStats: { "anthropic:mine": { lastUsed: 1, errorCount: 0 } },
    };
    await stage.writeStore({ ...before, ofANewerRelease: { kept: true } });

    const job = await stage.act({ inputs: { targets: "clawdbot,claude" } });
    await stat(claudeFile(stage.home));
    expect(await stage.readStore()).toMatchObject({
      ...before,
      ofANewerRelease: { kept: true },
      order: { ...before.order, anthropic: ["anthropic:default"] },
    });
    stage.expectAnswered(await stage.ask());
    expect(stage.world.tokenRequests()).toEqual([]);
    expect(Object.keys((await stage.readStore()).profiles)).toEqual([
      ...Object.keys(before.profiles),
      "anthropic:default",
    ]);

    await job.post();
    // The program itself drops what it does not know.
    const { lastGood: _program, ...kept } = await stage.readStore();
    const { lastGood: _mine, ...expected } = before;
    expect(kept).toEqual(expected);
    expect(await readFile(stage.path(), "utf8")).not.toContain("anthropic:default");
  });

  it("uses our token beside a whole login in Claude Code's file, which it imports", async () => {
    await mkdir(dirname(claudeFile(stage.home)));
    const users = { accessToken: "sk-ant-oat01-of-the-user", refreshToken: "sk-ant-ort01-of-the-user" };
    const text = JSON.stringify({ claudeAiOauth: { ...users, expiresAt: Date.now() - HOUR_MS } });
    await writeFile(claudeFile(stage.home), text);
    await stage.act();

    stage.expectAnswered(await stage.ask());
    expect(Object.keys((await stage.readStore()).profiles)).toContain("anthropic:claude-cli");
    expect(stage.world.tokenRequests()).toEqual([]);
    expect(await readFile(claudeFile(stage.home), "utf8")).toBe(text);
  });

  it("is found in CLAWDBOT_STATE_DIR and CLAWDBOT_AGENT_DIR", async () => {
    const env = { CLAWDBOT_STATE_DIR: "~/state", CLAWDBOT_AGENT_DIR: join(stage.home, "agent") };
    await stage.act({ env });
    await mkdir(join(stage.home, "state"), { recursive: true });
    const settings = join(stage.home, ".clawdbot", "clawdbot.json");
    await writeFile(join(stage.home, "state", "clawdbot.json"), await readFile(settings, "utf8"));
    await stat(join(stage.home, "agent", "auth-profiles.json"));

    stage.expectAnswered(await stage.ask(env));
  });
});

clawSuite(OPENAI, (stage) => {
  it("imports nothing from Codex's file of the same step", async (context) => {
    proves(context, { ...proof, provider: "openai", claims: ["reads"] });
    await stage.act({ inputs: { targets: "clawdbot,codex" } });
    await stat(join(stage.home, ".codex", "auth.json"));

    stage.expectAnswered(await stage.ask());
    expect(Object.keys((await stage.readStore()).profiles)).toEqual(["openai-codex:default"]);
    expect(stage.world.tokenRequests()).toEqual([]);
  });

  it("imports a whole login from Codex's file, and keeps what it renews to itself: post stores it", async () => {
    const pat = "github_pat_of_the_readers_0123456789abcdef";
    const github = await startGitHub({ tokens: { [pat]: { permissions: { secrets: "write" } } } });
    try {
      github.setSecretByUser("LOGIN", stage.login(), { at: Date.now() - HOUR_MS });
      const place = { "rotate-to": "LOGIN", "secrets-token": pat, "allow-public-repository": "true" };
      const job = await stage.act({
        inputs: { ...place, targets: "codex", "write-refresh-token": "true" },
        github: { GITHUB_API_URL: github.apiUrl, GITHUB_REPOSITORY: "octo/demo" },
      });
      const auth = join(stage.home, ".codex", "auth.json");
      const lent = await readFile(auth, "utf8");
      // It takes the login for ended an hour after the file was written.
      const before = (Date.now() - 2 * HOUR_MS) / 1000;
      await utimes(auth, before, before);

      const renewing = await stage.ask();

      const [next] = stage.world.openai.issued;
      stage.expectAnswered(renewing, next!.accessToken);
      expect(stage.world.tokenRequests().map((request) => parseBody(request)["refresh_token"])).toEqual([
        stage.refreshToken,
      ]);
      expect(await readFile(auth, "utf8"), "Codex's file").toBe(lent);
      expect((await stage.readStore()).profiles["openai-codex:codex-cli"]).toMatchObject({
        refresh: next!.refreshToken,
      });

      const post = await job.post();

      expect(post.log).toContain("renewed is now stored");
      const stored = openEnvelope(github.secret("LOGIN") ?? "").credential;
      expect(stored.refresh?.reveal()).toBe(next!.refreshToken);
      expect(github.violations).toEqual([]);
    } finally {
      await github.close();
    }
  });

  it("posts an empty refresh token for a profile of the type `oauth` (which is why we write none)", async () => {
    const profile = { type: "oauth", provider: "openai-codex", access: stage.accessToken, refresh: "" };
    await stage.writeStore({
      version: 1,
      profiles: { "openai-codex:default": { ...profile, expires: Date.now() - HOUR_MS } },
    });

    expect((await stage.ask()).exitCode).not.toBe(0);
    expect(stage.world.tokenRequests().map((request) => parseBody(request))).toContainEqual(
      expect.objectContaining({ refresh_token: "" }),
    );
    expect(stage.messages().map(bearerOf)).toEqual([]);
  });
});
