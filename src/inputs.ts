import type { ProviderName } from "./credential/credential.ts";
import { parseDuration } from "./duration.ts";
import { InputProblems, type Problem } from "./input-problems.ts";
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
  /** What seals the files that we leave for our own post step. */
  readonly sealingKey: Secret;
  readonly credentialExpiresAt: number | undefined;
  readonly provider: "auto" | ProviderName;
  readonly account: string;
  /** As named; empty for the provider's own program (see targetsFor). */
  readonly targets: readonly TargetName[];
  readonly refresh: "auto" | "always" | "never";
  readonly minValidityMs: number;
  readonly refreshWith: "http" | "cli";
  readonly writeRefreshToken: boolean;
  readonly allowUnstoredRefresh: boolean;
  /** The one place in `rotate-to` from which the login can be renewed. */
  readonly rotateTo: Location | undefined;
  /** The others, which get the access token alone. */
  readonly accessTo: readonly Location[];
  readonly secretsToken: Secret | undefined;
  readonly createSecrets: boolean;
  readonly ledgerKey: Secret | undefined;
  readonly ledger: "auto" | "git-ref" | "git-push" | "file" | "none";
  /** `owner/name`, or an address that git can push to. */
  readonly ledgerRepository: string | undefined;
  /** Whether the ledger's access part is also in the Actions cache, for jobs that only use the login. */
  readonly accessCache: boolean;
  readonly githubToken: Secret | undefined;
  readonly validate: "none" | "online";
  readonly home: string | undefined;
  readonly cleanup: boolean;
  readonly ifNoCredential: "error" | "skip";
  readonly warnBeforeMs: number;
  readonly report: "none" | "issue";
  readonly fallbackApiKey: Secret | undefined;
  readonly allowPublicRepository: boolean;
  readonly request: RequestSettings;
  readonly github: GitHubContext;
}

/**
 * Reads every input once. All problems are thrown together (InputProblems), so that a person mends them in one go.
 * Empty means not given: that is how an absent secret arrives.
 */
export function readInputs(env: Env, step: "main" | "post" = "main"): Inputs {
  const problems: Problem[] = [];
  const problem: Report = (...found) => void problems.push(found);
  const text = (name: InputName) => (env[`INPUT_${name.toUpperCase()}`] ?? "").trim();

  const choice = <T extends string>(name: InputName, values: readonly [T, ...T[]]): T => {
    const value = text(name) || values[0];
    if ((values as readonly string[]).includes(value)) return value as T;
    problem("choice", name, value, ...values);
    return values[0];
  };
  const flag = (name: InputName, standard: boolean): boolean => {
    const value = text(name).toLowerCase();
    if (value === "true" || value === "false") return value === "true";
    if (value !== "") problem("flag", name, value);
    return standard;
  };
  const duration = (name: InputName, standard: string): number => {
    const ms = parseDuration(text(name) || standard);
    if (ms === undefined) problem("duration", name, text(name));
    return ms ?? (parseDuration(standard) as number);
  };

  const github = githubContext(env);
  // Not trimmed: what is around a pasted token is repaired, and told, where it is recognised.
  const credential = secretOf((env["INPUT_CREDENTIAL"] ?? "").trim() && env["INPUT_CREDENTIAL"]);
  const ledger = choice("ledger", ["auto", "git-ref", "git-push", "file", "none"]);
  const ledgerKey = ledger === "none" ? undefined : secretOf(text("ledger-key"));
  const inputs: Inputs = {
    credential,
    sealingKey: (credential ?? ledgerKey) as Secret, // without either nothing is sealed
    credentialExpiresAt: readDate(text("credential-expires"), problem),
    provider: choice("provider", ["auto", "anthropic", "openai", "custom"]),
    account: readAccount(text("account"), problem),
    targets: readTargets(text("targets"), problem),
    refresh: choice("refresh", ["auto", "always", "never"]),
    minValidityMs: duration("min-validity", "1h"),
    refreshWith: choice("refresh-with", ["http", "cli"]),
    writeRefreshToken: flag("write-refresh-token", false),
    allowUnstoredRefresh: flag("allow-unstored-refresh", false),
    ...readLocations(text("rotate-to"), github, problem),
    secretsToken: secretOf(text("secrets-token")),
    createSecrets: flag("create-secrets", false),
    ledgerKey,
    ledger,
    ledgerRepository: text("ledger-repository") || undefined,
    accessCache: flag("access-cache", false),
    githubToken: secretOf(text("github-token")),
    validate: choice("validate", ["none", "online"]),
    home: text("home") || undefined,
    cleanup: flag("cleanup", true),
    ifNoCredential: choice("if-no-credential", ["error", "skip"]),
    warnBeforeMs: duration("warn-before", "10d"),
    report: choice("report", ["none", "issue"]),
    fallbackApiKey: secretOf(text("fallback-api-key")),
    allowPublicRepository: flag("allow-public-repository", false),
    request: {
      tokenUrl: readTokenUrl(text("token-url"), problem),
      clientId: text("client-id") || undefined,
      clientSecret: secretOf(text("client-secret")),
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
  if (problems.length > 0) throw new InputProblems(problems);
  return Object.freeze(inputs);
}

type Report = (...problem: Problem) => void;

const unknownInputs = (env: Env): Problem[] =>
  Object.keys(env)
    .filter((key) => key.startsWith("INPUT_"))
    .map((key) => key.slice(6).toLowerCase())
    .filter((name) => !(NAMES as readonly string[]).includes(name))
    .map((name) => ["unknown", name]);

function readTargets(text: string, problem: Report): TargetName[] {
  const names = [...new Set(text.split(/[\s,]+/).filter(Boolean))];
  const targets: TargetName[] = [];
  for (const name of names) {
    const target = parseTarget(name);
    if (target) targets.push(target);
    else problem("target", name);
  }
  return targets;
}

/** It becomes part of a profile's name in other programs' files. */
function readAccount(text: string, problem: Report): string {
  if (/^[A-Za-z0-9._-]{0,64}$/.test(text)) return text || "default";
  problem("account");
  return "default";
}

function readLocations(text: string, github: GitHubContext, problem: Report): Pick<Inputs, "rotateTo" | "accessTo"> {
  const places: Location[] = [];
  for (const entry of text.split(/[\s,]+/).filter(Boolean)) {
    const read = parseLocation(entry, github);
    if ("label" in read) places.push(read);
    else problem(...read);
  }
  const [rotateTo, second] = places.filter(({ accessOnly }) => !accessOnly);
  if (second) problem("places");
  if (new Set(places.map(({ label }) => label)).size < places.length) problem("place-twice");
  return { rotateTo, accessTo: places.filter((place) => place !== rotateTo) };
}

function readDate(text: string, problem: Report): number | undefined {
  if (text === "") return undefined;
  const ms = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(ms)) return ms;
  problem("date", "credential-expires", text);
  return undefined;
}

function readTokenUrl(text: string, problem: Report): string | undefined {
  if (text === "") return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const loopback = url !== undefined && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url && !url.username && (url.protocol === "https:" || (url.protocol === "http:" && loopback))) return text;
  problem("token-url");
  return undefined;
}
