/** The proof by the real program: what the action writes is read by unmodified releases of pi. */
import { mkdir, readFile, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { type Reader, readerSuite } from "./pi-opencode-suite.ts";
import { ensurePi, FIRST_PI, PI, runPi } from "./pi-program.ts";
import { proves } from "./proof.ts";
import { PI_RELEASES } from "./releases.ts";

const FILE = join(".pi", "agent", "auth.json");
const RELEASES = [
  { name: PI, version: PI_RELEASES.newest, waits: true },
  { name: FIRST_PI, version: PI_RELEASES.first, waits: false },
] as const;

for (const { name, version, waits } of RELEASES) {
  const reader = (provider: Reader["provider"], key: string, model: string): Reader => ({
    target: "pi",
    version,
    provider,
    key,
    keyType: "api_key",
    file: FILE,
    install: () => ensurePi(name, version),
    ask: ({ command }, where) => runPi({ command, model: `${key}/${model}`, ...where }),
  });

  readerSuite(reader("anthropic", "anthropic", "claude-opus-4-5"), (stage) => {
    it("answers with a setup token", async () => {
      await stage.act({ credential: stage.accessToken });

      stage.expectAnswered(await stage.ask());
    });

    it("answers with the variable of target env:ANTHROPIC_OAUTH_TOKEN, without a file", async (context) => {
      proves(context, {
        target: "env:ANTHROPIC_OAUTH_TOKEN",
        provider: "anthropic",
        program: "pi",
        version,
        claims: ["reads"],
      });
      const { variables } = await stage.act({ inputs: { targets: "env:ANTHROPIC_OAUTH_TOKEN" } });
      await expect(stat(join(stage.home, FILE))).rejects.toMatchObject({ code: "ENOENT" });

      stage.expectAnswered(await stage.ask({ ...variables }));
      expect(stage.world.tokenRequests()).toEqual([]);
    });

    it("is found in PI_CODING_AGENT_DIR, also from the home", async () => {
      const env = { PI_CODING_AGENT_DIR: "~/elsewhere" };
      await stage.act({ env });
      await expect(stat(join(stage.home, FILE))).rejects.toMatchObject({ code: "ENOENT" });
      expect(await readFile(join(stage.home, "elsewhere", "auth.json"), "utf8")).toContain(stage.accessToken);

      stage.expectAnswered(await stage.ask(env));
    });

    it("runs a key that begins with `!` as a command (which is why we write none)", async () => {
      const made = join(stage.home, "made-by-a-key");
      await stage.writeFile({ anthropic: { type: "api_key", key: `!mkdir '${made}'` } });

      await stage.ask();
      expect((await stat(made)).isDirectory()).toBe(true);
    });

    // Newer releases wait for half a minute, this one a fifth of a second.
    it.runIf(!waits)("is kept out by the folder that we lock the file with", async () => {
      await stage.act();
      const lock = join(stage.home, `${FILE}.lock`);
      await mkdir(lock);
      // As its owner does: one that nobody touches is taken for abandoned.
      const held = setInterval(() => void utimes(lock, new Date(), new Date()), 500);
      try {
        expect((await stage.ask()).exitCode).toBe(1);
      } finally {
        clearInterval(held);
      }
      expect(stage.messages()).toEqual([]);

      await rm(lock, { recursive: true });
      stage.expectAnswered(await stage.ask());
    });
  });

  readerSuite(reader("openai", "openai-codex", "gpt-5.4"));
}
