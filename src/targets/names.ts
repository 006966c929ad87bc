import type { ProviderName } from "../credential/credential.ts";
import { InputProblems, type Problem } from "../input-problems.ts";

/** The programs whose files we write, and whose tokens each can use. */
export const PROGRAMS = {
  claude: ["anthropic"],
  codex: ["openai"],
  peekaboo: ["anthropic", "openai"],
  clawdbot: ["anthropic", "openai"],
  openclaw: ["anthropic", "openai"],
  pi: ["anthropic", "openai"],
  opencode: ["openai"],
} as const satisfies Record<string, readonly ProviderName[]>;

export type ProgramName = keyof typeof PROGRAMS;

/** Where the access token goes: a program's file, or a value of the job. */
export type TargetName =
  | { readonly name: ProgramName | "output" | "none" }
  /** Without a variable: the one that the provider's own program reads. */
  | { readonly name: "env"; readonly variable: string | undefined };

/** Variables that steer the job, or how programs of any step start and whom they trust. */
export const STEERING =
  /^(GITHUB_|RUNNER_|ACTIONS_|INPUT_|STATE_|LD_|DYLD_|PYTHON|PERL5|GIT_(SSH|ASKPASS|CONFIG|EXEC|PROXY)|(NODE_(OPTIONS|PATH|EXTRA_CA_CERTS)|(BASH_)?ENV|PATH|HOME|RUBYOPT|\w+_PROXY)$)/i;

/** Undefined if there is no such target, or if the variable is one that a job must not have changed. */
export function parseTarget(text: string): TargetName | undefined {
  if (isProgram(text) || text === "output" || text === "none") return { name: text };
  if (text === "env") return { name: "env", variable: undefined };
  const variable = /^env:([A-Za-z_][A-Za-z0-9_]*)$/.exec(text)?.[1];
  return !variable || STEERING.test(variable) ? undefined : { name: "env", variable };
}

/**
 * PROVIDER:VARIABLE where no program could use such a token: what takes keys or other tokens, and what would take
 * the place of another provider's login. Only the token of a server of one's own may be a key to somebody.
 */
const UNFIT =
  /:CODEX_ACCESS_TOKEN$|^(?!custom).+:(ANTHROPIC_AUTH_TOKEN|\w+_API_KEY)$|^(?!anth).+:(ANTHROPIC|CLAUDE_CODE)_OAUTH_TOKEN$/;

export const isProgram = (name: string): name is ProgramName => Object.hasOwn(PROGRAMS, name);

/**
 * The targets of a step, now that it is known whose credential it has: none named means the provider's own program.
 * Throws InputProblems.
 */
export function targetsFor(named: readonly TargetName[], provider: ProviderName): TargetName[] {
  const own = OWN[provider];
  const problems: Problem[] = [];
  if (named.length === 0 && own === undefined) problems.push(["target-needed"]);
  const chosen = (named.length > 0 || own === undefined ? named : [{ name: own }]).map((target): TargetName => {
    const { name } = target;
    if (isProgram(name) && !(PROGRAMS[name] as readonly ProviderName[]).includes(provider)) {
      problems.push(["target-provider", name, provider]);
    }
    if (target.name !== "env") return target;
    if (UNFIT.test(`${provider}:${target.variable}`)) problems.push(["env-unfit", provider, `${target.variable}`]);
    if (target.variable !== undefined) return target;
    if (provider === "anthropic") return { name: "env", variable: "CLAUDE_CODE_OAUTH_TOKEN" };
    problems.push([provider === "openai" ? "env-openai" : "env-custom"]);
    return target;
  });
  if (problems.length > 0) throw new InputProblems(problems);
  return chosen;
}

const OWN = { anthropic: "claude", openai: "codex", custom: undefined } as const;
