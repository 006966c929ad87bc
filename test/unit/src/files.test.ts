/** What the file system of a machine may hold, or not hold, when a job begins. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { files } from "../../../src/world/files.ts";
import { tempFolder } from "./support.ts";

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
