import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  FILE_COMMANDS_FOLDER,
  findLeaks,
  gateStep,
  runStep,
  scanTree,
  type StepResult,
} from "../../support/runner/index.ts";
import { publicPrefix } from "../../support/runner/leak-gate.ts";
import { testJob, token } from "./helpers.ts";

const LEAKY = fileURLToPath(new URL("./fixtures/leaky.mjs", import.meta.url));

const find = (secret: string, text: string | Buffer) =>
  findLeaks({ tokens: [secret], sources: [{ name: "it", text }] }).map(({ encoding }) => encoding);

const hex = (text: string) => Buffer.from(text).toString("hex");
const base64 = (text: string | Buffer) => Buffer.from(text).toString("base64");
const eachByte = (text: string, show: (code: string) => string) =>
  [...Buffer.from(text)].map((byte) => show(byte.toString(16).padStart(2, "0"))).join("");

/** Ways to write a whole text. */
const DISGUISES: Record<string, (text: string) => string | Buffer> = {
  raw: (text) => text,
  json: (text) => JSON.stringify(text),
  "json, all escaped": (text) => eachByte(text, (code) => `\\u00${code}`),
  "json in json": (text) => JSON.stringify(JSON.stringify(text)),
  url: (text) => encodeURIComponent(text),
  "url, all escaped, upper case": (text) => eachByte(text, (code) => `%${code.toUpperCase()}`),
  "url, all escaped, lower case": (text) => eachByte(text, (code) => `%${code}`),
  xml: (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;"),
  "xml, all escaped": (text) => eachByte(text, (code) => `&#x${code};`),
  base64,
  base64url: (text) => Buffer.from(text).toString("base64url"),
  "base64, wrapped": (text) => base64(text).replace(/.{19}/g, "$&\r\n"),
  "base64 of json": (text) => base64(JSON.stringify({ text })),
  "base64 of base64": (text) => base64(base64(text)),
  "base64 of utf16": (text) => base64(Buffer.from(text, "utf16le")),
  "base64, url encoded": (text) => encodeURIComponent(base64(text)),
  hex,
  "hex behind a digit": (text) => `f${hex(text)}`,
  "hex, upper case": (text) => hex(text).toUpperCase(),
  "hex with signs": (text) => eachByte(text, (code) => `${code}:`),
  "hex as a dump": (text) => eachByte(text, (code) => `${code} `).replace(/.{48}/g, "$&\n"),
  "hex as in C": (text) => eachByte(text, (code) => `0x${code}, `),
  reversed: (text) => [...text].toReversed().join(""),
  "utf16 le": (text) => Buffer.from(text, "utf16le"),
  "utf16 be": (text) => Buffer.from(text, "utf16le").swap16(),
};

const TOKENS: Record<string, () => string> = {
  anthropic: () => token(93),
  refresh: () => token(93, "sk-ant-ort01-"),
  "with base64 signs": () => `rt_${base64(token(45)).replace(/.{7}/g, "$&+/")}==`,
  jwt: () => `${Buffer.from('{"alg":"RS256"}').toString("base64url")}.${token(80, "")}.${token(120, "")}`,
  "with signs that are escaped": () => token(50, "").replace(/.{6}/g, `$&"&<%\\`),
  short: () => token(12, ""),
};

describe.each(Object.entries(TOKENS))("a token: %s", (kind, make) => {
  test.each(Object.entries(DISGUISES))("%s", (_, disguise) => {
    for (const before of ["", "a", "ab", '{"claudeAiOauth":{"accessToken":"', "word after word "]) {
      for (const after of ["", '","expiresAt":1}', " and more"]) {
        const secret = make();
        const text = disguise(before + secret + after);
        expect(find(secret, text), `${before}…${after}`).not.toEqual([]);
        expect(find(token(40), text)).toEqual([]);
        if (kind === "short") continue;
        // 16 characters of the secret part, from anywhere in it, are enough.
        const body = secret.slice(publicPrefix(secret).length);
        const from = Math.floor(Math.random() * (body.length - 16));
        const part = disguise(before + body.slice(from, from + 16) + after);
        expect(find(secret, part), `${before}…${after}, a part`).not.toEqual([]);
      }
    }
  });
});

describe("no leak", () => {
  test("15 characters in a row, or the public prefix", () => {
    const secret = token(60);
    const body = secret.slice(13);
    for (const from of [0, 1, 7, 30, 44]) {
      expect(find(secret, `. ${body.slice(from, from + 15)} .`)).toEqual([]);
      expect(find(secret, `.${body.slice(from, from + 16)}.`)).toEqual(["raw"]);
    }
    expect(find(secret, "sk-ant-oat01-*** and sk-ant-oat01-[secret]")).toEqual([]);
    const jwt = TOKENS["jwt"]?.() ?? "";
    expect(find(jwt, jwt.slice(0, jwt.indexOf(".")))).toEqual([]);
  });

  test("text that has nothing of the token", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 400 }), (text) => {
        expect(find("sk-ant-oat01-abcdefghijklmnopqrstuvwxyz", text)).toEqual([]);
      }),
    );
  });

  test("compressed text: out of reach, as documented", () => {
    const secret = token(60);
    expect(find(secret, base64(gzipSync(`${secret} ${"text ".repeat(50)}`)))).toEqual([]);
  });
});

test("a leak names token, source and encoding, never the token", () => {
  const tokens = [token(), token()];
  const sources = [
    { name: "a", text: "nothing" },
    { name: "b", text: `x${base64(`y${tokens[1]}`)}` },
    { name: "c", text: `${tokens[0]} and ${tokens[0]}` },
  ];
  expect(findLeaks({ tokens, sources })).toEqual([
    { token: 1, source: "b", encoding: "base64" },
    { token: 0, source: "c", encoding: "raw" },
  ]);
  expect(() => findLeaks({ tokens: ["sk-ant-oat01-abc"], sources })).toThrow("too short");
});

