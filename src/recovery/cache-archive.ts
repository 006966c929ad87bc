/*
 * Takes one small file out of what a cache entry holds, in memory. What is in an entry may have been written by
 * anybody who can run a job in the repository; nothing of it reaches a disk, and nothing but a file of this name is
 * looked at.
 */

/** A copy is a few kilobytes, and `tar` fills up to 10. */
const LARGEST = 256 * 1024;
/** The largest window that zstd may ask memory for, as a power of two: our writers need 2 MB. */
const LARGEST_WINDOW = 23;

/** The text of the file `name`, if the archive holds nothing else; undefined for anything that we have not written. */
export function unpack(archive: Uint8Array, name: string): string | undefined {
  const tar = decompress(archive);
  return tar && onlyFile(tar, name)?.toString("utf8");
}

function decompress(bytes: Uint8Array): Buffer | undefined {
  const zlib = process.getBuiltinModule("node:zlib");
  try {
    if (bytes[0] === 0x1f && bytes[1] === 0x8b) return zlib.gunzipSync(bytes, { maxOutputLength: LARGEST });
    const params = { [zlib.constants.ZSTD_d_windowLogMax]: LARGEST_WINDOW };
    return zlib.zstdDecompressSync(bytes, { maxOutputLength: LARGEST, params });
  } catch {
    return undefined; // neither of the two, cut off, or too large
  }
}

const BLOCK = 512;

/** POSIX.1-2001 (pax): headers of 512 bytes, each followed by its content, and blocks of zeros at the end. */
function onlyFile(tar: Buffer, name: string): Buffer | undefined {
  let found: Buffer | undefined;
  for (let at = 0; at + BLOCK <= tar.length;) {
    const header = tar.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) return found;
    const size = octal(header.subarray(124, 136));
    if (size === undefined || octal(header.subarray(148, 156)) !== checksum(header)) return undefined;
    const content = tar.subarray(at + BLOCK, at + BLOCK + size);
    if (content.length < size) return undefined;
    const type = String.fromCharCode(header[156] ?? 0);
    if (type === "x") {
      // More about the next file: times and the like, but not another name or size.
      if (/ (path|size|linkpath|GNU\.sparse[^=]*)=/.test(content.toString("latin1"))) return undefined;
    } else {
      const isOurs = (type === "0" || type === "\0") && textOf(header.subarray(0, 100)) === name;
      if (!isOurs || found || textOf(header.subarray(345, 500)) !== "") return undefined;
      found = content;
    }
    at += BLOCK * (1 + Math.ceil(size / BLOCK));
  }
  return undefined; // no end
}

const textOf = (field: Buffer): string => {
  const end = field.indexOf(0);
  return field.toString("latin1", 0, end < 0 ? field.length : end);
};

/** Undefined for anything but an octal number: larger ones have another form, which no file of ours needs. */
function octal(field: Buffer): number | undefined {
  const digits = /^ *([0-7]+)[ \0]*$/.exec(field.toString("latin1"))?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 8);
}

/** The sum of the header's bytes, with blanks for the sum itself. */
function checksum(header: Buffer): number {
  let sum = 8 * 32;
  for (const [index, byte] of header.entries()) if (index < 148 || index >= 156) sum += byte;
  return sum;
}
