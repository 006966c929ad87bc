/** Archives as somebody else could put them into a cache: tar by hand, so that everything can be wrong with it. */
import { createHash } from "node:crypto";
import { gzipSync, zstdCompressSync } from "node:zlib";

export interface Member {
  readonly name: string;
  readonly content?: string | Uint8Array;
  /** As tar has it: `0` file, `1` hard link, `2` symbolic link, `5` folder, `x` extended header. Default `0`. */
  readonly type?: string;
  readonly link?: string;
  /** What stands before the name, in a field of its own. */
  readonly prefix?: string;
  /** Instead of the size of the content. */
  readonly size?: number;
  /** Instead of the right one. */
  readonly checksum?: number;
}

const BLOCK = 512;

export function tar(members: readonly Member[], ended = true): Buffer {
  const parts = members.flatMap((member) => {
    const content = Buffer.from(member.content ?? "");
    const padding = Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK);
    return [headerOf(member, content.length), content, padding];
  });
  return Buffer.concat(ended ? [...parts, Buffer.alloc(2 * BLOCK)] : parts);
}

function headerOf({ name, type = "0", link = "", prefix = "", size, checksum }: Member, length: number): Buffer {
  const header = Buffer.alloc(BLOCK);
  const number = (value: number, at: number, digits: number) =>
    header.write(`${value.toString(8).padStart(digits, "0")}\0`, at, "latin1");
  header.write(name, 0, 100, "latin1");
  number(0o644, 100, 7);
  number(0, 108, 7);
  number(0, 116, 7);
  number(size ?? length, 124, 11);
  number(0, 136, 11);
  header.write("        ", 148, "latin1");
  header.write(type, 156, "latin1");
  header.write(link, 157, 100, "latin1");
  header.write("ustar\u000000", 257, "latin1");
  header.write(prefix, 345, 155, "latin1");
  const sum = checksum ?? header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return header;
}

/** One line of an extended header: its length counts itself. */
export function pax(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length++;
  return `${length}${rest}`;
}

export const packed = {
  zstd: (bytes: Uint8Array) => zstdCompressSync(bytes),
  gzip: (bytes: Uint8Array) => gzipSync(bytes),
};

/** As the official client computes it. */
export const versionOf = (method: keyof typeof packed, path = "oauth-creds"): string =>
  createHash("sha256")
    .update([path, { zstd: "zstd-without-long", gzip: "gzip" }[method], "1.0"].join("|"))
    .digest("hex");
