/**
 * `refresh-with: cli` by the real programs: they renew a login in a private home, against services on loopback. The
 * product runs in a process of its own, in a workspace and an environment that hold what must not reach the program.
 */
import { type ChildProcess, execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openEnvelope } from "../../src/credential/envelope.ts";
import { startGitHub } from "../support/github/server.ts";
import { type RanAction, runAction } from "./action.ts";
import * as anthropic from "./anthropic-services.ts";
import { type Installed, ensureClaude, ensureCodex } from "./install.ts";
import * as openai from "./openai-services.ts";
import { proves } from "./proof.ts";
import * as releases from "./releases.ts";
import { type TlsProxy, startTlsProxy } from "./tls-proxy.ts";
import { isTokenRequest, parseBody, sendJson } from "./wire.ts";
import { type World, startWorld } from "./world.ts";

const HOUR_MS = 3_600_000;

type Login = { provider: "anthropic" | "openai"; access: string; refresh: string; [more: string]: unknown };

const CLAUDE = {
  name: "claude",
  title: "Claude Code",
  provider: "anthropic",
  install: ensureClaude,
  args: ["auth", "login"],
  lifeMs: 8 * HOUR_MS,
  refused: { type: "not-taken", program: "Claude Code" },
  file: ".claude/.credentials.json",
} as const;

const CODEX = {
  name: "codex",
  title: "Codex",
  provider: "openai",
  install: ensureCodex,
  args: ["exec", "--skip-git-repo-check"],
  lifeMs: 240 * HOUR_MS,
  refused: { type: "refused", why: "spent" },
  file: ".codex/auth.json",
} as const;

const PROGRAMS = [
  { ...CLAUDE, version: releases.CLAUDE.newest },
  { ...CLAUDE, version: releases.CLAUDE.lastInJavaScript },
  { ...CODEX, version: releases.CODEX.newest },
  { ...CODEX, version: releases.CODEX.old },
];

/** The login as its program would have it in a file, and as people store it. */
const fileOf = ({ provider, access, refresh, ...more }: Login): string =>
  provider === "anthropic"
    ? JSON.stringify({ claudeAiOauth: { accessToken: access, refreshToken: refresh, scopes: more["scopes"] } })
    : JSON.stringify({
        auth_mode: "chatgpt",
        OPENAI_API_KEY: null,
        tokens: {
          id_token: more["idToken"],
          access_token: access,
          refresh_token: refresh,
          account_id: more["accountId"],
        },
        last_refresh: new Date().toISOString(),
      });

/** Renews the login that it reads from stdin; the result goes into a file, since stdout is a log. */
const RENEW = `
  import { readFileSync, writeFileSync } from "node:fs";
  import { EMPTY } from "${new URL("../../src/credential/credential.ts", import.meta.url)}";
  import { Secret } from "${new URL("../../src/secret.ts", import.meta.url)}";
  import { loadProvider } from "${new URL("../../src/refresh/index.ts", import.meta.url)}";
  import { sendByProgram } from "${new URL("../../src/refresh/official-program.ts", import.meta.url)}";
  import { nodeWorld } from "${new URL("../../src/world/node.ts", import.meta.url)}";

  const { access, refresh, idToken, ...login } = JSON.parse(readFileSync(0, "utf8"));
  const [a, r, i] = [access, refresh, idToken].map((token) => token && new Secret(token));
  const credential = { ...EMPTY, kind: "login", ...login, access: a, refresh: r, idToken: i };
  const world = nodeWorld();
  const hold = world.holdSignals();
  const provider = await loadProvider(login.provider);
  const result = await sendByProgram(world, provider, credential, { timeoutMs: 25_000 }, hold).catch((error) => ({
    failure: error.code ?? String(error),
  }));
  hold.release();
  const reveal = (_, value) => (value instanceof Secret ? { token: value.reveal() } : value);
  Secret.prototype.toJSON = undefined;
  writeFileSync(process.env.RESULT, JSON.stringify(result, reveal));
`;

type Program = (typeof PROGRAMS)[number];

type Renewed = {
  failure?: string;
  unclearBefore?: boolean;
  outcome?: { type: string; why?: string; tokens?: Record<string, { token: string } | undefined | number | string> };
  output: string;
};

