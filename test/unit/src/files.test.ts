/** What the file system of a machine may hold, or not hold, when a job begins. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { refuseUnsafe } from "../../../src/targets/place.ts";
import { files } from "../../../src/world/files.ts";
import { fakeWorld, tempFolder } from "./support.ts";

test("what another process of the same id has left behind is not in the way", () => {
  const path = join(tempFolder(), ".credentials.json");
  // In a container every process may be the first one, and a home that is mounted outlives it.
  for (let serial = 1; serial < 100; serial++) {
    writeFileSync(join(path, "..", `.credentials.json.${process.pid}-${serial}.tmp`), "left behind");
  }
  const before = readdirSync(join(path, "..")).length;
  const open = Array.from({ length: 20 }, () => files.openBeside(path));
  expect(new Set(open.map(({ temp }) => temp)).size).toBe(20);
  open.pop()?.commit("new");
  for (const pending of open) pending.discard();
  expect(readFileSync(path, "utf8")).toBe("new");
  expect(readdirSync(join(path, "..")).length).toBe(before + 1);
});

describe("a drive that is not there", () => {
  /** As Windows answers for `Q:\x`: nothing above it exists, up to the root, which is its own parent. */
  function withoutDrive() {
    const asked: string[] = [];
    onTestFinished(() => void vi.restoreAllMocks());
    return (path: string) => {
      asked.push(path);
      if (asked.length > 50) throw new Error("it never ends");
      return false;
    };
  }

  test("is the file system's own error, not an endless search", () => {
    const root = { code: "EEXIST", syscall: "mkdir" };
    vi.spyOn(files, "exists").mockImplementation(withoutDrive());
    expect(() => files.makeFolder("/home/x")).toThrow(expect.objectContaining(root));
  });

  test("is not searched for the workspace without end", () => {
    const exists = withoutDrive();
    const workspace = tempFolder();
    const world = fakeWorld({ env: { GITHUB_WORKSPACE: workspace } });
    const here = { ...files, exists: (path: string) => path === workspace || exists(path) };
    expect(() => refuseUnsafe({ ...world, files: here }, "/nowhere/x/y")).not.toThrow();
  });
});
