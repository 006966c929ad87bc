/** The parts of a sign-in: its secrets, what is pasted and typed, how a browser is opened, what an exchange costs. */
import { calculatePKCECodeChallenge, validateAuthResponse } from "oauth4webapi";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyText } from "../../support/any-text.ts";
import { openBrowser, openersOf } from "../../../src/cli/login/browser.ts";
import { exchange } from "../../../src/cli/login/exchange.ts";
import { asPaste, keyReader, type Typed } from "../../../src/cli/login/keys.ts";
import { isSafe } from "../../../src/cli/login/options.ts";
import { ALREADY, FAILED, render, SIGNED_IN, WRONG_SIGN_IN } from "../../../src/cli/login/page.ts";
import { readPasted } from "../../../src/cli/login/paste.ts";
import type { Person } from "../../../src/cli/login/person.ts";
import { sayTooLate } from "../../../src/cli/login/say.ts";
import { signInByBrowser } from "../../../src/cli/login/web-flow.ts";
import { EMPTY } from "../../../src/credential/credential.ts";
import { Failure } from "../../../src/errors.ts";
import { anthropic } from "../../../src/providers/anthropic.ts";
import * as anthropicSignIn from "../../../src/providers/anthropic-sign-in.ts";
import { authorizationUrl, type Grant, newAttempt, readResponse, sameText } from "../../../src/providers/authorize.ts";
import { customSignIn } from "../../../src/providers/custom-sign-in.ts";
import { custom } from "../../../src/providers/custom.ts";
import { openai } from "../../../src/providers/openai.ts";
import { openaiDeviceSignIn } from "../../../src/providers/openai-device-sign-in.ts";
import * as openaiSignIn from "../../../src/providers/openai-sign-in.ts";
import type { RequestSettings } from "../../../src/providers/provider.ts";
import { readRevocation, revokeRequest, revokeUrlOf } from "../../../src/providers/revoke.ts";
import { Secret } from "../../../src/secret.ts";
import { withoutInputs } from "../../../src/world/programs.ts";
import { type HttpAnswer, HttpFailure, type HttpRequest } from "../../../src/world/world.ts";
import { fakeWorld, NOW } from "./support.ts";

const SETTINGS: RequestSettings = {
  tokenUrl: undefined,
  clientId: undefined,
  clientSecret: undefined,
  scope: undefined,
  userAgent: "oauth-creds/test",
  requestFormat: undefined,
  timeoutMs: 25_000,
};
const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes));
const attempt = () => newAttempt(random);
const answer = (status: number, body: unknown, headers: Record<string, string> = {}): HttpAnswer => ({
  status,
  headers,
  body: typeof body === "string" ? body : JSON.stringify(body),
  date: NOW,
});

describe("the secrets of an attempt", () => {
  test("are new each time, long enough, and the challenge is that of RFC 7636", async () => {
    const [one, other] = [attempt(), attempt()];
    expect(one.verifier.reveal()).toMatch(/^[\w-]{43}$/);
    expect(one.state).toMatch(/^[\w-]{43}$/);
    expect(new Set([one.verifier.reveal(), other.verifier.reveal(), one.state, other.state]).size).toBe(4);
    expect(one.challenge).toBe(await calculatePKCECodeChallenge(one.verifier.reveal()));
    expect(JSON.stringify(one)).not.toContain(one.verifier.reveal());
  });

  test("the authorization request keeps what the endpoint's address has already", () => {
    const signIn = customSignIn(
      { ...SETTINGS, clientId: "a client", scope: "one two" },
      { authorizeUrl: "https://id.example/auth?access_type=offline&state=theirs", redirectUri: undefined },
    );
    const made = attempt();
    const url = new URL(authorizationUrl(signIn, made, "http://127.0.0.1:7/callback"));
    expect(Object.fromEntries(url.searchParams)).toEqual({
      access_type: "offline",
      response_type: "code",
      client_id: "a client",
      redirect_uri: "http://127.0.0.1:7/callback",
      scope: "one two",
      code_challenge: made.challenge,
      code_challenge_method: "S256",
      state: made.state,
    });
  });

  test("are those of the refresh, too: address, client", () => {
    const login = { ...EMPTY, kind: "login", refresh: new Secret("r") } as const;
    for (const [provider, own] of [
      [anthropic, anthropicSignIn],
      [openai, openaiSignIn],
    ] as const) {
      const { url, body } = provider.refreshRequest(login, SETTINGS);
      expect([own.TOKEN_URL, own.CLIENT_ID]).toEqual([
        url,
        (JSON.parse(body ?? "") as { client_id: string }).client_id,
      ]);
    }
  });
});

