import { describe, expect, test } from "vitest";
import { parseCommand, unescapeData, unescapeProperty } from "../../support/runner/workflow-command.ts";

const parse = (line: string) => {
  const command = parseCommand(line, (name) => ["error", "add-mask"].includes(name.toLowerCase()));
  return command && { ...command, properties: Object.fromEntries(command.properties) };
};
const command = (data: string, properties: Record<string, string> = {}, name = "error") => {
  return { name, data, properties };
};

describe("is a command", () => {
  test.each([
    ["::error::text", command("text")],
    ["  \t::error::text", command("text")],
    ["::error::", command("")],
    ["::error::a::b", command("a::b")],
    ["::ERROR::text", command("text", {}, "ERROR")],
    ["::error title=One,file=a b.ts::text", command("text", { title: "One", file: "a b.ts" })],
    ["::error Title=One::text", command("text", { title: "One" })],
    ["::error title=a=b::text", command("text", { title: "a=b" })],
    ["::error title=,=x,y,,::text", command("text")],
    ["::error title=a%3Ab%2Cc%0Ad%25::x%0Ay%0Dz%25", command("x\ny\rz%", { title: "a:b,c\nd%" })],
    // In the data a colon and a comma are nothing special, and so stay escaped.
    ["::error::%3A%2C", command("%3A%2C")],
    ["before ##[error]text", command("text")],
    ["##[error title=a;file=b%3B%5D]text%0A", command("text\n", { title: "a", file: "b;]" })],
  ])("%s", (line, expected) => {
    expect(parse(line)).toEqual(expected);
  });
});

describe("is plain text", () => {
  test.each([
    "",
    "text",
    "::error",
    "::error:text",
    "x ::error::text",
    "::unknown::x",
    "##[error",
    "##[other]x",
    "::::x",
  ])("%j", (line) => {
    expect(parse(line)).toBeUndefined();
  });
});

test("a percent sign that was escaped does not start another escape", () => {
  expect(unescapeData("%250A")).toBe("%0A");
  expect(unescapeProperty("%253A%252C")).toBe("%3A%2C");
});
