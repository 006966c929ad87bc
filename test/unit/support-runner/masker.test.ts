import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createMasker, findLeaks } from "../../support/runner/index.ts";
import { token } from "./helpers.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");

function masked(secret: string, text: string): string {
  const masker = createMasker();
  masker.add(secret);
  return masker.mask(text);
}

describe("encodings of a mask", () => {
  test.each([
    ["the value", "p4ss-w0rd", "p4ss-w0rd"],
    ["base64", "p4ss-w0rd", base64("p4ss-w0rd")],
    ["base64 of UTF-8", "pässwörd", base64("pässwörd")],
    ["base64 without the first byte", "p4ss-w0rd", base64("4ss-w0rd")],
    ["base64 without the first two bytes", "p4ss-w0rd", base64("ss-w0rd")],
    ["base64 from the middle of a letter", "ässwörd", Buffer.from("ässwörd").toString("base64", 1)],
    ["a quote on a command line", 'p"ss', 'p\\"ss'],
    ["a quote in an expression", "p'ss", "p''ss"],
    ["JSON", 'a"b\\c\td\u2028', 'a\\"b\\\\c\\td\\u2028'],
    ["URI, where more is escaped than by encodeURIComponent", "a b/(c)!é", "a%20b%2F%28c%29%21%C3%A9"],
    ["XML", `<a>&'"`, "&lt;a&gt;&amp;&apos;&quot;"],
    ["a quoted value without its quotes", '"long-enough"', "long-enough"],
    ["PowerShell, up to the last &", "first&second&third-one", "first&second&"],
    ["PowerShell, after the last &", "first&second&third-one", "third-one"],
    ["PowerShell, up to the first &+", "first&+second&third", "first&+"],
    ["PowerShell, after &+ and a letter", "first&+second&third", "econd&third"],
  ])("%s", (_, secret, shown) => {
    expect(masked(secret, `<${shown}>`)).toBe("<***>");
  });

  test.each([
    ["base64url where it differs", "\u00ff\u00fe>>>???", Buffer.from("\u00ff\u00fe>>>???").toString("base64url")],
    ["hex", "p4ss-w0rd", Buffer.from("p4ss-w0rd").toString("hex")],
    ["a quoted value of 8 characters without its quotes", '"short1"', "short1"],
    ["a PowerShell part of 5 characters", "abcd&efghi", "efghi"],
    ["another case", "p4ss-w0rd", "P4SS-W0RD"],
    ["a part", "p4ss-w0rd", "p4ss-w0r"],
  ])("not %s", (_, secret, shown) => {
    expect(masked(secret, shown)).toBe(shown);
  });
});

describe("adding", () => {
  test("takes every line of a value, trimmed, and the whole", () => {
    const masker = createMasker();
    expect(masker.add("  first line \r\n\r\n\tsecond line\n")).toBe(true);
    expect(masker.mask("a first line b")).toBe("a *** b");
    expect(masker.mask("second line, first line")).toBe("***, ***");
    expect(masker.values()).toContain("  first line \r\n\r\n\tsecond line\n");
    expect(masker.mask("first")).toBe("first");
  });

  test("refuses white space", () => {
    const masker = createMasker();
    for (const nothing of ["", " ", "\r\n\t "]) expect(masker.add(nothing)).toBe(false);
    expect(masker.values()).toEqual([]);
  });

  test("knows no shortest length: one letter ruins the log", () => {
    expect(masked("e", "here we are")).toBe("h***r*** w*** ar***");
  });
});

describe("replacing", () => {
  test("merges what overlaps or touches, and nothing else", () => {
    const masker = createMasker();
    for (const value of ["abcdef", "defghi", "jklm", "uvw"]) masker.add(value);
    expect(masker.mask("1abcdefghi2")).toBe("1***2");
    expect(masker.mask("1abcdefjklm2")).toBe("1***2");
    expect(masker.mask("abcdef uvw")).toBe("*** ***");
    expect(masker.mask("uvw")).toBe("***");
    expect(masker.mask("")).toBe("");
  });

  test("finds a value that overlaps itself", () => {
    expect(masked("abab", "xabababx")).toBe("x***x");
  });

  test("leaves no known value, and all that is none", () => {
    const word = fc.stringMatching(/^[a-c]{2,5}$/);
    fc.assert(
      fc.property(
        fc.array(word, { minLength: 1, maxLength: 4 }),
        fc.stringMatching(/^[a-f ]{0,40}$/),
        (secrets, text) => {
          const masker = createMasker();
          secrets.forEach((secret) => masker.add(secret));
          const shown = masker.mask(text);
          for (const value of masker.values()) expect(shown).not.toContain(value);
          // What is still there stands in the text in the same order.
          const pattern = shown.split("***").join("[a-c]{2,}");
          expect(text).toMatch(new RegExp(`^${pattern}$`));
        },
      ),
    );
  });
});

describe("a token in an encoded JSON file", () => {
  /** The characters of base64 that depend on the token alone, for each place it can begin at. */
  const cores = (secret: string) =>
    [0, 1, 2].map((skip) => {
      const bytes = Buffer.from(secret).subarray(skip);
      return bytes.subarray(0, bytes.length - (bytes.length % 3)).toString("base64");
    });
  const file = (secret: string, pad: number) =>
    JSON.stringify({ ["x".repeat(pad)]: 1, claudeAiOauth: { accessToken: secret, expiresAt: 1 } });
  const shown = (secret: string, masks: string[], text: string) => {
    const masker = createMasker();
    masks.forEach((mask) => masker.add(mask));
    return findLeaks({ tokens: [secret], sources: [{ name: "log", text: masker.mask(text) }] });
  };
  const cases = [60, 61, 62].flatMap((length) => [0, 1, 2].map((pad) => ({ length, pad })));

  test("base64: a mask of the token covers one of three alignments", () => {
    const covered = cases.filter(({ length, pad }) => {
      const secret = token(length);
      return shown(secret, [secret], base64(file(secret, pad))).length === 0;
    });
    expect(covered).toHaveLength(cases.length / 3);
    for (const length of [60, 61, 62]) {
      expect(covered.filter((one) => one.length === length)).toHaveLength(1);
    }
  });

  test("base64: with the cores as masks, all of them", () => {
    for (const { length, pad } of cases) {
      const secret = token(length);
      expect(shown(secret, [secret, ...cores(secret)], base64(file(secret, pad)))).toEqual([]);
    }
  });

  test("hex, reversed and wrapped base64: never, cores or not", () => {
    for (const { length, pad } of cases) {
      const secret = token(length);
      const text = file(secret, pad);
      for (const disguise of [
        Buffer.from(text).toString("hex"),
        [...text].toReversed().join(""),
        base64(text).replace(/.{19}/g, "$&\n"),
      ]) {
        expect(shown(secret, [secret, ...cores(secret)], disguise)).not.toEqual([]);
      }
    }
  });
});
