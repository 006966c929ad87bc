import { parseDuration } from "./duration.ts";
import { type Code, Failure } from "./errors.ts";
import { contradictions } from "./input-rules.ts";
import { NAMES, type InputName } from "./input-names.ts";
import type { RequestSettings } from "./providers/provider.ts";
import { type GitHubContext, githubContext } from "./rotation/github-context.ts";
import { type Location, parseLocation } from "./rotation/location.ts";
import { Secret, secretOf } from "./secret.ts";
import { parseTarget, type TargetName } from "./targets/names.ts";
import { VERSION } from "./version.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** Everything that the user set, checked, in units that the code uses (times in ms). */
export interface Inputs {
  readonly credential: Secret | undefined;
  readonly credentialExpiresAt: number | undefined;
  readonly provider: "auto" | "anthropic";
  readonly targets: readonly TargetName[];
  readonly refresh: "auto" | "always" | "never";
  readonly minValidityMs: number;
  readonly writeRefreshToken: boolean;
  readonly allowUnstoredRefresh: boolean;
  readonly rotateTo: Location | undefined;
  readonly secretsToken: Secret | undefined;
  readonly createSecrets: boolean;
  readonly home: string | undefined;
  readonly cleanup: boolean;
  readonly ifNoCredential: "error" | "skip";
  readonly warnBeforeMs: number;
  readonly request: RequestSettings;
  readonly github: GitHubContext;
}

/**
 * Reads every input once. All problems are reported in one Failure, each with its likely cause, so that a
 * person mends them in one go. Empty means not given: that is how an absent secret arrives.
 */
export function readInputs(env: Env, step: "main" | "post" = "main"): Inputs {
  const problems: string[] = [];
  const problem = (text: string) => void problems.push(text);
  const text = (name: InputName) => (env[`INPUT_${name.toUpperCase()}`] ?? "").trim();

  const choice = <T extends string>(name: InputName, values: readonly [T, ...T[]]): T => {
    const value = text(name) || values[0];
    if ((values as readonly string[]).includes(value)) return value as T;
    problem(`\`${name}\` must be ${values.map((v) => `\`${v}\``).join(" or ")}, not ${quote(value)}.`);
    return values[0];
  };
  const flag = (name: InputName, standard: boolean): boolean => {
    const value = text(name).toLowerCase();
    if (value === "true" || value === "false") return value === "true";
    if (value !== "") problem(`\`${name}\` must be \`true\` or \`false\`, not ${quote(value)}.`);
    return standard;
  };
  const duration = (name: InputName, standard: string): number => {
    const ms = parseDuration(text(name) || standard);
    if (ms === undefined)
      problem(`\`${name}\` must be a duration such as \`90m\`, \`1h\` or \`10d\`, not ${quote(text(name))}.`);
    return ms ?? (parseDuration(standard) as number);
  };

  const github = githubContext(env);
  const inputs: Inputs = {
    // Not trimmed: what is around a pasted token is repaired, and told, where it is recognised.
    credential: secretOf((env["INPUT_CREDENTIAL"] ?? "").trim() && env["INPUT_CREDENTIAL"]),
    credentialExpiresAt: readDate(text("credential-expires"), problem),
    provider: choice("provider", ["auto", "anthropic"]),
    targets: readTargets(text("targets"), problem),
    refresh: choice("refresh", ["auto", "always", "never"]),
    minValidityMs: duration("min-validity", "1h"),
    writeRefreshToken: flag("write-refresh-token", false),
    allowUnstoredRefresh: flag("allow-unstored-refresh", false),
    rotateTo: readLocation(text("rotate-to"), github, problem),
    secretsToken: secretOf(text("secrets-token")),
    createSecrets: flag("create-secrets", false),
    home: text("home") || undefined,
    cleanup: flag("cleanup", true),
    ifNoCredential: choice("if-no-credential", ["error", "skip"]),
    warnBeforeMs: duration("warn-before", "10d"),
    request: {
      tokenUrl: readTokenUrl(text("token-url"), problem),
      clientId: text("client-id") || undefined,
      scope: text("scope") || undefined,
      userAgent: text("user-agent") || `oauth-creds/${VERSION}`,
      requestFormat:
        text("request-format") === "" ? undefined : choice<"json" | "form">("request-format", ["json", "form"]),
      timeoutMs: duration("timeout", "25s"),
    },
    github,
  };
  // What main accepted, post takes as it is: a variable that a later step set must not keep it from its work.
  if (step === "main") problems.push(...unknownInputs(env), ...contradictions(inputs, env, text("rotate-to") !== ""));
  if (problems.length === 1) {
    const missing = !inputs.credential && inputs.ifNoCredential === "error";
    throw invalid(problems[0] as string, missing ? "credential-missing" : "input-invalid");
  }
  if (problems.length > 1) {
    throw invalid(
      `${problems.length} settings need mending:\n${problems.map((p, i) => `${i + 1}. ${p}`).join("\n")}\n`,
    );
  }
  return Object.freeze(inputs);
}

const invalid = (what: string, code: Code = "input-invalid") =>
  new Failure(code, what, code === "input-invalid" ? "Every input is described in action.yml." : "");

function unknownInputs(env: Env): string[] {
  return Object.keys(env)
    .filter((key) => key.startsWith("INPUT_"))
    .map((key) => key.slice(6).toLowerCase())
    .filter((name) => !(NAMES as readonly string[]).includes(name))
    .map((name) => {
      const near = nearest(name);
      return `There is no input \`${clip(name)}\`${near ? `: did you mean \`${near}\`?` : "."}`;
    });
}

function readTargets(text: string, problem: (text: string) => void): TargetName[] {
  const names = [...new Set(text.split(/[\s,]+/).filter(Boolean))];
  const targets: TargetName[] = [];
  for (const name of names.length > 0 ? names : ["claude"]) {
    const target = parseTarget(name);
    if (target) targets.push(target);
    else problem(`\`targets\`: ${quote(name)} is none of \`claude\`, \`env\`, \`env:NAME\`, \`output\`, \`none\`.`);
  }
  return targets;
}

function readLocation(text: string, github: GitHubContext, problem: (text: string) => void): Location | undefined {
  const entries = text.split(/[\s,]+/).filter(Boolean);
  if (entries.length > 1) problem("`rotate-to` names several places, but only one copy of a login may be refreshable.");
  const entry = entries[0];
  if (entry === undefined) return undefined;
  const location = parseLocation(entry, github);
  if (typeof location !== "string") return location;
  problem(location);
  return undefined;
}

function readDate(text: string, problem: (text: string) => void): number | undefined {
  if (text === "") return undefined;
  const ms = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(ms)) return ms;
  problem(`\`credential-expires\` must be a date such as \`2027-11-21\`, not ${quote(text)}.`);
  return undefined;
}

function readTokenUrl(text: string, problem: (text: string) => void): string | undefined {
  if (text === "") return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const loopback = url !== undefined && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url && !url.username && (url.protocol === "https:" || (url.protocol === "http:" && loopback))) return text;
  problem(
    "`token-url` must be an https address (http only on a loopback address): a refresh token would travel over it.",
  );
  return undefined;
}

/** A short value as it was given. Anything longer may be a secret in the wrong input, so it is not repeated. */
function quote(value: string): string {
  return value.length <= 11 && !/sk-|gh[opsu]_|pat_|oc1\./.test(value)
    ? `\`${value.replace(/[`\r\n]/g, " ")}\``
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
