import type { Topology } from "./choices.ts";

/** The releases that the written workflows install, and the commit of `actions/checkout` that they are fixed to. */
const CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1";

/** What differs between the logins of one provider and of the other. */
export interface Program {
  /** In file names, job names and secrets: `claude`. */
  readonly id: string;
  /** For people: `Claude`. */
  readonly name: string;
  readonly provider: "anthropic" | "openai";
  readonly install: string;
  readonly run: string;
  /** Fields of the schedule after the minute, given the hour at which a daily one begins. */
  readonly every: (hour: number) => string;
  /** What the schedule's comment says, given what it says of the minute. */
  readonly interval: string;
  /** What the jobs that only read want the token to live for, in the words of their comment. */
  readonly read: readonly [duration: string, why: string];
  /** What the shared login's renewal keeps. */
  readonly keep: string;
}

const CLAUDE: Program = {
  id: "claude",
  name: "Claude",
  provider: "anthropic",
  install: "npm install --global @anthropic-ai/claude-code@2.1.329",
  run: 'claude -p "Say in two sentences what this repository is for."',
  every: () => "*/3 * * *",
  interval: "every three hours",
  read: ["1h", "the longest time that this job may take"],
  keep: "6h",
};

const CODEX: Program = {
  id: "codex",
  name: "Codex",
  provider: "openai",
  install: "npm install --global @openai/codex@0.169.0",
  run: 'codex exec "Say in two sentences what this repository is for."',
  every: (hour) => `${hour} */2 * *`,
  interval: "every second day: an access token lives for about ten days",
  read: ["1d", "less than this, and the workflow that renews has failed: a warning"],
  keep: "4d",
};

export const PROGRAMS = { anthropic: CLAUDE, openai: CODEX } as const;

/** What the texts of one set-up are made from. */
export interface Blueprint {
  readonly topology: Topology;
  readonly program: Program;
  /** Names of secrets begin with it, in upper case: `CLAUDE`. */
  readonly prefix: string;
  /** `default`, or the input that all jobs of this login name. */
  readonly account: string;
  /** What `uses:` names: `org/oauth-creds@v1`. */
  readonly action: string;
  /** Undefined: the secrets are the repository's. */
  readonly environment: string | undefined;
  /** The day a setup token ends, `2027-11-21`, if it is known. */
  readonly expires: string | undefined;
  /** When the schedule runs: any minute but 0, when GitHub is busiest. */
  readonly minute: number;
  readonly hour: number;
  /** A secret for the access part is not there yet, so the first run has to make it. */
  readonly createSecrets: boolean;
  /** A ChatGPT login in a public repository, as the user has decided. */
  readonly publicRepository: boolean;
}

/** Lines of YAML below `with:`. */
export const withLines = (lines: readonly string[]): string => lines.map((line) => `          ${line}\n`).join("");

/** What every step of a login has to say besides its own lines. */
export function everywhere({ account, publicRepository }: Blueprint): string[] {
  return [
    ...(account === "default" ? [] : [`account: ${account}`]),
    ...(publicRepository ? ["allow-public-repository: true"] : []),
  ];
}

/** A job that checks the repository out, gets the login, and runs the program. */
export function programJob(blueprint: Blueprint, minutes: number, why: boolean, lines: readonly string[]): string {
  const { program, action } = blueprint;
  return `name: ${program.name}
on: workflow_dispatch

permissions: {}

jobs:
  ${program.id}:
    runs-on: ubuntu-latest
    timeout-minutes: ${minutes}
    permissions:
      contents: read
    steps:
      - uses: ${CHECKOUT}
        with:
          persist-credentials: false
${why ? INSTALLED_BEFORE : ""}      - run: ${program.install}
      - uses: ${action}
        with:
${withLines([...lines, ...everywhere(blueprint)])}      - run: ${program.run}
`;
}

export const INSTALLED_BEFORE = "      # Installed before there is a login, so that no install script can read one.\n";

/** The times at which a workflow that renews runs. */
export function schedule({ program, minute, hour }: Blueprint, comment: string): string {
  return `on:
  schedule:
    - cron: "${minute} ${program.every(hour)}" # ${comment}
  workflow_dispatch:
`;
}

/** A secret as an expression. Names are checked before they come here. */
export const secret = (name: string): string => `\${{ secrets.${name} }}`;
