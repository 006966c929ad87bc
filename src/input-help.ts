import { Failure } from "./errors.ts";
import { NAMES } from "./input-names.ts";
import type { Problem } from "./input-problems.ts";
import { PROGRAMS, STEERING } from "./targets/names.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** One Failure for all problems, each with its likely cause. */
export function explainProblems(found: readonly Problem[], env: Env): Failure {
  // What is only missing because it was not understood is not told as missing.
  const unread = found.some(([kind]) => kind.startsWith("place-") && kind !== "place-access");
  const problems = found.filter(([kind]) => !(unread && kind === "place-access"));
  const texts = problems.map(([kind, ...words]) => say(kind, words, env));
  const [first] = problems;
  if (problems.length === 1 && first?.[0] === "missing" && first[1] === "credential") {
    return new Failure("credential-missing", texts[0] ?? "", "");
  }
  const advice = "Every input is described in action.yml.";
  if (problems.length === 1) return new Failure("input-invalid", texts[0] ?? "", advice);
  const list = texts.map((text, index) => `${index + 1}. ${text}`).join("\n");
  return new Failure("input-invalid", `${problems.length} settings need mending:\n${list}\n`, advice);
}

const say = (kind: Problem[0], words: readonly string[], env: Env): string =>
  (TEXTS[kind] as (words: readonly string[], env: Env) => string)(words, env);

type Words = readonly string[];
const code = (value: string) => `\`${value}\``;
const listed = (values: Words) => values.map(code).join(", ");

const FORGES: Readonly<Record<string, string>> = { gitea: "Gitea", gitlab: "GitLab" };

