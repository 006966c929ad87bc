/** A refresh and its rotation over TLS behind a CONNECT proxy, on whichever Node is asked for. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { startGitHub } from "../support/github/server.ts";
import { type ConnectProxy, startConnectProxy } from "../support/net/connect-proxy.ts";
import { makeTls } from "../support/net/tls.ts";
import { startOidc } from "../support/oauth/oidc.ts";
import { createJob, gateStep, runAction } from "../support/runner/index.ts";
import { ACTION, claudeFileOf, SECRET } from "./stage.ts";

/** @param node gives the path of the binary that runs the action */
export function proxySuite(name: string, node: () => string): void {
  describe(name, () => {
    const closing: (() => unknown)[] = [];
    afterEach(async () => {
      for (const close of closing.splice(0).toReversed()) await close();
    });

    async function refresh(proxyEnv: (proxy: ConnectProxy) => Record<string, string>, allow = true) {
      const folder = mkdtempSync(join(tmpdir(), "tls-"));
      closing.push(() => rmSync(folder, { recursive: true, force: true }));
      const tls = await makeTls();
      const oidc = await startOidc({ tls });
      closing.push(oidc.close);
      const pat = "github_pat_for_a_test_of_proxies_0123456789";
      const github = await startGitHub({
        tls,
        tokens: { [pat]: { permissions: { secrets: "write" } } },
        repository: "octo/demo",
      });
      closing.push(github.close);
      const proxy = await startConnectProxy({ allow: () => allow });
      closing.push(proxy.close);
      const login = await oidc.issue();
      const credential = claudeFileOf(login, Date.now() - 1000);
      github.setSecretByUser(SECRET, credential, { at: Date.now() - 3_600_000 });
      const job = createJob({
        secrets: [credential, pat],
        githubEnv: { GITHUB_API_URL: github.apiUrl, GITHUB_REPOSITORY: "octo/demo" },
      });
      closing.push(job.remove);
      const { main } = await runAction({
        action: ACTION,
        job,
        node: node(),
        inputs: { credential, "rotate-to": SECRET, "secrets-token": pat, "token-url": oidc.tokenUrl },
        env: { NODE_EXTRA_CA_CERTS: tls.caFile(folder), ...proxyEnv(proxy) },
      });
      expect(gateStep(main, [...oidc.issued, pat]), "tokens in what main gave out").toEqual([]);
      expect(github.violations, "calls that contradict GitHub's description").toEqual([]);
      return { main, proxy, oidc, github, login };
    }

    test("both the refresh and the PUT go through HTTPS_PROXY", async () => {
      const { main, proxy, oidc, github } = await refresh((p) => ({ HTTPS_PROXY: p.url }));
      expect(main.log).toContain("(confirmed)");
      expect(main.outputs["rotated"]).toBe("true");
      const ports = new Set(proxy.connects.map(({ port }) => port));
      expect(ports).toEqual(new Set([oidc.port, Number(new URL(github.apiUrl).port)]));
      expect(proxy.connects).toHaveLength(oidc.requests.length + github.requests.length);
    });

    test("NO_PROXY is honoured, for each host of its own", async () => {
      const { main, proxy, github } = await refresh((p) => ({ https_proxy: p.url, no_proxy: "127.0.0.1" }));
      expect(main.outputs["rotated"]).toBe("true");
      expect(proxy.connects).toEqual([]);
      expect(github.requests.length).toBeGreaterThan(0);
    });

    test("a proxy that refuses: nothing was sent, and it is said so", async () => {
      const { main, oidc, login } = await refresh((p) => ({ HTTPS_PROXY: p.url, NO_PROXY: "" }), false);
      expect(main.exitCode).toBe(1);
      expect(main.annotations.at(-1)?.message).toMatch(/\[github-unreachable\]/);
      expect(await oidc.isRefreshTokenAlive(login.refreshToken)).toBe(true);
    });
  });
}
