/** Inputs as variables: what is misspelt, and what is a path instead of a secret. What stdin may be asked for. */
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { machine } from "./machine.ts";

const newToken = () => `sk-ant-oat01-${randomBytes(80).toString("base64url").slice(0, 95)}`;

test("a variable that is no input is told, with the one that was probably meant; its value is not", async () => {
  const here = machine();
  const token = newToken();
  here.tokens.add(token);
  const env = {
    OAUTH_CREDS_CREDENTIAL: token,
    OAUTH_CREDS_CREDENTIALS: token,
    OAUTH_CREDS_MINVALIDITY: "6h",
    OAUTH_CREDS_SOMETHING: "secret-value",
    OAUTH_CREDS_EMPTY: "",
    OAUTH_CREDS_TARGETS: "none", // an input, though not of this verb
    // As documents, GitLab and the tests themselves name others.
    OAUTH_CREDS_KEY: "k",
    OAUTH_CREDS_ROOT_KEY: "k",
    OAUTH_CREDS_ACCESS_KEY: "k",
    OAUTH_CREDS_LOGIN: "l",
    OAUTH_CREDS_GIT_TOKEN: "t",
    OAUTH_CREDS_PROBE_CLAUDE_LOGIN: "p",
    OAUTH_CREDS_CLI: "/x",
    OAUTH_CREDS_ACTION: "/x",
  };
  const { code, stderr } = await here.run(["token"], { env, shows: [token] });
  expect(code).toBe(0);
  expect(stderr.trim().split("\n")).toEqual([
    "warning: OAUTH_CREDS_CREDENTIALS is no input, and has no effect. Did you mean OAUTH_CREDS_CREDENTIAL?",
    "warning: OAUTH_CREDS_MINVALIDITY is no input, and has no effect. Did you mean OAUTH_CREDS_MIN_VALIDITY?",
    "warning: OAUTH_CREDS_SOMETHING is no input, and has no effect.",
  ]);
  const asJson = await here.run(["token", "--json"], { env, shows: [token] });
  for (const line of asJson.stderr.trim().split("\n")) expect(JSON.parse(line)).toMatchObject({ level: "warning" });
});

test("the path of a file in the variable of a secret (GitLab's type “File”): said, and how it is meant", async () => {
  const here = machine();
  const token = newToken();
  const path = join(here.home, "tmp.CREDENTIAL");
  writeFileSync(path, token);
  const env = { OAUTH_CREDS_CREDENTIAL: path };
  const refused = await here.run(["token"], { env });
  expect(refused).toMatchObject({ code: 2, stdout: "" });
  expect(refused.stderr).toContain("OAUTH_CREDS_CREDENTIAL holds the path of a file");
  expect(refused.stderr).toContain('`--credential "$OAUTH_CREDS_CREDENTIAL"`');
  // As it is advised, with the variable still there.
  const taken = await here.run(["token", "--credential", path], { env, shows: [token] });
  expect(taken).toMatchObject({ code: 0, stdout: `${token}\n`, stderr: "" });
  const key = await here.run(["token"], { env: { OAUTH_CREDS_LEDGER_KEY: path } });
  expect(key.stderr).toContain('`--ledger-key "$OAUTH_CREDS_LEDGER_KEY"`');
  // What is no file is judged as what it is.
  const none = await here.run(["token"], { env: { OAUTH_CREDS_CREDENTIAL: join(here.home, "nothing") } });
  expect(none).toMatchObject({ code: 3, stderr: expect.stringContaining("[credential-unusable]") });
});

test("stdin that the verb itself reads is not taken for a secret as well", async () => {
  const here = machine();
  const token = newToken();
  const cases: [string[], string][] = [
    [["recover", "--credential", "-", "--rotate-to", "L@o/r"], "`--credential -`: stdin is the recovery copy"],
    [["recover", "--secrets-token", "-", "--rotate-to", "L@o/r"], "`--secrets-token -`: stdin is the recovery copy"],
    [["login", "anthropic", "--with-token", "--secrets-token", "-"], "`--secrets-token -`: stdin is the credential"],
  ];
  for (const [args, text] of cases) {
    const { code, stdout, stderr } = await here.run(args, { input: token });
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: "", stderr: expect.stringContaining(text) });
  }
});
