/**
 * A person signs in with a browser, at the pages of a real authorization server (`oidc-provider`), and the login that
 * comes out works there. With Chromium where it is installed; the rest of the files needs none.
 */
import { writeFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openEnvelope } from "../../src/credential/envelope.ts";
import type { Browser } from "../support/browser/chromium.ts";
import { leaksIn } from "../support/browser/leaks.ts";
import { ask, findChromium, personWith, PlainBrowser, startChromium } from "../support/browser/person.ts";
import { type Desk, makeDesk, type Program } from "../support/browser/program.ts";
import { type SignInServer, startSignInServer } from "../support/browser/sign-in-server.ts";

const chromium = findChromium();
if (chromium === undefined) {
  process.stderr.write("No Chromium here (apt-get install chromium, or CHROMIUM): its tests are skipped.\n");
}

let desk: Desk;
let server: SignInServer;

beforeEach(async () => {
  desk = makeDesk();
  server = await startSignInServer();
});

afterEach(async () => {
  await server.close();
  desk.remove();
});

const custom = ({ authorizeUrl, tokenUrl, clientId }: SignInServer): string[] => [
  "login",
  "custom",
  "--authorize-url",
  authorizeUrl,
  "--token-url",
  tokenUrl,
  "--client-id",
  clientId,
  "--scope",
  "openid offline_access models:use",
];

const start = (...more: string[]): Program => desk.run([...custom(server), ...more]);

/** The secrets of a sign-in that the server has seen. */
function secretsOf(shown: Record<string, string> = {}): Record<string, string> {
  const exchange = server.requests.find(({ fields }) => fields["grant_type"] === "authorization_code")?.fields;
  return { code: exchange?.["code"] ?? "", verifier: exchange?.["code_verifier"] ?? "", ...shown };
}

function tokensIn(envelope: string) {
  const { credential } = openEnvelope(envelope.trim());
  return { credential, access: credential.access?.reveal() ?? "", refresh: credential.refresh?.reveal() ?? "" };
}

async function codeFor(address: string): Promise<{ back: URL; code: string; state: string }> {
  const back = new URL(await new PlainBrowser().signIn(address, "agree"));
  return { back, code: back.searchParams.get("code") ?? "", state: back.searchParams.get("state") ?? "" };
}

describe.skipIf(chromium === undefined)("with Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startChromium(chromium ?? "");
  });
  afterAll(() => browser.close());

  test("a sign-in ends at a page that says so, and the login works", async () => {
    const program = start();
    const seen = await personWith(browser).agree(await program.opened());
    expect(seen.title).toBe("You are signed in · oauth-creds");
    expect(seen.text).toContain("go back to the terminal");
    expect(seen.address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback\?/);

    const { code, stdout, stderr } = await program.ended;
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const { credential, access, refresh } = tokensIn(stdout);
    expect(credential).toMatchObject({ kind: "login", provider: "custom", clientId: server.clientId, generation: 0 });
    expect(credential.scopes).toContain("models:use");
    expect(await server.isAccessTokenAlive(access)).toBe(true);
    expect(await server.refresh(refresh)).toMatchObject({ token_type: "Bearer" });
    expect(leaksIn(stderr, secretsOf({ access, refresh }))).toEqual([]);
    expect(leaksIn(stdout.replace(stdout.trim(), ""), secretsOf())).toEqual([]);
  });

  test("the page is all in one: it loads and runs nothing", async () => {
    const program = start();
    const address = await program.opened();
    const tab = await browser.open(await new PlainBrowser().signIn(address, "agree"));
    await tab.until(`document.title.startsWith("You are signed in")`);
    expect(tab.requests.filter((url) => !url.endsWith("/favicon.ico"))).toEqual([]);
    expect(await tab.evaluate("document.querySelectorAll('script, link, img, iframe').length")).toBe(0);
    await program.ended;
  });

  test("who says no sees that nothing was stored", async () => {
    const program = start("--output", "login.txt");
    const seen = await personWith(browser).deny(await program.opened());
    expect(seen.title).toBe("The sign-in did not work · oauth-creds");
    const { code, stderr } = await program.ended;
    expect(stderr).toContain("[sign-in-failed]");
    expect(stderr).toContain("refused on The server's page");
    expect(code).not.toBe(0);
    expect(desk.read("login.txt")).toBeUndefined();
  });

  test("a second tab is told that it comes too late, and the first one goes on", async () => {
    const program = start();
    const address = await program.opened();
    const hold = server.holdNext();
    const [one, other] = [await codeFor(address), await codeFor(address)];
    const first = await browser.open(one.back.href);
    await hold.received;
    const second = await browser.open(other.back.href);
    await second.until(`document.title.endsWith("oauth-creds")`);
    expect(await second.title()).toBe("This sign-in was answered already · oauth-creds");
    hold.release();
    await first.until(`document.title.startsWith("You are signed in")`);
    expect((await program.ended).code).toBe(0);
    expect(server.requests.map(({ fields }) => fields["code"])).toEqual([one.code]);
  });

  test("a page of another site cannot answer for the person", async () => {
    const program = start();
    const { back } = await codeFor(await program.opened());
    const page = await browser.open(`${server.origin}/.well-known/openid-configuration`);
    await page.until("document.body");
    const forged = `${back.origin}${back.pathname}?code=theirs&state=guessed`;
    await page.evaluate(`void fetch(${JSON.stringify(forged)}, { mode: "no-cors" }).catch(() => {})`);
    const tab = await browser.open(forged);
    await tab.until(`document.title.endsWith("oauth-creds")`);
    expect(await tab.title()).toBe("This is another sign-in · oauth-creds");
    expect((await ask(back.href)).status).toBe(200);
    expect((await program.ended).code).toBe(0);
    expect(server.requests.map(({ fields }) => fields["code"])).not.toContain("theirs");
  });
});

