/**
 * The sign-in of the real Claude Code, offline: it runs in a folder of its own, against services on loopback, and what
 * it gets is taken over. The programs are those that the readers' suite has installed; without them this is skipped.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { openEnvelope } from "../../src/credential/envelope.ts";
import { ensureClaude } from "../readers/install.ts";
import { type RecordedRequest, startTlsProxy, type TlsProxy } from "../readers/tls-proxy.ts";
import { leaksIn } from "../support/browser/leaks.ts";
import { ask } from "../support/browser/person.ts";
import { CLI, type Desk, makeDesk } from "../support/browser/program.ts";
import { hasTmux, openTerminal } from "../support/browser/terminal.ts";
import * as facts from "../support/oauth/anthropic-facts.ts";
import { REQUIRED } from "../support/required.ts";

const CACHE = join(import.meta.dirname, "..", "..", ".cache", "readers");

/** The newest one that is installed, as an executable; undefined if there is none. */
function findClaude(): string | undefined {
  const names = existsSync(CACHE) ? readdirSync(CACHE) : [];
  const found = names
    .filter((name) => /^claude-[\d.]+$/.test(name) && existsSync(join(CACHE, name, "installed.json")))
    .toSorted((a, b) => b.localeCompare(a, "en", { numeric: true }))
    .map((name) =>
      join(
        CACHE,
        name,
        (JSON.parse(readFileSync(join(CACHE, name, "installed.json"), "utf8")) as { program: string }).program,
      ),
    );
  return found.find((path) => !path.endsWith(".js"));
}

// A machine that has to run them all gets the program here.
const claude = REQUIRED ? (await ensureClaude("2.1.329")).command[0] : findClaude();
if (!claude)
  process.stderr.write("Claude Code is not installed (npm run test:readers does it): its sign-ins are skipped.\n");

const ACCESS = facts.randomToken(facts.ACCESS_PREFIX) + "x".repeat(52);
const REFRESH = facts.randomToken(facts.REFRESH_PREFIX);

