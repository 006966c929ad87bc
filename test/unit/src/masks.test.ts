import { randomBytes } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sealEnvelope } from "../../../src/credential/envelope.ts";
import { formsOf, maskSecrets } from "../../../src/runner/mask.ts";
import { run } from "../../../src/run.ts";
import { Secret } from "../../../src/secret.ts";
import {
  ACCOUNT,
  anyToken,
  fakeWorld,
  GITHUB,
  HOUR,
  inputEnv,
  newChatGpt,
  newJwt,
  newLogin,
  newOpenaiRefresh,
  newToken,
  NOW,
  pieceOf,
  recorder,
} from "./support.ts";

/** What the runner shows of a text: every mask and every line of one replaced. Its own encoders are left out. */
const shown = (text: string, masks: readonly string[]) =>
  masks
    .flatMap((mask) => [mask, ...mask.split(/[\r\n]/).map((line) => line.trim())])
    .filter((mask) => mask !== "")
    .toSorted((a, b) => b.length - a.length)
    .reduce((rest, mask) => rest.replaceAll(mask, "***"), text);

describe("formsOf", () => {
  const surroundings = fc.tuple(fc.uint8Array({ maxLength: 12 }), fc.uint8Array({ maxLength: 12 }));

  // `~`, `?` and `>` are the signs of ASCII for which base64url differs from base64.
  const odd = fc.string({ unit: fc.constantFrom(..."~?>aZ0_-é"), minLength: 20, maxLength: 60 });

  test("every base64 text with the token inside it loses all but its edges", () => {
    fc.assert(
      fc.property(
        fc.oneof(anyToken, odd),
        surroundings,
        fc.constantFrom("base64" as const, "base64url" as const),
        (token, [before, after], encoding) => {
          const text = Buffer.concat([before, Buffer.from(token), after]).toString(encoding);
          // Where the token's own bits begin and end in it.
          const length = Buffer.byteLength(token);
          const from = Math.floor((before.length * 8) / 6);
          const to = Math.ceil(((before.length + length) * 8) / 6);
          const left = formsOf(token)
            .filter((form) => text.includes(form))
            .map((form) => to - from - form.length);
          expect(Math.min(...left)).toBeLessThan(8);
          const visible = shown(text, formsOf(token)).slice(from);
          expect(pieceOf(text.slice(from, to), visible, 8)).toBeUndefined();
        },
      ),
      { numRuns: 300 },
    );
  });

  test("as it is, in JSON and in an address", () => {
    const text = fc.string({ unit: "grapheme", minLength: 12, maxLength: 40 });
    fc.assert(
      fc.property(fc.oneof(anyToken, text), (token) => {
        const forms = formsOf(token);
        expect(forms).toContain(token);
        expect(shown(JSON.stringify({ token }), forms)).toBe('{"token":"***"}');
        expect(shown(`?token=${encodeURIComponent(token)}&`, forms)).toBe("?token=***&");
      }),
    );
  });

  test("gives nothing shorter than 8 characters", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (value) => {
        for (const form of formsOf(value)) expect(form.length).toBeGreaterThanOrEqual(8);
      }),
    );
  });

  test("an answer's token is masked whatever is in it", () => {
    // JSON may hold half a surrogate pair; a token that fails here has been paid for with the old one.
    expect(() => formsOf(String(JSON.parse('"sk-ant-oat01-abcdefgh\\ud800ijklmnop"')))).not.toThrow();
  });
});

describe("maskSecrets", () => {
  test("teaches each form once, in one go, and nothing for nothing", () => {
    const { runner, recorded } = recorder();
    const token = newToken();
    maskSecrets(runner, [new Secret(token), undefined, new Secret(token)]);
    maskSecrets(runner, [undefined, new Secret("short")]);
    expect(recorded.events).toHaveLength(1);
    expect(recorded.masks).toHaveLength(new Set(recorded.masks).size);
    expect(new Set(recorded.masks)).toEqual(new Set(formsOf(token)));
  });
});

