/** The proof by the real program: OpenClaw while its logins were in a file. */
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { inventAccessToken, inventRefreshToken } from "./anthropic-services.ts";
import { clawSuite, describeClaw, HOUR_MS, takesVariable } from "./claw-suite.ts";
import { inventJwt, inventOpenaiRefreshToken } from "./openai-services.ts";
import { openclaw as release, openclawProof as proof } from "./openclaw-release.ts";
import { proves } from "./proof.ts";
import { OPENCLAW } from "./releases.ts";

const LAST = OPENCLAW.withFile;
const anthropic = { provider: "anthropic", name: "anthropic", model: "anthropic/claude-opus-4-6" } as const;

/** What a person's own sign-in has left. */
const writeUsers = async (file: string, content: unknown): Promise<void> => {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, JSON.stringify(content), { mode: 0o600 });
};

clawSuite({ ...release(LAST), provider: "openai", name: "openai", model: "openai/gpt-5.4" });

for (const BEFORE of OPENCLAW.withFileBefore) {
  const CHATGPT = { provider: "openai", name: "openai-codex", model: "openai-codex/gpt-5.4" } as const;
  clawSuite({ ...release(BEFORE), ...CHATGPT }, (stage) => {
    it("imports nothing from Codex's file of the same step", async (context) => {
      proves(context, proof(BEFORE, "openai", "reads"));
      await stage.act({ inputs: { targets: "openclaw,codex" } });
      await stat(join(stage.home, ".codex", "auth.json"));

      stage.expectAnswered(await stage.ask());
      expect(Object.keys((await stage.readStore()).profiles)).toEqual(["openai-codex:default"]);
      expect(stage.world.tokenRequests()).toEqual([]);
    });

    it("uses our token, of an account of its own, beside a whole login in Codex's file", async () => {
      const file = join(stage.home, ".codex", "auth.json");
      const id = crypto.randomUUID();
      const access = inventJwt({ accountId: id, expiresAt: Date.now() + HOUR_MS });
      const tokens = {
        id_token: access,
        access_token: access,
        refresh_token: inventOpenaiRefreshToken(),
        account_id: id,
      };
      const auth = { auth_mode: "chatgpt", OPENAI_API_KEY: null, tokens, last_refresh: new Date().toISOString() };
      await writeUsers(file, auth);
      const text = await readFile(file, "utf8");
      await stage.act({ inputs: { account: "work" } });

      stage.expectAnswered(await stage.ask());
      expect(Object.keys((await stage.readStore()).profiles)).toContain("openai-codex:work");
      expect(stage.world.tokenRequests()).toEqual([]);
      expect(await readFile(file, "utf8")).toBe(text);
    });
  });

  describeClaw({ ...release(BEFORE), ...anthropic }, (stage) => {
    takesVariable(release(BEFORE), stage);

    it("imports nothing from Claude Code's file of the same step", async (context) => {
      proves(context, proof(BEFORE, "anthropic", "reads"));
      await stage.act({ inputs: { targets: "openclaw,claude" } });
      await stat(join(stage.home, ".claude", ".credentials.json"));

      stage.expectAnswered(await stage.ask());
      expect(Object.keys((await stage.readStore()).profiles)).toEqual(["anthropic:default"]);
      expect(stage.world.tokenRequests()).toEqual([]);
    });

    it("uses our token, of an account of its own, beside a whole login in Claude Code's file", async () => {
      const file = join(stage.home, ".claude", ".credentials.json");
      const users = {
        accessToken: inventAccessToken(),
        refreshToken: inventRefreshToken(),
        scopes: ["user:inference"],
      };
      await writeUsers(file, { claudeAiOauth: { ...users, expiresAt: Date.now() + HOUR_MS } });
      const text = await readFile(file, "utf8");
      await stage.act({ inputs: { account: "work" } });

      stage.expectAnswered(await stage.ask());
      expect(Object.keys((await stage.readStore()).profiles)).toContain("anthropic:work");
      expect(stage.world.tokenRequests()).toEqual([]);
      expect(await readFile(file, "utf8")).toBe(text);
    });
  });
}

clawSuite({ ...release(LAST), ...anthropic }, (stage) => {
  takesVariable(release(LAST), stage);

  it("uses our token beside other logins, which it has again afterwards", async (context) => {
    proves(context, proof(LAST, "anthropic", "reads", "keeps"));
    const access = inventAccessToken();
    const mine = { type: "oauth", provider: "anthropic", access, refresh: "r", expires: Date.now() + HOUR_MS };
    const before = {
      version: 1,
      profiles: {
        "anthropic:mine": { ...mine, email: "someone@example.com" },
        "xai:default": { type: "api_key", provider: "xai", key: "elsewhere" },
      },
    };
    await stage.writeStore({ ...before, ofANewerRelease: { kept: true } });

    const job = await stage.act();
    expect(await stage.readStore()).toMatchObject({
      ...before,
      ofANewerRelease: { kept: true },
      order: { anthropic: ["anthropic:default"] },
    });
    stage.expectAnswered(await stage.ask());
    expect(stage.world.tokenRequests()).toEqual([]);

    await job.post();
    // The program itself drops what it does not know, and moves the order into a file of its own.
    expect(await stage.readStore()).toEqual(before);
    stage.messages().splice(0);
    stage.accept(access); // a refused one would be tried for a minute
    stage.expectAnswered(await stage.ask(), access);
  });
});