describe("an authorization response", () => {
  const { state } = attempt();
  const read = (query: string) => readResponse(new URLSearchParams(query), state);

  test.each([
    [`code=abc&state=${state}`, "code"],
    [`error=access_denied&state=${state}`, "error"],
    [`code=abc&state=${state}x`, "wrong-state"],
    [`code=abc&state=${state.slice(1)}`, "wrong-state"],
    [`code=abc&state=${state}&state=${state}`, "wrong-state"],
    [`code=abc`, "wrong-state"],
    [`error=access_denied`, "wrong-state"],
    [`state=${state}`, "incomplete"],
    [`code=&state=${state}`, "incomplete"],
    [`code=a&code=b&state=${state}`, "incomplete"],
    [`code=a&error=b&state=${state}`, "incomplete"],
  ])("%s", (query, type) => {
    expect(read(query).type).toBe(type);
  });

  test("is a code only where another client takes it for one", () => {
    const server = { issuer: "https://id.example" };
    const word = fc.constantFrom("a", "", "b c", "%", "é");
    const params = fc.array(
      fc.tuple(fc.constantFrom("code", "state", "error", "other"), fc.oneof(word, fc.constant(state))),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(params, (pairs) => {
        const query = new URLSearchParams(pairs);
        if (readResponse(query, state).type !== "code") return;
        // It throws for what is none.
        expect(validateAuthResponse(server, { client_id: "x" }, query, state).get("code")).toBe(query.get("code"));
      }),
    );
  });

  test("texts are the same only if they are", () => {
    fc.assert(fc.property(fc.string(), fc.string(), (one, other) => sameText(one, other) === (one === other)));
  });
});

describe("what is pasted", () => {
  const made = attempt();
  const { state } = made;
  const redirects = { loopback: "http://127.0.0.1:4711/callback", codePage: undefined };
  const page = { loopback: "http://localhost:4711/callback", codePage: "https://id.example/code" };
  const codes = fc.stringMatching(/^[A-Za-z0-9_.~-]{4,80}$/).filter((code) => !/^(https?|localhost|127)/i.test(code));

  test("every form of an answer gives its code, whatever white space a terminal puts into it", () => {
    const form = fc.constantFrom(
      (code: string) => code,
      (code: string) => `${code}#${state}`,
      (code: string) => `${page.loopback}?code=${code}&state=${state}`,
      (code: string) => `${page.codePage}?state=${state}&code=${code}&iss=https%3A%2F%2Fid.example`,
      (code: string) => `code=${code}&state=${state}`,
      (code: string) => `"${code}#${state}"`,
    );
    fc.assert(
      fc.property(
        codes,
        form,
        fc.nat({ max: 200 }),
        fc.constantFrom(" ", "\n", "\r\n", "\t"),
        (code, make, at, space) => {
          const text = make(code);
          const cut = at % (text.length + 1);
          const pasted = readPasted(text.slice(0, cut) + space + text.slice(cut), made, page);
          expect(pasted).toMatchObject({ type: "response", response: { type: "code" } });
          const found = pasted.type === "response" && pasted.response.type === "code" && pasted.response.code.reveal();
          expect(found).toBe(code);
        },
      ),
    );
  });

  test("a code belongs to the page that showed it, an address to where it was", () => {
    const at = (text: string) => {
      const pasted = readPasted(text, made, page);
      return pasted.type === "response" ? pasted.redirectUri : undefined;
    };
    expect(at(`abcd#${state}`)).toBe(page.codePage);
    expect(at(`${page.loopback}?code=abcd&state=${state}`)).toBe(page.loopback);
    expect(at(`http://127.0.0.1:4711/callback?code=abcd&state=${state}`)).toBe(page.loopback);
    expect(at(`http://127.0.0.1:4712/callback?code=abcd&state=${state}`)).toBeUndefined();
    expect(at(`https://id.example.evil.example/code?code=abcd&state=${state}`)).toBeUndefined();
  });

  test("what is cut off anywhere is never taken for an answer, except a code without its state", () => {
    const whole = [
      `abcdefgh#${state}`,
      `${redirects.loopback}?code=abcdefgh&state=${state}`,
      `${redirects.loopback}?state=${state}&code=`,
    ];
    for (const text of whole) {
      for (let length = 0; length < text.length; length++) {
        const pasted = readPasted(text.slice(0, length), made, redirects);
        const bare = !text.slice(0, length).includes("#") && text.startsWith("abcd") && length >= 4;
        expect({ length, type: pasted.type }).toEqual({ length, type: bare ? "response" : "useless" });
      }
    }
  });

  test("no text makes it fail, and none is repeated", () => {
    const urls = fc.tuple(fc.constantFrom("http", "https"), anyText(), anyText()).map(([scheme, host, rest]) => {
      return `${scheme}://${host}?${rest}`;
    });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          urls,
          anyText(),
          anyText().map((rest) => `${redirects.loopback}?${rest}`),
        ),
        (text) => {
          const pasted = readPasted(text, made, redirects);
          if (pasted.type === "useless" && text.length > 12) expect(pasted.why).not.toContain(text);
        },
      ),
    );
  });
});

