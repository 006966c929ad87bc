/** Where the demo plays: a provider, a GitHub repository with secrets, and runners, all on 127.0.0.1. */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openEnvelope } from "../src/credential/envelope.ts";
import { type GitHub, startGitHub } from "../test/support/github/server.ts";
import { type Oidc, startOidc } from "../test/support/oauth/oidc.ts";
import {
  createJob,
  type Job,
  readActionFile,
  runAction,
  runStep,
  type StepResult,
} from "../test/support/runner/index.ts";
import { clockOfChild } from "./clock.ts";
import { given, NotAsTold } from "./told.ts";

const ACTION = fileURLToPath(new URL("../action.yml", import.meta.url));
const CLOCK = fileURLToPath(new URL("./clock.ts", import.meta.url));
const PROGRAM = fileURLToPath(new URL("./program.mjs", import.meta.url));
const REPOSITORY = "octo/demo";
export const SECRET = "CLAUDE_LOGIN";
export const HOUR = 3_600_000;
export const MINUTE = 60_000;
/** What a job asks that needs no network. */
export const NOBODY: Ran["asked"] = { provider: 0, github: 0 };

export interface JobRun {
  /** How it is called in the history of the secret. */
  readonly name: string;
  /** `with:`; without it, the secret as it stands, to be rotated. */
  readonly inputs?: Readonly<Record<string, string>>;
  /** A run that is run once more, which may get the value that the secret had when it began. */
  readonly again?: { readonly id: number; readonly credential: string };
  /** For the runner stand-in: where main gets its SIGKILL. */
  readonly killAt?: string;
  /** Whether the job's program uses the login. */
  readonly program?: boolean;
  readonly event?: string;
  /** Looks at what is there before post. */
  readonly meanwhile?: (job: Job, main: StepResult) => Promise<void>;
}

export interface Ran {
  readonly id: number;
  readonly job: Job;
  readonly main: StepResult;
  readonly program: StepResult | undefined;
  readonly post: StepResult;
  /** Claude's file as it stood while the job ran. */
  readonly file: { readonly mode: string; readonly login: Record<string, unknown> } | undefined;
  /** Whether there was one after post. */
  readonly fileLeft: boolean;
  /** Requests of the action, the program's not counted. */
  readonly asked: { readonly provider: number; readonly github: number };
}

/** What the stored secret holds. */
export interface Holding {
  /** Undefined for what a person pasted. */
  readonly generation: number | undefined;
  readonly access: string;
  readonly refresh: string;
}

export interface Scene {
  readonly oidc: Oidc;
  readonly github: GitHub;
  readonly runs: readonly Ran[];
  /** Who wrote the values in the history of the secret. */
  readonly writers: readonly string[];
  /** Every token that the demo knows, the personal access token included. */
  tokens(): string[];
  /** A person signs in and stores Claude Code's own file. */
  signIn(): Promise<void>;
  /** A setup token as `claude setup-token` prints it: invented, known to no provider. */
  setupToken(): string;
  secret(): string;
  run(options: JobRun): Promise<Ran>;
  close(): Promise<void>;
  /** Removes the folders of all jobs; also for the end of the process, where nothing can be waited for. */
  removeJobs(): void;
}

