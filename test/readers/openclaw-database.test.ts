/** The proof by the real program: OpenClaw since its logins are in a database. */
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { inventAccessToken } from "./anthropic-services.ts";
import { type ClawStage, describeClaw, takesVariable } from "./claw-suite.ts";
import { openclaw as release, openclawProof as proof } from "./openclaw-release.ts";
import { proves } from "./proof.ts";
import { OPENCLAW } from "./releases.ts";
import { bearerOf } from "./wire.ts";

const anthropic = { provider: "anthropic", name: "anthropic", model: "anthropic/claude-opus-4-6" } as const;
const { withoutLogout, newest } = OPENCLAW;

/** A dozen starts of the program, of which each may take ten seconds. */
const SLOW_MS = 1_800_000;

/** Other logins in the database stay, and are not used meanwhile. */
const keepsOthers = (version: string, stage: ClawStage): void => {
  it(
    "is told our token by its own commands, beside a login that it has again afterwards: ended, it asks for no other",
    async (context) => {
      proves(context, proof(version, "anthropic", "reads", "keeps", "no-refresh"));
      const ended = inventAccessToken();
      await stage.act({ credential: ended, inputs: { account: "mine" } });
      const { auth } = await settingsOf(stage);
      const ids = Object.keys(auth?.profiles ?? {});
      expect(ids).toEqual([expect.stringMatching(/^anthropic:oauth-creds-mine-[0-9a-f]{8}$/)]);

      const job = await stage.act();
      expect((await filesWith(stage, stage.refreshToken)).length).toBe(0);
      expect(await filesWith(stage, stage.accessToken)).toEqual([expect.stringMatching(/\.sqlite(-wal)?$/)]);
      stage.expectAnswered(await stage.ask());
      expect(stage.world.tokenRequests()).toEqual([]);

      expect((await job.post()).log).not.toContain("could not");
      expect(await filesWith(stage, stage.accessToken)).toEqual([]);
      expect(await stateOf(stage)).toEqual({ order: null, ids, auth });

      stage.messages().splice(0);
      await expectRefused(stage, ended);
    },
    SLOW_MS,
  );
};

/** It sends the token, which nobody takes any more, and asks for no other. */
async function expectRefused(stage: ClawStage, ended: string): Promise<void> {
  expect((await stage.ask()).stdout).not.toContain(stage.world.anthropic.text);
  expect(stage.messages()).not.toHaveLength(0);
  for (const message of stage.messages()) expect(bearerOf(message)).toBe(ended);
  expect(stage.world.tokenRequests()).toEqual([]);
}

for (const version of withoutLogout) {
  describeClaw({ ...release(version), ...anthropic }, (stage) => keepsOthers(version, stage));
}

describeClaw({ ...release(newest), ...anthropic }, (stage) => {
  takesVariable(release(newest), stage);
  keepsOthers(newest, stage);

  // Some thirty starts of the program: weekly.
  it.runIf(process.env["READERS"] === "newest")(
    "keeps the login of each job on a home that they share, whichever ends first",
    async () => {
      const others = [inventAccessToken(), inventAccessToken()] as const;
      const first = await stage.act({ credential: others[0] });
      const second = await stage.act();
      const third = await stage.act({ credential: others[1] });

      for (const job of [first, third]) expect((await job.post()).log).not.toContain("could not");

      for (const token of others) expect(await filesWith(stage, token)).toEqual([]);
      stage.expectAnswered(await stage.ask());
      await second.post();
      expect(await filesWith(stage, stage.accessToken)).toEqual([]);
      expect(await stateOf(stage)).toMatchObject({ order: null, ids: [] });
    },
    SLOW_MS,
  );

  it("is not given a login beside a file of an older release, which it would have to take over first", async () => {
    await stage.writeStore({
      version: 1,
      profiles: { "anthropic:mine": { type: "api_key", provider: "anthropic", key: "k" } },
    });

    await expect(stage.act()).rejects.toThrow("openclaw doctor --fix");
    expect(await filesWith(stage, stage.accessToken)).toEqual([]);
  });
});

describeClaw(
  // A model of OpenAI's in its settings would have it fetch a plugin with every command.
  {
    ...release(newest),
    ...anthropic,
    provider: "openai",
    name: "openai",
    askedModel: "openai/gpt-5.6-terra",
    namesAccount: true,
  },
  (stage) => {
    it("is told our token by its own command", async (context) => {
      proves(context, proof(newest, "openai", "reads"));
      const job = await stage.act();
      stage.expectAnswered(await stage.ask());
      expect(stage.world.tokenRequests()).toEqual([]);

      await job.post();
      expect(await filesWith(stage, stage.accessToken)).toEqual([]);
    });
  },
);

/** What it says of its logins. */
async function stateOf(stage: ClawStage) {
  const jsonOf = async (...args: string[]) =>
    JSON.parse((await stage.run("models", "auth", ...args, "--json")).stdout) as Record<string, unknown>;
  const { profiles } = (await jsonOf("list")) as { profiles: { id: string }[] };
  const { order } = await jsonOf("order", "get", "--provider", "anthropic");
  return { order, ids: profiles.map(({ id }) => id), auth: (await settingsOf(stage)).auth };
}

type Settings = { auth?: { profiles?: Record<string, unknown> } };
async function settingsOf(stage: ClawStage): Promise<Settings> {
  return JSON.parse(await readFile(join(stage.home, ".openclaw", "openclaw.json"), "utf8")) as Settings;
}

/** The files of the home, whatever they are, in which a text stands. */
async function filesWith(stage: ClawStage, text: string): Promise<string[]> {
  const entries = await readdir(stage.home, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const held = await Promise.all(paths.map(async (path) => (await readFile(path, "latin1")).includes(text)));
  return paths.filter((_, at) => held[at]);
}