test("public prefixes", () => {
  expect(
    [
      "sk-ant-oat01-x",
      "sk-ant-ort01-x",
      "sk-proj-x",
      "rt_x",
      "rt.1.x",
      "ghs_x",
      "github_pat_x",
      "ocr1_x",
      "oc1.x",
      "eyJhbGciOiJIUzI1NiJ9.eyJ4",
      "plain",
    ].map(publicPrefix),
  ).toEqual([
    "sk-ant-oat01-",
    "sk-ant-ort01-",
    "sk-proj-",
    "rt_",
    "rt.",
    "ghs_",
    "github_pat_",
    "ocr1_",
    "oc1.",
    "eyJhbGciOiJIUzI1NiJ9.",
    "",
  ]);
});

describe("the gate around a step", () => {
  const leak = async (where: string, how = "raw") => {
    const secret = token(61);
    const job = testJob({ secrets: [secret] });
    const result = await runStep({ job, entry: LEAKY, inputs: { credential: secret, where, how } });
    return { secret, result, job };
  };
  const sources = (result: StepResult, secret: string) => [
    ...new Set(gateStep(result, [secret]).map(({ source }) => source)),
  ];

  test("a clean step passes, masks and all", async () => {
    const { secret, result } = await leak("nowhere");
    expect(result.rawStdout).toContain(`::add-mask::${secret}`);
    expect(gateStep(result, [secret])).toEqual([]);
  });

  test.each([
    ["stdout", ["stdout"]],
    ["stderr", ["stderr"]],
    ["output", ["output leak"]],
    ["output name", [expect.stringMatching(/^output sk-ant/)]],
    ["env", ["env LEAK"]],
    ["state", ["state leak"]],
    ["path", ["path"]],
    ["summary", ["summary"]],
    ["message", ["stdout"]],
    ["title", ["stdout", "annotation 1"]],
    ["file", ["stdout", "annotation 1"]],
  ])("raw in %s", async (where, expected) => {
    const { secret, result } = await leak(where);
    expect(sources(result, secret)).toEqual(expected);
  });

  test.each(["json", "url", "base64", "base64 shifted", "base64url", "hex", "HEX", "reversed", "utf16", "xml", "part"])(
    "%s on stdout, in a file and in an output",
    async (how) => {
      const steps = await Promise.all(["stdout", "output", "workspace"].map((where) => leak(where, how)));
      const [stdout, output, workspace] = steps;
      expect(sources(stdout!.result, stdout!.secret)).toContain("stdout");
      expect(sources(output!.result, output!.secret)).toEqual(["output leak"]);
      expect(gateStep(workspace!.result, [workspace!.secret])).toEqual([]);
      expect(scanTree(workspace!.job.workspace, [workspace!.secret])).toMatchObject([
        { token: 0, source: "sub/leak.txt" },
      ]);
    },
  );

  test("the log too shows what masking does not cover", async () => {
    const { secret, result } = await leak("stdout", "hex");
    expect(sources(result, secret)).toEqual(["stdout", "log"]);
  });

  test("what may hold a token by name is left out", async () => {
    const output = await leak("output");
    expect(gateStep(output.result, [output.secret], { outputs: ["leak"] })).toEqual([]);
    expect(gateStep(output.result, [output.secret], { outputs: ["other"], env: ["leak"] })).not.toEqual([]);
    const env = await leak("env");
    expect(gateStep(env.result, [env.secret], { env: ["LEAK"] })).toEqual([]);
  });
});

describe("a folder", () => {
  test("contents, names and targets of links; what is allowed is left out", () => {
    const job = testJob();
    const secret = token();
    const at = (...parts: string[]) => join(job.workspace, ...parts);
    mkdirSync(at("clean", "deep"), { recursive: true });
    mkdirSync(at("allowed"));
    writeFileSync(at("clean", "a.txt"), "nothing");
    expect(scanTree(job.workspace, [secret])).toEqual([]);
    writeFileSync(at("clean", "deep", "b.bin"), Buffer.concat([Buffer.of(0, 255, 10), Buffer.from(secret)]));
    writeFileSync(at("allowed", "c"), secret);
    writeFileSync(at(`${secret}.txt`), "");
    const links = process.platform !== "win32";
    if (links) symlinkSync(`/nowhere/${secret}`, at("link"));
    const found = scanTree(job.workspace, [secret], (path) => path === "allowed");
    const expected = ["clean/deep/b.bin", ...(links ? ["link"] : []), `name of ${secret}.txt`];
    expect(found.map(({ source }) => source).toSorted()).toEqual(expected.toSorted());
    expect(scanTree(job.workspace, [secret])).toContainEqual({ token: 0, source: "allowed/c", encoding: "raw" });
  });

  test("RUNNER_TEMP holds what GITHUB_ENV was given, in the runner's own folder", async () => {
    const secret = token();
    const job = testJob({ secrets: [secret] });
    await runStep({ job, entry: LEAKY, inputs: { credential: secret, where: "env", how: "raw" } });
    expect(scanTree(job.temp, [secret])).not.toEqual([]);
    expect(scanTree(job.temp, [secret], (path) => path === FILE_COMMANDS_FOLDER)).toEqual([]);
  });

  test("a large file is no problem", () => {
    const job = testJob();
    const secret = token();
    const noise = Buffer.alloc(500_000, `${base64("some text, over and over")} \\n "and" %20\n`);
    writeFileSync(join(job.workspace, "large"), Buffer.concat([noise, Buffer.from(base64(secret)), noise]));
    expect(scanTree(job.workspace, [secret]).map(({ encoding }) => encoding)).toContain("base64");
  });
});
