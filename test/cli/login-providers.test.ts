/** Sign-ins as Anthropic and OpenAI publish them, against servers that refuse anything else. */
import { createServer } from "node:http";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openEnvelope } from "../../src/credential/envelope.ts";
import { leaksIn } from "../support/browser/leaks.ts";
import { ask } from "../support/browser/person.ts";
import { type Desk, makeDesk } from "../support/browser/program.ts";
import { startStrictSignIn, type StrictSignIn } from "../support/browser/strict-sign-in.ts";

let desk: Desk;
let server: StrictSignIn;

beforeEach(() => {
  desk = makeDesk();
});

afterEach(async () => {
  await server.close();
  desk.remove();
});

const DAY = 86_400_000;

/** What the server's page would do: it agrees at once, and gives the address to come back to. */
async function agree(address: string): Promise<URL> {
  const { status, headers } = await ask(address);
  expect({ status, deviations: server.deviations }).toEqual({ status: 302, deviations: [] });
  return new URL(String(headers["location"]));
}

/** Everything secret that the server has seen and given out. */
function secrets(): Record<string, string> {
  const all: Record<string, string> = {};
  for (const [index, { access, refresh }] of server.issued.entries()) {
    Object.assign(all, { [`access ${index}`]: access, [`refresh ${index}`]: refresh });
  }
  for (const { body } of server.requests) {
    for (const name of ["code", "code_verifier"]) {
      if (typeof body?.[name] === "string" && body[name].length > 10) all[name] = body[name];
    }
  }
  return all;
}

const loginOf = (envelope: string) => {
  const { credential } = openEnvelope(envelope.trim());
  return { ...credential, access: credential.access?.reveal(), refresh: credential.refresh?.reveal() };
};

describe("anthropic", () => {
  beforeEach(async () => {
    server = await startStrictSignIn("anthropic");
  });

  const start = (...more: string[]) => {
    const { authorizeUrl, tokenUrl } = server;
    return desk.run([
      "login",
      "anthropic",
      "--pkce",
      "--authorize-url",
      authorizeUrl,
      "--token-url",
      tokenUrl,
      ...more,
    ]);
  };

  test("in the browser of this machine", async () => {
    const program = start();
    const back = await agree(await program.opened());
    expect(back.hostname).toBe("localhost");
    expect((await ask(back.href.replace("localhost", "127.0.0.1"))).status).toBe(200);
    const { code, stdout, stderr } = await program.ended;
    expect({ code, stderr, deviations: server.deviations }).toMatchObject({ code: 0, deviations: [] });
    const login = loginOf(stdout);
    const [issued] = server.issued;
    expect(login).toMatchObject({ kind: "login", access: issued?.access, refresh: issued?.refresh });
    expect(login.scopes).toContain("user:sessions:claude_code");
    expect(login.other).toHaveProperty("accountUuid");
    expect(login.other).toHaveProperty("organizationUuid");
    expect(Math.round(((login.loginExpiresAt ?? 0) - Date.now()) / DAY)).toBe(30);
    expect(leaksIn(stderr, secrets())).toEqual([]);
  });

  test("in the browser of another machine: the provider's page shows CODE#STATE", async () => {
    const program = start();
    await program.opened();
    const address = await program.says(/another machine/);
    const back = await agree(address);
    expect(back.href).toMatch(/^https:\/\/platform\.claude\.com\/oauth\/code\/callback\?/);
    program.write(`${back.searchParams.get("code")}#${back.searchParams.get("state")}\n`);
    const { code, stderr } = await program.ended;
    expect({ code, stderr, deviations: server.deviations }).toMatchObject({ code: 0, deviations: [] });
    expect(leaksIn(stderr, secrets())).toEqual([]);
  });

  test("without a browser, with the code alone", async () => {
    const program = start("--no-browser");
    const back = await agree(await program.says(/Open this address/));
    expect(back.hostname).toBe("platform.claude.com");
    program.write(`${back.searchParams.get("code")}\n`);
    const { code, stdout } = await program.ended;
    expect({ code, deviations: server.deviations }).toEqual({ code: 0, deviations: [] });
    expect(loginOf(stdout)).toMatchObject({ kind: "login" });
  });

  test("--long-lived asks for a year of inference alone, and keeps nothing that could renew it", async () => {
    const program = start("--long-lived");
    const back = await agree(await program.opened());
    expect((await ask(back.href.replace("localhost", "127.0.0.1"))).status).toBe(200);
    const { code, stdout, stderr } = await program.ended;
    expect({ code, deviations: server.deviations }).toEqual({ code: 0, deviations: [] });
    const login = loginOf(stdout);
    expect(login).toMatchObject({ kind: "setup-token", refresh: undefined, scopes: ["user:inference"] });
    expect(Math.round(((login.accessExpiresAt ?? 0) - Date.now()) / DAY)).toBe(365);
    expect(leaksIn(stderr, secrets())).toEqual([]);
    expect(
      leaksIn(Buffer.from(stdout.trim().slice(4), "base64url").toString(), {
        refresh: server.issued[0]?.refresh ?? "",
      }),
    ).toEqual([]);
  });

  test("where Claude Code is not installed, that is said", async () => {
    const program = desk.run(["login", "anthropic", "--no-browser"], { env: { PATH: desk.bin } });
    program.end();
    await program.says(/Claude Code is not installed here/);
    const address = await program.says(/Open this address/);
    expect(address).toMatch(/^https:\/\/claude\.com\/cai\/oauth\/authorize\?/);
    program.kill("SIGINT");
    expect((await program.ended).stderr).toMatch(/Nobody can paste|cancelled/);
  });
});

