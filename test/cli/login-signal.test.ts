/** A signal while a fresh login is stored: the login is whole, and a script that waits for its end stops. */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { startGitHub } from "../support/github/server.ts";
import { newAccessToken } from "../support/oauth/anthropic-api.ts";
import { machine } from "./machine.ts";

test.each(["SIGINT", "SIGTERM"] as const)("%s while the secret is written", async (signal) => {
  const pat = `github_pat_${randomBytes(20).toString("hex")}`;
  const github = await startGitHub({ tokens: { [pat]: { permissions: { secrets: "write", actions: "read" } } } });
  onTestFinished(() => github.close());
  github.setSecretByUser("CLAUDE_LOGIN", "old");
  const here = machine({ GITHUB_API_URL: github.apiUrl, OAUTH_CREDS_SECRETS_TOKEN: pat });
  const token = newAccessToken();
  here.tokens.add(token).add(pat);
  const place = ["--rotate-to", "CLAUDE_LOGIN@octo/demo"];
  const writing = github.hold({ method: "PUT", path: /\/CLAUDE_LOGIN$/ });
  const ended = await here.run(["login", "anthropic", "--with-token", "--validate", "none", ...place], {
    input: token,
    during: async ({ kill }) => {
      await writing.received;
      kill(signal);
      await sleep(1000); // it is idle, and hears it at once
      writing.release();
    },
  });
  expect(ended).toMatchObject({ signal });
  expect(ended.stderr).toContain("after the login was stored. [cancelled]");
  expect(ended.stdout).toContain("stored in");
  expect(github.secret("CLAUDE_LOGIN")).toMatch(/^oc1\./);
});