describe("what comes to the port", () => {
  test("other paths, methods, names and states are turned away, and the right answer still counts", async () => {
    const program = start();
    const address = await program.opened();
    const { back } = await codeFor(address);
    const at = (path: string) => `${back.origin}${path}`;
    const wrong = new URL(back);
    wrong.searchParams.set("state", "A".repeat(43));
    const twice = new URL(back);
    twice.searchParams.append("state", "A".repeat(43));
    const port = back.port;

    expect((await ask(at("/"))).status).toBe(404);
    expect((await ask(at("/favicon.ico"))).status).toBe(404);
    expect((await ask(at("/callback/../callback2"))).status).toBe(404);
    expect((await ask(back.href, { method: "POST", body: "x=1" })).status).toBe(405);
    expect((await ask(back.href, { method: "OPTIONS" })).status).toBe(405);
    for (const host of [`evil.example:${port}`, "evil.example", `127.0.0.1.evil.example:${port}`, "127.0.0.1"]) {
      expect({ host, status: (await ask(back.href, { headers: { host } })).status }).toEqual({ host, status: 421 });
    }
    for (const { href } of [wrong, twice, new URL(at("/callback?error=access_denied&state=x"))]) {
      const answer = await ask(href);
      expect(answer.status).toBe(400);
      expect(answer.body).toContain("This is another sign-in");
    }
    const good = await ask(back.href, { headers: { host: `localhost:${port}` } });
    expect(good.status).toBe(200);
    expect(good.headers["content-security-policy"]).toContain("default-src 'none'");
    expect(good.headers["cache-control"]).toBe("no-store");
    expect(good.headers["referrer-policy"]).toBe("no-referrer");
    expect(good.body).not.toContain(back.searchParams.get("code"));
    const { code, stderr } = await program.ended;
    expect(code).toBe(0);
    expect(stderr.match(/belongs to another sign-in/g)).toHaveLength(1);
  });

  test("the same answer again finds nobody, and is never sent to the server again", async () => {
    const program = start();
    const { back } = await codeFor(await program.opened());
    expect((await ask(back.href)).status).toBe(200);
    expect((await program.ended).code).toBe(0);
    await expect(ask(back.href)).rejects.toThrow(/ECONNREFUSED/);
    expect(server.requests).toHaveLength(1);
  });

  test("it listens on 127.0.0.1 only, and closes with the program", async () => {
    const program = start();
    const address = new URL(await program.opened());
    const redirect = address.searchParams.get("redirect_uri") ?? "";
    await expect(ask(redirect.replace("127.0.0.1", "[::1]"))).rejects.toThrow(/ECONNREFUSED|EADDRNOTAVAIL/);
    await expect(ask(redirect.replace("127.0.0.1", "127.0.0.2"))).rejects.toThrow(/ECONNREFUSED/);
    program.kill("SIGINT");
    const { signal, stderr, stdout } = await program.ended;
    expect(stderr).toContain("[cancelled]");
    expect(signal).toBe("SIGINT");
    expect(stdout).toBe("");
    await expect(ask(redirect)).rejects.toThrow(/ECONNREFUSED/);
  });

  test("Ctrl-C in the midst leaves no file behind", async () => {
    const program = start("--output", "login.txt");
    await program.opened();
    program.kill("SIGTERM");
    expect((await program.ended).stderr).toContain("[cancelled]");
    expect(desk.read("login.txt")).toBeUndefined();
  });
});

