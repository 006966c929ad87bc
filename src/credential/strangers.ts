/** What somebody stored instead of a credential of ours: said by its look, never by its value. */
export interface Stranger {
  readonly seen: string;
  readonly advice: string | undefined;
  readonly apiKey?: true;
}

const ONLY_CLAUDE = "This release knows the logins of Claude only.";

const KNOWN: readonly [RegExp, string, string?, true?][] = [
  [
    /^sk-ant-api/,
    "an Anthropic API key",
    "An API key needs no refreshing, so this action has nothing to do for it: give it to your step as the variable " +
      "ANTHROPIC_API_KEY, and remove this step.",
    true,
  ],
  [
    /^sk-ant-admin/,
    "an Anthropic admin key",
    "It administers an organisation and does not run Claude Code: take it out of this job. A job needs the output " +
      "of `claude setup-token`, or an API key in the variable ANTHROPIC_API_KEY.",
    true,
  ],
  [
    /^sk-(?!ant-)[A-Za-z0-9_-]{20,}$/,
    "an OpenAI API key",
    "An API key needs no refreshing: give it to your step as the variable OPENAI_API_KEY (Codex: CODEX_API_KEY), " +
      "and remove this step.",
    true,
  ],
  [
    /^(gh[opsur]_|github_pat_)/,
    "it is a GitHub token",
    "A GitHub token that may write secrets belongs in the input `secrets-token`.",
  ],
  [/^(rt_|at-)|^eyJ[\w-]+\.[\w-]+\.[\w-]*$/, "it is a token of another provider (OpenAI, by its look)", ONLY_CLAUDE],
  [/^\*+$/, "it is a row of asterisks", "It was copied from a log, where it was masked: copy the value itself."],
  [
    /^\$\{\{|^\$[A-Z_{(]/,
    "it is an expression that was not evaluated",
    "In a workflow write `credential: ${{ secrets.NAME }}`.",
  ],
  [
    /^(undefined|null|None|\[object Object\]|true|false)$/,
    "it is the word that a program writes for “nothing”",
    "What stored it had no value at hand.",
  ],
  [
    /^[\w-]{20,}#[\w-]{20,}$/,
    "it is the code that a browser shows after signing in, not a token",
    "Paste the code into the program that asked for it (`claude setup-token`), and store what that prints.",
  ],
  [/^https?:\/\//, "it is a web address", "Open it to sign in; store what the program prints then."],
  [
    /^\{[\s\S]*"(tokens|OPENAI_API_KEY|profiles)"/,
    "it is the file of another program (Codex or OpenClaw, by its look)",
    ONLY_CLAUDE,
  ],
  [/^(sk-ant-o[ar]t\d*-)/, "it begins like a Claude token but contains characters that none has"],
];

export function sayWhatItIs(text: string): Stranger {
  for (const [look, seen, advice, apiKey] of KNOWN) {
    if (look.test(text)) return { seen, advice, ...(apiKey && { apiKey }) };
  }
  if (text.startsWith("{")) return { seen: "it is JSON, but it holds no Claude tokens", advice: undefined };
  const lines = text.includes("\n") ? ` on ${text.split("\n").length} lines` : "";
  return {
    seen: `it is a text of ${text.length} characters${lines} that begins like none of the credentials we know`,
    advice: undefined,
  };
}
