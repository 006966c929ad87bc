/** The main job with the other providers. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { OPENAI_ROWS } from "../support/oauth/openai-rows.ts";
import type { RowClass } from "../support/oauth/rows.ts";
import { authJson, customStage, jsonFile, openaiStage, PRIVATE, PUBLIC } from "./issuers.ts";
import { type BareStage, envelopeOf, SECRET } from "./stage.ts";

const closing: BareStage[] = [];
afterEach(async () => {
  for (const here of closing.splice(0)) await here.close();
});
async function opened<T extends BareStage>(here: Promise<T>): Promise<T> {
  closing.push(await here);
  return here;
}

describe("OpenAI", () => {
  test("a pasted auth.json is renewed, stored, written for Codex; the next job needs no network", async () => {
    const here = await opened(openaiStage());
    const login = here.openai.issue();
    here.paste(authJson(login));

    let during: Record<string, any> | undefined;
    const looking = (main: { outputs: Record<string, string> }) => {
      const [path] = JSON.parse(main.outputs["files"] ?? "[]") as string[];
      during = path === undefined ? undefined : jsonFile(path);
    };
    const first = await here.run({ inputs: { refresh: "always" }, job: PRIVATE, step: { between: looking } });
    expect(first.main.outputs).toMatchObject({ provider: "openai", kind: "login", refreshed: "true", rotated: "true" });
    expect(here.openai.deviations).toEqual([]);
    expect(here.openai.isRefreshTokenAlive(login.refreshToken)).toBe(false);
    const { credential } = envelopeOf(here.secret());
    const { accountId, plan } = login;
    expect(credential).toMatchObject({ provider: "openai", generation: 1, accountId, plan });
    expect(here.openai.isRefreshTokenAlive(credential.refresh?.reveal() ?? "")).toBe(true);
    expect(during).toMatchObject({
      OPENAI_API_KEY: null,
      tokens: { access_token: credential.access?.reveal(), refresh_token: "", account_id: accountId },
    });
    expect(jsonFile(first.home, ".codex", "auth.json")).toBeUndefined();

    const asked = here.openai.requests.length + here.github.requests.length;
    const second = await here.run({ job: PRIVATE, step: { between: looking } });
    expect(here.openai.requests.length + here.github.requests.length, "calls of the second job").toBe(asked);
    expect(second.main.outputs).toMatchObject({ source: "secret", generation: "1" });
    expect(during?.["tokens"].access_token).toBe(credential.access?.reveal());
  });

  test("what Codex renews in a file that it was given whole is taken over by post", async () => {
    const here = await opened(openaiStage());
    const login = here.openai.issue();
    here.paste(authJson(login));
    const run = await here.run({
      job: PRIVATE,
      inputs: { "write-refresh-token": "true" },
      step: {
        between: async (main) => {
          const [path] = JSON.parse(main.outputs["files"] ?? "[]") as [string];
          const file = jsonFile(path) as Record<string, any>;
          expect(file["tokens"].refresh_token).toBe(login.refreshToken);
          const answer = await fetch(here.openai.tokenUrl, {
            method: "POST",
            headers: { "content-type": "application/json", "user-agent": "a program of the job" },
            body: JSON.stringify({
              client_id: "app_EMoamEEZ73f0CkXaXp7hrann",
              grant_type: "refresh_token",
              refresh_token: login.refreshToken,
            }),
          });
          const { access_token, refresh_token, id_token } = (await answer.json()) as Record<string, string>;
          file["tokens"] = { ...file["tokens"], access_token, refresh_token, id_token };
          writeFileSync(path, JSON.stringify(file));
        },
      },
    });
    expect(run.post.log).toMatch(/renewed is now stored/);
    const { credential } = envelopeOf(here.secret());
    expect(here.openai.isRefreshTokenAlive(credential.refresh?.reveal() ?? "")).toBe(true);
    expect(credential.predecessor?.reveal()).toBe(login.refreshToken);
  });

  test("what Clawdbot renews of that file, and keeps in its own, is taken over by post", async () => {
    const here = await opened(openaiStage());
    const login = here.openai.issue();
    here.paste(authJson(login));
    const run = await here.run({
      job: PRIVATE,
      inputs: { "write-refresh-token": "true" },
      step: {
        between: async (main) => {
          const [path] = JSON.parse(main.outputs["files"] ?? "[]") as [string];
          const renewed = await fetch(here.openai.tokenUrl, {
            method: "POST",
            headers: { "content-type": "application/json", "user-agent": "a program of the job" },
            body: JSON.stringify({
              client_id: "app_EMoamEEZ73f0CkXaXp7hrann",
              grant_type: "refresh_token",
              refresh_token: login.refreshToken,
            }),
          });
          const { access_token: access, refresh_token: refresh } = (await renewed.json()) as Record<string, string>;
          const profile = { type: "oauth", provider: "openai-codex", access, refresh, expires: Date.now() + 3_600_000 };
          const folder = join(path, "../../.clawdbot/agents/main/agent");
          mkdirSync(folder, { recursive: true });
          const profiles = { "openai-codex:codex-cli": profile };
          writeFileSync(join(folder, "auth-profiles.json"), JSON.stringify({ version: 1, profiles }));
        },
      },
    });
    expect(run.post.log).toMatch(/renewed is now stored/);
    const { credential } = envelopeOf(here.secret());
    expect(here.openai.isRefreshTokenAlive(credential.refresh?.reveal() ?? "")).toBe(true);
    expect(credential.predecessor?.reveal()).toBe(login.refreshToken);
  });

  describe("in a public repository", () => {
    test("nothing is sent, and it is said why", async () => {
      const here = await opened(openaiStage());
      here.paste(authJson(here.openai.issue()));
      const { main } = await here.run({ inputs: { refresh: "always" }, job: PUBLIC });
      expect(main.annotations.at(-1)?.message).toMatch(/octo\/demo is public.*\[public-repository\]/);
      expect([here.openai.requests, here.github.requests]).toEqual([[], []]);
    });

    test("unless the user answers for it", async () => {
      const here = await opened(openaiStage());
      here.paste(authJson(here.openai.issue()));
      const { main } = await here.run({ inputs: { "allow-public-repository": "true" }, job: PUBLIC });
      expect(main.outputs["available"]).toBe("true");
    });
  });

  const CODES: Record<Exclude<RowClass, "refreshed">, RegExp> = {
    refused: /\[login-(refused|ended)\]/,
    "account-attention": /\[account-attention\]/,
    mistake: /the login is as it was.*\[request-rejected\]/,
    throttled: /The login is as it was.*\[throttled\]/,
    ambiguous: /(no clear answer.*\[answer-unclear\]|\[login-lost-in-flight\])/,
  };
  test.concurrent.each(OPENAI_ROWS.map((row) => [row.id, row] as const))("%s", async (_, row) => {
    const here = await openaiStage();
    try {
      const login = here.openai.issue();
      const pasted = authJson(login);
      here.paste(pasted);
      here.openai.play(row);
      const { main } = await here.run({ inputs: { refresh: "always" }, job: PRIVATE, step: { timeoutMs: 60_000 } });
      expect(here.openai.deviations, "differences from the known request").toEqual([]);
      const message = main.annotations.at(-1)?.message ?? "";
      if (row.class === "refreshed") {
        expect(here.github.history(SECRET), "what is stored").toHaveLength(2);
      } else if (main.exitCode === 0) {
        expect(row.class, "turned away for a moment, and then served").toBe("throttled");
        expect(main.outputs["rotated"]).toBe("true");
      } else {
        expect(message).toMatch(CODES[row.class]);
        expect(here.secret(), "what is stored").toBe(pasted);
        if (row.consumed === "no") expect(here.openai.isRefreshTokenAlive(login.refreshToken)).toBe(true);
      }
    } finally {
      await here.close();
    }
  });
});

describe("any other server by RFC 6749", () => {
  test.each(["client_secret_basic", "client_secret_post", "none"] as const)(
    "%s: renewed, stored, and renewed again",
    async (auth) => {
      const here = await opened(customStage(auth));
      const login = await here.server.issue();
      here.paste(login.refreshToken, [login.refreshToken, login.accessToken]);
      const targets = { targets: "output" };
      const first = await here.run({ inputs: targets });
      expect(first.main.outputs).toMatchObject({ provider: "custom", kind: "login", rotated: "true" });
      // A server that does not take HTTP Basic is asked once more; what it takes is remembered.
      expect(here.server.requests).toHaveLength(auth === "client_secret_post" ? 2 : 1);
      const before = here.server.requests.length;
      const second = await here.run({ inputs: { ...targets, refresh: "always" } });
      expect(second.main.outputs).toMatchObject({ generation: "2", rotated: "true" });
      expect(here.server.requests).toHaveLength(before + 1);
      expect(await here.loginIsAlive()).toBe(true);
      expect(await here.server.isRefreshTokenAlive(login.refreshToken)).toBe(false);
    },
  );

  test("a spent token is refused, and called so", async () => {
    const here = await opened(customStage("client_secret_basic"));
    const login = await here.server.issue();
    here.paste(login.refreshToken, [login.refreshToken]);
    await here.run({ inputs: { targets: "none" } });
    here.paste(login.refreshToken, [login.refreshToken]);
    const { main } = await here.run({ inputs: { targets: "none" } });
    expect(main.annotations.at(-1)?.message).toMatch(/\[login-refused\]/);
  });

  test("without a target of its own it is told what to name", async () => {
    const here = await opened(customStage("none"));
    const login = await here.server.issue();
    here.paste(login.refreshToken, [login.refreshToken]);
    const { main } = await here.run();
    expect(main.annotations.at(-1)?.message).toMatch(/env:NAME.*\[input-invalid\]/);
    expect(here.server.requests).toEqual([]);
  });
});

test("a home folder of the runner holds nothing afterwards", async () => {
  const here = await opened(openaiStage());
  here.paste(authJson(here.openai.issue()));
  const run = await here.run({ job: PRIVATE });
  expect(jsonFile(join(run.home, ".codex"), "auth.json")).toBeUndefined();
});