describe("the exchange", () => {
  const rows: readonly [string, { status: number; body: string; headers?: Record<string, string> }, string][] = [
    ["refused", { status: 400, body: '{"error":"invalid_grant","error_description":"no"}' }, "sign-in-failed"],
    ["misunderstood", { status: 400, body: '{"error":"invalid_scope"}' }, "request-rejected"],
    ["an account on hold", { status: 400, body: '{"error":"access_denied"}' }, "account-attention"],
    ["a fault", { status: 500, body: "oops" }, "answer-unclear"],
    ["a page", { status: 200, body: "<html>hello</html>", headers: { "content-type": "text/html" } }, "answer-unclear"],
    ["no tokens", { status: 200, body: '{"token_type":"Bearer"}' }, "answer-unclear"],
    ["filtered", { status: 403, body: "<html>no</html>", headers: { "content-type": "text/html" } }, "throttled"],
  ];
  test.each(rows)("%s: told in the browser and in the terminal, and not tried again", async (_, answer, wanted) => {
    server.answerNext(answer);
    const program = start("--output", "login.txt");
    const { back } = await codeFor(await program.opened());
    const shown = await ask(back.href);
    expect(shown.status).toBe(400);
    expect(shown.body).toContain("Nothing was stored");
    const { code, stderr } = await program.ended;
    expect(stderr).toContain(`[${wanted}]`);
    expect(code).not.toBe(0);
    expect(server.requests).toHaveLength(1);
    expect(leaksIn(stderr + shown.body, secretsOf())).toEqual([]);
    expect(desk.read("login.txt")).toBeUndefined();
  });

  test("turned away for a second, it is tried again", async () => {
    server.answerNext({ status: 429, body: "{}", headers: { "retry-after": "1" } });
    const program = start();
    const { back } = await codeFor(await program.opened());
    expect((await ask(back.href)).status).toBe(200);
    expect((await program.ended).code).toBe(0);
    expect(server.requests).toHaveLength(2);
  });

  test.each(["client_secret_basic", "client_secret_post"] as const)(
    "a client that proves itself by %s",
    async (auth) => {
      await server.close();
      server = await startSignInServer({ auth });
      const secret = desk.path("secret.txt");
      writeFileSync(secret, server.clientSecret);
      const program = start("--client-secret", secret);
      const { back } = await codeFor(await program.opened());
      expect((await ask(back.href)).status).toBe(200);
      const { code, stdout, stderr } = await program.ended;
      expect({ code, stderr }).toMatchObject({ code: 0 });
      const { refresh, access } = tokensIn(stdout);
      expect(await server.refresh(refresh)).toBeDefined();
      expect(leaksIn(stderr, secretsOf({ access, refresh, secret: server.clientSecret }))).toEqual([]);
    },
  );
});

