import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { githubRunner } from "../../../src/runner/commands.ts";
import { parseKeyValues } from "../../support/runner/file-commands.ts";
import { newFolder, tempFolder } from "./support.ts";

const VALUES = [
  "plain",
  "",
  " surrounded ",
  "100% %0A %25 %%",
  "line one\nline two",
  "CRLF\r\nand CR\rand LF\n",
  "a: b, c=d; e::f",
  "::add-mask::x",
  "::error title=x::y",
  "a=b=c",
  "a<<EOF",
  "<<EOF",
  "=",
  "ghadelimiter_0",
  "tab\tnul-free \u0007",
  "añ 中 🔑 \u2028",
  "\"quoted\" 'single' `back` \\ $X ${{ y }}",
  `["/a/b","C:\\\\x"]`,
  randomBytes(600).toString("base64"),
];

interface Said {
  stdout: string;
  files: Record<string, string>;
}

function say(who: "ours" | "core", folder: string): Said {
  const names = ["GITHUB_OUTPUT", "GITHUB_STATE", "GITHUB_ENV", "GITHUB_STEP_SUMMARY"];
  const paths = names.map((name) => [name, join(folder, name)] as const);
  for (const [, path] of paths) writeFileSync(path, "");
  const child = fileURLToPath(new URL("commands-child.ts", import.meta.url));
  const { stdout, stderr, status } = spawnSync(process.execPath, [child, who], {
    input: JSON.stringify(VALUES),
    env: { PATH: process.env["PATH"], ...Object.fromEntries(paths) },
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${who}: ${stderr}`);
  return { stdout, files: Object.fromEntries(paths.map(([name, path]) => [name, readFileSync(path, "utf8")])) };
}

describe("the same as @actions/core", () => {
  let ours: Said;
  let core: Said;
  beforeAll(() => {
    const { folder, remove } = newFolder();
    ours = say("ours", folder);
    core = say("core", folder);
    return remove;
  });

  test("on stdout, byte for byte", () => {
    expect(ours.stdout.split("\n").length).toBeGreaterThan(4 * VALUES.length);
    // As parts, so that a difference is shown beside the number of its value.
    expect(ours.stdout.split(/^(?=\d+$)/m)).toEqual(core.stdout.split(/^(?=\d+$)/m));
  });

  test.each(["GITHUB_OUTPUT", "GITHUB_STATE", "GITHUB_ENV"])("in %s, as the runner reads it", (name) => {
    const [read, wanted] = [ours, core].map(({ files }) => parseKeyValues(files[name] ?? ""));
    expect(read?.error).toBeUndefined();
    expect(read?.pairs).toHaveLength(VALUES.filter((value) => !/[\r\n]/.test(value)).length);
    expect(read).toEqual(wanted);
  });

  test("in the job summary", () => {
    expect(ours.files["GITHUB_STEP_SUMMARY"]).toBe(core.files["GITHUB_STEP_SUMMARY"]);
  });
});

describe("a value of several lines", () => {
  test.each(["a\nb", "a\rb", "a\n", "\n", "x\nNODE_OPTIONS=--require=/tmp/x"])(
    "%j is refused, without the value",
    (value) => {
      const folder = tempFolder();
      const paths = {
        GITHUB_OUTPUT: join(folder, "o"),
        GITHUB_ENV: join(folder, "e"),
        GITHUB_STATE: join(folder, "s"),
      };
      const runner = githubRunner(paths);
      for (const path of Object.values(paths)) writeFileSync(path, "");
      const output = (name: string, text: string): void => runner.outputs({ [name]: text });
      for (const keep of [output, runner.variable, runner.state]) {
        expect(() => keep("name", value)).toThrow("a line break in name");
        expect(() => keep(value, "x")).toThrow(/line break/);
      }
      for (const path of Object.values(paths)) expect(readFileSync(path, "utf8")).toBe("");
    },
  );
});

test("without the runner's files nothing is written, and nothing fails", () => {
  const runner = githubRunner({});
  expect(() => {
    runner.outputs({ a: "b" });
    runner.state("a", "b");
    runner.variable("a", "b");
    runner.summary("x");
  }).not.toThrow();
});