/** The texts of all problems. Nothing that was given is repeated unless `quote` lets it. */
export const TEXTS = {
  // single settings
  choice: ([name = "", value = "", ...allowed]: Words) =>
    `${code(name)} must be ${allowed.map(code).join(" or ")}, not ${quote(value)}.`,
  flag: ([name = "", value = ""]: Words) => `${code(name)} must be \`true\` or \`false\`, not ${quote(value)}.`,
  duration: ([name = "", value = ""]: Words) =>
    `${code(name)} must be a duration such as \`90m\`, \`1h\` or \`10d\`, not ${quote(value)}.`,
  target: ([value = ""]: Words) => {
    // Of the variable only what all of its kind have: the rest may be a token in the wrong place.
    const steers = value.startsWith("env:") ? STEERING.exec(value.slice(4))?.[0] : undefined;
    return steers === undefined
      ? `\`targets\`: ${quote(value)} is none of ${listed([...Object.keys(PROGRAMS), "env", "env:NAME", "output", "none"])}.`
      : `\`targets\`: a variable ${code(clip(steers))} or one that begins so steers the job itself, or how programs ` +
          "of later steps start. Name one that only your program reads.";
  },
  account: () => "`account` may hold letters, digits, `.`, `_` and `-` only.",
  date: ([name = "", value = ""]: Words) => `${code(name)} must be a date such as \`2027-11-21\`, not ${quote(value)}.`,
  "token-url": () =>
    "`token-url` must be an https address (http only on a loopback address): a refresh token would travel over it.",
  timeout: () => "`timeout` must lie between `1s` and `2m`.",
  header: ([name = ""]: Words) => `${code(name)} holds a line break or a character that no header may.`,
  unknown: ([name = ""]: Words) => {
    const near = nearest(name);
    return `There is no input ${code(clip(name))}${near ? `: did you mean ${code(near)}?` : "."}`;
  },
  override: ([name = ""]: Words) =>
    `The variable ${name} is set: it would send a refresh token to an address that this step did not choose. ` +
    "Remove it, or say the address in `token-url`.",
  missing: ([name = ""]: Words, env: Env) => sayMissing(name, env),

  // where a renewed login goes
  places: () =>
    "`rotate-to` names several places, but only one copy of a login may be refreshable: a refresh token works once. " +
    "Put `:access` behind the others (`NAME:access`): they then get the access token alone.",
  "place-twice": () =>
    "`rotate-to` names one place twice. The copy that gives access only would replace the one that can be renewed.",
  "place-access": () =>
    "`rotate-to` names only places for the access token (`:access`, Dependabot, Codespaces, agents): a renewed login " +
    "would have nowhere to be stored. Name the secret that `credential` reads as well, or keep the login in a ledger (`ledger-key`).",
  "place-form": () =>
    "`rotate-to` takes `NAME`, `repository/NAME`, `environment/ENVIRONMENT/NAME`, `organization/ORGANIZATION/NAME`, " +
    "`dependabot/NAME`, `codespaces/NAME` or `agents/NAME`, with `:access` or `@OWNER/REPO` behind it or without. " +
    "In the name of an environment a space is written as `%20`, a comma as `%2C`, an `@` as `%40`.",
  "place-name": () => "`rotate-to` holds something that cannot be the name of a secret, or that looks like a token.",
  "place-forge": ([forge = "", kind = ""]: Words) =>
    kind !== "repository" && kind !== "organization"
      ? `\`rotate-to\`: ${FORGES[forge] ?? forge} has no ${kind} secrets.`
      : "`rotate-to`: Gitea and Forgejo do not tell when a secret was written, so a login that is renewed cannot be kept in one. " +
        "Keep it in a ledger (`ledger-key` with `ledger: git-push`). The secret can take the access token: `NAME:access`.",
  "place-none": () =>
    "`rotate-to` does not say in which repository the secret is, and GITHUB_REPOSITORY (on GitLab CI_PROJECT_PATH) is not " +
    "set here. Say it with the name: `NAME@OWNER/REPO`.",
  "token-without-place": () => "`secrets-token` is given, but `rotate-to` does not say which secret it is to write.",
  "create-nothing": () => "`create-secrets` is set, but `rotate-to` names no secret.",
  "unstored-and-stored": () =>
    "`allow-unstored-refresh` says that a new login may be thrown away, `rotate-to` where to keep it.",

  // the ledger
  "ledger-provider": () =>
    "`ledger-key` without `credential`: say by `provider` whose login is meant (`anthropic` or `openai`).",
  "ledger-without-key": () => "`ledger-repository` is given, but no `ledger-key`.",
  "cache-without-key": () =>
    "`access-cache` keeps the access token of a ledger's login in the Actions cache, and there is no ledger here: give " +
    "`ledger-key` (and not `ledger: none`), or leave `access-cache` out.",
  "cache-and-full": () =>
    "`write-refresh-token` lends the login itself to this job, which only the ledger can do: leave `access-cache` out here.",

  // targets
  "none-and-others": () => "`targets` names `none` together with others.",
  "target-needed": () =>
    "`targets` is not given, and this provider has no program of its own: name `env:NAME` or `output`.",
  "target-provider": ([program = "", provider = ""]: Words) =>
    `\`targets\`: ${program} cannot use a login of the provider ${provider}.`,
  "env-openai": () =>
    "`targets: env`: no variable of Codex takes the token of a ChatGPT login. Use `codex`, or name a variable of your own (`env:NAME`).",
  "env-custom": () => "`targets: env`: this provider has no variable of its own. Name one: `env:NAME`.",
  "env-unfit": ([provider = "", variable = ""]: Words) => sayUnfit(provider, variable),

  // a refresh token in a file
  "full-and-left": () =>
    "`write-refresh-token` with `cleanup: false` would leave a second copy of the login that can be renewed.",
  "full-and-several": () =>
    "`write-refresh-token` with several files in `targets` would hand out several copies of a token that works once.",
  "full-and-peekaboo": () =>
    "`write-refresh-token` is set, but the file of Peekaboo is written without it: most of its releases never renew a login, and the token would be exposed for nothing.",
  "full-and-openclaw": () =>
    "`write-refresh-token` is set, but OpenClaw from 2026.6.5 keeps logins where no renewed one could be taken over from.",
  "full-and-keychain": () =>
    "`write-refresh-token` is set, but on macOS Claude Code moves a login that it renews into the Keychain and deletes the file: the renewed one could not be taken over.",
  "full-without-file": () => "`write-refresh-token` is set, but no target in `targets` is a file.",
  "full-without-place": () =>
    "`write-refresh-token` hands the job a login that its program will renew, but without `rotate-to` or a ledger " +
    "(`ledger-key`) the new one would be lost with the runner.",

  // what only some providers have
  "custom-needs": ([name = ""]: Words) =>
    `\`provider: custom\` needs ${code(name)}: a server of your own has no standard one.`,
  "custom-validate": () =>
    "`validate: online` is not possible with `provider: custom`: no request is known that would show it.",
  "custom-fallback": () =>
    "`fallback-api-key` is not possible with `provider: custom`: no variable is known that takes it.",
  "custom-cli": () => "`refresh-with: cli` is not possible with `provider: custom`: it has no program of its own.",
  "secret-of-public-client": () =>
    "`client-secret` is for `provider: custom` only: the clients of the others are public.",
  "cli-decides": ([name = ""]: Words) =>
    `${code(name)} has no effect with \`refresh-with: cli\`: the program decides that itself.`,
  "fallback-is-token": () => "`fallback-api-key` holds an OAuth token: only an API key works there.",
} as const;