describe("the keys of a terminal", () => {
  const all = (): ((chunk: string) => Typed) => keyReader(() => true);
  const typed = (chunks: readonly string[], read = all()): Typed => {
    let last: Typed = { type: "more" };
    for (const chunk of chunks) last = read(chunk);
    return last;
  };
  const done = (text: string): Typed => ({ type: "done", text });

  test.each<[string, string[], Typed]>([
    ["typed, then Enter", ["a", "b", "\r"], done("ab")],
    ["pasted and Enter at once", ["ab\r"], done("ab")],
    ["a marked paste with a line break", [asPaste("a\rb"), "\r"], done("a\nb")],
    ["a marked paste that ends with a line break", [asPaste("a\r"), "\r"], done("a\n")],
    ["an unmarked paste with a line break", ["a\rb", "\r"], done("a\nb")],
    ["corrected", ["abc\u007f\u007fd\b", "e\r"], done("ae")],
    ["begun again", ["abc\u0015", "d\r"], done("d")],
    ["an arrow and a function key", ["a\u001b[D\u001bOP\u001b[15~b\r"], done("ab")],
    ["a mark that arrives in two parts", ["\u001b[20", "0~a\rb\u001b[2", "01~", "\r"], done("a\nb")],
    ["the end of input", ["ab\u0004"], done("ab")],
    ["Ctrl-C", ["ab\u0003"], { type: "cancel" }],
    ["Ctrl-C that is pasted", [asPaste("a\u0003b"), "\r"], done("a\u0003b")],
    ["nothing yet", ["ab"], { type: "more" }],
    ["Esc, then Ctrl-C", ["ab\u001b", "\u0003"], { type: "cancel" }],
    ["Esc, then Enter", ["ab\u001b", "\r"], done("ab")],
    ["Esc and Enter at once, as Alt-Enter", ["ab\u001b\r"], done("ab")],
    ["Esc, then Ctrl-U", ["ab\u001b", "\u0015", "c\r"], done("c")],
    ["Esc twice, then an arrow, then Enter", ["ab\u001b", "\u001b", "\u001b[D", "\r"], done("ab")],
    ["Esc, [, then Ctrl-C", ["ab\u001b", "[", "\u0003"], { type: "cancel" }],
    ["Esc, O, then Enter", ["ab\u001bO", "\r"], done("ab")],
    ["a sequence that is broken off by a key", ["a\u001b[12", "\r"], done("a")],
    ["a letter with Alt", ["a\u001bx", "\u001b", "yb\r"], done("ab")],
    ["a click of the mouse", ["a\u001b[<0;12;3", "4Mb\r"], done("ab")],
  ])("%s", (_, chunks, wanted) => {
    expect(typed(chunks)).toEqual(wanted);
  });

  test("whatever was pressed before, Ctrl-C and Enter count", () => {
    const key = fc.constantFrom("\u001b", "[", "O", "1", ";", " ", "?", "<", "~", "a", "\u007f", "é", "\u0015");
    fc.assert(
      fc.property(fc.array(key, { maxLength: 12 }), (keys) => {
        fc.pre(!keys.join("").includes("\u001b[200~"));
        expect(typed([...keys, "\u0003"])).toEqual({ type: "cancel" });
        expect(typed([keys.join(""), "\r"]).type).toBe("done");
      }),
    );
  });

  test("a sequence is understood however it is cut", () => {
    const sequence = fc.constantFrom("\u001b[D", "\u001bOP", "\u001b[15~", "\u001b[1;5C", "\u001bx", "\u001b[<0;1;1M");
    fc.assert(
      fc.property(fc.array(fc.oneof(sequence, fc.constant("k")), { maxLength: 8 }), (parts) => {
        const text = parts.filter((part) => part === "k").join("");
        expect(typed([...parts.join(""), "\r"])).toEqual(done(text));
        expect(typed([`${parts.join("")}\r`])).toEqual(done(text));
      }),
    );
  });

  test("a marked paste is kept as it is, however it is cut", () => {
    const key = fc.constantFrom("a", "#", " ", "{", "\r", "\n", "\u0003", "\u007f", "é");
    const text = fc.array(key, { maxLength: 20 }).map((keys) => keys.join(""));
    fc.assert(
      fc.property(text, fc.array(fc.nat({ max: 40 })), (pasted, cuts) => {
        const whole = `${asPaste(pasted)}\r`;
        const at = [...new Set([0, ...cuts.map((cut) => cut % whole.length), whole.length])].toSorted((a, b) => a - b);
        const chunks = at.slice(1).map((end, index) => whole.slice(at[index], end));
        expect(typed(chunks)).toEqual(done(pasted.replaceAll("\r", "\n")));
      }),
    );
  });

  test("a text that is not whole goes on after Enter", () => {
    const read = keyReader((text) => text.includes("}"));
    expect(typed(["{\r", '"a":1\r', "}\r"], read)).toEqual(done('{\n"a":1\n}'));
  });
});

