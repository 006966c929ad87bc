/** Takes off what copying and pasting puts around a value, until nothing comes off any more. */
export function tidy(raw: string, notice: (text: string) => void): string {
  let text = raw;
  for (let round = 0; round < 6; round++) {
    const before = text;
    text = text.replace(/^\uFEFF/, "").trim();
    const quoted = /^(["'`])([\s\S]*)\1$/.exec(text);
    if (quoted?.[2] !== undefined) {
      notice("The value stood in quotes; they were removed.");
      text = quoted[2];
    }
    // Several lines of that form are a file, not a value.
    const several = /\n\s*(?:export\s+)?[A-Za-z_]\w*=/.test(text);
    const named =
      !several && /^(?:export\s+|set\s+)?[A-Za-z_][A-Za-z0-9_]*=(?=["'`{]|sk-ant-|oc1\.|eyJ|rt_)/.exec(text);
    if (named) {
      notice("The value began with NAME=; that was removed.");
      text = text.slice(named[0].length);
    }
    if (/^Bearer\s/i.test(text)) {
      notice("The value began with “Bearer”; that was removed.");
      text = text.slice(7);
    }
    text = fromBase64(text, notice) ?? text;
    if (text === before) break;
  }
  return text;
}

function fromBase64(text: string, notice: (text: string) => void): string | undefined {
  if (!/^[A-Za-z0-9+/_-][A-Za-z0-9+/_\s-]{20,}=*\s*$/.test(text)) return undefined;
  const decoded = Buffer.from(text, "base64")
    .toString("utf8")
    .replace(/^\uFEFF/, "")
    .trim();
  const file = /^\{[\s\S]*\}$/.test(decoded) || /^[A-Z_]+_TOKEN=\S/m.test(decoded);
  if (!file) return undefined;
  notice("The value was base64 of a file; it was decoded.");
  return decoded;
}
