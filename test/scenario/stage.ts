/** One repository with one secret, its provider and its jobs, all on loopback: where every scenario plays. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { type ClaudeFile, claudeFile, claudeFileOf, SECRET, tokensIn } from "./login-file.ts";
import { picture } from "./picture.ts";
import { openEnvelope } from "../../src/credential/envelope.ts";
import { type GitHub, startGitHub } from "../support/github/server.ts";
import { type Oidc, type OidcSettings, type SignIn, startOidc } from "../support/oauth/oidc.ts";
import {
  createJob,
  createMasker,
  FILE_COMMANDS_FOLDER,
  findLeaks,
  gateStep,
  type Job,
  type JobOptions,
  runAction,
  type StepResult,
} from "../support/runner/index.ts";
import type { ActionOptions } from "../support/runner/action.ts";

export { claudeFile, claudeFileOf, SECRET } from "./login-file.ts";

/** The built action; another one where the tests themselves are put to the test (test/mutants). */
export const ACTION = process.env["OAUTH_CREDS_ACTION"] ?? fileURLToPath(new URL("../../action.yml", import.meta.url));
const HOUR = 3_600_000;

/** Where no login is lent to Claude Code (`write-refresh-token`). */
export const NOT_LENT = process.platform === "darwin";

export interface StageOptions extends OidcSettings {
  /** Permissions of the token in `secrets-token`; default: may write secrets and read runs. */
  readonly permissions?: { secrets?: "read" | "write"; actions?: "read" };
}

export interface RunOptions {
  /** Default: the secret as it stands, and where to rotate it to. `undefined` removes an input. */
  readonly inputs?: Readonly<Record<string, string | undefined>>;
  readonly job?: Omit<JobOptions, "secrets">;
  readonly attempt?: number;
  /** Right after what was before, and without a pause between its steps. */
  readonly soon?: boolean;
  readonly step?: Partial<
    Pick<
      ActionOptions,
      | "cancel"
      | "killAt"
      | "failAt"
      | "killOnLine"
      | "preload"
      | "between"
      | "postOptions"
      | "env"
      | "node"
      | "timeoutMs"
    >
  >;
  /** A secret's value that an earlier run had: what a stale job holds. */
  readonly snapshot?: string;
  /** Compares everything that the outside sees of this run with `pictures/NAME.txt`. */
  readonly picture?: string;
  /** What the job is expected to print nothing of, besides the tokens that the stage knows. */
  readonly also?: readonly string[];
}

export interface Ran {
  readonly main: StepResult;
  readonly post: StepResult;
  readonly job: Job;
  readonly home: string;
  /** Claude's file as it stood between main and post. */
  readonly during: ClaudeFile | undefined;
}

/** Who gives out the logins of a stage. */
export interface Issuer {
  readonly tokenUrl: string;
  readonly requests: readonly unknown[];
  /** What every step has to say besides `token-url`. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Whether it takes this access token. */
  takes(accessToken: string): Promise<boolean>;
  /** Every token that it has given out, those included that no job ever got to see. */
  readonly issued: readonly string[];
  close(): Promise<void>;
}

/** A stage whatever the issuer. */
export interface BareStage {
  readonly github: GitHub;
  readonly pat: string;
  /** Stores what a person pastes, with the tokens in it that have no look by which they could be found. */
  paste(value: string, tokens?: readonly string[]): void;
  run(options?: RunOptions): Promise<Ran>;
  /** GitHub's clock, ms. */
  now(): number;
  /** The secret as it stands, opened. */
  secret(): string;
  /** A new process, given nothing but the stored secret, gets an access token that the provider takes. */
  loginIsAlive(): Promise<boolean>;
  /** All tokens that were ever given out here. */
  tokens(): string[];
  close(): Promise<void>;
}

export interface Stage extends BareStage {
  readonly oidc: Oidc;
  /** Signs in, and stores Claude's own file as a person would; access token and login as `ages` says. */
  signIn(options?: { expiresInMs?: number; raw?: boolean }): Promise<SignIn>;
}