describe("opening a browser", () => {
  test.each([
    ["darwin", {}, ["/usr/bin/open"]],
    ["win32", { SystemRoot: "D:\\Win" }, ["D:\\Win\\System32\\rundll32.exe"]],
    ["linux", {}, []],
    ["linux", { DISPLAY: ":0" }, ["xdg-open"]],
    ["linux", { WAYLAND_DISPLAY: "wayland-0" }, ["xdg-open"]],
    ["linux", { BROWSER: "lynx" }, ["xdg-open"]],
    ["linux", { WSL_DISTRO_NAME: "Debian" }, ["wslview", "/mnt/c/Windows/System32/rundll32.exe"]],
  ])("on %s with %j", (platform, env, programs) => {
    expect(openersOf(platform, env).map(({ file }) => file)).toEqual(programs);
  });

  test("no shell, and only web addresses", async () => {
    for (const platform of ["darwin", "win32", "linux"]) {
      for (const { file, args } of openersOf(platform, { DISPLAY: ":0" })) {
        expect([file, ...args].join(" ")).not.toMatch(/\b(sh|bash|cmd|powershell)\b/);
      }
    }
    for (const address of ["file:///etc/passwd", "javascript:1", "data:text/html,x", "calc:"]) {
      expect(await openBrowser({ platform: "linux", env: { DISPLAY: ":0", PATH: "/nowhere" } }, address)).toBe(false);
    }
    expect(
      await openBrowser({ platform: "linux", env: { DISPLAY: ":0", PATH: "/nowhere" } }, "https://id.example"),
    ).toBe(false);
  });

  test("it is told nothing of our secrets", () => {
    const env = { "INPUT_SECRETS-TOKEN": "s", OAUTH_CREDS_CREDENTIAL: "c", PATH: "p" };
    expect(withoutInputs(env)).toEqual({ PATH: "p" });
  });
});

