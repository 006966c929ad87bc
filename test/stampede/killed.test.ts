/**
 * Jobs that share a login, one of them killed with SIGKILL at a random moment, with or without a post step
 * afterwards. A login may be lost in one way only: the provider had renewed it, and the process died before it could
 * publish. Every other loss fails the test.
 */
import { randomBytes, randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { makeRootKey } from "../../src/ledger/keys.ts";
import { claudeFileOf } from "../scenario/login-file.ts";
import { ACTION } from "../scenario/stage.ts";
import { startGitHub } from "../support/github/server.ts";
import { startOidc } from "../support/oauth/oidc.ts";
import { createJob, type Job, runAction, runStep } from "../support/runner/index.ts";

const HOUR = 3_600_000;
const ROUNDS = Number(process.env["STAMPEDE_ROUNDS"] ?? 200);
/** Most of a round is waiting. */
const SIDE_BY_SIDE = 32;
const file = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));

interface Told {
  readonly killedAfterMs: number;
  readonly post: boolean;
  readonly alive: boolean;
  /** Renewals that the provider carried out, and generations that the ledger has seen. */
  readonly renewals: number;
  readonly generations: number;
  readonly messages: readonly string[];
}

async function round(): Promise<Told> {
  let shift = 0;
  const oidc = await startOidc();
  const token = `ghs_${randomBytes(18).toString("hex")}`;
  const spec = { kind: "github-token", permissions: { contents: "write" }, rateLimit: 1_000_000 } as const;
  const github = await startGitHub({
    tokens: { [token]: spec },
    repository: "octo/demo",
    clock: { now: () => Date.now() + shift },
  });
  const key = makeRootKey(randomBytes);
  const jobs: Job[] = [];
  const open = (name: string, credential: string) => {
    const job = createJob({
      secrets: [credential, key, token].filter(Boolean),
      githubEnv: {
        GITHUB_API_URL: github.apiUrl,
        GITHUB_REPOSITORY: "octo/demo",
        GITHUB_REPOSITORY_ID: "1296269",
        GITHUB_RUN_ID: "1",
        GITHUB_JOB: name,
      },
    });
    jobs.push(job);
    const inputs = { "ledger-key": key, "github-token": token, "token-url": oidc.tokenUrl, targets: "none" };
    return { job, action: ACTION, timeoutMs: 400_000, inputs: { ...(credential && { credential }), ...inputs } };
  };
  try {
    const credential = claudeFileOf(await oidc.issue(), Date.now() - HOUR);
    const killedAfterMs = randomInt(60, 4000);
    // A provider that takes its time makes the moments around its answer last longer, so that some are hit.
    const when = (["before-commit", "after-commit"] as const)[randomInt(2)] ?? "after-commit";
    if (randomInt(3) > 0) oidc.fault({ type: "slow", ms: randomInt(200, 1500), when });
    const post = randomInt(2) === 0;
    const cancel = { kind: "kill", whenPromise: sleep(killedAfterMs) } as const;
    const victim = open("victim", credential);
    const dying = post
      ? runAction({ ...victim, cancel }).then(({ main }) => main)
      : runStep({ ...victim, entry: file("dist/main.mjs"), cancel });
    // Time passes for the server, so that nobody has to sit a dead holder's lease out.
    const after = dying.then((main) => {
      if (main.signal !== null) shift += 140_000;
      return main;
    });
    await sleep(randomInt(400)); // mostly it is the victim that renews
    const others = await Promise.all([after, ...["second", "third"].map((name) => runAction(open(name, credential)))]);
    const last = await runAction({
      ...open("last", ""),
      inputs: { ...open("last", "").inputs, provider: "anthropic", refresh: "always" },
    });
    const messages = [...others.slice(1), last].map((ran) => {
      const main = "main" in ran ? ran.main : ran;
      return main.exitCode === 0 ? "" : (main.annotations.at(-1)?.message ?? "");
    });
    const alive = last.main.exitCode === 0;
    const renewals = oidc.requests.filter(({ committed }) => committed === true).length;
    const generations = alive ? Number(last.main.outputs["generation"]) : -1;
    expect(github.violations).toEqual([]);
    return { killedAfterMs, post, alive, renewals, generations, messages };
  } finally {
    for (const job of jobs) job.remove();
    await Promise.all([oidc.close(), github.close()]);
  }
}

test(`${ROUNDS} rounds: a login is lost only between the provider's renewal and our publishing`, async () => {
  const told: Told[] = [];
  let next = 0;
  const worker = async () => {
    while (next++ < ROUNDS) told.push(await round());
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, worker));

  const lost = told.filter(({ alive }) => !alive);
  console.log(
    `${told.length} rounds: ${lost.length} logins lost with the process that had renewed them; ` +
      `${told.filter(({ renewals, alive }) => alive && renewals > 2).length} renewed once more by whoever took over`,
  );
  for (const { renewals, messages, ...how } of lost) {
    // One renewal reached nobody, and nothing after it could succeed: the others were told so.
    expect([renewals, how]).toEqual([1, how]);
    expect(messages.at(-1)).toMatch(/\[login-(refused|lost-in-flight)\]/);
  }
  for (const { alive, messages } of told) {
    if (alive) expect(messages.filter((message) => message !== "")).toEqual([]);
  }
}, 1_500_000);
