import { randomBytes } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { unpack } from "../../../src/recovery/cache-archive.ts";
import { type Member, packed, pax, tar } from "../../support/cache/archives.ts";

const NAME = "oauth-creds";
const OURS: Member = { name: NAME, content: "ocrec1.the-text" };
const times = { name: `PaxHeaders/${NAME}`, type: "x", content: pax("mtime", "1760000000.123456789") };

const both = (archive: Uint8Array) => [unpack(packed.zstd(archive), NAME), unpack(packed.gzip(archive), NAME)];

describe("what we have written", () => {
  test.each<[string, readonly Member[]]>([
    ["one file", [OURS]],
    ["with its times in a header of its own, as --posix writes them", [times, OURS]],
    ["as old programs mark a file", [{ ...OURS, type: "\0" }]],
  ])("%s", (_what, members) => {
    expect(both(tar(members))).toEqual(["ocrec1.the-text", "ocrec1.the-text"]);
  });

  test("any text, of any length that a copy can have", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 3000 }), (content) => {
        expect(both(tar([{ name: NAME, content }]))).toEqual([content, content]);
      }),
      { numRuns: 30 },
    );
  });
});

describe("what somebody else has written is nothing", () => {
  test.each<[string, readonly Member[]]>([
    ["no file", []],
    ["a file above the folder", [{ ...OURS, name: `../${NAME}` }]],
    ["a file at another place", [{ ...OURS, name: `/home/runner/.bashrc` }]],
    ["a file in a folder", [{ ...OURS, name: `x/${NAME}` }]],
    ["a file of another name", [{ ...OURS, name: `${NAME}2` }]],
    ["a name of which the beginning stands elsewhere", [{ ...OURS, prefix: "../.." }]],
    ["a name that is replaced afterwards", [{ ...times, content: pax("path", "../../x") }, OURS]],
    ["a size that is replaced afterwards", [{ ...times, content: pax("size", "4") }, OURS]],
    ["a symbolic link", [{ name: NAME, type: "2", link: "/etc/passwd" }]],
    ["a symbolic link and then a file through it", [{ name: NAME, type: "2", link: "/tmp/x" }, OURS]],
    ["a hard link", [{ name: NAME, type: "1", link: "/etc/passwd" }]],
    ["a folder", [{ name: `${NAME}/`, type: "5" }]],
    ["a device", [{ name: NAME, type: "3" }]],
    ["our file and another", [OURS, { name: "../evil", content: "x" }]],
    ["another file and ours", [{ name: "../evil", content: "x" }, OURS]],
    ["our file twice", [OURS, OURS]],
    ["a long name by GNU's way", [{ name: "././@LongLink", type: "L", content: "../../x\0" }, OURS]],
    ["a header for all that follow", [{ name: "g", type: "g", content: pax("path", "../x") }, OURS]],
    ["a sparse file", [{ ...times, content: pax("GNU.sparse.name", "../x") }, OURS]],
    ["a size that is larger than what is there", [{ ...OURS, size: 100_000 }]],
    ["a wrong sum of the header", [{ ...OURS, checksum: 1 }]],
  ])("%s", (_what, members) => {
    expect(both(tar(members))).toEqual([undefined, undefined]);
  });

  test("an archive that has no end, or was cut off anywhere", () => {
    expect(both(tar([OURS], false))).toEqual([undefined, undefined]);
    for (const pack of [packed.zstd, packed.gzip]) {
      const whole = pack(tar([OURS]));
      for (let length = 0; length < whole.length; length++)
        expect(unpack(whole.subarray(0, length), NAME)).toBeUndefined();
    }
  });

  test("a size in the form for large files, or in no form", () => {
    for (const field of [Buffer.from([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 15]), Buffer.from("0000000x017\0")]) {
      const archive = tar([OURS]);
      field.copy(archive, 124);
      archive.write("        ", 148, "latin1");
      const sum = archive.subarray(0, 512).reduce((total, byte) => total + byte, 0);
      archive.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
      expect(both(archive)).toEqual([undefined, undefined]);
    }
  });

  test("one that grows a thousandfold", () => {
    const large = tar([{ name: NAME, content: Buffer.alloc(4 * 1024 * 1024) }]);
    expect(both(large)).toEqual([undefined, undefined]);
  });

  test("any bytes at all: nothing is thrown", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 2000 }),
        fc.constantFrom("", "\x1f\x8b", "\x28\xb5\x2f\xfd"),
        (bytes, begin) => {
          const noise = Buffer.concat([Buffer.from(begin, "latin1"), bytes]);
          expect(unpack(noise, NAME)).toBeUndefined();
          expect(both(noise)).toEqual([undefined, undefined]);
        },
      ),
    );
  });

  test("headers of any bytes: nothing is thrown", () => {
    for (let count = 0; count < 200; count++) {
      const archive = tar([OURS]);
      archive[count % 512] = randomBytes(1)[0] as number;
      expect(() => both(archive)).not.toThrow();
    }
  });
});
