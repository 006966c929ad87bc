/** How it goes as a rule: a sign-in, a job that renews, one that need not, one with a setup token. */
import { pass } from "./clock.ts";
import { heading, line, outcome, paint, remark, say } from "./paper.ts";
import { holdingOf, HOUR, MINUTE, NOBODY, type Scene, SECRET } from "./scene.ts";
import { changes, ended, programWorked, shorten, showFile, showMain, showPost, showProgram, timeOf } from "./show.ts";
import { mustBe } from "./told.ts";

export async function signIn(scene: Scene): Promise<void> {
  heading("Act 1 · A person signs in, once", timeOf(Date.now()));
  say(
    "A person signs in to Claude and stores the file that Claude Code leaves behind as the secret " +
      `${SECRET}. The access token in it lives for 8 hours. The refresh token beside it works exactly once: ` +
      "whoever sends it must keep the one that comes back, or the login is lost.",
  );
  await scene.signIn();
  const { access, refresh } = holdingOf(scene.secret());
  mustBe({
    "the access token works": [await scene.oidc.isAccessTokenAlive(access), true],
    "the refresh token works": [await scene.oidc.isRefreshTokenAlive(refresh), true],
  });
  outcome(`${SECRET} holds ${shorten(access)} and ${shorten(refresh)}. Both work.`);
}

export async function renew(scene: Scene): Promise<void> {
  pass(8 * HOUR + 10 * MINUTE);
  heading("Act 2 · The first job comes too late", timeOf(Date.now()));
  const old = holdingOf(scene.secret());
  mustBe({ "the stored access token works": [await scene.oidc.isAccessTokenAlive(old.access), false] });
  say(
    "The access token has ended meanwhile, so this job has to spend the refresh token. It proves that it may write " +
      "the secret, then asks the provider, then stores the answer, and only then hands it out. The program in the job " +
      "gets no refresh token, and the careless line that it prints is masked.",
  );
  const ran = await scene.run({ name: "job 1", program: true });
  const now = holdingOf(scene.secret());
  const wire = changes(scene);
  mustBe({
    ...ended(ran, 0, 0),
    ...programWorked(ran),
    "requests that change something": [
      wire.map(({ what }) => what),
      [
        "PUT …/secrets/OAUTH_CREDS_PROBE_CLAUDE_LOGIN → 201",
        "POST /v1/oauth/token → 200",
        `PUT …/secrets/${SECRET} → 204`,
        "PUT …/secrets/OAUTH_CREDS_PROBE_CLAUDE_LOGIN → 204",
      ],
    ],
    generation: [now.generation, 1],
    "the old refresh token works": [await scene.oidc.isRefreshTokenAlive(old.refresh), false],
    "the stored refresh token works": [await scene.oidc.isRefreshTokenAlive(now.refresh), true],
    "the file's access token is the stored one": [ran.file?.login["accessToken"] === now.access, true],
    "the file's refresh token": [ran.file?.login["refreshToken"], null],
    "the file's mode": [process.platform === "win32" ? "0600" : ran.file?.mode, "0600"],
  });
  showMain(ran);
  showFile(ran, ["all that the job gets", "so nothing in the job can spend the login"]);
  showProgram(ran);
  showPost(ran);
  remark(`Of ${ran.asked.provider + ran.asked.github} requests these change something, in this order:`);
  const why = [
    "can it be written? yes",
    "from here on the old token is spent",
    "the new login, in a sealed box",
    "written by a rotation, not a person",
  ];
  for (const [index, { who, what }] of wire.entries()) {
    line(`      ${who.padEnd(10)}${what.padEnd(56)} ${paint("dim", why[index] ?? "")}`);
  }
  outcome(`The secret holds generation ${now.generation}, the program got its answer, and the file is gone.`);
}

export async function useAsItIs(scene: Scene): Promise<void> {
  pass(30 * MINUTE);
  heading("Act 3 · The second job asks nobody", timeOf(Date.now()));
  say(
    "What job 1 stored is not a bare refresh token but the whole login. Its access token lives for hours yet, so this " +
      "job takes it as it is, and so would every other one until it ends.",
  );
  const before = scene.secret();
  const ran = await scene.run({ name: "job 2", program: true });
  mustBe({
    ...ended(ran, 0, 0),
    ...programWorked(ran),
    "requests of the action": [ran.asked, NOBODY],
    "the secret is as it was": [scene.secret() === before, true],
  });
  showMain(ran);
  showProgram(ran);
  showPost(ran);
  outcome(`Requests of the action: ${ran.asked.provider} to the provider, ${ran.asked.github} to GitHub.`);
}

export async function setupToken(scene: Scene): Promise<void> {
  pass(5 * MINUTE);
  heading("Act 4 · The simplest credential: a setup token", timeOf(Date.now()));
  say(
    "`claude setup-token` prints a token that lasts a year and is never renewed: nothing to rotate, no second secret. " +
      "It does not tell when it ends, so the workflow says it (`credential-expires`) and is warned in time.",
  );
  const token = scene.setupToken();
  const ends = new Date(Date.now() + 6 * 24 * HOUR).toISOString().slice(0, 10);
  const ran = await scene.run({ name: "job 3", inputs: { credential: token, "credential-expires": ends } });
  mustBe({
    ...ended(ran, 0, 0),
    "requests of the action": [ran.asked, NOBODY],
    "the file's access token is the setup token": [ran.file?.login["accessToken"] === token, true],
    "the file's refresh token": [ran.file?.login["refreshToken"], null],
    annotations: [ran.main.annotations.map(({ level }) => level), ["warning"]],
  });
  showMain(ran);
  showFile(ran, ["the setup token itself", "it has none"]);
  showPost(ran);
  outcome(`Written, warned of, removed. Requests of the action: ${ran.asked.provider + ran.asked.github}.`);
}
