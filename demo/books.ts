/** The end of the demo: what is on record at the provider, at GitHub and in the folders of the jobs. */
import { findLeaks, gateStep, scanTree } from "../test/support/runner/index.ts";
import { line, outcome, paint, say, table, heading } from "./paper.ts";
import { holdingOf, type Scene, SECRET } from "./scene.ts";
import { timeOf } from "./show.ts";
import { mustBe } from "./told.ts";

export async function books(scene: Scene): Promise<void> {
  const { oidc, github, runs } = scene;
  heading("The books", timeOf(Date.now()));
  say(`Every value that ${SECRET} ever had, opened with the key that only GitHub has:`);
  const history = github.history(SECRET);
  const rows = await Promise.all(
    history.map(async ({ at, plaintext }, index) => {
      const { generation, refresh } = holdingOf(plaintext);
      const alive = await oidc.isRefreshTokenAlive(refresh);
      return [
        timeOf(at),
        scene.writers[index] ?? "?",
        String(generation ?? 0),
        generation === undefined ? "Claude's file, as pasted" : "the whole login",
        alive ? "alive" : "spent",
      ];
    }),
  );
  const sent = oidc.tokenRequests().map(({ body }) => body?.["refresh_token"]);
  const twice = sent.length - new Set(sent).size;
  const tokens = scene.tokens();
  const leaks = leaksIn(scene, tokens);
  const last = holdingOf(history.at(-1)?.plaintext ?? "");
  mustBe({
    "state of each refresh token": [rows.map((row) => row.at(-1)), ["spent", "spent", "spent", "alive"]],
    writers: [scene.writers, ["a person", "job 1, main step", "job 4, post step", "job 7, main step"]],
    "refresh requests": [sent.length, 3],
    "refresh tokens sent twice": [twice, 0],
    "contradictions to GitHub's description": [github.violations, []],
    leaks: [leaks, []],
    "the login at the provider": [(await oidc.family(last.refresh)).state, "alive"],
  });
  table([["written", "by", "generation", "holds", "refresh token"], ...rows]);
  line();
  table([
    ["on record", "count"],
    ["jobs", String(runs.length)],
    ["refreshes that the provider was asked for", String(sent.length)],
    ["refresh tokens sent twice", String(twice)],
    ["calls that contradict GitHub's own description of its API", String(github.violations.length)],
    [`tokens found in logs, outputs or files left behind (of ${tokens.length}, in any encoding)`, String(leaks.length)],
  ]);
  outcome(`${runs.length} jobs, ${sent.length} refreshes, ${twice} tokens sent twice; the login is alive.`);
  line();
  say(`What to read next: ${paint("bold", "README.md, “Quick start”")}. A setup token needs one secret and one step.`);
}

/** Tokens in anything that a job gave out or left, whatever their encoding. */
function leaksIn(scene: Scene, tokens: readonly string[]): string[] {
  const leaks = scene.runs.flatMap(({ job, main, post }) => [
    ...gateStep(main, tokens),
    ...gateStep(post, tokens),
    ...findLeaks({ tokens, sources: [{ name: "the job's log", text: job.log.join("\n") }] }),
    ...scanTree(job.root, tokens),
  ]);
  return [...new Set(leaks.map(({ source, encoding }) => `${source} (${encoding})`))];
}