describe("openai", () => {
  beforeEach(async () => {
    server = await startStrictSignIn("openai");
  });

  const start = (...more: string[]) => {
    const { authorizeUrl, tokenUrl } = server;
    return desk.run(["login", "openai", "--authorize-url", authorizeUrl, "--token-url", tokenUrl, ...more]);
  };

  test("in the browser, at one of the two registered ports", async () => {
    const program = start();
    const back = await agree(await program.opened());
    expect((await ask(back.href.replace("localhost", "127.0.0.1"))).status).toBe(200);
    const { code, stdout, stderr } = await program.ended;
    expect({ code, stderr, deviations: server.deviations }).toMatchObject({ code: 0, deviations: [] });
    const login = loginOf(stdout);
    expect(login).toMatchObject({
      kind: "login",
      provider: "openai",
      plan: "plus",
      refresh: server.issued[0]?.refresh,
    });
    expect(login.idToken?.reveal()).toMatch(/^eyJ/);
    expect(login.accountId).toMatch(/^[\w-]{36}$/);
    expect(Math.round(((login.accessExpiresAt ?? 0) - Date.now()) / DAY)).toBe(10);
    expect(leaksIn(stderr, { ...secrets(), id: login.idToken?.reveal() ?? "" })).toEqual([]);
  });

  test("with both ports taken, the address that could not be reached is pasted", async () => {
    const takers = await Promise.all(
      [1455, 1457].map(
        (port) =>
          new Promise<(() => void) | undefined>((resolve) => {
            const taker = createServer((_, response) => response.writeHead(404).end());
            taker.once("error", () => resolve(undefined)); // somebody else has it, which is as good
            taker.listen(port, "127.0.0.1", () => resolve(() => taker.close()));
          }),
      ),
    );
    try {
      const program = start();
      const back = await agree(await program.opened());
      expect(back.port).toBe("1455");
      program.write(`${back.href}\n`);
      const { code, stderr } = await program.ended;
      expect({ code, stderr, deviations: server.deviations }).toMatchObject({ code: 0, deviations: [] });
    } finally {
      for (const free of takers) free?.();
    }
  });

  const device = (...more: string[]) =>
    desk.run(["login", "openai", "--device", "--token-url", server.tokenUrl, ...more]);
  /** The code stands in the line after the address. */
  const codeShown = (stderr: string) => /\n\s+([0-9A-F]{4}-[0-9A-F]{4})\n/.exec(stderr)?.[1] ?? "";

  test("with a device's code", async () => {
    const program = device();
    const page = await program.says(/type the code.*[\s\S]*tell it nobody/);
    expect(page).toBe(`${server.origin}/codex/device`);
    server.polls.push({ status: 404, body: {} }, { status: 500, body: "oops" });
    const { stderr: shown } = program.soFar();
    expect(server.approve(codeShown(shown))).toBe(true);
    const { code, stdout, stderr } = await program.ended;
    expect({ code, stderr, deviations: server.deviations }).toMatchObject({ code: 0, deviations: [] });
    expect(loginOf(stdout)).toMatchObject({ kind: "login", provider: "openai", refresh: server.issued[0]?.refresh });
    expect(leaksIn(stderr, secrets())).toEqual([]);
  });

  test.each([
    ["refused", { status: 400, body: { error: "access_denied" } }],
    ["another verifier", { status: 200, body: { authorization_code: "c", code_verifier: "v", code_challenge: "w" } }],
  ])("a device's code that is answered with %s", async (_, reply) => {
    server.polls.push(reply);
    const { code, stderr } = await device().ended;
    expect(stderr).toContain("[sign-in-failed]");
    expect(code).not.toBe(0);
    expect(server.issued).toEqual([]);
  });

  test("Ctrl-C while a device's code is waited for", async () => {
    const program = device("--output", "login.txt");
    await program.says(/tell it nobody/);
    program.kill("SIGINT");
    const { signal, stderr } = await program.ended;
    expect(stderr).toContain("[cancelled]");
    // By the signal, so that a script stops, too.
    expect(signal).toBe("SIGINT");
    expect(desk.read("login.txt")).toBeUndefined();
  });
});