test("the pages load nothing and run nothing", () => {
  for (const page of [SIGNED_IN, FAILED, WRONG_SIGN_IN, ALREADY]) {
    const html = render(page);
    expect(html).not.toMatch(/<script|<link|<img|url\(|https?:|@import|\son\w+=/i);
    expect(html).toContain(`<title>${page.title}`);
    expect(html.length).toBeLessThan(2000);
  }
});

test.each([
  ["https://id.example/a", true],
  ["http://127.0.0.1:7/a", true],
  ["http://localhost/a", true],
  ["http://[::1]:7/a", true],
  ["http://id.example/a", false],
  ["http://127.0.0.1.evil.example/a", false],
  ["https://user@id.example/a", false],
  ["https://id.example/a#b", false],
  ["javascript:alert(1)", false],
  ["nonsense", false],
])("%s is an address to travel to: %s", (address, safe) => {
  expect(isSafe(address)).toBe(safe);
});

const GRANT: Grant = {
  code: new Secret("the-code"),
  redirectUri: "http://127.0.0.1:7/callback",
  verifier: new Secret("v"),
  state: "s",
};

describe("the exchange", () => {
  const signIn = anthropicSignIn.anthropicSignIn(SETTINGS, { authorizeUrl: undefined, longLived: false });
  const tokens = { token_type: "Bearer", access_token: "a".repeat(20), refresh_token: "r".repeat(20), expires_in: 60 };

  /** Answers in this order; a Failure's code, or the credential, and how often it was sent. */
  async function play(answers: readonly (HttpAnswer | HttpFailure)[], how = signIn, settings = SETTINGS) {
    const left = [...answers];
    const world = fakeWorld({
      http: async () => {
        const next = left.shift();
        if (!next || next instanceof HttpFailure) throw next ?? new Error("asked once too often");
        return next;
      },
    });
    const result = await exchange(world, how, GRANT, settings).catch((error: unknown) => (error as Failure).code);
    return { result, sent: world.requests.length, world };
  }

  test.each<[string, (HttpAnswer | HttpFailure)[], string, number]>([
    ["unclear", [new HttpFailure(true, "timeout")], "answer-unclear", 1],
    ["a fault", [answer(500, "")], "answer-unclear", 1],
    ["refused", [answer(400, { error: "invalid_grant" })], "sign-in-failed", 1],
    ["turned away without a time", [answer(429, {})], "throttled", 1],
    ["turned away for long", [answer(429, {}, { "retry-after": "600" })], "throttled", 1],
    [
      "never reached",
      Array.from({ length: 3 }, () => new HttpFailure(false, "ECONNREFUSED")),
      "provider-unreachable",
      3,
    ],
  ])("%s: sent so often as can do no harm", async (_, answers, code, sent) => {
    expect(await play(answers)).toMatchObject({ result: code, sent });
  });

  test.each<[string, (HttpAnswer | HttpFailure)[]]>([
    ["not reached at first", [new HttpFailure(false, "ECONNRESET"), answer(200, tokens)]],
    ["turned away for 2 s", [answer(429, {}, { "retry-after": "2" }), answer(200, tokens)]],
  ])("%s, then a login", async (_, answers) => {
    const { result, world } = await play(answers);
    expect(result).toMatchObject({
      kind: "login",
      generation: 0,
      loginExpiresAt: NOW + 30 * 86_400_000 + (world.now() - NOW),
    });
    expect(world.recorded.masks).toContain(tokens.refresh_token);
  });

  test("scopes that are not told are those that were asked for", async () => {
    const { result } = await play([answer(200, tokens)]);
    expect(result).toMatchObject({ scopes: signIn.scope?.split(" ") });
  });

  test("without a refresh token it is access for a while", async () => {
    const { refresh_token: _, ...rest } = tokens;
    expect((await play([answer(200, rest)])).result).toMatchObject({
      kind: "access",
      refresh: undefined,
      loginExpiresAt: undefined,
    });
  });

  test("a client that must prove itself in the body does so at once afterwards, and for good", async () => {
    const settings = {
      ...SETTINGS,
      clientId: "c",
      clientSecret: new Secret("s3cret/&"),
      tokenUrl: "https://id.example/t",
    };
    const how = customSignIn(settings, { authorizeUrl: "https://id.example/a", redirectUri: undefined });
    const { result, world } = await play(
      [answer(401, { error: "invalid_client" }), answer(200, tokens)],
      how,
      settings,
    );
    expect(result).toMatchObject({ clientAuth: "post", clientId: "c" });
    const [first, second] = world.requests.map(({ headers, body = "" }) => [
      headers["authorization"],
      new URLSearchParams(body).get("client_secret"),
    ]);
    const refreshed = custom.refreshRequest(
      { ...EMPTY, kind: "login", provider: "custom", refresh: new Secret("r") },
      settings,
    );
    expect(first).toEqual([refreshed.headers["authorization"], null]);
    expect(second).toEqual([undefined, "s3cret/&"]);
  });
});

describe("waiting for the person", () => {
  const silent = (lines: (string | undefined)[]): Person & { said: string[] } => {
    const said: string[] = [];
    return {
      said,
      present: false,
      tell: (text) => void said.push(text),
      ask: async () => "",
      leave: () => {},
      paste: (_, { signal } = {}) =>
        lines.length > 0
          ? Promise.resolve(lines.shift())
          : new Promise((resolve) => signal?.addEventListener("abort", () => resolve(undefined))),
    };
  };
  const flow = (person: Person, more: object = {}) => ({
    world: fakeWorld(),
    person,
    signIn: customSignIn(
      { ...SETTINGS, clientId: "c", tokenUrl: "http://127.0.0.1:9/t" },
      { authorizeUrl: "https://id.example/a", redirectUri: undefined },
    ),
    settings: SETTINGS,
    browser: false,
    stop: new AbortController().signal,
    ...more,
  });

  test("it ends after its time, and nobody listens any more", async () => {
    const person = silent([]);
    await expect(signInByBrowser(flow(person, { patienceMs: 50 }))).rejects.toMatchObject({ code: "sign-in-failed" });
    const redirect =
      new URL(/https:\S+/.exec(person.said.join("\n"))?.[0] ?? "").searchParams.get("redirect_uri") ?? "";
    await expect(fetch(redirect)).rejects.toThrow("fetch failed");
  });

  test("it ends when it is stopped, even before it began", async () => {
    const stop = new AbortController();
    const waiting = signInByBrowser(flow(silent([]), { stop: stop.signal }));
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ code: "cancelled" });
    await expect(signInByBrowser(flow(silent([]), { stop: AbortSignal.abort() }))).rejects.toMatchObject({
      code: "cancelled",
    });
  });
});