export async function openScene(): Promise<Scene> {
  const entry = readActionFile(ACTION).main;
  if (!existsSync(entry)) throw new NotAsTold("dist/ is not there; `npm run build` makes it");
  const oidc = await startOidc();
  const pat = `github_pat_${randomBytes(30).toString("hex")}`;
  const permissions = { secrets: "write", actions: "read" } as const;
  const github = await startGitHub({ repository: REPOSITORY, tokens: { [pat]: { permissions } } }).catch(
    async (error: unknown) => {
      await oidc.close();
      throw error;
    },
  );
  const invented = [pat];
  const jobs: Job[] = [];
  const runs: Ran[] = [];
  const writers: string[] = [];
  const secret = () => github.secret(SECRET) ?? "";
  /** Whatever has been written since is this one's. */
  const written = (by: string) => {
    while (writers.length < github.history(SECRET).length) writers.push(by);
  };

  async function run({ name, inputs, again, killAt, program: uses, event, meanwhile }: JobRun): Promise<Ran> {
    const id = again?.id ?? 4101 + runs.length;
    if (again === undefined) github.createRun({ id, createdAt: Date.now() });
    const credential = again?.credential ?? secret();
    const filled = inputs ?? { credential, "rotate-to": SECRET, "secrets-token": pat, "token-url": oidc.tokenUrl };
    const job = createJob({
      secrets: [filled["credential"] ?? "", pat].filter((value) => value !== ""),
      githubEnv: {
        GITHUB_API_URL: github.apiUrl,
        GITHUB_REPOSITORY: REPOSITORY,
        GITHUB_REPOSITORY_ID: String(github.repository.id),
        GITHUB_RUN_ID: String(id),
        GITHUB_RUN_ATTEMPT: again === undefined ? "1" : "2",
        GITHUB_EVENT_NAME: event ?? "schedule",
      },
    });
    jobs.push(job);
    const before = { provider: oidc.requests.length, github: github.requests.length };
    let file: Ran["file"];
    let program: StepResult | undefined;
    const { main, post } = await runAction({
      action: ACTION,
      uses: "org/oauth-creds@v1",
      job,
      inputs: filled,
      env: clockOfChild(),
      preload: [CLOCK],
      postOptions: { preload: [CLOCK] },
      ...(killAt === undefined ? {} : { killAt }),
      async between(step) {
        written(`${name}, main step`);
        file = claudeFile(job);
        await meanwhile?.(job, step);
        if (uses !== true) return;
        const env = { WHO_AM_I: `${oidc.origin}/api/me` };
        program = await runStep({ job, entry: PROGRAM, uses: "node program.mjs", env });
      },
    });
    if (post === undefined) throw new NotAsTold("the action has no post step");
    written(`${name}, post step`);
    const asked = {
      provider: oidc.requests.length - before.provider - (program === undefined ? 0 : 1),
      github: github.requests.length - before.github,
    };
    const ran = { id, job, main, program, post, file, fileLeft: claudeFile(job) !== undefined, asked };
    runs.push(ran);
    return ran;
  }

  return {
    oidc,
    github,
    runs,
    writers,
    tokens: () => [
      ...new Set([...invented, ...github.history(SECRET).flatMap(({ plaintext }) => tokensOf(plaintext))]),
    ],
    async signIn() {
      const login = await oidc.issue();
      const now = Date.now();
      const claudeAiOauth = {
        accessToken: login.accessToken,
        refreshToken: login.refreshToken,
        expiresAt: now + 8 * HOUR,
        refreshTokenExpiresAt: now + 30 * 24 * HOUR,
        scopes: login.scope.split(" "),
        subscriptionType: "max",
        rateLimitTier: "default_claude_max_5x",
      };
      github.setSecretByUser(SECRET, JSON.stringify({ claudeAiOauth }));
      written("a person");
    },
    setupToken() {
      const token = `sk-ant-oat01-${randomBytes(71).toString("base64url")}`;
      invented.push(token);
      return token;
    },
    secret,
    run,
    close: async () => void (await Promise.all([oidc.close(), github.close()])),
    removeJobs: () => jobs.forEach((job) => job.remove()),
  };
}

/** What a value of the secret holds, whether a person or a rotation wrote it. */
export function holdingOf(value: string): Holding {
  if (value.startsWith("oc1.")) {
    const { generation, access, refresh } = openEnvelope(value).credential;
    return {
      generation,
      access: given("access token", access).reveal(),
      refresh: given("refresh token", refresh).reveal(),
    };
  }
  const { accessToken, refreshToken } = (JSON.parse(value) as { claudeAiOauth: Record<string, string> }).claudeAiOauth;
  return { generation: undefined, access: accessToken ?? "", refresh: refreshToken ?? "" };
}

function tokensOf(value: string): string[] {
  const { access, refresh } = holdingOf(value);
  return [access, refresh];
}

function claudeFile(job: Job): Ran["file"] {
  const path = join(job.home, ".claude", ".credentials.json");
  if (!existsSync(path)) return undefined;
  const { claudeAiOauth } = JSON.parse(readFileSync(path, "utf8")) as { claudeAiOauth: Record<string, unknown> };
  return { mode: `0${(statSync(path).mode & 0o777).toString(8)}`, login: claudeAiOauth };
}
