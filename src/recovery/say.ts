import { sayTime } from "../duration.ts";
import { describeCopy } from "./copy.ts";

/**
 * The sealed copy for the job summary, in Markdown: what it is, who can open it, and what to do with it. Empty if the
 * text is no copy.
 *
 * @param saved whether it also lies in the cache, where the next run looks by itself
 */
export function recoverySection(text: string, saved: boolean): string {
  const header = describeCopy(text);
  if (!header) return "";
  const { label, at, from } = header;
  const found = saved
    ? "It also lies in this repository's Actions cache. The next run that may renew this login looks there before it " +
      "spends anything, takes it over and stores it: then nothing is to be done. A run on another branch may not see it."
    : "It could not be put into this repository's Actions cache, so the next run does not find it by itself.";
  const who =
    from === "ledger"
      ? "Opened it can be by whoever has the root key (`ocr1_…`) and the token that was spent, which the ledger's present record holds. This page alone tells " +
        "nothing of the login, and a job with an access key (`oca1_…`) cannot open it either."
      : `Opened it can be only together with the present content of ${label}, which holds its key. GitHub shows that to ` +
        "no person, you included: a step of a workflow that gets the secret has to do it. This page alone tells nothing of " +
        "the login.";
  return [
    "",
    `### The renewed login is not stored in ${label}`,
    "",
    `It was renewed at ${sayTime(at)}. The provider accepts only its newest generation, which the sealed copy below holds. ${found} Should the post step of this job have stored it after all, which its log says, this copy is not needed.`,
    "",
    "<details><summary>Sealed copy, and how to use it</summary>",
    "",
    `1. Mend what kept it from being stored: see this step's error.`,
    from === "ledger"
      ? "2. Run `oauth-creds recover` with `ledger-key` and the other settings of this step (also `credential`, where that held a fresh sign-in), and give it the line below on its standard input."
      : "2. Run `oauth-creds recover` in a workflow step that has `credential`, `rotate-to` and `secrets-token` as this step has them, and give it the line below on its standard input.",
    "3. Do it before another run renews the login, and do not store another copy of the old one: it has been spent.",
    "",
    "If neither is possible, sign in again: a new sign-in makes this copy worthless.",
    "",
    "```text",
    text,
    "```",
    "",
    who,
    "",
    "</details>",
    "",
    "",
  ].join("\n");
}