/** The stage of most scenarios: Anthropic's token endpoint with a real authorization server behind it. */
export async function stage(options: StageOptions = {}): Promise<Stage> {
  const oidc = await startOidc(options);
  const bare = await bareStage(oidcIssuer(oidc), options, (ran, seen, also) => picture(self, ran, seen, also));
  const self: Stage = {
    ...bare,
    oidc,
    async signIn({ expiresInMs = -HOUR, raw = false } = {}) {
      const login = await oidc.issue();
      bare.paste(raw ? login.refreshToken : claudeFileOf(login, Date.now() + expiresInMs));
      bare.tokens();
      return login;
    },
  };
  return self;
}

/** A server of `startOidc` as an issuer. */
export function oidcIssuer(oidc: Oidc, inputs: Readonly<Record<string, string>> = {}): Issuer {
  return {
    tokenUrl: oidc.tokenUrl,
    requests: oidc.requests,
    inputs,
    takes: async (token) =>
      (await fetch(`${oidc.origin}/api/me`, { headers: { authorization: `Bearer ${token}` } })).status === 200,
    issued: oidc.issued,
    close: oidc.close,
  };
}

type Draw = (ran: Ran, seen: { oidc: number; github: number }, also: readonly string[]) => string;

export async function bareStage(issuer: Issuer, options: StageOptions = {}, draw?: Draw): Promise<BareStage> {
  const { permissions = { secrets: "write", actions: "read" } } = options;
  const pat = `github_pat_${crypto.randomUUID().replaceAll("-", "")}`;
  // A job that comes right after a storing waits, by GitHub's clock. Here jobs, and their steps, are a while apart.
  let ahead = 0;
  let running = 0;
  const passTime = () => {
    if (running === 0) ahead += 15_000;
  };
  const github = await startGitHub({
    tokens: { [pat]: { permissions } },
    repository: "octo/demo",
    clock: { now: () => Date.now() + ahead },
  });
  const known = new Set<string>([pat]);
  const jobs: Job[] = [];
  let runId = 7000;

  /** Tokens that the main step stored. */
  const rotatedBy = (main: StepResult): string[] => {
    const ours = github.history(SECRET).findLast(({ by }) => by !== "user");
    return main.outputs["rotated"] === "true" ? tokensIn(ours?.plaintext ?? "") : [];
  };

  const self: BareStage = {
    github,
    pat,
    paste(value, tokens = []) {
      for (const token of tokens) known.add(token);
      github.setSecretByUser(SECRET, value, { at: Date.now() - HOUR });
    },
    async run({
      inputs = {},
      job: jobOptions,
      attempt = 1,
      soon = false,
      step = {},
      snapshot,
      also = [],
      picture: name,
    } = {}) {
      if (!soon) passTime();
      const credential = snapshot ?? github.secret(SECRET) ?? "";
      for (const token of tokensIn(credential)) known.add(token);
      const id = attempt === 1 ? ++runId : runId;
      if (attempt === 1) github.createRun({ id, createdAt: self.now() });
      const wanted: Record<string, string | undefined> = {
        credential,
        "rotate-to": SECRET,
        "secrets-token": pat,
        "token-url": issuer.tokenUrl,
        ...issuer.inputs,
        ...inputs,
      };
      const given = Object.fromEntries(
        Object.entries(wanted).filter((entry): entry is [string, string] => entry[1] !== undefined),
      );
      const job = createJob({
        ...jobOptions,
        secrets: [
          given["credential"],
          pat,
          given["fallback-api-key"],
          given["client-secret"],
          given["ledger-key"],
          given["github-token"],
        ].filter((value): value is string => Boolean(value)),
        githubEnv: {
          GITHUB_API_URL: github.apiUrl,
          GITHUB_REPOSITORY: "octo/demo",
          GITHUB_REPOSITORY_ID: "1296269",
          GITHUB_RUN_ID: String(id),
          GITHUB_RUN_ATTEMPT: String(attempt),
          ...jobOptions?.githubEnv,
        },
      });
      jobs.push(job);
      const seen = { oidc: issuer.requests.length, github: github.requests.length };
      let during: ClaudeFile | undefined;
      const between = async (main: StepResult) => {
        running -= 1;
        if (!soon) passTime();
        running += 1;
        during = claudeFile(job.home);
        await step.between?.(main);
      };
      running += 1;
      const { main, post } = await runAction({ action: ACTION, job, inputs: given, ...step, between }).finally(
        () => void (running -= 1),
      );
      if (!post) throw new Error("no post step ran");
      const ran = { main, post, job, home: job.home, during };
      gate(ran, [...self.tokens(), ...also], given["targets"] ?? "");
      // Whatever this job had in its hands is masked for the rest of it, whoever prints it.
      if (main.signal === null && !main.log.includes("[input-invalid]")) {
        const written = main.outputs["files"] ? during : undefined; // else it is what somebody else has there
        const handled = [given["credential"] ?? "", JSON.stringify(written ?? {})].flatMap(tokensIn);
        expectMasked(main, step.between ? handled : [...handled, ...rotatedBy(main)]);
      }
      expect(
        findLeaks({ tokens: [...self.tokens(), ...also], sources: issueTexts(github) }),
        "tokens in issues",
      ).toEqual([]);
      expect(github.violations, "calls that contradict GitHub's description").toEqual([]);
      if (name !== undefined && draw) {
        const file = join(import.meta.dirname, "pictures", `${name}.txt`);
        await expect(draw(ran, seen, also)).toMatchFileSnapshot(file);
      }
      return ran;
    },
    now: () => Date.now() + ahead,
    secret: () => github.secret(SECRET) ?? "",
    async loginIsAlive() {
      const { main } = await self.run({ inputs: { targets: "output", refresh: "always" } });
      const token = main.outputs["access-token"];
      if (main.exitCode !== 0 || !token) return false;
      return issuer.takes(token);
    },
    tokens() {
      for (const { plaintext } of github.history(SECRET)) for (const token of tokensIn(plaintext)) known.add(token);
      return [...new Set([...known, ...issuer.issued])];
    },
    async close() {
      for (const job of jobs) job.remove();
      await Promise.all([issuer.close(), github.close()]);
    },
  };
  return self;
}

