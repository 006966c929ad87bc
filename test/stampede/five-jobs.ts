/**
 * A stage on which five jobs share one login: child processes of the built action, a provider that ends a login when
 * a spent token is seen, and a GitHub that keeps the ledger (a real git ref) and the secret of `rotate-to`.
 */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { readMessage } from "../../src/ledger/git-message.ts";
import { deriveAccessKey, type Keyring, makeRootKey, parseKeys, type RootKey } from "../../src/ledger/keys.ts";
import type { RootRecord } from "../../src/ledger/record.ts";
import { openRecord } from "../../src/ledger/record-text.ts";
import { type Ran, type RunOptions, type Stage, stage, type StageOptions } from "../scenario/stage.ts";
import type { Recorded } from "../support/github/messages.ts";
import { gateStep } from "../support/runner/index.ts";

const REF = "refs/oauth-creds/v1/anthropic/default";
export const SITE = { place: `github:1296269:${REF}`, provider: "anthropic", account: "default" } as const;
/** A step's own limit: a job may wait for three minutes, and machines are slow. */
const STEP_MS = 280_000;
/** Inputs of a job that has nothing but the ledger. */
export const LEDGER_ALONE = {
  credential: undefined,
  provider: "anthropic",
  "rotate-to": undefined,
  "secrets-token": undefined,
} as const;

/** One job, and what came of it. */
export interface Ended {
  /** Its `user-agent`, by which the servers tell whose a request was. */
  readonly agent: string;
  readonly ran: Ran;
  /** The access token that the job's program found in Claude's file. */
  readonly access: string | undefined;
  /** The code of the error that the main step failed with. */
  readonly code: string | undefined;
  /** The messages of the main step's annotations. */
  readonly said: string;
}

export interface FiveJobs extends Stage {
  readonly keys: Keyring;
  readonly accessKey: string;
  /** Changes what the jobs' own token may do with contents. */
  mayWrite(level: "read" | "write"): void;
  /** Changes what `secrets-token` may do with secrets. */
  mayStore(level: "read" | "write"): void;
  job(options?: RunOptions): Promise<Ended>;
  /** Five that start at once, all with the secret as it stands now. */
  atOnce(options?: RunOptions): Promise<Ended[]>;
  /**
   * Five of which the first renews: the provider's answer is held back until the four others have found its lease
   * and wait. `meanwhile` is called then, just before the answer goes on its way.
   *
   * @param first options of the first job, where they differ
   */
  whileOneRenews(options: RunOptions, meanwhile?: () => void, first?: RunOptions): Promise<Ended[]>;
  /** What a job asked of GitHub, in the order of arrival. */
  calls(job: Ended): Recorded[];
  /** The record, opened with the root key; undefined if there is none. */
  record(): Promise<RootRecord | undefined>;
  /** How often each refresh token was sent, in the order of the first time. */
  sends(): number[];
  /** Whether the provider takes an access token. */
  works(access: string | undefined): Promise<boolean>;
}

/** Plays on a stage of its own. */
export async function onStage(play: (here: FiveJobs) => Promise<void>, options: StageOptions = {}): Promise<void> {
  const here = await fiveJobs(options);
  try {
    await play(here);
  } finally {
    await here.close();
  }
}