/** One login, the services that know it, and a job that renews it; made anew for each test. */
function setUp(program: Program) {
  let installed: Installed;
  let folder: string;
  let login: Login;
  let services: World;
  let others: TlsProxy | undefined;
  let job: ChildProcess;

  beforeAll(async () => {
    installed = await program.install(program.version);
  });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "readers-cli-"));
    for (const name of ["bin", "temp", "workspace/.claude", "home/.claude"]) {
      await mkdir(join(folder, name), { recursive: true });
    }
    // The user's would send the program to where nobody answers; the workspace's is nobody's to trust.
    const hostile = JSON.stringify({ env: { HTTPS_PROXY: "http://127.0.0.1:9" } });
    for (const name of ["workspace", "home"]) await writeFile(join(folder, name, ".claude/settings.json"), hostile);
    login = newLogin();
    services = await startWorld({
      [program.provider]: { accept: () => false, refreshTokens: [login.refresh], accountId: login["accountId"] },
    });
  });

  afterEach(async () => {
    await services.close();
    await others?.close();
    others = undefined;
    await rm(folder, { recursive: true, force: true });
  });

  const newLogin = (): Login => {
    if (program.provider === "anthropic") {
      const scopes = anthropic.LOGIN_SCOPES.split(" ");
      const [access, refresh] = [anthropic.inventAccessToken(), anthropic.inventRefreshToken()];
      return { provider: "anthropic", access, refresh, scopes, other: {} };
    }
    // Good for days: the program is to renew it all the same.
    const claims = { accountId: "11111111-2222-4333-8444-555555555555", expiresAt: Date.now() + 100 * HOUR_MS };
    const [access, idToken] = [openai.inventJwt(claims), openai.inventJwt(claims)];
    const refresh = openai.inventOpenaiRefreshToken();
    return { provider: "openai", access, refresh, idToken, accountId: claims.accountId };
  };

  /** Puts the program on the PATH, behind a script that notes how it is called. */
  const putOnPath = async (): Promise<void> => {
    const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
    const note = (name: string) => quote(join(folder, name));
    const script = [
      "#!/bin/sh",
      `printf '%s\\n' "$@" >> ${note("args")}`,
      `env > ${note("env")}`,
      `pwd > ${note("cwd")}`,
      `stat -c %a "$HOME" > ${note("mode")}`,
      `exec ${installed.command.map(quote).join(" ")} "$@"`,
    ];
    const path = join(folder, "bin", program.name);
    await writeFile(path, `${script.join("\n")}\n`);
    await chmod(path, 0o755);
  };

  const path = (): string => `${join(folder, "bin")}:${dirname(process.execPath)}:/usr/bin:/bin`;

  const noted = async (name: string): Promise<string> => (await readFile(join(folder, name), "utf8")).trim();

  /** Renews in a process of its own; resolves with its result and with all that it printed. */
  const renew = async (world: Pick<TlsProxy, "proxyUrl" | "caFile"> = services): Promise<Renewed> => {
    const result = join(folder, "result.json");
    const env = {
      PATH: path(),
      HOME: join(folder, "home"),
      RUNNER_TEMP: join(folder, "temp"),
      RESULT: result,
      HTTPS_PROXY: world.proxyUrl,
      NODE_EXTRA_CA_CERTS: world.caFile,
      SSL_CERT_FILE: world.caFile,
      // What other steps of a job may have set.
      ANTHROPIC_API_KEY: "sk-ant-api03-elsewhere",
      CLAUDE_CODE_OAUTH_TOKEN: "elsewhere",
      CLAUDE_SECURESTORAGE_CONFIG_DIR: join(folder, "home"),
      CODEX_API_KEY: "elsewhere",
      CODEX_ACCESS_TOKEN: "elsewhere",
      GITHUB_TOKEN: "elsewhere",
      INPUT_CREDENTIAL: "elsewhere",
    };
    const options = { cwd: join(folder, "workspace"), env };
    const output = await new Promise<string>((resolve, reject) => {
      job = execFile(
        process.execPath,
        ["--input-type=module", "--disable-warning=ExperimentalWarning", "--eval", RENEW],
        options,
        (error, stdout, stderr) => (error ? reject(new Error(stderr, { cause: error })) : resolve(stdout + stderr)),
      );
      job.stdin?.end(JSON.stringify(login));
    });
    expect(await readdir(join(folder, "temp"))).toEqual([]); // whatever came of it
    return { ...JSON.parse(await readFile(result, "utf8")), output };
  };

  /** The services, but for the token endpoint. */
  const withTokenEndpoint = async (answer: (response: ServerResponse) => void): Promise<TlsProxy> => {
    others = await startTlsProxy((request, response) => {
      if (isTokenRequest(request)) answer(response);
      else sendJson(response, 404, {});
    });
    return others;
  };

  return {
    login: () => login,
    services: () => services,
    folder: () => folder,
    job: () => job,
    path,
    putOnPath,
    noted,
    renew,
    withTokenEndpoint,
  };
}

