/** The proof by the real program: OpenClaw while its logins were in a file. */
import { expect, it } from "vitest";
import { inventAccessToken } from "./anthropic-services.ts";
import { clawSuite, describeClaw, HOUR_MS, takesVariable } from "./claw-suite.ts";
import { openclaw as release, openclawProof as proof } from "./openclaw-release.ts";
import { proves } from "./proof.ts";
import { OPENCLAW } from "./releases.ts";
import { bearerOf } from "./wire.ts";

const [BEFORE, LAST] = OPENCLAW.withFile;
const anthropic = { provider: "anthropic", name: "anthropic", model: "anthropic/claude-opus-4-6" } as const;

// The last two kinds that read the file: between them the name of a ChatGPT login changed.
clawSuite({ ...release(BEFORE), provider: "openai", name: "openai-codex", model: "openai-codex/gpt-5.4" });
clawSuite({ ...release(LAST), provider: "openai", name: "openai", model: "openai/gpt-5.4" });

describeClaw({ ...release(BEFORE), ...anthropic }, (stage) => takesVariable(release(BEFORE), stage));

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
    await stage.ask();
    expect(bearerOf(stage.messages()[0]!)).toBe(access);
  });
});
