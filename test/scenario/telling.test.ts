/** What a person is told: annotations, the summary, and what would silently win over the login. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { NOT_LENT, type Stage, stage } from "./stage.ts";

let here: Stage;
afterEach(() => here.close());
const DAY = 86_400_000;

test.each(["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN", "CLAUDE_CODE_USE_BEDROCK"])(
  "%s in the job would win over the file: warned of",
  async (name) => {
    here = await stage();
    await here.signIn();
    const { main } = await here.run({ step: { env: { [name]: "something" } } });
    expect(main.annotations).toContainEqual(
      expect.objectContaining({ level: "warning", message: expect.stringContaining(`${name} is set in this job`) }),
    );
  },
);

test("an empty ANTHROPIC_API_KEY is ignored by the program, and so by us", async () => {
  here = await stage();
  await here.signIn();
  const { main } = await here.run({ step: { env: { ANTHROPIC_API_KEY: "" } } });
  expect(main.annotations).toEqual([]);
});

test("an apiKeyHelper in the settings would win: warned of", async () => {
  here = await stage();
  await here.signIn();
  const between = () => {};
  const { main } = await here.run({ step: { between }, job: { home: homeWith({ apiKeyHelper: "cat key" }) } });
  expect(main.annotations[0]?.message).toMatch(/settings\.json sets `apiKeyHelper`/);
});

function homeWith(settings: object): string {
  const home = join(process.env["TMPDIR"] ?? "/tmp", `settings-${crypto.randomUUID()}`);
  mkdirSync(join(home, ".claude"), { recursive: true });
  writeFileSync(join(home, ".claude", "settings.json"), JSON.stringify(settings));
  return home;
}

test("the end of the login is warned of when it is near", async () => {
  here = await stage({ refreshTokenExpiresIn: 5 * 86_400 });
  await here.signIn();
  const { main } = await here.run();
  expect(main.annotations[0]).toMatchObject({
    level: "warning",
    message: expect.stringMatching(/This login ends at .* \(in \d days\).*a refresh does not move this end/),
  });
  const calm = await here.run({ inputs: { "warn-before": "1d" } });
  expect(calm.main.annotations).toEqual([]);
});

test("an access token that ends before the job may: said by main, and by post if it did", async () => {
  here = await stage();
  await here.signIn({ expiresInMs: 4000 });
  const run = await here.run({
    inputs: { refresh: "never", "min-validity": "1s" },
    step: { between: () => new Promise((resolve) => setTimeout(resolve, 4000)) },
  });
  expect(run.main.annotations[0]).toMatchObject({
    level: "notice",
    message: expect.stringMatching(/a job that runs longer loses its login/),
  });
  expect(run.post.annotations[0]).toMatchObject({
    level: "warning",
    message: expect.stringMatching(/The access token ended at .* before this job did/),
  });
});

test("the summary tells kind, plan, ends and what was rotated; never an address of a person", async () => {
  here = await stage();
  await here.signIn();
  const { main } = await here.run();
  expect(main.summary).toMatch(/\*\*Login:\*\* Claude login \(generation 1\), plan max/);
  expect(main.summary).toMatch(/\*\*Stored:\*\* in the repository secret CLAUDE_LOGIN \(confirmed\)/);
  expect(main.summary + main.log).not.toMatch(/@/);
});

test("a login without user:inference works for nothing: warned of", async () => {
  here = await stage();
  const login = await here.oidc.issue({ scope: "user:profile" });
  here.github.setSecretByUser("CLAUDE_LOGIN", login.refreshToken, { at: Date.now() - DAY });
  const { main } = await here.run();
  expect(main.annotations.map(({ message }) => message).join()).toMatch(/without the scope user:inference/);
});

test("no credential: an error that names the causes, or a step that is skipped", async () => {
  here = await stage();
  const failed = await here.run({
    inputs: { credential: "" },
    picture: "no-credential-fork",
    job: { githubEnv: { GITHUB_EVENT_NAME: "pull_request" } },
  });
  expect(failed.main.exitCode).toBe(1);
  expect(failed.main.annotations[0]?.message).toMatch(
    /`credential` is empty. This is a pull request: one from a fork gets no secrets.*secrets: inherit.*environment/s,
  );
  const skipped = await here.run({
    inputs: { credential: "", "if-no-credential": "skip" },
    picture: "no-credential-skip",
  });
  expect(skipped.main.exitCode).toBe(0);
  expect(skipped.main.outputs).toEqual({ available: "false" });
});

test("a variable that a later step sets does not keep post from its work", async () => {
  here = await stage();
  await here.signIn();
  const run = await here.run({
    step: { postOptions: { env: { CODEX_REFRESH_TOKEN_URL_OVERRIDE: "https://elsewhere.example" } } },
  });
  expect(run.post.log).toContain("Removed");
  const refused = await here.run({ step: { env: { CODEX_REFRESH_TOKEN_URL_OVERRIDE: "https://elsewhere.example" } } });
  expect(refused.main.annotations[0]?.message).toMatch(/CODEX_REFRESH_TOKEN_URL_OVERRIDE is set/);
});

test("debug logging shows no token either", async ({ skip }) => {
  here = await stage();
  skip(NOT_LENT);
  await here.signIn();
  const { main } = await here.run({ job: { debug: true }, inputs: { "write-refresh-token": "true" } });
  expect(main.exitCode).toBe(0);
});