describe.each(PROGRAMS)("$title $version", (program) => {
  const { login, services, folder, job, path, putOnPath, noted, renew, withTokenEndpoint } = setUp(program);

  const expectNoTokenIn = (text: string, tokens: (string | undefined)[]): void => {
    for (const token of tokens) {
      if (token !== undefined) expect(text).not.toContain(token.slice(-24));
    }
  };

  it("renews the login once, in a private home", async (context) => {
    proves(context, {
      target: program.name,
      provider: program.provider,
      program: program.title,
      version: program.version,
      claims: ["refreshes"],
    });
    await putOnPath();
    const begun = Date.now();
    const { outcome, output } = await renew();

    const [issued, ...more] = services()[program.provider].issued;
    expect(more).toEqual([]);
    expect(outcome).toMatchObject({
      type: "refreshed",
      tokens: { access: { token: issued?.accessToken }, refresh: { token: issued?.refreshToken } },
    });
    // The runner's clock, to the second.
    const end = Number(outcome?.tokens?.["accessExpiresAt"]);
    expect(end).toBeGreaterThanOrEqual(begun - 1000 + program.lifeMs);
    expect(end).toBeLessThanOrEqual(Date.now() + program.lifeMs);
    expect(
      services()
        .tokenRequests()
        .map((request) => parseBody(request)["refresh_token"]),
    ).toEqual([login().refresh]);
    expect(services()[program.provider].messages).toEqual([]);

    expect(await noted("mode")).toBe("700");
    expect(dirname(await noted("cwd"))).toBe(join(folder(), "temp"));
    const args = await noted("args");
    expect(args.split("\n").slice(0, 2)).toEqual(program.args);
    const tokens = [login().access, login().refresh, issued?.accessToken, issued?.refreshToken];
    expectNoTokenIn(args, tokens);
    expectNoTokenIn(output, tokens);
    expectNoTokenIn(await noted("env"), [login().access, ...(program.name === "codex" ? [login().refresh] : [])]);
    expect(await noted("env")).not.toContain("elsewhere");
  });

  it("tells a token that the provider does not take from one that it did not look at", async () => {
    await putOnPath();
    expect(await renew()).toMatchObject({ outcome: { type: "refreshed" } });
    expect(await renew()).toMatchObject({ outcome: program.refused, unclearBefore: false });

    const throttled = await withTokenEndpoint((response) => sendJson(response, 429, { error: "rate_limited" }));
    expect(await renew(throttled)).toMatchObject({ outcome: { type: "throttled", status: 429 } });
    // Left to itself the program goes on after that, but never as far as the model.
    expect(throttled.requests.filter((request) => /responses|messages/.test(request.path))).toEqual([]);
  });

  it("tells an answer that got lost from a connection that never stood", async () => {
    await putOnPath();
    const broken = await withTokenEndpoint((response) => response.socket?.destroy());
    expect(await renew(broken)).toMatchObject({ outcome: { type: "ambiguous" } });
    await broken.close();
    const unreachable = { proxyUrl: broken.proxyUrl, caFile: services().caFile };
    expect(await renew(unreachable)).toMatchObject({ outcome: { type: "not-sent" } });
  });

  it("takes over what comes after the job was told to stop", async () => {
    await putOnPath();
    const next = program.provider === "openai" ? openai.inventOpenaiRefreshToken() : anthropic.inventRefreshToken();
    const world = await withTokenEndpoint((response) => {
      job().kill("SIGINT");
      job().kill("SIGTERM");
      const access =
        program.provider === "openai"
          ? openai.inventJwt({ accountId: String(login()["accountId"]), expiresAt: Date.now() + HOUR_MS })
          : anthropic.inventAccessToken();
      const tokens = { access_token: access, refresh_token: next, expires_in: 3600, scope: anthropic.LOGIN_SCOPES };
      setTimeout(() => sendJson(response, 200, tokens), 200);
    });
    expect(await renew(world)).toMatchObject({ outcome: { type: "refreshed", tokens: { refresh: { token: next } } } });
  });

  it("is what the built action stores in the secret, and writes for the steps after it", async () => {
    await putOnPath();
    const pat = "github_pat_of_the_readers_0123456789abcdef";
    const github = await startGitHub({ tokens: { [pat]: { permissions: { secrets: "write" } } } });
    let ran: RanAction | undefined;
    try {
      const credential = fileOf(login());
      github.setSecretByUser("LOGIN", credential, { at: Date.now() - HOUR_MS });
      ran = await runAction({
        home: join(folder(), "job"),
        credential,
        inputs: { refresh: "always", "refresh-with": "cli", "rotate-to": "LOGIN", "secrets-token": pat },
        env: {
          PATH: path(),
          HTTPS_PROXY: services().proxyUrl,
          NODE_EXTRA_CA_CERTS: services().caFile,
          SSL_CERT_FILE: services().caFile,
        },
        github: { GITHUB_API_URL: github.apiUrl, GITHUB_REPOSITORY: "octo/demo" },
      });
      const [issued] = services()[program.provider].issued;
      expect(services().tokenRequests()).toHaveLength(1);
      const stored = openEnvelope(github.secret("LOGIN") ?? "").credential;
      expect(stored.refresh?.reveal()).toBe(issued?.refreshToken);
      const file = await readFile(join(folder(), "job", program.file), "utf8");
      expect(file).toContain(issued?.accessToken);
      expect(file).not.toContain(issued?.refreshToken);
      expectNoTokenIn(ran.main.log, [login().access, login().refresh, issued?.accessToken, issued?.refreshToken]);
      expect(github.violations).toEqual([]);
    } finally {
      ran?.remove();
      await github.close();
    }
  });

  it("says so where the program is not installed", async () => {
    expect(await renew()).toMatchObject({ failure: "program-missing" });
    expect(services().requests).toEqual([]);
  });
});

