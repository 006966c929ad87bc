/** Proxies, TLS, other addresses of GitHub, and clocks that are wrong. */
import { afterEach, describe, expect, test } from "vitest";
import { startGitHub } from "../support/github/server.ts";
import { startOidc } from "../support/oauth/oidc.ts";
import { createJob, gateStep, runAction } from "../support/runner/index.ts";
import { proxySuite } from "./proxied.ts";
import { ACTION, claudeFileOf, envelopeOf, SECRET, type Stage, stage } from "./stage.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

proxySuite("with TLS, behind a proxy", () => process.execPath);

describe("GitHub elsewhere", () => {
  test("GITHUB_API_URL with a path, as on GitHub Enterprise Server", async () => {
    const oidc = await startOidc();
    closing.push(oidc.close);
    const pat = "github_pat_for_a_test_of_ghes_0123456789abc";
    const github = await startGitHub({
      basePath: "/api/v3",
      tokens: { [pat]: { permissions: { secrets: "write" } } },
      repository: "octo/demo",
    });
    closing.push(github.close);
    const credential = claudeFileOf(await oidc.issue(), Date.now() - 1000);
    github.setSecretByUser(SECRET, credential, { at: Date.now() - 3_600_000 });
    const job = createJob({
      secrets: [credential, pat],
      githubEnv: { GITHUB_API_URL: github.apiUrl, GITHUB_REPOSITORY: "octo/demo" },
    });
    closing.push(job.remove);
    const inputs = {
      credential,
      "rotate-to": `repository/${SECRET}`,
      "secrets-token": pat,
      "token-url": oidc.tokenUrl,
    };
    const { main } = await runAction({ action: ACTION, job, inputs });
    expect(main.outputs["rotated"]).toBe("true");
    expect(github.violations).toEqual([]);
    expect(gateStep(main, [...oidc.issued, pat])).toEqual([]);
  });
});

describe("clocks", () => {
  let here: Stage;
  test.each([
    ["ahead of", -9 * 3_600_000],
    ["behind", 9 * 3_600_000],
  ])("a runner whose clock is 9 h %s the provider's computes the end by the provider's", async (_, skewMs) => {
    here = await stage({ clock: { skewMs } });
    closing.push(here.close);
    await here.signIn();
    const { main } = await here.run();
    expect(main.exitCode).toBe(0);
    const end = envelopeOf(here.secret()).credential.accessExpiresAt ?? 0;
    const wanted = Date.now() + skewMs + 8 * 3_600_000;
    expect(Math.abs(end - wanted)).toBeLessThan(60_000);
    expect(Date.parse(main.outputs["expires-at"] ?? "")).toBe(end);
  });
});

test("the end of a login is kept, never moved further away", async () => {
  const here = await stage({ refreshTokenExpiresIn: 90 * 86_400 });
  closing.push(here.close);
  await here.signIn();
  const before = (JSON.parse(here.secret()) as { claudeAiOauth: { refreshTokenExpiresAt: number } }).claudeAiOauth
    .refreshTokenExpiresAt;
  const { main } = await here.run();
  expect(Date.parse(main.outputs["login-expires-at"] ?? "")).toBe(Math.floor(before / 1000) * 1000);
});
