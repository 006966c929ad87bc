import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseKeyValues, splitLines } from "../../support/runner/file-commands.ts";

const parse = (text: string, platform = "linux") => parseKeyValues(text, platform);

describe("what the runner accepts", () => {
  test.each<[string, string, [string, string][]]>([
    ["nothing", "", []],
    [
      "empty lines",
      "\n\na=1\n\nb=2\n\n",
      [
        ["a", "1"],
        ["b", "2"],
      ],
    ],
    ["no line break at the end", "a=1", [["a", "1"]]],
    ["an empty value", "a=\n", [["a", ""]]],
    ["signs in a value", "a=b=c<<d\n", [["a", "b=c<<d"]]],
    ["white space as it is", " a = 1 \n", [[" a ", " 1 "]]],
    ["a block", "a<<END\none\ntwo\nEND\n", [["a", "one\ntwo"]]],
    ["a block that ends with the file", "a<<END\none\nEND", [["a", "one"]]],
    ["an empty block", "a<<END\nEND\n", [["a", ""]]],
    ["a block of one empty line", "a<<END\n\nEND\n", [["a", ""]]],
    ["a line break at the end of a block", "a<<END\none\n\nEND\n", [["a", "one\n"]]],
    ["an equals sign in a delimiter", "a<<=END=\none\n=END=\n", [["a", "one"]]],
    ["lines in a block that look like pairs", "a<<END\nb=1\nc<<X\nEND\n", [["a", "b=1\nc<<X"]]],
    [
      "a later value beside an earlier one",
      "a=1\na=2\n",
      [
        ["a", "1"],
        ["a", "2"],
      ],
    ],
    ["a CR, which belongs to the value", "a=1\r\n", [["a", "1\r"]]],
  ])("%s", (_, text, pairs) => {
    expect(parse(text)).toEqual({ pairs });
  });

  test("on Windows CRLF is a line break, kept inside a value", () => {
    const text = "a=1\r\nb<<END\r\none\r\ntwo\nthree\r\nEND\r\n";
    const pairs = [
      ["a", "1"],
      ["b", "one\r\ntwo\nthree"],
    ];
    expect(parse(text, "win32")).toEqual({ pairs });
  });

  test("any value in a block whose delimiter is no line of it", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "grapheme" })), (lines) => {
        const value = lines.filter((line) => line !== "END").join("\n");
        expect(parse(`a<<END\n${value}\nEND\n`)).toEqual({ pairs: [["a", value]] });
      }),
    );
  });
});

describe("what it refuses; pairs before that count", () => {
  test.each([
    ["a line with no sign", "ok=1\nnonsense\nlater=2\n", "Invalid format 'nonsense'"],
    ["no name before a block", "ok=1\n<<END\nEND\n", "Name must not be empty"],
    ["no delimiter", "ok=1\na<<\n\n", "delimiter must not be empty"],
    ["a block without an end", "ok=1\na<<END\none\n", "Matching delimiter not found 'END'"],
    ["a block without anything", "ok=1\na<<END", "Matching delimiter not found 'END'"],
    ["a block whose last line is cut off", "ok=1\na<<END\none\nEN", "EOF marker missing new line"],
    ["a delimiter with a blank", "ok=1\na<<END\none\nEND \n", "Matching delimiter not found"],
  ])("%s", (_, text, message) => {
    const { pairs, error } = parse(text);
    expect(pairs).toEqual([["ok", "1"]]);
    expect(error).toContain(message);
  });

  test("a delimiter inside the value ends it; what follows is read as lines of its own", () => {
    expect(parse("a<<END\none\nEND\ntwo\nEND\n")).toEqual({
      pairs: [["a", "one"]],
      error: "Invalid format 'two'",
    });
    // This is how a value could smuggle in a pair.
    expect(parse("a<<END\none\nEND\nb=stolen\nc<<END\nEND\n").pairs).toContainEqual(["b", "stolen"]);
  });
});

test("lines end with LF, CR or CRLF", () => {
  expect(splitLines("a\nb\rc\r\nd\n\ne")).toEqual(["a", "b", "c", "d", "", "e"]);
  expect(splitLines("a\n")).toEqual(["a"]);
  expect(splitLines("")).toEqual([]);
});