describe("pasting", () => {
  const forms: readonly [string, (back: URL, code: string, state: string) => string][] = [
    ["the code", (_, code) => code],
    ["the code and the state", (_, code, state) => `${code}#${state}`],
    ["the whole address", ({ href }) => href],
    ["the address, broken into lines by a terminal", ({ href }) => href.replace(/(.{60})/g, "$1 ")],
    ["the address under the other name of this machine", ({ href }) => href.replace("127.0.0.1", "localhost")],
    ["the address as some browsers show it", ({ href }) => href.replace("http://", "")],
    ["the query alone", ({ search }) => search],
  ];
  test.each(forms)("%s", async (_, form) => {
    const program = start("--no-browser");
    const address = await program.says(/Open this address/);
    const { back, code, state } = await codeFor(address);
    program.write(`${form(back, code, state)}\n`);
    const ended = await program.ended;
    expect({ code: ended.code, stderr: ended.stderr }).toMatchObject({ code: 0 });
    const { access, refresh } = tokensIn(ended.stdout);
    expect(await server.refresh(refresh)).toBeDefined();
    expect(leaksIn(ended.stderr, secretsOf({ access, refresh }))).toEqual([]);
    expect(desk.read(".opened")).toBeUndefined();
  });

  const useless: readonly [string, (back: URL, code: string, state: string, address: string) => string, RegExp][] = [
    ["nothing", () => "   ", /^/],
    ["a cut-off state", (_, code, state) => `${code}#${state.slice(0, 20)}`, /end of it is missing/],
    ["a code without its state", (_, code) => `${code}#`, /end of it is missing/],
    ["another state", (_, code) => `${code}#${"A".repeat(43)}`, /another sign-in/],
    ["an address that was cut off", ({ href }, code) => href.slice(0, href.indexOf(code) + 5), /end of it is missing/],
    ["an address with another state", ({ href }, _, state) => href.replace(state, "A".repeat(43)), /another sign-in/],
    ["the address to open", (_, __, ___, address) => address, /address to open/],
    ["another address", () => "https://evil.example/callback?code=abc&state=def", /not the address/],
    ["a token", () => "sk-ant-oat01-not here#a#b", /not a code/],
  ];
  test.each(useless)(
    "%s is said to be of no use, is not sent, and may be followed by the right one",
    async (_, form, why) => {
      const program = start("--no-browser");
      const address = await program.says(/Open this address/);
      const { back, code, state } = await codeFor(address);
      program.write(`${form(back, code, state, address)}\n`);
      program.write(`${back.href}\n`);
      const ended = await program.ended;
      expect(ended.stderr).toMatch(why);
      expect(ended.code).toBe(0);
      expect(server.requests).toHaveLength(1);
      expect(leaksIn(ended.stderr, secretsOf())).toEqual([]);
    },
  );

  test("an answer that was refused is told when it is pasted, too", async () => {
    const program = start("--no-browser");
    const back = await new PlainBrowser().signIn(await program.says(/Open this address/), "deny");
    program.write(`${back}\n`);
    const { code, stderr } = await program.ended;
    expect(stderr).toContain("[sign-in-failed]");
    expect(code).not.toBe(0);
    expect(server.requests).toEqual([]);
  });

  test("stdin at its end leaves the browser to come", async () => {
    const program = start("--no-browser");
    program.end();
    const { back } = await codeFor(await program.says(/Open this address/));
    expect((await ask(back.href)).status).toBe(200);
    expect((await program.ended).code).toBe(0);
  });

  test("an address elsewhere than on this machine can only be pasted", async () => {
    await server.close();
    const elsewhere = "https://client.example/signed-in";
    server = await startSignInServer({ redirectUris: [elsewhere] });
    const program = start("--no-browser", "--redirect-uri", elsewhere);
    const address = await program.says(/Open this address/);
    expect(new URL(address).searchParams.get("redirect_uri")).toBe(elsewhere);
    program.write(`${await new PlainBrowser().signIn(address, "agree")}\n`);
    expect((await program.ended).code).toBe(0);

    const alone = start("--no-browser", "--redirect-uri", elsewhere);
    alone.end();
    expect((await alone.ended).stderr).toContain("Nobody can paste");
  });
});
