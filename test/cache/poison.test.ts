/**
 * Entries that somebody else has written. The official client unpacks them with `tar -P`: each of these archives is
 * shown to write where it should not when that client restores it. We take one file out of it in memory, or nothing.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Member, packed, tar, versionOf } from "../support/cache/archives.ts";
import { expectQuiet, MAIN, stage } from "./stage.ts";

const world = stage();
const NAME = "oauth-creds-recovery-v1-fedcba9876543210.1";
const load = { do: "load", name: NAME } as const;

/** A folder that no job has anything to do with, with a file in it. */
function canary(): { folder: string; file: string } {
  const folder = mkdtempSync(join(tmpdir(), "oauth-creds-canary-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "file");
  writeFileSync(file, "untouched");
  return { folder, file };
}

const ours: Member = { name: "oauth-creds", content: "ocrec1.harmless" };

/** By what an archive reaches out of the folder that it is unpacked in. */
const HOSTILE: Readonly<Record<string, (folder: string) => readonly Member[]>> = {
  "one file elsewhere": (folder) => [{ name: `${folder}/file`, content: "evil" }],
  "an absolute path": (folder) => [ours, { name: `${folder}/file`, content: "evil" }],
  "a path upwards": (folder) => [ours, { name: `../../../../../../../..${folder}/file`, content: "evil" }],
  "a symbolic link and a file through it": (folder) => [
    { name: "way", type: "2", link: folder },
    { name: "way/file", content: "evil" },
    ours,
  ],
  "our own name as a link": (folder) => [{ name: "oauth-creds", type: "2", link: `${folder}/file` }],
  "our own name as a hard link": (folder) => [{ name: "oauth-creds", type: "1", link: `${folder}/file` }],
};

describe.skipIf(process.platform === "win32")("a hostile archive", () => {
  test.each(Object.keys(HOSTILE))("with %s is nothing to us, packed either way", async (how) => {
    for (const method of ["zstd", "gzip"] as const) {
      const { folder, file } = canary();
      const bytes = packed[method](tar((HOSTILE[how] as (folder: string) => readonly Member[])(folder)));
      await world.service.plant(NAME, versionOf(method), bytes, MAIN);
      const done = await world.run(load);
      expect(done.result).toEqual({ type: "foreign" });
      expectQuiet(done);
      expect(readFileSync(file, "utf8")).toBe("untouched");
      world.service.evict(NAME);
    }
  });

  test.each(Object.keys(HOSTILE).slice(0, 4))("with %s does what it wants with the official client", async (how) => {
    const { folder, file } = canary();
    const bytes = packed.zstd(tar((HOSTILE[how] as (folder: string) => readonly Member[])(folder)));
    await world.service.plant(NAME, versionOf("zstd"), bytes, MAIN);
    const done = await world.official("restore", NAME);
    expect(done.result).toMatchObject({ done: NAME });
    expect(readFileSync(file, "utf8")).toBe("evil"); // so these archives are what they are taken for
  });

  test("in the place where we would save stays, and we say so", async () => {
    const { folder, file } = canary();
    await world.service.plant(
      NAME,
      versionOf("zstd"),
      packed.zstd(tar(HOSTILE["an absolute path"]?.(folder) ?? [])),
      MAIN,
    );
    const done = await world.run({ do: "save", name: NAME, text: "ocrec1.harmless" });
    expect(done.result).toEqual({ type: "present", same: false });
    expectQuiet(done);
    expect(readFileSync(file, "utf8")).toBe("untouched");
  });
});

describe("other contents", () => {
  test.each<[string, Buffer]>([
    ["nothing", Buffer.alloc(0)],
    ["a page of HTML", Buffer.from("<html>not found</html>")],
    [
      "an archive that grows a thousandfold",
      packed.zstd(tar([{ name: "oauth-creds", content: Buffer.alloc(64 * 1024 * 1024) }])),
    ],
    ["more than any of ours", Buffer.alloc(2 * 1024 * 1024, "x")],
    ["one that was cut off", packed.gzip(tar([ours])).subarray(0, 40)],
  ])("%s", async (_what, bytes) => {
    await world.service.plant(NAME, versionOf("zstd"), bytes, MAIN);
    const done = await world.run(load);
    expect(done.result).toEqual({ type: "foreign" });
    expectQuiet(done);
  });

  test("an entry of a branch is not seen from the default branch", async () => {
    world.service.tokens.set("branch", { scope: "refs/heads/topic", reads: [MAIN] });
    await world.run({ do: "save", name: NAME, text: "from a branch" }, { token: "branch" });
    expect((await world.run(load)).result).toEqual({ type: "none" });
    expect((await world.run(load, { token: "branch" })).result).toMatchObject({ type: "found" });
    // The other way round it is; and each saves under the same name.
    expect((await world.run({ do: "save", name: NAME, text: "from main" })).result).toEqual({
      type: "saved",
      proved: true,
    });
  });
});

describe("with the official client on one side", () => {
  test("what it has saved, we read; what we have saved, it restores into its folder and nowhere else", async () => {
    const files = { "oauth-creds": "a text" };
    const saved = await world.official("save", NAME, { files });
    expect(saved.log).toContain("Sent "); // that is how it talks
    expect((await world.run(load)).result).toEqual({ type: "found", entries: [{ name: NAME, text: "a text" }] });
    world.service.evict(NAME);
    await world.run({ do: "save", name: NAME, text: "another" });
    const restored = await world.official("restore", NAME);
    expect(restored.result).toMatchObject({ done: NAME });
    expect(restored.leftBehind.filter((name) => name === "oauth-creds")).toHaveLength(1);
  });

  test("the runner's folder is reached by a link: the entry is the same", async () => {
    const { folder } = canary();
    const [real, temp] = [join(folder, "real"), join(folder, "temp")];
    mkdirSync(real);
    symlinkSync(real, temp);
    const done = await world.run({ do: "save", name: NAME, text: "a text" }, { env: { RUNNER_TEMP: temp } });
    expect(done.result).toEqual({ type: "saved", proved: true });
    expect(readdirSync(real)).toEqual([]);
    expect((await world.run(load)).result).toEqual({ type: "found", entries: [{ name: NAME, text: "a text" }] });
  });
});