/** A variable in which the token would be useless, or in the way of what works. */
function sayUnfit(provider: string, variable: string): string {
  const what = `\`targets\`: the variable ${variable} `;
  const custom = "Name a variable that only your own program reads.";
  if (variable === "CODEX_ACCESS_TOKEN") {
    return `${what}takes no token of this kind: Codex would run without a login. Use the target \`codex\`, or name a variable of your own.`;
  }
  if (variable.endsWith("_OAUTH_TOKEN")) {
    const instead = provider === "openai" ? "Use the target `codex` for a ChatGPT login." : custom;
    return `${what}is for a Claude login: its program would send this one to Anthropic. ${instead}`;
  }
  const instead =
    provider === "anthropic"
      ? "Use `env` (CLAUDE_CODE_OAUTH_TOKEN), or `env:ANTHROPIC_OAUTH_TOKEN` for pi, Clawdbot and OpenClaw."
      : "Use the target `codex`, or name a variable of your own.";
  return variable === "ANTHROPIC_AUTH_TOKEN"
    ? `${what}would be sent without the mark of a login, refused, and preferred to any login that works. ${instead}`
    : `${what}takes an API key: a login's token is refused there, and programs prefer it to a login that works. ${instead}`;
}

/** An empty secret is the commonest failure, and the log of a fork or of Dependabot gives no hint of the cause. */
function sayMissing(name: string, env: Env): string {
  const likely =
    env["GITHUB_ACTOR"] === "dependabot[bot]"
      ? "This run belongs to Dependabot, which sees Dependabot secrets only."
      : env["GITHUB_EVENT_NAME"] === "pull_request"
        ? "This is a pull request: one from a fork gets no secrets."
        : "The secret may not exist in this repository, or under another name.";
  return (
    `${code(name)} is empty. ${likely}` +
    (name === "credential" ? " With `if-no-credential: skip` such a run goes on without a login." : "") +
    " Other causes: a reusable workflow called without `secrets: inherit`; a secret of an environment that the job " +
    "does not name with `environment:`; a typo in the secret's name."
  );
}

/** A short value as it was given. Anything longer may be a secret in the wrong input, so it is not repeated. */
function quote(value: string): string {
  return value.length <= 11 && !/sk-|gh[opsu]_|pat_|oc1\./.test(value)
    ? code(value.replace(/[`\r\n]/g, " "))
    : "what was given";
}

const clip = (text: string) => (text.length > 40 ? `${text.slice(0, 40)}…` : text);

/** The input that was probably meant: the same but for case and separators, or the beginning of it. */
function nearest(name: string): string | undefined {
  const bare = (text: string) => text.toLowerCase().replaceAll(/[^a-z]|s$/g, "");
  const wanted = bare(name);
  const fits = (known: string) => bare(known) === wanted || (wanted.length > 3 && bare(known).startsWith(wanted));
  return NAMES.find(fits);
}