/** What the stored envelope holds. */
export function envelopeOf(secret: string): ReturnType<typeof openEnvelope> {
  return openEnvelope(secret);
}

/** No token in any encoding in anything that a job prints or leaves, masks and asked-for places excepted. */
function gate(ran: Ran, tokens: readonly string[], targets: string): void {
  const allowed = { outputs: targets.includes("output") ? ["access-token"] : [], env: targets.includes("env") };
  for (const [name, step] of Object.entries({ main: ran.main, post: ran.post })) {
    const leaks = gateStep(step, tokens, {
      outputs: allowed.outputs,
      env: allowed.env ? Object.keys(step.env) : [],
    });
    expect(leaks, `tokens in what ${name} gave out`).toEqual([]);
  }
  const sources = [ran.job.workspace, ran.job.temp, ran.job.systemTemp]
    .flatMap(filesUnder)
    // What a step gave to the runner was looked at above, value by value.
    .filter((path) => !path.includes(FILE_COMMANDS_FOLDER))
    .map((path) => ({ name: path, text: readFileSync(path) }));
  expect(findLeaks({ tokens, sources }), "tokens in files outside the home folder").toEqual([]);
}

/** Everything that anybody reads in the repository's issues. */
function issueTexts({ issues }: GitHub): { name: string; text: string }[] {
  return issues.rows.map(({ number, title, body, comments }) => ({
    name: `issue ${number}`,
    text: [title, body, ...comments.map((comment) => comment.body)].join("\n"),
  }));
}

/** What a later step would print of these tokens, in the forms that programs print, shows nothing of them. */
function expectMasked(main: StepResult, tokens: readonly string[]): void {
  const masker = createMasker();
  for (const mask of main.masks) masker.add(mask);
  const sources = tokens.flatMap((token) => {
    const forms = [token, JSON.stringify({ token }), `?token=${encodeURIComponent(token)}`];
    for (const pad of ["", "x", "xy"]) {
      const bytes = Buffer.from(`${pad}{"token":"${token}"}`);
      forms.push(bytes.toString("base64"), bytes.toString("base64url"));
    }
    return forms.map((form, index) => ({ name: `form ${index}`, text: masker.mask(form) }));
  });
  expect(findLeaks({ tokens: [...new Set(tokens)], sources }), "tokens that are not masked").toEqual([]);
}

export function filesUnder(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
