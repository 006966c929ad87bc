/*
 * How a record stands in a commit: its message is the text, and a last line that makes every commit another one.
 * Without it, two jobs that write the same text in the same second would make the same commit, and both believe
 * that they had won.
 */

/** GitHub, GitLab, Gitea and Forgejo start nothing for a commit with this, where the ref is a branch. */
const QUIET = "[skip ci]";

export interface Told {
  readonly text: string;
  /** How many commits lie before this one. */
  readonly depth: number;
}

/** `nonce` is hexadecimal. */
export const writeMessage = ({ text, depth }: Told, nonce: string): string =>
  `${text}\n\noauth-creds ${nonce} ${depth} ${QUIET}\n`;

/** A message that is not ours is given back as it is: whoever opens records will refuse it. */
export function readMessage(message: string): Told {
  const [last, depth] = /\n\noauth-creds [0-9a-f]+ (\d+) \[skip ci\]\s*$/.exec(message) ?? [""];
  return { text: message.slice(0, message.length - last.length), depth: Number(depth ?? 0) };
}

/** The branch to which a server leads us that takes branches and tags only; undefined if the ref is one already. */
export const branchOf = (ref: string): string | undefined =>
  ref.startsWith("refs/heads/")
    ? undefined
    : ref.replace(/^refs\/(oauth-creds\/)?(v\d+\/)?/, "refs/heads/oauth-creds/");
