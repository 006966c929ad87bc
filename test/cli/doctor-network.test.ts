/** `doctor` on the way to the servers: proxies, certificates, clocks, and servers that are not there. */
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { claudeFileOf } from "../scenario/login-file.ts";
import { startGitHub } from "../support/github/server.ts";
import { listenOnLoopback } from "../support/net/loopback.ts";
import { makeTls } from "../support/net/tls.ts";
import { type OidcSettings, startOidc } from "../support/oauth/oidc.ts";
import { type Clinic, clinic, startEdge, coversItsClasses } from "./doctor-clinic.ts";

const HOUR = 3_600_000;

/** A setup token that works, so that nothing but the way can be wrong. */
function token({ anthropic, machine }: Clinic): string {
  const issued = anthropic.issue();
  machine.tokens.push(issued.token);
  return issued.token;
}

/** A port of this machine on which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

async function loginOf({ machine }: Clinic, settings: OidcSettings = {}) {
  const oidc = await startOidc(settings);
  onTestFinished(() => oidc.close());
  const signIn = await oidc.issue();
  machine.tokens.push(signIn.accessToken, signIn.refreshToken);
  return { oidc, credential: claudeFileOf(signIn, Date.now() - HOUR) };
}

describe("proxies", () => {
  test("proxy-unreachable: nobody listens where the variable points", async () => {
    const here = await clinic();
    const env = { HTTPS_PROXY: `http://127.0.0.1:${await closedPort()}` };
    const ended = await here.doctor({ inputs: { credential: token(here) }, env });
    expect(ended).toMatchObject({ fails: ["proxy-unreachable"], exitCode: 1 });
    expect(ended.said("proxy-unreachable")).toContain("ECONNREFUSED");
    expect(here.anthropic.requests).toEqual([]);
  });

  test("proxy-refused: it does not let us through to this host", async () => {
    const here = await clinic({ allow: (host) => host !== "api.anthropic.com" });
    const ended = await here.doctor({ inputs: { credential: token(here) } });
    expect(ended).toMatchObject({ fails: ["proxy-refused"], exitCode: 1 });
    expect(ended.said("proxy-refused")).toMatch(/api\.anthropic\.com \(status 403\)/);
  });

  test.each([
    ["it wants a password, which is not repeated where it is given", "pa55word-of-the-proxy"],
    ["also one with a `%` that encodes nothing", "of-the-proxy-100%"],
  ])("proxy-refused: %s", async (_, password) => {
    const here = await clinic({ authRequired: `me:${password}` });
    here.machine.tokens.push(password);
    const credential = token(here);
    const without = await here.doctor({ inputs: { credential } });
    expect(without).toMatchObject({ fails: ["proxy-refused"], exitCode: 1 });
    expect(without.said("proxy-refused")).toContain("http://user:password@host");
    const env = { HTTPS_PROXY: here.proxy.url.replace("//", `//me:${password}@`) };
    expect(await here.doctor({ inputs: { credential }, env })).toMatchObject({ fails: [], exitCode: 0 });
    const wrong = { HTTPS_PROXY: here.proxy.url.replace("//", `//me:not-${password}@`) };
    expect(await here.doctor({ inputs: { credential }, env: wrong })).toMatchObject({ fails: ["proxy-refused"] });
  });

  test("proxy-refused: what the variable names is no proxy at all", async () => {
    const here = await clinic();
    const page = await listenOnLoopback((_request, response) => void response.writeHead(200).end("hello"));
    onTestFinished(() => page.close());
    const ended = await here.doctor({ inputs: { credential: token(here) }, env: { HTTPS_PROXY: page.origin } });
    expect(ended.fails).toEqual([expect.stringMatching(/^proxy-(refused|unreachable)$/)]);
  });
});

describe("certificates", () => {
  test("tls-intercepted: an authority that nobody here trusts", async () => {
    const here = await clinic();
    const ended = await here.doctor({ inputs: { credential: token(here) }, env: { NODE_EXTRA_CA_CERTS: "" } });
    expect(ended).toMatchObject({ fails: ["tls-intercepted"], exitCode: 1 });
    expect(ended.said("tls-intercepted")).toMatch(/oauth-creds test authority.*nobody here trusts/);
    expect(here.anthropic.requests, "nothing was sent").toEqual([]);
  });

  test("tls-intercepted: one that is trusted on this machine only is a warning", async () => {
    const here = await clinic();
    const { json, exitCode } = await here.doctor({ inputs: { credential: token(here) } });
    expect(exitCode).toBe(0);
    expect(json["first"]).toBe("tls-intercepted");
    expect(JSON.stringify(json["checks"])).toMatch(
      /signed by oauth-creds test authority, which is trusted on this machine only/,
    );
  });

  test("tls-invalid: a trusted certificate, for another name", async () => {
    const here = await clinic();
    const other = await makeTls({ names: ["somebody.example"] });
    const server = await startEdge("http://127.0.0.1:9", () => 404, other);
    here.lead.set("api.anthropic.com", server.port);
    const env = { NODE_EXTRA_CA_CERTS: other.caFile(dirname(here.machine.home)) };
    const ended = await here.doctor({ inputs: { credential: token(here) }, env });
    expect(ended).toMatchObject({ fails: ["tls-invalid"], exitCode: 1 });
    expect(ended.said("tls-invalid")).toContain("ERR_TLS_CERT_ALTNAME_INVALID");
  });
});

describe("clocks", () => {
  test.each([
    ["behind", 9 * HOUR, "9 h behind"],
    ["ahead of", -9 * HOUR, "9 h ahead of"],
  ])("clock-skew: this machine's is hours %s the provider's", async (_side, skewMs, words) => {
    const here = await clinic();
    const { oidc, credential } = await loginOf(here, { clock: { skewMs } });
    const ended = await here.doctor({ inputs: { credential, "token-url": oidc.tokenUrl } });
    expect(ended.fails).toEqual(["clock-skew"]);
    // 9 h and a second, or less by what a slow machine takes.
    expect(ended.said("clock-skew").replace(/8 h 59 min/, "9 h")).toContain(words);
    expect(ended.said("clock-skew"), "whose clock it is").toContain("not so that of api.anthropic.com");
    expect(ended.exitCode).toBe(1);
  });

  test("clock-skew: two minutes are a warning", async () => {
    const here = await clinic();
    const { oidc, credential } = await loginOf(here, { clock: { skewMs: 150_000 } });
    const ended = await here.doctor({ inputs: { credential, "token-url": oidc.tokenUrl } });
    expect(ended).toMatchObject({ fails: [], warns: ["clock-skew"], exitCode: 0 });
  });
});

describe("servers that are not there", () => {
  const direct = { NO_PROXY: "127.0.0.1" };

  test("provider-unreachable", async () => {
    const here = await clinic();
    const { credential } = await loginOf(here);
    const inputs = { credential, "token-url": `https://127.0.0.1:${await closedPort()}/token` };
    const ended = await here.doctor({ inputs, env: direct });
    expect(ended).toMatchObject({ fails: ["provider-unreachable"], exitCode: 4 });
    expect(ended.said("provider-unreachable")).toContain("ECONNREFUSED");
  });

  test("provider-unreachable: a proxy that does not find the host", async () => {
    const here = await clinic();
    here.lead.set("api.anthropic.com", await closedPort());
    const ended = await here.doctor({ inputs: { credential: token(here) } });
    expect(ended.fails, "the proxy says 502").toEqual(["proxy-refused"]);
  });

  test("github-unreachable", async () => {
    const here = await clinic();
    const inputs = { credential: token(here), "rotate-to": "LOGIN", "secrets-token": "github_pat_0123456789abcdef" };
    const env = {
      ...direct,
      GITHUB_REPOSITORY: "octo/demo",
      GITHUB_API_URL: `https://127.0.0.1:${await closedPort()}`,
    };
    expect(await here.doctor({ inputs, env })).toMatchObject({ fails: ["github-unreachable"], exitCode: 4 });
  });

  test("github-unreachable: it is there, and has a fault", async () => {
    const here = await clinic();
    const pat = `github_pat_${crypto.randomUUID().replaceAll("-", "")}`;
    const github = await startGitHub({ tokens: { [pat]: { permissions: { secrets: "write" } } } });
    onTestFinished(() => github.close());
    github.fault({ times: Infinity }, { do: "answer", status: 503 });
    const inputs = { credential: token(here), "rotate-to": "LOGIN", "secrets-token": pat };
    const env = { GITHUB_REPOSITORY: "octo/demo", GITHUB_API_URL: github.apiUrl };
    expect(await here.doctor({ inputs, env })).toMatchObject({ fails: ["github-unreachable"], exitCode: 4 });
  });

  test("cache-unreachable: the address that the job was given for its cache", async () => {
    const here = await clinic();
    const port = await closedPort();
    const env = { GITHUB_ACTIONS: "true", GITHUB_REPOSITORY: "octo/demo" };
    const credential = token(here);
    const away = await here.doctor({
      inputs: { credential },
      env: { ...env, ACTIONS_RESULTS_URL: `http://127.0.0.1:${port}/` },
    });
    expect(away).toMatchObject({ fails: [], warns: ["cache-unreachable"], exitCode: 0 });
    const cache = await listenOnLoopback((_request, response) => void response.writeHead(404).end());
    onTestFinished(() => cache.close());
    const there = await here.doctor({
      inputs: { credential },
      env: { ...env, ACTIONS_RESULTS_URL: `${cache.origin}/` },
    });
    expect(there).toMatchObject({ fails: [], warns: [] });
  });
});

test("a login that works, with nothing wrong on the way", async () => {
  const here = await clinic();
  const { oidc, credential } = await loginOf(here);
  const { stdout, exitCode } = await here.doctor({
    inputs: { credential, "token-url": oidc.tokenUrl },
    env: { CLAUDE_CONFIG_DIR: join(here.machine.home, "elsewhere") },
    forPeople: true,
  });
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/✓ The clock of this machine and those of the servers agree\./);
  expect(stdout).toMatch(/✓ The token endpoint 127\.0\.0\.1:\d+ answers, and refuses a made-up token as it should\./);
  expect(stdout).not.toContain("✗");
});

coversItsClasses(import.meta.filename);