async function fiveJobs(options: StageOptions): Promise<FiveJobs> {
  const bare = await stage(options);
  const { github, oidc, pat } = bare;
  const rootKey = makeRootKey(randomBytes);
  const keys = parseKeys(rootKey) as Keyring;
  const accessKey = deriveAccessKey(keys.root[0] as RootKey);
  const token = `ghs_${randomBytes(18).toString("hex")}`;
  const mayWrite = (contents: "read" | "write") =>
    void github.tokens.set(token, { kind: "github-token", permissions: { contents }, rateLimit: 1_000_000 });
  mayWrite("write");

  const closing = Promise.withResolvers<void>();
  const logins: string[] = [];
  const running: Promise<unknown>[] = [];
  const ended: Ended[] = [];

  function start({ inputs, job, step = {}, also = [], ...rest }: RunOptions = {}): Started {
    const number = running.length + 1;
    const agent = `five-jobs/${number}`;
    const abandon = { kind: "kill", whenPromise: closing.promise } as const;
    const run = bare.run({
      ...rest,
      inputs: { "ledger-key": rootKey, "github-token": token, "user-agent": agent, ...inputs },
      job: { ...job, githubEnv: { GITHUB_JOB: `job-${number}`, ...job?.githubEnv } },
      step: {
        timeoutMs: STEP_MS,
        ...step,
        cancel: [abandon, step.cancel ?? []].flat(),
        postOptions: { timeoutMs: STEP_MS, cancel: abandon, ...step.postOptions },
      },
      also: [rootKey, accessKey, token, ...also],
    });
    const done = run.then((ran) => {
      const one = endedOf(agent, ran);
      ended.push(one);
      return one;
    });
    running.push(done);
    done.catch(() => {}); // heard of by whoever waits for the job
    return { agent, done };
  }

  const polls = ({ agent }: Started): boolean =>
    github.requests.some(({ headers }) => headers["user-agent"] === agent && "if-none-match" in headers);

  return {
    ...bare,
    keys,
    accessKey,
    mayWrite,
    mayStore: (level) => void github.tokens.set(pat, { permissions: { secrets: level, actions: "read" } }),
    async signIn(more) {
      const login = await bare.signIn(more);
      logins.push(login.refreshToken);
      return login;
    },
    job: (more) => start(more).done,
    atOnce: (more) => Promise.all(Array.from({ length: 5 }, () => start(more).done)),
    async whileOneRenews(more, meanwhile, first = more) {
      const snapshot = bare.secret();
      const held = oidc.hold("after-commit");
      const holder = start({ snapshot, ...first });
      await Promise.race([held.committed, holder.done]);
      const others = Array.from({ length: 4 }, () => start({ snapshot, ...more }));
      const all = [holder, ...others].map(({ done }) => done);
      const early = new AbortController();
      const anyone = () => early.abort();
      Promise.race(all).then(anyone, anyone);
      while (!early.signal.aborted && !others.every(polls)) await sleep(20);
      if (early.signal.aborted) throw new Error(`a job did not wait: ${(await Promise.race(all)).said}`);
      meanwhile?.();
      held.release();
      return Promise.all(all);
    },
    calls: ({ agent }) => github.requests.filter(({ headers }) => headers["user-agent"] === agent),
    async record() {
      if (github.git.ref(REF) === undefined) return undefined;
      const { text } = readMessage(await github.git.run("log", "-1", "--format=%B", REF));
      const opened = openRecord(text, SITE, keys);
      if (opened.type !== "root") throw new Error(`the record cannot be opened: ${JSON.stringify(opened)}`);
      return opened.record;
    },
    sends() {
      const times = new Map<unknown, number>();
      for (const { body } of oidc.tokenRequests()) {
        const sent = body?.["refresh_token"];
        times.set(sent, (times.get(sent) ?? 0) + 1);
      }
      return [...times.values()];
    },
    works: async (access) =>
      (await fetch(`${oidc.origin}/api/me`, { headers: { authorization: `Bearer ${access}` } })).status === 200,
    async close() {
      closing.resolve();
      await Promise.allSettled(running);
      const families = await Promise.all(logins.map((login) => oidc.family(login)));
      await bare.close();
      // The stage has looked for the tokens that it knew when a job ended: once more, with all that were given out.
      const refresh = families.flatMap(({ refreshTokens }) => refreshTokens);
      const tokens = [...new Set([...refresh, ...ended.flatMap(({ access }) => access ?? [])])];
      for (const { agent, ran } of ended) {
        const leaks = [ran.main, ran.post].flatMap((step) => gateStep(step, tokens));
        expect(leaks, `tokens in what ${agent} gave out`).toEqual([]);
      }
    },
  };
}

interface Started {
  readonly agent: string;
  readonly done: Promise<Ended>;
}

function endedOf(agent: string, ran: Ran): Ended {
  const { annotations, exitCode } = ran.main;
  const error = annotations.findLast(({ level }) => level === "error");
  return {
    agent,
    ran,
    access: ran.during?.json["claudeAiOauth"]?.["accessToken"] as string | undefined,
    code: exitCode === 0 ? undefined : (error?.title ?? "").replace("oauth-creds: ", ""),
    said: annotations.map(({ message }) => message).join("\n"),
  };
}