describe.skipIf(!claude)("Claude Code's own sign-in", () => {
  let desk: Desk;
  let proxy: TlsProxy;
  /** What the token endpoint answers with. */
  let status: number;

  beforeEach(async () => {
    desk = makeDesk();
    status = 200;
    writeFileSync(join(desk.bin, "claude"), `#!/bin/sh\nexec '${claude}' "$@"\n`, { mode: 0o755 });
    proxy = await startTlsProxy((request, response) => answer(request, response, status));
    // Settings of the person that must not reach it: they would send it to where nobody answers.
    mkdirSync(desk.path(".claude"));
    writeFileSync(desk.path(".claude/settings.json"), JSON.stringify({ env: { HTTPS_PROXY: "http://127.0.0.1:9" } }));
  });

  afterEach(async () => {
    await proxy.close();
    desk.remove();
  });

  const env = () => ({
    HTTPS_PROXY: proxy.proxyUrl,
    NODE_EXTRA_CA_CERTS: proxy.caFile,
    BROWSER: join(desk.bin, "xdg-open"),
    CLAUDE_CODE_OAUTH_TOKEN: "must-not-be-used",
    OAUTH_CREDS_GITHUB_TOKEN: "must-not-be-passed-on",
  });
  const exchanges = () =>
    proxy.requests.filter(({ path }) => path === "/v1/oauth/token").map(({ body }) => JSON.parse(body));

  /** Nothing of it stays: no folder, and nothing in the person's own. */
  function expectNoTraces(): void {
    expect(readdirSync(desk.path(".tmp")).filter((name) => name.startsWith("oauth-creds"))).toEqual([]);
    expect(readdirSync(desk.path(".claude"))).toEqual(["settings.json"]);
    expect(existsSync(desk.path(".claude.json"))).toBe(false);
  }

  /** As the provider's page does it. */
  async function comeBack(address: string): Promise<number> {
    const { searchParams } = new URL(address);
    const redirect = (searchParams.get("redirect_uri") ?? "").replace("localhost", "127.0.0.1");
    return (await ask(`${redirect}?code=CODE-1234567890&state=${searchParams.get("state")}`)).status;
  }

  test("`claude auth login` in the browser: its login is taken over, and its folder is gone", async () => {
    const program = desk.run(["login", "anthropic"], { env: env() });
    expect(await comeBack(await program.opened())).toBe(302);
    const { code, stdout, stderr } = await program.ended;
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const { credential } = openEnvelope(stdout.trim());
    expect(credential).toMatchObject({ kind: "login", plan: "max", generation: 0 });
    expect([credential.access?.reveal(), credential.refresh?.reveal()]).toEqual([ACCESS, REFRESH]);
    expect(exchanges()).toMatchObject([{ grant_type: "authorization_code", code: "CODE-1234567890" }]);
    expect(leaksIn(stderr, { ACCESS, REFRESH })).toEqual([]);
    expectNoTraces();
  });

  test("a code that was pasted is compared with the sign-in before it is handed over", async () => {
    const program = desk.run(["login", "anthropic", "--no-browser"], { env: env() });
    const address = await program.says(/Open this address/);
    const state = new URL(address).searchParams.get("state") ?? "";
    program.write(`CODE-of-another#${"A".repeat(43)}\n`);
    await program.says(/another sign-in/);
    program.write(`CODE-1234567890#${state}\n`);
    const { code, stdout, stderr } = await program.ended;
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(openEnvelope(stdout.trim()).credential.refresh?.reveal()).toBe(REFRESH);
    expect(exchanges().map((body: { code: string }) => body.code)).toEqual(["CODE-1234567890"]);
    expect(desk.read(".opened")).toBeUndefined();
    expectNoTraces();
  });

  test.each([
    [400, "sign-in-failed"],
    [429, "throttled"],
    [500, "answer-unclear"],
  ])("its failure is told as what it is: %i", async (answered, wanted) => {
    status = answered;
    const program = desk.run(["login", "anthropic", "--output", "login.txt"], { env: env() });
    await comeBack(await program.opened());
    const { code, stderr, stdout } = await program.ended;
    expect(stderr).toContain(`[${wanted}]`);
    expect(code).not.toBe(0);
    expect(stdout).toBe("");
    expect(desk.read("login.txt")).toBeUndefined();
    expectNoTraces();
  });

  test("Ctrl-C ends it too, and leaves nothing behind", async () => {
    const program = desk.run(["login", "anthropic"], { env: env() });
    await program.opened();
    program.kill("SIGINT");
    expect((await program.ended).stderr).toContain("[cancelled]");
    expectNoTraces();
  });

  test.skipIf(!hasTmux())(
    "`claude setup-token` at a terminal: the token is taken over, and never on the screen",
    async () => {
      const all = { HOME: desk.home, TMPDIR: desk.path(".tmp"), NO_COLOR: "1", ...env() };
      const screen = openTerminal({ ...all, PATH: `${desk.bin}:${process.env["PATH"]}` }, desk.home);
      try {
        screen.enter(
          `'${process.execPath}' '${CLI}' login anthropic --long-lived --output login.txt; echo "ended-with-$?"`,
        );
        await screen.shows(/Claude Code opens your browser now/);
        await vi.waitFor(() => expect(desk.read(".opened")).toBeDefined(), { timeout: 30_000, interval: 100 });
        expect(await comeBack(desk.read(".opened") ?? "")).toBe(302);
        await screen.shows(/ended-with-0/);
        const { credential } = openEnvelope((desk.read("login.txt") ?? "").trim());
        expect(credential).toMatchObject({ kind: "setup-token", scopes: ["user:inference"] });
        expect(credential.access?.reveal()).toBe(ACCESS);
        expect(Math.round(((credential.accessExpiresAt ?? 0) - Date.now()) / 86_400_000)).toBe(365);
        expect(exchanges()).toMatchObject([{ expires_in: 31_536_000 }]);
        expect(leaksIn(screen.text(), { ACCESS, REFRESH })).toEqual([]);
        screen.enter("stty -a | grep -c ' echo '; echo checked");
        await screen.shows(/\n1\nchecked/);
        expectNoTraces();
      } finally {
        screen.close();
      }
    },
  );

  test("without a terminal, a setup token comes by our own sign-in", async () => {
    const program = desk.run(["login", "anthropic", "--long-lived", "--no-browser"], { env: env() });
    const address = await program.says(/works in a terminal only[\s\S]*Open this address/);
    expect(address).toMatch(/^https:\/\/claude\.com\/cai\/oauth\/authorize\?/);
    program.write("CODE-1234567890\n");
    const { code, stdout } = await program.ended;
    expect(code).toBe(0);
    expect(openEnvelope(stdout.trim()).credential.access?.reveal()).toBe(ACCESS);
  });
});

const UUID = "11111111-1111-4111-8111-111111111111";

function answer({ path, body }: RecordedRequest, response: ServerResponse, status: number): void {
  const send = (code: number, value: object) =>
    void response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(value));
  if (path === "/v1/oauth/token") {
    if (status !== 200) return send(status, { error: "invalid_grant" });
    const { expires_in = 28_800 } = JSON.parse(body) as { expires_in?: number };
    return send(200, {
      token_type: "Bearer",
      access_token: ACCESS,
      expires_in,
      refresh_token: REFRESH,
      refresh_token_expires_in: facts.LOGIN_SECONDS,
      scope: "user:inference user:profile",
      account: facts.accountOf(UUID),
      organization: { uuid: UUID, name: "Example organization" },
    });
  }
  if (path.startsWith("/api/oauth/profile")) {
    const account = { uuid: UUID, email: "person@example.com", display_name: "P" };
    return send(200, { account, organization: { uuid: UUID, organization_type: "claude_max", rate_limit_tier: "x" } });
  }
  if (path.includes("roles"))
    return send(200, { organization_role: "admin", workspace_role: null, organization_name: "x" });
  send(404, { error: "not_found" });
}
