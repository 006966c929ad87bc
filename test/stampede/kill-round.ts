/**
 * A stage for jobs that share a login and are killed, with books of what happened on it and in which order: the
 * provider, GitHub and whoever kills are all in this process.
 */
import { randomBytes, randomInt } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { readCapsule } from "../../src/capsule-open.ts";
import { readMessage } from "../../src/ledger/git-message.ts";
import { makeRootKey } from "../../src/ledger/keys.ts";
import { Secret } from "../../src/secret.ts";
import { nodeWorld } from "../../src/world/node.ts";
import { claudeFileOf } from "../scenario/login-file.ts";
import { ACTION } from "../scenario/stage.ts";
import { type GitHub, startGitHub } from "../support/github/server.ts";
import type { RecordedRequest } from "../support/oauth/exchange.ts";
import { type Oidc, startOidc } from "../support/oauth/oidc.ts";
import { createJob, gateStep, type Job, readActionFile, runStep, type StepResult } from "../support/runner/index.ts";

const HOUR = 3_600_000;
const ENTRIES = readActionFile(ACTION);
const REF = "refs/oauth-creds/v1/anthropic/default";
/** More than a lease and what is added for clocks. */
const LEASE_MS = 140_000;

/** How far a job had come when it was killed. */
export const PHASES = [
  "while another one renewed",
  "before the intent",
  "intent to send",
  "send to renewal",
  "renewal to publishing",
  "after the publishing",
] as const;
export type Phase = (typeof PHASES)[number];

/** One job that was to die, and did if it was still there. */
export interface Victim {
  readonly name: string;
  readonly phase: Phase | undefined;
  readonly signal: NodeJS.Signals | null;
  /** Whether a post step ran after it. */
  readonly post: boolean;
  /** Whether the provider renewed the login for it when its main step was dead: nobody could have the answer. */
  readonly late: boolean;
  /** Whether the sealed file that post publishes from held the provider's answer when the main step had ended. */
  readonly saved: boolean;
}

export interface Told {
  readonly alive: boolean;
  /** Names of the jobs whose requests made the provider give out new tokens, in that order. */
  readonly renewals: readonly string[];
  /** Generations that the ref has had, oldest first: its whole history. */
  readonly generations: readonly number[];
  readonly victims: readonly Victim[];
  /** What the jobs that were not killed failed with; the last one is of a job that came after all of them. */
  readonly messages: readonly string[];
  readonly last: string;
  /** How often a job was run again since our own servers had not answered it in time. Nothing was spent then. */
  readonly unreachable: number;
}

type Event = "intent" | "sent" | "renewed" | "published";

export interface KillStage {
  readonly oidc: Oidc;
  readonly github: GitHub;
  /** The first time that this comes about by any job; gives its name. */
  first(event: Event): Promise<string>;
  /** Called for each intent, with the name of the job. */
  onIntent(work: (name: string) => void): void;
  /** Starts a job. With `post` it has a post step, whatever becomes of its main step. */
  start(name: string, post: boolean): Promise<void>;
  /** SIGKILL, as soon as the provider has no renewal half done. */
  kill(name: string): Promise<void>;
  /** For a job whose request is held before the commit: when it is dead, `release` lets the provider commit all the same. */
  commitWhenDead(name: string, release: () => void): void;
  /** Waits for all jobs, then renews once more. */
  end(): Promise<Told>;
  close(): Promise<void>;
}

