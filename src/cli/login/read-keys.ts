import { parseObject } from "../../json.ts";
import { asPaste, keyReader } from "./keys.ts";

/** What came of a prompt. `gone`: stdin has ended, or `signal` was given. */
export type Heard =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "cancelled" }
  | { readonly type: "gone" };

export interface Reading {
  /** Whether a text that ends with Enter is all. */
  readonly whole: (text: string) => boolean;
  readonly signal?: AbortSignal | undefined;
  /** Called with each part that comes, to show that something came. */
  readonly seen?: (part: string) => void;
}

export const oneLine = (): boolean => true;

/** A file of JSON ends where it is whole; anything else with the first Enter. */
export const oneLineOrFile = (text: string): boolean =>
  !text.trimStart().startsWith("{") || parseObject(text) !== undefined;

/** No two keys of a person are that close, but the parts of a paste are. */
const QUIET_MS = 100;

/** One text from a terminal, which does not echo from the moment of this call on. */
export function readKeys(stdin: NodeJS.ReadStream, { whole, signal, seen = () => {} }: Reading): Promise<Heard> {
  const read = keyReader(whole);
  return new Promise((resolve) => {
    let quiet: NodeJS.Timeout | undefined;
    const finish = (heard: Heard) => {
      clearTimeout(quiet);
      stdin.off("data", hear).off("end", gone);
      signal?.removeEventListener("abort", gone);
      stdin.setRawMode(false);
      stdin.pause();
      resolve(heard);
    };
    const gone = () => finish({ type: "gone" });
    const hear = (chunk: Buffer | string) => {
      // What comes right after Enter belongs to it: a paste of two lines that arrived in two parts.
      const typed = read(quiet === undefined ? String(chunk) : asPaste("\n") + String(chunk));
      clearTimeout(quiet);
      quiet = undefined;
      if (typed.type === "cancel") return finish({ type: "cancelled" });
      if (typed.type === "done") quiet = setTimeout(finish, QUIET_MS, { type: "text", text: typed.text });
      seen(String(chunk));
    };
    if (signal?.aborted) return resolve({ type: "gone" });
    signal?.addEventListener("abort", gone, { once: true });
    stdin.setRawMode(true);
    stdin.setEncoding("utf8").on("data", hear).once("end", gone).resume();
  });
}