describe("a step", () => {
  const file = {
    mcpOAuth: { "server|abc": { accessToken: randomBytes(20).toString("hex") } },
    claudeAiOauth: {
      accessToken: newToken("oat"),
      refreshToken: newToken("ort"),
      expiresAt: NOW + HOUR,
      refreshTokenExpiresAt: NOW + 9 * HOUR,
      scopes: ["user:file_upload", "user:inference", "user:mcp_servers", "user:sessions:claude_code"],
      subscriptionType: "max",
    },
  };
  const seen = async (credential: string, settings: Record<string, string> = {}) => {
    const env = { ...GITHUB, ...inputEnv({ credential, targets: "none", refresh: "never", ...settings }) };
    const world = fakeWorld({ env });
    await run(world);
    return world.recorded;
  };
  const { accessToken, refreshToken } = file.claudeAiOauth;
  const neighbour = file.mcpOAuth["server|abc"].accessToken;

  test.each<[string, string]>([
    ["pretty-printed", JSON.stringify(file, null, 2)],
    ["with tabs and CRLF", JSON.stringify(file, null, "\t").replaceAll("\n", "\r\n")],
    ["on one line", JSON.stringify(file)],
  ])("with a file, %s: its tokens are masked, its braces and names are not", async (_, text) => {
    const { masks } = await seen(text);
    const plain = JSON.stringify(file, (_key, value: unknown) => (typeof value === "string" ? "?" : value), 2);
    expect(shown(plain, masks)).toBe(plain);
    expect(masks).toEqual(expect.arrayContaining([accessToken, refreshToken, neighbour]));
    const hidden = shown(text, masks);
    for (const token of [accessToken, refreshToken, neighbour]) expect(pieceOf(token, hidden)).toBeUndefined();
  });

  test.each([2, 4, "\t"])("with a file in base64 (indent %j): its own tokens as well", async (indent) => {
    const { masks } = await seen(Buffer.from(JSON.stringify(file, null, indent)).toString("base64"));
    expect(masks).toEqual(expect.arrayContaining([accessToken, refreshToken]));
    expect(masks.filter((mask) => mask.length < 8 || /[{}\s]/.test(mask))).toEqual([]);
  });

  test("with an envelope: its text, its tokens and the predecessor", async () => {
    const login = newLogin({ predecessor: new Secret(newToken("ort")) });
    const text = sealEnvelope(login, undefined);
    const { masks } = await seen(text);
    for (const secret of [login.access, login.refresh, login.predecessor]) expect(masks).toContain(secret?.reveal());
    expect(pieceOf(text, shown(text, masks))).toBeUndefined();
  });

  test.each([
    ["as it is", (text: string) => text],
    ["in base64", (text: string) => Buffer.from(text).toString("base64")],
  ])("with Codex's file, %s: all three of its tokens", async (_, wrap) => {
    const [access, refresh, id] = [newJwt(), newOpenaiRefresh(), newJwt()];
    const tokens = { id_token: id, access_token: access, refresh_token: refresh, account_id: ACCOUNT };
    const text = wrap(JSON.stringify({ OPENAI_API_KEY: null, tokens }, null, 2));
    const { masks } = await seen(text, { "allow-public-repository": "true" });
    expect(masks).toEqual(expect.arrayContaining([access, refresh, id]));
    expect(masks.filter((mask) => mask.length < 8 || /[{}\s]/.test(mask))).toEqual([]);
  });

  test("with an envelope of a ChatGPT login: its identity as well", async () => {
    const login = newChatGpt();
    const { masks } = await seen(sealEnvelope(login, undefined), { "allow-public-repository": "true" });
    for (const secret of [login.access, login.refresh, login.idToken]) expect(masks).toContain(secret?.reveal());
  });

  test("with the answer of another server: its tokens, whatever their look", async () => {
    const own = { provider: "custom", "token-url": "https://login.example/t", "client-id": "c", targets: "output" };
    const [access, refresh] = ["ya29.a0-ABCDEFGHIJKLMNOP", "1//0gABCDEFGHIJKLMNOPQ"];
    for (const text of [refresh, JSON.stringify({ access_token: access, refresh_token: refresh })]) {
      const { masks } = await seen(text, own);
      expect(masks).toEqual(expect.arrayContaining(text === refresh ? [refresh] : [access, refresh]));
    }
  });

  test("with a token that has line breaks inside: as it was pasted, and as it is", async () => {
    const token = newToken();
    const pasted = `${token.slice(0, 60)}\n${token.slice(60)}`;
    const { masks } = await seen(pasted);
    expect(masks).toContain(token);
    expect(pieceOf(token, shown(pasted, masks), 20)).toBeUndefined();
  });

  test("with tokens of any look: whole, wherever they stood", async () => {
    const look = fc.string({ unit: fc.constantFrom(..."abcXYZ012-_.~+/=:,"), minLength: 12, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(look, look, fc.boolean(), async (access, refresh, base64) => {
        const text = JSON.stringify({ claudeAiOauth: { accessToken: access, refreshToken: refresh } });
        const { masks } = await seen(base64 ? Buffer.from(text).toString("base64") : text);
        expect(masks).toEqual(expect.arrayContaining([access, refresh]));
      }),
      { numRuns: 60 },
    );
  });

  test("masks the other secrets of its settings, whatever they look like", async () => {
    for (const token of [
      `github_pat_${randomBytes(30).toString("hex")}`,
      "abcdefghijklmnopqrstuvwxyzabcdef",
      "0123456789abcde",
    ]) {
      const { masks } = await seen(newToken(), { "rotate-to": "A", "secrets-token": token });
      expect(masks).toContain(token);
      expect((await seen(newToken(), { "fallback-api-key": token })).masks).toContain(token);
      // Also beside settings that are wrong.
      expect((await seen(newToken(), { "client-secret": token })).masks).toContain(token);
    }
  });

  test.each([
    ["https://ci:PW@git.example/l.git"],
    ["https://PW@git.example/l.git"],
    ["https://PW:x-oauth-basic@git.example/l.git"],
    ["https://PW:@git.example/l.git"],
    ["ssh://git:PW@git.example/l.git"],
    ["git+ssh://git:PW@git.example/l.git"],
  ])("masks the password in the ledger's address, as written and decoded: %s", async (address) => {
    const word = randomBytes(12).toString("hex");
    const settings = { "ledger-key": "none yet", "ledger-repository": address.replace("PW", `${word}%40%3A${word}`) };
    const { masks, events } = await seen("", { ...settings, ledger: "git-push", provider: "anthropic" });
    expect(masks).toEqual(expect.arrayContaining([`${word}%40%3A${word}`, `${word}@:${word}`]));
    const kinds = events.map(({ kind }) => kind);
    expect(kinds.lastIndexOf("mask")).toBeLessThan(kinds.indexOf("error"));
    expect(masks.filter((mask) => /git$|example/.test(mask))).toEqual([]);
  });

  test("masks no name of a user that anybody may know", async () => {
    const word = randomBytes(12).toString("hex");
    for (const [address, name] of [
      [`https://gitlab-ci-token:${word}@git.example/l.git`, "gitlab-ci-token"],
      ["ssh://git-of-somebody@git.example/l.git", "git-of-somebody"],
      ["git-of-somebody@git.example:l.git", "git-of-somebody"],
      ["https://git.example/l.git@somebody-1234567890", "somebody-1234567890"],
    ] as const) {
      const { masks } = await seen(newToken(), { "ledger-key": "none yet", "ledger-repository": address });
      expect(masks.filter((mask) => mask.includes(name))).toEqual([]);
    }
  });

  test("masks even what is not recognised, and what stands beside wrong settings", async () => {
    const stranger = `sk-ant-api03-${randomBytes(30).toString("hex")}`;
    expect((await seen(stranger)).masks).toContain(stranger);
    expect((await seen(stranger, { timeout: "soon" })).masks).toContain(stranger);
  });

  test("masks before it says anything", async () => {
    const { events } = await seen(`"${newToken()}"`);
    const kinds = events.map(({ kind }) => kind);
    expect(kinds.lastIndexOf("mask")).toBeLessThan(kinds.findIndex((kind) => kind !== "mask"));
    expect(kinds).toContain("notice");
  });
});
