/** The same proxied run on a Node whose own agents know nothing of proxies. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { proxySuite } from "../scenario/proxied.ts";

const VERSION = "22.19.0";
const folder = join(import.meta.dirname, "..", "..", ".cache", "readers", `node-${VERSION}`);
const system = process.platform === "win32" ? "win" : process.platform;
const name = `node-${system}-${process.arch}`;
const node = join(folder, "node_modules", name, "bin", process.platform === "win32" ? "node.exe" : "node");

describe(`Node ${VERSION}`, () => {
  beforeAll(async () => {
    if (existsSync(node)) return;
    await mkdir(folder, { recursive: true });
    const npm = ["install", "--prefix", folder, "--no-save", "--no-audit", "--no-fund", `${name}@${VERSION}`];
    await promisify(execFile)("npm", npm, { shell: process.platform === "win32" });
  });

  test("is what it says", async () => {
    const { stdout } = await promisify(execFile)(node, ["--version"]);
    expect(stdout.trim()).toBe(`v${VERSION}`);
  });

  proxySuite("with TLS, behind a proxy", () => node);
});
