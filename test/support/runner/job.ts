/** What lasts over one job: folders, masks, the variables of later steps, the log. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { createMasker, type Masker } from "./masker.ts";

export interface JobOptions {
  /** HOME; default: a new, empty folder. A folder given here is not removed with the job. */
  readonly home?: string;
  /** GITHUB_WORKSPACE, likewise. */
  readonly workspace?: string;
  /** RUNNER_TEMP, likewise; the runner empties it at the end of a job. */
  readonly temp?: string;
  /** GITHUB_* and RUNNER_* variables that differ from the defaults, e.g. GITHUB_API_URL. */
  readonly githubEnv?: Readonly<Record<string, string>>;
  /** `env:` of the workflow or job; printed above each step, as on GitHub. */
  readonly env?: Readonly<Record<string, string>>;
  /** Values of the secrets that the workflow refers to: masked from the start. */
  readonly secrets?: readonly string[];
  /** `${{ github.token }}`; default: an invented one. Masked from the start. */
  readonly token?: string;
  /** The payload of the event; default `{}`. */
  readonly event?: unknown;
  /** "Enable debug logging": RUNNER_DEBUG=1, and the runner prints what steps store. */
  readonly debug?: boolean;
  /** PATH of the steps; default: that of this process. */
  readonly path?: string;
}

export interface Job {
  /** Holds every folder that the options did not give. */
  readonly root: string;
  readonly home: string;
  readonly workspace: string;
  readonly temp: string;
  /** TMPDIR and TEMP: inside the root, so that a test can look at what is left there. */
  readonly systemTemp: string;
  readonly masker: Masker;
  readonly token: string;
  readonly debug: boolean;
  /** The machine's variables; PATH without what GITHUB_PATH added. */
  readonly machine: Readonly<Record<string, string>>;
  /** GITHUB_* and RUNNER_*: nothing can change them for a step. */
  readonly context: Readonly<Record<string, string>>;
  /** `env:` of the job, and what GITHUB_ENV added. */
  readonly env: Map<string, string>;
  /** What GITHUB_PATH added, newest first. */
  readonly path: string[];
  /** Lines of all steps, masked at the moment of writing. */
  readonly log: string[];
  /** Summaries of all steps as shown. */
  readonly summaries: string[];
  status: JobStatus;
  /** What GitHub hands to other jobs: undefined for a value in which anything would be masked. */
  jobOutput(value: string): string | undefined;
  /** Removes the root. */
  remove(): void;
}

export type JobStatus = "success" | "failure" | "cancelled";

export function createJob(options: JobOptions = {}): Job {
  // The real path: on macOS the temporary folder is a link, and children print what is behind it.
  const root = realpathSync(mkdtempSync(join(tmpdir(), "runner-")));
  const folder = (given: string | undefined, ...parts: string[]) => {
    const path = given ?? join(root, ...parts);
    mkdirSync(path, { recursive: true });
    return path;
  };
  const home = folder(options.home, "home");
  const workspace = folder(options.workspace, "work", "repository", "repository");
  const temp = folder(options.temp, "work", "_temp");
  const systemTemp = folder(undefined, "tmp");
  const event = join(folder(undefined, "work", "_temp", "_github_workflow"), "event.json");
  writeFileSync(event, JSON.stringify(options.event ?? {}));

  const masker = createMasker();
  const token = options.token ?? `ghs_${randomBytes(18).toString("hex")}`;
  // Secrets are trimmed before they become masks; what `::add-mask::` gets is not.
  for (const secret of [token, ...(options.secrets ?? [])]) masker.add(secret.trim());

  return {
    root,
    home,
    workspace,
    temp,
    systemTemp,
    masker,
    token,
    debug: options.debug ?? false,
    machine: machineVariables(home, systemTemp, options.path),
    context: {
      ...defaultContext(),
      ...(options.debug ? { RUNNER_DEBUG: "1" } : {}),
      ...options.githubEnv,
      GITHUB_WORKSPACE: workspace,
      GITHUB_EVENT_PATH: event,
      RUNNER_TEMP: temp,
    },
    env: new Map(Object.entries(options.env ?? {})),
    path: [],
    log: [],
    summaries: [],
    status: "success",
    jobOutput: (value) => (value !== "" && masker.mask(value) === value ? value : undefined),
    remove: () => rmSync(root, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/** Only what a program needs to run: nothing of this process's own variables leaks in. */
function machineVariables(home: string, temp: string, path?: string): Record<string, string> {
  const variables: Record<string, string> = {
    PATH: path ?? process.env["PATH"] ?? [dirname(process.execPath)].join(delimiter),
    HOME: home,
    LANG: "C.UTF-8",
    TMPDIR: temp,
    CI: "true",
  };
  if (process.platform !== "win32") return variables;
  for (const name of ["SystemRoot", "windir", "SystemDrive", "ComSpec", "PATHEXT"]) {
    const value = process.env[name];
    if (value !== undefined) variables[name] = value;
  }
  const local = { USERPROFILE: home, TEMP: temp, TMP: temp };
  return { ...variables, ...local, APPDATA: join(home, "AppData", "Roaming") };
}

function defaultContext(): Record<string, string> {
  const systems: Record<string, string> = { win32: "Windows", darwin: "macOS" };
  const processors: Record<string, string> = { x64: "X64", arm64: "ARM64", ia32: "X86" };
  return {
    GITHUB_ACTION: "__self",
    GITHUB_ACTIONS: "true",
    GITHUB_ACTOR: "octocat",
    GITHUB_ACTOR_ID: "1",
    GITHUB_API_URL: "https://api.github.com",
    GITHUB_BASE_REF: "",
    GITHUB_EVENT_NAME: "push",
    GITHUB_GRAPHQL_URL: "https://api.github.com/graphql",
    GITHUB_HEAD_REF: "",
    GITHUB_JOB: "test",
    GITHUB_REF: "refs/heads/main",
    GITHUB_REF_NAME: "main",
    GITHUB_REF_PROTECTED: "false",
    GITHUB_REF_TYPE: "branch",
    GITHUB_REPOSITORY: "octocat/repository",
    GITHUB_REPOSITORY_ID: "1000",
    GITHUB_REPOSITORY_OWNER: "octocat",
    GITHUB_REPOSITORY_OWNER_ID: "1",
    GITHUB_RETENTION_DAYS: "90",
    GITHUB_RUN_ATTEMPT: "1",
    GITHUB_RUN_ID: "5000",
    GITHUB_RUN_NUMBER: "1",
    GITHUB_SERVER_URL: "https://github.com",
    GITHUB_SHA: "0123456789abcdef0123456789abcdef01234567",
    GITHUB_TRIGGERING_ACTOR: "octocat",
    GITHUB_WORKFLOW: "CI",
    GITHUB_WORKFLOW_REF: "octocat/repository/.github/workflows/ci.yml@refs/heads/main",
    GITHUB_WORKFLOW_SHA: "0123456789abcdef0123456789abcdef01234567",
    RUNNER_ARCH: processors[process.arch] ?? "X64",
    RUNNER_ENVIRONMENT: "github-hosted",
    RUNNER_NAME: "GitHub Actions 1",
    RUNNER_OS: systems[process.platform] ?? "Linux",
  };
}
