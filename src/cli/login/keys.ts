/** What came of the keys so far. */
export type Typed =
  | { readonly type: "more" }
  | { readonly type: "done"; readonly text: string }
  /** Ctrl-C. */
  | { readonly type: "cancel" };

const MORE: Typed = { type: "more" };
const ESCAPE = "\u001b";
/**
 * What may follow it: ECMA-48, and the older `ESC O x` and `ESC x`. No control character: Enter and Ctrl-C that follow
 * the Esc key are keys of their own.
 */
const SEQUENCE = /^(?:\[[0-?]*[ -/]*[@-~]|O\P{Cc}|[^[O\p{Cc}])/u;
const BEGUN = /^(?:\[[0-?]*[ -/]*|O)?/;
const BEGIN = `${ESCAPE}[200~`;
const END = `${ESCAPE}[201~`;

/** As a terminal marks what is pasted. */
export const asPaste = (text: string): string => BEGIN + text + END;

/** Asks the terminal to mark what is pasted, so that a line break inside it is not taken for the Enter key. */
export const MARK_PASTES = `${ESCAPE}[?2004h`;
export const MARK_NO_PASTES = `${ESCAPE}[?2004l`;

/**
 * Understands what a terminal in raw mode sends while one text is typed or pasted. A token that was broken into two
 * lines on its way is one paste: were the first line taken alone, the shell would get the second one, and keep it in
 * its history.
 *
 * @param whole whether a text that ends with Enter is all (a file of JSON has many lines)
 */
export function keyReader(whole: (text: string) => boolean): (chunk: string) => Typed {
  let text = "";
  let pasting = false;
  let rest = "";
  return (chunk) => {
    let keys = rest + chunk;
    rest = "";
    while (keys !== "") {
      const key = keys.startsWith(ESCAPE) ? sequenceAt(keys) : (keys[0] ?? "");
      if (key === undefined) {
        rest = keys; // cut in the middle
        return MORE;
      }
      keys = keys.slice(key.length);
      if (key === BEGIN || key === END) pasting = key === BEGIN;
      else if (key.startsWith(ESCAPE)) continue; // an arrow, a function key
      else if (pasting) text += key === "\r" ? "\n" : key;
      else if (key === "\u0003") return { type: "cancel" };
      else if (key === "\u0004") return { type: "done", text };
      else if (key === "\u0015") text = "";
      else if (key === "\u007f" || key === "\b") text = text.slice(0, -1);
      else if (key !== "\r" && key !== "\n") text += key;
      // More in the same burst: pasted into a terminal that does not mark it.
      else if (keys.replace(/^[\r\n]+/, "") !== "" || !whole(text)) text += "\n";
      else return { type: "done", text };
    }
    return MORE;
  };
}

/** Undefined: more belongs to it. One that is broken off by another key is what there is of it. */
function sequenceAt(keys: string): string | undefined {
  const after = keys.slice(ESCAPE.length);
  const sequence = SEQUENCE.exec(after)?.[0];
  if (sequence !== undefined) return ESCAPE + sequence;
  const begun = BEGUN.exec(after)?.[0] ?? "";
  return begun === after ? undefined : ESCAPE + begun;
}
