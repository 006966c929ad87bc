/** What goes wrong in CI: a job that dies, a re-run of it, a pull request from a fork; and the day after. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { findLeaks } from "../test/support/runner/index.ts";
import { pass } from "./clock.ts";
import { heading, line, outcome, paint, remark, say } from "./paper.ts";
import { holdingOf, HOUR, MINUTE, NOBODY, type Scene, SECRET } from "./scene.ts";
import { ended, programWorked, showMain, showPost, showProgram, timeOf } from "./show.ts";
import { given, mustBe } from "./told.ts";

/** A run that somebody may start once more, with the secret as it was when it began. */
export interface Past {
  readonly id: number;
  readonly credential: string;
}

export async function die(scene: Scene): Promise<Past> {
  const { oidc, github } = scene;
  pass(7 * HOUR + 45 * MINUTE);
  heading("Act 5 · A job dies at the worst moment", timeOf(Date.now()));
  say(
    "The next renewal. The provider has just answered: the stored refresh token is spent, and its successor is in no " +
      "secret yet. At this very moment the action is killed with SIGKILL, which no program can catch.",
  );
  const credential = scene.secret();
  const { refresh: spent } = holdingOf(credential);
  const written = github.history(SECRET).length;
  const asked = oidc.tokenRequests().length;
  let capsule = "";
  const ran = await scene.run({
    name: "job 4",
    killAt: "after:fsync:oauth-creds-login-*",
    async meanwhile({ temp }, main) {
      const files = readdirSync(temp).filter((name) => name.startsWith("oauth-creds-login-"));
      const sources = files.map((name) => ({ name, text: readFileSync(join(temp, name)) }));
      const successor = given("a successor", (await oidc.family(spent)).refreshTokens.at(-1));
      mustBe({
        // Windows has no signals: there a process that is killed ends with 1.
        "main was killed": [main.signal ?? main.exitCode, process.platform === "win32" ? 1 : "SIGKILL"],
        refreshes: [oidc.tokenRequests().length - asked, 1],
        "the stored refresh token works": [await oidc.isRefreshTokenAlive(spent), false],
        "its successor works": [await oidc.isRefreshTokenAlive(successor), true],
        "writes of the secret": [github.history(SECRET).length - written, 0],
        "sealed files": [sources.filter(({ text }) => text.length > 0).length, 1],
        "tokens readable in them": [findLeaks({ tokens: [...scene.tokens(), successor], sources }).length, 0],
      });
      capsule = files[0] ?? "";
    },
  });
  const now = holdingOf(scene.secret());
  const refreshes = oidc.tokenRequests().length - asked;
  mustBe({
    ...ended(ran, ran.main.exitCode as number, 0),
    refreshes: [refreshes, 1],
    generation: [now.generation, 2],
    "the stored refresh token works": [await oidc.isRefreshTokenAlive(now.refresh), true],
    "files of the action": [readdirSync(ran.job.temp).filter((name) => name.startsWith("oauth-creds-")), []],
  });
  showMain(ran);
  remark(paint("red", `✗ ended by ${ran.main.signal ?? "force"}`));
  remark(
    `The login in ${SECRET} is dead now. Its successor is in one place only: ` +
      `$RUNNER_TEMP/${capsule}, sealed under a key made of the secret's own value. GitHub runs the post step all the ` +
      "same, and the post step has that value:",
  );
  showPost(ran);
  outcome(`The login lives: generation ${now.generation} is stored. Refreshes for it: ${refreshes}.`);
  return { id: ran.id, credential };
}

export async function refuse(scene: Scene, past: Past): Promise<void> {
  pass(10 * MINUTE);
  heading("Act 6 · Two failures that explain themselves", timeOf(Date.now()));
  say(
    "Somebody sees the red job and presses “Re-run”. A re-run may get the secret as it was when the run was created, so " +
      "this job holds a refresh token that is spent. To send it once more would look like theft to the provider, which " +
      "may then end the whole login.",
  );
  const { refresh } = holdingOf(scene.secret());
  const stale = await scene.run({ name: "job 4 again", again: past });
  mustBe({
    ...ended(stale, 1, 0),
    "the job held the spent token": [await scene.oidc.isRefreshTokenAlive(holdingOf(past.credential).refresh), false],
    "requests to the provider": [stale.asked.provider, 0],
    reason: [/\[([\w-]+)\]$/.exec(stale.main.annotations[0]?.message ?? "")?.[1], "snapshot-stale"],
    "the stored refresh token works": [await scene.oidc.isRefreshTokenAlive(refresh), true],
  });
  showMain(stale);
  outcome(`Refused before anything was spent. Requests to the provider: ${stale.asked.provider}.`);

  pass(5 * MINUTE);
  line();
  say(
    "And the commonest failure of all: a pull request from a fork, to which GitHub gives no secrets. It fails with the " +
      "reason; a workflow that can do without a login says so (`if-no-credential: skip`) and goes on.",
  );
  const event = "pull_request";
  const empty = await scene.run({ name: "job 5", event, inputs: { credential: "" } });
  const skipped = await scene.run({ name: "job 6", event, inputs: { credential: "", "if-no-credential": "skip" } });
  mustBe({
    ...ended(empty, 1, 0),
    "requests of the action": [empty.asked, NOBODY],
    "the message names the input": [empty.main.annotations[0]?.message.includes("`credential` is empty"), true],
  });
  mustBe({ ...ended(skipped, 0, 0), "outputs with skip": [skipped.main.outputs, { available: "false" }] });
  showMain(empty);
  showMain(skipped);
  outcome(
    `Exit code ${empty.main.exitCode}, with the reason; with \`skip\` exit code ${skipped.main.exitCode}, and the job goes on.`,
  );
}

export async function nextDay(scene: Scene): Promise<void> {
  pass(8 * HOUR + 15 * MINUTE);
  heading("Act 7 · Does it still work?", timeOf(Date.now()));
  say(
    "A job died, and was run again with a spent token. Now comes a job on a new machine, which knows nothing but the " +
      "secret. Its access token has ended, so the refresh token must prove itself.",
  );
  const before = holdingOf(scene.secret());
  mustBe({ "the stored access token works": [await scene.oidc.isAccessTokenAlive(before.access), false] });
  const ran = await scene.run({ name: "job 7", program: true });
  const { generation, access } = holdingOf(scene.secret());
  mustBe({
    ...ended(ran, 0, 0),
    ...programWorked(ran),
    generation: [generation, 3],
    "the file's access token is the stored one": [ran.file?.login["accessToken"] === access, true],
  });
  showMain(ran);
  showProgram(ran);
  showPost(ran);
  outcome(`It works: generation ${generation}, and the provider answers the program with 200.`);
}