describe.each(PROGRAMS.filter(({ name }) => name === "claude"))("$title $version, by its file", (program) => {
  const { putOnPath, renew, withTokenEndpoint } = setUp(program);

  it("gives back the scopes and whose login it is, as far as this release stores it", async () => {
    await putOnPath();
    const { outcome } = await renew();
    const uuid = expect.stringMatching(/^[\da-f-]{36}$/);
    const whose =
      program.version === releases.CLAUDE.lastInJavaScript ? {} : { accountUuid: uuid, organizationUuid: uuid };
    expect(outcome?.tokens).toMatchObject({ scopes: anthropic.LOGIN_SCOPES.split(" "), plan: "max", ...whose });
  });

  it("is told nothing by which a login that has ended differs from one that lives", async () => {
    await putOnPath();
    const grant = "invalid_grant";
    const answers: [number, object][] = [
      [400, { error: grant, error_description: "Refresh token expired" }],
      [400, { error: grant, error_description: "On hold", error_uri: "https://claude.ai/hold" }],
      [400, { error: "invalid_scope" }],
      [401, { type: "error", error: { type: "authentication_error", message: "x" } }],
    ];
    let now = answers[0] as [number, object];
    const world = await withTokenEndpoint((response) => sendJson(response, ...now));
    for (const next of answers) {
      now = next;
      expect(await renew(world)).toMatchObject({ outcome: program.refused });
    }
  });

  it("does not take an answer that Claude Code throws away for one that was never given", async () => {
    await putOnPath();
    const world = await withTokenEndpoint((response) =>
      sendJson(response, 200, {
        token_type: "Bearer",
        access_token: anthropic.inventAccessToken(),
        refresh_token: anthropic.inventRefreshToken(),
        expires_in: 28_800,
        account: { uuid: "11111111-2222-4333-8444-555555555555", email_address: "someone@example.com" },
        organization: { uuid: "22222222-2222-4333-8444-555555555555", name: "Example" },
      }),
    );
    // It goes on to other requests, and ends with the status of one of those: a 404.
    expect(await renew(world)).toMatchObject({ outcome: { type: "ambiguous" } });
  });
});

describe.each(PROGRAMS.filter(({ name }) => name === "codex"))("$title $version, by its file", (program) => {
  const { login, services, putOnPath, renew, withTokenEndpoint } = setUp(program);

  it("gives back all that Codex stores", async () => {
    await putOnPath();
    const { outcome } = await renew();
    const [issued] = services().openai.issued;
    expect(outcome?.tokens).toMatchObject({
      idToken: { token: issued?.idToken },
      accountId: login()["accountId"],
      plan: "plus",
    });
  });

  it("says of a refusal that it does not know no more than that", async () => {
    await putOnPath();
    const world = await withTokenEndpoint((response) => sendJson(response, 401, { error: { code: "on_hold" } }));
    expect(await renew(world)).toMatchObject({ outcome: { type: "not-taken", program: "Codex" } });
  });

  it("comes to an end where an answer has no access token, which Codex asks for without end", async () => {
    await putOnPath();
    const given: string[] = [];
    const world = await withTokenEndpoint((response) => {
      given.push(openai.inventOpenaiRefreshToken());
      sendJson(response, 200, { refresh_token: given.at(-1) });
    });
    const { outcome } = await renew(world);
    const { refresh, ...others } = outcome?.tokens ?? {};
    expect(given).toContainEqual((refresh as { token?: string } | undefined)?.token);
    expect(others).not.toHaveProperty("access");
  });
});