describe("OpenAI's device code", () => {
  const device = openaiDeviceSignIn(SETTINGS);
  const code = (body: object) => device.readCode(answer(200, body));

  test("is asked for where Codex asks for it", () => {
    expect(device.page).toBe("https://auth.openai.com/codex/device");
    expect(device.codeRequest()).toMatchObject({
      url: "https://auth.openai.com/api/accounts/deviceauth/usercode",
      body: JSON.stringify({ client_id: openaiSignIn.CLIENT_ID }),
    });
    const poll: HttpRequest = device.pollRequest({ id: new Secret("d"), userCode: "AB-12", intervalMs: 1 });
    expect(poll.url).toBe("https://auth.openai.com/api/accounts/deviceauth/token");
    expect(JSON.parse(poll.body ?? "")).toEqual({ device_auth_id: "d", user_code: "AB-12" });
  });

  test.each([
    [{ device_auth_id: "d", user_code: "ABCD-1234", interval: "7" }, 7000],
    [{ device_auth_id: "d", usercode: "ABCD-1234", interval: 3 }, 3000],
    [{ device_auth_id: "d", user_code: "ABCD-1234" }, 5000],
    [{ device_auth_id: "d", user_code: "ABCD-1234", interval: "100000" }, 60_000],
  ])("%j", (body, intervalMs) => {
    expect(code(body)).toMatchObject({ userCode: "ABCD-1234", intervalMs });
  });

  test.each([{}, { user_code: "ABCD-1234" }, { device_auth_id: "d", user_code: "\u001b]0;x\u0007 evil" }])(
    "%j is none",
    (body) => {
      expect(code(body)).toBeUndefined();
    },
  );
});

