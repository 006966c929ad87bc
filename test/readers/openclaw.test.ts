/** The proof by the real program: OpenClaw while its logins were in a file, and since they are in a database. */
import { mkdir, readFile, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { type ClawReader, type ClawStage, clawSuite, HOUR_MS, inventToken } from "./claw-suite.ts";
import { ensureOpenclaw, pathWith } from "./claw-program.ts";
import { proves } from "./proof.ts";

const release = (version: string) =>
  ({
    target: "openclaw",
    title: "OpenClaw",
    version,
    install: () => ensureOpenclaw(version),
    env: (installed) => ({ PATH: pathWith(installed) }),
    namesAccount: false,
  }) as const satisfies Partial<ClawReader>;

const anthropic = { provider: "anthropic", name: "anthropic", model: "anthropic/claude-opus-4-6" } as const;

// The last two that read the file. Between them, the name of a ChatGPT login changed.
clawSuite({ ...release("2026.5.28"), provider: "openai", name: "openai-codex", model: "openai-codex/gpt-5.4" });
clawSuite({ ...release("2026.6.1"), provider: "openai", name: "openai", model: "openai/gpt-5.4" });

clawSuite({ ...release("2026.6.1"), ...anthropic }, (stage) => {
  it("uses our token beside other logins, which it has again afterwards", async (context) => {
    proves(context, { target: "openclaw", program: "OpenClaw", version: "2026.6.1", claims: ["reads", "keeps"] });
    const mine = { type: "oauth", provider: "anthropic", access: "a", refresh: "r", expires: Date.now() + HOUR_MS };
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
    // The program itself drops what it does not know.
    expect(await stage.readStore()).toEqual(before);
    // It keeps the order in a file of its own: of profiles that are gone it says nothing.
    expect(await readFile(stage.path("auth-state.json"), "utf8")).not.toContain(stage.accessToken);
    stage.messages().splice(0);
    await stage.ask();
    expect(stage.messages().map(({ headers }) => headers.authorization)).toContain("Bearer a");
  });
});
