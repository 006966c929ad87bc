/**
 * All the texts that a text may stand for: itself, and what comes out when it is decoded in one of
 * the ways in which a token could have been disguised.
 *
 * Not undone: compression (gzip, deflate, zip) with or without base64 around it, encryption,
 * interleaved dumps such as `xxd` with its columns, and anything split into parts below 16
 * characters.
 */

export interface View {
  /** Which decodings led here, e.g. "base64" or "base64 > json"; empty for the text itself. */
  readonly encoding: string;
  /** How many decodings that is. */
  readonly depth: number;
  /** One character a byte. */
  readonly text: string;
}

type Decoder = (text: string) => string[];

// Each in one pass: what one escape stands for must not become part of the next.
const DECODERS: Readonly<Record<string, Decoder>> = {
  json: (text) => [
    text.replace(/\\(?:u00([0-9a-f]{2})|x([0-9a-f]{2})|([\\"'/]))/gi, (_, u?: string, x?: string, sign?: string) => {
      return sign ?? fromHex(u ?? x ?? "");
    }),
  ],
  url: (text) => [text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => fromHex(hex))],
  xml: (text) => [
    text.replace(
      /&(?:#x0*([0-9a-f]{1,2})|#0*(\d{1,3})|(lt|gt|quot|apos|amp));/gi,
      (_, hex?: string, decimal?: string, name?: string) =>
        name === undefined ? fromHex(hex ?? Number(decimal).toString(16)) : (XML[name.toLowerCase()] ?? ""),
    ),
  ],
  // UTF-16 and UTF-32 of ASCII, in either byte order.
  utf16: (text) => [text.replaceAll("\0", "")],
  base64: (text) => decodeRuns(text, /[A-Za-z0-9+/_-]{16,}/g, 4, "base64"),
  hex: (text) => decodeRuns(text.replace(/0x|\\x|[,:-]/gi, ""), /[0-9a-fA-F]{16,}/g, 2, "hex"),
  reversed: (text) => [Buffer.from(Buffer.from(text, "latin1").toReversed()).toString("latin1")],
};

const XML: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };

/**
 * The text, its decodings, and theirs: two layers, which is what real code piles up. The plainest
 * come first.
 */
export function viewsOf(text: string, layers = 2): View[] {
  const views: View[] = [{ encoding: "", depth: 0, text }];
  for (const { encoding: outer, depth, text: inner } of views) {
    if (depth === layers) break;
    for (const [name, decode] of Object.entries(DECODERS)) {
      const encoding = outer === "" ? name : `${outer} > ${name}`;
      for (const decoded of decode(inner)) {
        if (decoded !== inner) views.push({ encoding, depth: depth + 1, text: decoded });
      }
    }
  }
  return views;
}

/**
 * What all runs of the alphabet decode to, once for each alignment that data inside them can have.
 * White space is dropped first, so that lines wrapped at any column are whole again; words that are
 * glued together by that only shift the alignment.
 */
function decodeRuns(text: string, run: RegExp, alignments: number, encoding: "base64" | "hex"): string[] {
  const runs = text.replace(/\s+/g, "").match(run) ?? [];
  if (runs.length === 0) return [];
  return Array.from({ length: alignments }, (_, skip) =>
    runs.map((one) => Buffer.from(one.slice(skip), encoding).toString("latin1")).join("\n"),
  );
}

function fromHex(hex: string): string {
  return String.fromCharCode(Number.parseInt(hex, 16));
}