describe("a revocation", () => {
  const ending = { token: new Secret("t"), hint: "refresh_token", clientId: undefined, clientAuth: undefined } as const;

  test.each([
    ["anthropic", undefined, "https://platform.claude.com/v1/oauth/token/revoke"],
    ["openai", undefined, "https://auth.openai.com/oauth/revoke"],
    // A server of somebody's own must not send the token to the real one.
    ["anthropic", "https://proxy.example/v1/oauth/token", "https://proxy.example/v1/oauth/token/revoke"],
    ["openai", "https://proxy.example/oauth/token", "https://proxy.example/oauth/revoke"],
    ["custom", "https://id.example/token", undefined],
  ] as const)("of %s with the token endpoint %s goes to %s", (provider, tokenUrl, url) => {
    expect(revokeUrlOf(provider, { ...SETTINGS, tokenUrl }, undefined)).toBe(url);
  });

  test("has the fields that the programs send", () => {
    for (const [provider, client_id] of [
      ["anthropic", anthropicSignIn.CLIENT_ID],
      ["openai", openaiSignIn.CLIENT_ID],
    ] as const) {
      const { body, headers } = revokeRequest(provider, "https://id.example/r", ending, SETTINGS);
      expect(JSON.parse(body ?? "")).toEqual({ token: "t", token_type_hint: "refresh_token", client_id });
      expect(headers["content-type"]).toBe("application/json");
    }
    const { body } = revokeRequest("custom", "https://id.example/r", { ...ending, clientId: "c" }, SETTINGS);
    expect(body).toBe("token=t&token_type_hint=refresh_token&client_id=c");
  });

  test.each([
    ["anthropic", answer(200, {}, { "request-id": "req_1" }), { type: "accepted" }],
    ["anthropic", answer(200, "<html>portal</html>"), { type: "passing", status: 200 }],
    ["openai", answer(200, ""), { type: "accepted" }],
    ["custom", answer(204, ""), { type: "accepted" }],
    [
      "openai",
      answer(400, { error: { code: "invalid_request", message: "x" } }),
      { type: "refused", error: "invalid_request" },
    ],
    [
      "anthropic",
      answer(400, { type: "error", error: { type: "invalid_request_error" } }),
      { type: "refused", error: "invalid_request_error" },
    ],
    ["custom", answer(400, { error: "unsupported_token_type" }), { type: "refused", error: "unsupported_token_type" }],
    ["custom", answer(400, { error: "a token! sk-ant-ort01-x" }), { type: "refused", error: "status 400" }],
    ["custom", answer(404, "<html>"), { type: "refused", error: "status 404" }],
    ["custom", answer(503, "", { "retry-after": "2" }), { type: "passing", status: 503, waitMs: 2000 }],
    ["openai", answer(429, { error: "slow_down" }), { type: "passing", status: 429 }],
    ["openai", answer(403, "<html>"), { type: "passing", status: 403 }],
  ] as const)("of %s answered with %j", (provider, reply, wanted) => {
    expect(readRevocation(provider, reply, NOW)).toMatchObject(wanted);
  });
});

test("a device code that nobody typed in time: there is no page to be pasted", () => {
  expect(sayTooLate(10).advice).toContain("paste that page's address");
  expect(sayTooLate(15, false).advice).not.toContain("paste");
});
