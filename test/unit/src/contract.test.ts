/** What other files promise about the code: action.yml, package.json, docs/errors.md. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { publish } from "../../../src/report/outputs.ts";
import { run } from "../../../src/run.ts";
import { VERSION } from "../../../src/version.ts";
import { fakeWorld, GITHUB, inputEnv, inputsOf, newLogin, opened, tempFolder } from "./support.ts";

const root = new URL("../../../", import.meta.url);
const text = (path: string) => readFileSync(new URL(path, root), "utf8");
const action = parse(text("action.yml")) as {
  outputs: Record<string, { description?: string }>;
  runs: Record<string, string>;
};

test("the version is that of package.json", () => {
  expect(VERSION).toBe((JSON.parse(text("package.json")) as { version: string }).version);
});

describe("the outputs in action.yml", () => {
  test("are those that a step writes; the token only where it is asked for", async () => {
    const world = fakeWorld({ env: { HOME: tempFolder() } });
    publish(world, inputsOf(), { credential: newLogin(), source: "secret", result: undefined }, []);
    const always = Object.keys(world.recorded.outputs);
    expect(always).not.toContain("access-token");
    await (await opened(world, inputsOf({ targets: "output" }))).write(newLogin());
    expect(Object.keys(world.recorded.outputs).toSorted()).toEqual(
      // `sealed` comes with the ledger's root key: test/scenario/ledger.test.ts.
      Object.keys(action.outputs)
        .filter((name) => name !== "sealed")
        .toSorted(),
    );
  });

  test("of a skipped step are among them", async () => {
    const env = { ...GITHUB, ...inputEnv({ credential: "", "if-no-credential": "skip" }) };
    const world = fakeWorld({ env });
    expect(await run(world)).toBe(0);
    expect(world.recorded.outputs).toEqual({ available: "false" });
  });

  test.each(Object.keys(action.outputs))("%s is described", (name) => {
    expect(action.outputs[name]?.description?.length).toBeGreaterThan(15);
  });
});

describe("the codes of errors", () => {
  const codes = [...text("src/errors.ts").matchAll(/^ {2}\| "([a-z-]+)"/gm)].map(([, code]) => code ?? "");
  const sources = readdirSync(new URL("src/", root), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && path !== "errors.ts")
    .map((path) => text(`src/${path.replaceAll("\\", "/")}`));

  test("are found in src/errors.ts", () => {
    expect(codes.length).toBeGreaterThan(20);
    expect(new Set(codes).size).toBe(codes.length);
  });

  const explained = () =>
    [...text("docs/errors.md").matchAll(/^#{2,4} `?([a-z]+(?:-[a-z]+)*)`?$/gm)].map(([, code]) => code ?? "");

  test.each(codes)("%s is explained in docs/errors.md", (code) => {
    expect(explained()).toContain(code);
  });

  test("docs/errors.md explains no code that does not exist", () => {
    expect(explained().filter((code) => !codes.includes(code))).toEqual([]);
  });

  test.each(codes.filter((code) => !["file-failed", "unexpected"].includes(code)))("%s is used", (code) => {
    expect(sources.some((source) => source.includes(`"${code}"`) || source.includes(`: ${code}"`))).toBe(true);
  });
});