export async function killStage(): Promise<KillStage> {
  let shift = 0;
  const seen = new Map<Event, PromiseWithResolvers<string>>();
  const happened = { intent: new Set<string>(), sent: new Set<string>(), published: new Set<string>() };
  const renewals: string[] = [];
  const phases = new Map<string, Phase>();
  const holders = new Map<number, string>();
  const onIntent: ((name: string) => void)[] = [];
  /** Killed, and its post step over. */
  const dead = new Set<string>();
  let holder: string | undefined;
  let generation = 0;
  let unreachable = 0;
  const renewing = new Map<RecordedRequest, PromiseWithResolvers<void>>();
  /** By job: what lets the provider renew the login for a client that has gone, and when it has. */
  const late = new Map<string, { readonly release: () => void; readonly decided: PromiseWithResolvers<boolean> }>();

  const waitFor = (event: Event) => {
    const known = seen.get(event) ?? Promise.withResolvers<string>();
    seen.set(event, known);
    return known;
  };
  const tell = (event: Event, name: string) => waitFor(event).resolve(name);
  const nameOf = ({ headers }: RecordedRequest) => String(headers["user-agent"]);

  /** For the server, so that nobody has to sit a dead holder's lease out. A living one's never ends too soon. */
  function passTime(): void {
    if (holder === undefined || !dead.has(holder)) return;
    shift += LEASE_MS;
    holder = undefined;
  }

  const oidc = await startOidc({
    watch: {
      received(record) {
        happened.sent.add(nameOf(record));
        tell("sent", nameOf(record));
      },
      // A provider that does not renew for a client that has gone, but where that is wanted: so each loss is a renewal
      // and then a kill, or a kill and then a renewal that was let happen.
      mayCommit(record) {
        if (phases.has(nameOf(record)) && !late.has(nameOf(record))) return false;
        renewing.set(record, Promise.withResolvers<void>());
        return true;
      },
      decided(record) {
        renewing.get(record)?.resolve();
        renewing.delete(record);
        late.get(nameOf(record))?.decided.resolve(record.committed);
        if (!record.committed) return;
        renewals.push(nameOf(record));
        tell("renewed", nameOf(record));
      },
    },
  });
  const token = `ghs_${randomBytes(18).toString("hex")}`;
  const github = await startGitHub({
    tokens: { [token]: { kind: "github-token", permissions: { contents: "write" }, rateLimit: 1_000_000 } },
    repository: "octo/demo",
    clock: { now: () => Date.now() + shift },
  });
  github.git.behaviour.changed = (_ref, message = "") => {
    const record = recordIn(message);
    holder = record.lease?.owner.split(" ")[0];
    if (holder) {
      holders.set(record.epoch, holder);
      happened.intent.add(holder);
      tell("intent", holder);
      for (const work of onIntent) work(holder);
    }
    passTime();
    if (record.generation <= generation) return;
    generation = record.generation;
    const by = holders.get(record.by) ?? "nobody";
    happened.published.add(by);
    tell("published", by);
  };

  const key = makeRootKey(randomBytes);
  const credential = claudeFileOf(await oidc.issue(), Date.now() - HOUR);
  const jobs: Job[] = [];
  const dying = new Map<string, PromiseWithResolvers<void>>();
  const running: Promise<Ended>[] = [];

  function phaseOf(name: string): Phase {
    if (happened.published.has(name)) return "after the publishing";
    if (renewals.includes(name)) return "renewal to publishing";
    if (happened.sent.has(name)) return "send to renewal";
    if (happened.intent.has(name)) return "intent to send";
    return holder === undefined && generation === 0 ? "before the intent" : "while another one renewed";
  }

  async function run(name: string, post: boolean, seed: string, more = {}, tries = 0): Promise<Ended> {
    const job = createJob({
      secrets: [credential, key, token],
      githubEnv: {
        GITHUB_API_URL: github.apiUrl,
        GITHUB_REPOSITORY: "octo/demo",
        GITHUB_REPOSITORY_ID: "1296269",
        GITHUB_RUN_ID: String(tries + 1),
        GITHUB_JOB: name,
      },
    });
    jobs.push(job);
    const death = Promise.withResolvers<void>();
    dying.set(name, death);
    const step = {
      job,
      action: ACTION,
      timeoutMs: 400_000,
      inputs: {
        ...(seed && { credential: seed }),
        provider: "anthropic",
        "ledger-key": key,
        "github-token": token,
        "token-url": oidc.tokenUrl,
        "user-agent": name,
        targets: "none",
        ...more,
      },
    };
    const cancel = { kind: "kill", whenPromise: death.promise } as const;
    const main = await runStep({ ...step, entry: ENTRIES.main, cancel });
    const afterDeath = late.get(name);
    afterDeath?.release();
    const isLate = (await afterDeath?.decided.promise) === true && main.signal === "SIGKILL";
    const saved = capsuleHolds(job.temp, seed || key);
    const steps = [main];
    if (post) steps.push(await runStep({ ...step, entry: ENTRIES.post ?? "", stage: "post", state: main.state }));
    // One job in four: the looking takes as long as the job.
    const looked = randomInt(4) === 0 ? steps : [];
    const leaks = looked.flatMap((each) => gateStep(each, [...oidc.issued, key, token]));
    expect(leaks, `tokens in what ${name} gave out`).toEqual([]);
    // Our servers are slow where the machine is: then a new run, later, as the message has it.
    if (main.signal === null && /\[(ledger|provider)-unreachable\]/.test(said(main)) && tries < 6) {
      unreachable++;
      await sleep(randomInt(1000, 3000) * (tries + 1));
      return run(name, post, seed, more, tries + 1);
    }
    if (main.signal !== null) dead.add(name);
    passTime();
    return { name, post, main, saved, late: isLate };
  }

  return {
    oidc,
    github,
    first: (event) => waitFor(event).promise,
    onIntent: (work) => void onIntent.push(work),
    async start(name, post) {
      const ended = run(name, post, credential);
      running.push(ended);
      await ended;
    },
    async kill(name) {
      while (renewing.size > 0) await Promise.all([...renewing.values()].map(({ promise }) => promise));
      if (phases.has(name)) return;
      phases.set(name, phaseOf(name));
      dying.get(name)?.resolve();
    },
    commitWhenDead: (name, release) => void late.set(name, { release, decided: Promise.withResolvers<boolean>() }),
    async end() {
      const all = await Promise.all(running);
      const last = said((await run("last", false, "", { refresh: "always" })).main);
      const killed = all.filter(({ name }) => phases.has(name));
      const log = ["log", "--reverse", "--format=%B%x00", REF];
      const messages = github.git.ref(REF) === undefined ? "" : await github.git.run(...log);
      return {
        alive: last === "",
        renewals: renewals.filter((name) => name !== "last"),
        generations: messages.split("\0").flatMap((text) => (text.trim() ? recordIn(text.trim()).generation : [])),
        victims: killed.map(({ name, post, main, saved, late: isLate }) => ({
          name,
          phase: main.signal === null ? undefined : phases.get(name),
          signal: main.signal,
          post,
          late: isLate,
          saved,
        })),
        messages: all.filter(({ main }) => main.signal === null).map(({ main }) => said(main)),
        last,
        unreachable,
      };
    },
    async close() {
      for (const death of dying.values()) death.resolve();
      await Promise.allSettled(running);
      for (const job of jobs) job.remove();
      await Promise.all([oidc.close(), github.close()]);
    },
  };
}

interface Ended {
  readonly name: string;
  readonly post: boolean;
  readonly main: StepResult;
  readonly saved: boolean;
  readonly late: boolean;
}

const said = ({ exitCode, annotations }: StepResult): string =>
  exitCode === 0 ? "" : (annotations.at(-1)?.message ?? "ended without a word");

interface Clear {
  readonly generation: number;
  readonly epoch: number;
  readonly by: number;
  readonly lease?: { readonly owner: string };
}

/** What a record says in clear. */
const recordIn = (message: string): Clear => JSON.parse(readMessage(message).text) as Clear;

function capsuleHolds(folder: string, key: string): boolean {
  const files = readdirSync(folder).filter((name) => name.startsWith("oauth-creds-login-"));
  return files.some((name) => readCapsule(nodeWorld(), new Secret(key), join(folder, name)) !== undefined);
}
