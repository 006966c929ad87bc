/** The same proxied run on a Node whose own agents know nothing of proxies. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { proxySuite } from "../scenario/proxied.ts";
import { ensureNode } from "./install.ts";
import { OLD_NODE } from "./releases.ts";

describe(`Node ${OLD_NODE}`, () => {
  let node: string;
  beforeAll(async () => {
    node = await ensureNode(OLD_NODE);
  });

  test("is what it says", async () => {
    const { stdout } = await promisify(execFile)(node, ["--version"]);
    expect(stdout.trim()).toBe(`v${OLD_NODE}`);
  });

  proxySuite("with TLS, behind a proxy", () => node);
});
