/** The proof by the real program: what the action writes is read by unmodified releases of opencode. */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import * as openai from "./openai-services.ts";
import { ensureOpencode, runOpencode } from "./opencode-program.ts";
import { readerSuite } from "./pi-opencode-suite.ts";
import { OPENCODE } from "./releases.ts";
import { bearerOf } from "./wire.ts";

const FILE = join(".local", "share", "opencode", "auth.json");
const version = OPENCODE.newest;

readerSuite(
  {
    target: "opencode",
    version,
    provider: "openai",
    key: "openai",
    keyType: "api",
    file: FILE,
    install: () => ensureOpencode(version),
    ask: ({ command }, where) => runOpencode({ command, model: "openai/gpt-5.4", ...where }),
  },
  (stage) => {
    it("is found in XDG_DATA_HOME", async () => {
      const env = { XDG_DATA_HOME: join(stage.home, "data") };
      await stage.act({ env });
      await expect(stat(join(stage.home, FILE))).rejects.toMatchObject({ code: "ENOENT" });
      expect(await readFile(join(stage.home, "data", "opencode", "auth.json"), "utf8")).toContain(stage.accessToken);

      stage.expectAnswered(await stage.ask(env));
    });

    it("does not read the file beside OPENCODE_AUTH_CONTENT, of which we warn", async () => {
      const { accountId } = stage.world.openai;
      const other = openai.inventJwt({ accountId, expiresAt: undefined });
      const entry = { type: "oauth", access: other, refresh: "", expires: Date.now() + 3_600_000 };
      const env = { OPENCODE_AUTH_CONTENT: JSON.stringify({ openai: entry }) };
      const { main } = await stage.act({ env });
      expect(main.log).toContain("OPENCODE_AUTH_CONTENT");

      await stage.ask(env);
      expect(new Set(stage.messages().map(bearerOf))).toEqual(new Set([other]));
    });

    it("sends nothing without its own plug-ins, of which we warn", async () => {
      const env = { OPENCODE_DISABLE_DEFAULT_PLUGINS: "1" };
      const { main } = await stage.act({ env });
      expect(main.log).toContain("OPENCODE_DISABLE_DEFAULT_PLUGINS");

      expect((await stage.ask(env)).exitCode).not.toBe(0);
      expect(stage.messages()).toEqual([]);
    });

    // Nobody is told: the program behaves as if there were no login.
    it.each([
      ["an end with a fraction", { expires: Date.UTC(2100, 0) + 0.5 }],
      ["an account of null", { accountId: null }],
      ["no refresh token, not even an empty one", { refresh: undefined }],
    ])("drops an entry with %s (so ours has none)", async (_, change) => {
      await stage.act();
      const { openai: entry } = await stage.readFile();
      await stage.writeFile({ openai: { ...entry, ...change } });

      expect((await stage.ask()).exitCode).not.toBe(0);
      expect(stage.messages()).toEqual([]);
    });
  },
);
