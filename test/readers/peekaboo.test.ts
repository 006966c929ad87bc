/**
 * What the action writes for Peekaboo, read by Peekaboo's parsers as they are re-stated from its Swift sources
 * (test/support/peekaboo): the program itself runs on macOS alone. docs/peekaboo.md says what this leaves unproved.
 */
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { inventChatGptToken } from "../support/peekaboo/files.ts";
import { keysBySubstring, peekabooSaves, tachikomaStore } from "../support/peekaboo/parsers.ts";
import { BEARER, type Provider, STRICT } from "../support/peekaboo/wire.ts";
import { type ActionStep, type RanAction, runAction } from "./action.ts";
import { inventAccessToken, inventRefreshToken } from "./anthropic-services.ts";
import { inventOpenaiRefreshToken } from "./openai-services.ts";
import { type Claim, type Proof, proves } from "./proof.ts";

const HOUR_MS = 3_600_000;
const ACCOUNT = "0c1d-invented-account";

describe.each([BEARER, STRICT])("Peekaboo, as of $name", (release) => {
  let home: string;
  let claude: { access: string; refresh: string };
  let chatGpt: { access: string; refresh: string };

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "readers-home-"));
    claude = { access: inventAccessToken(), refresh: inventRefreshToken() };
    chatGpt = {
      access: inventChatGptToken(ACCOUNT, Date.now() + 8 * HOUR_MS),
      refresh: inventOpenaiRefreshToken(),
    };
  });

  const jobs: RanAction[] = [];
  afterEach(async () => {
    for (const job of jobs.splice(0)) job.remove();
    await rm(home, { recursive: true, force: true });
  });

  /** Runs the built action; no login is near its end, so it asks nobody for anything. */
  const act = async ({ inputs, ...step }: Omit<ActionStep, "home">): Promise<RanAction> => {
    const given = { targets: "peekaboo", refresh: "never", "allow-public-repository": "true", ...inputs };
    const ran = await runAction({ home, inputs: given, ...step });
    jobs.push(ran);
    return ran;
  };

  const proof = (provider: Provider, ...claims: Claim[]): Proof => ({
    target: "peekaboo",
    provider,
    program: "Peekaboo (parsers re-stated)",
    version: release.name,
    claims,
    how: "Not the program: its parsers and its choice of a credential, re-stated from the Swift sources that docs/peekaboo.md names",
  });

  const file = (): string => join(home, ".peekaboo", "credentials");
  const text = (path = file()): Promise<string> => readFile(path, "utf8");
  const put = async (content: string): Promise<void> => {
    await mkdir(dirname(file()), { recursive: true, mode: 0o700 });
    await writeFile(file(), content, { mode: 0o600 });
  };

  const claudeLogin = (): string =>
    JSON.stringify({
      claudeAiOauth: {
        accessToken: claude.access,
        refreshToken: claude.refresh,
        expiresAt: Date.now() + 8 * HOUR_MS,
        scopes: ["user:inference", "user:profile"],
      },
    });

  const codexLogin = (): string =>
    JSON.stringify({
      auth_mode: "chatgpt",
      OPENAI_API_KEY: null,
      tokens: {
        id_token: inventChatGptToken(ACCOUNT),
        access_token: chatGpt.access,
        refresh_token: chatGpt.refresh,
        account_id: ACCOUNT,
      },
      last_refresh: new Date().toISOString(),
    });

  const sends = async (provider: Provider, later = 0) =>
    release.sends(provider, { text: await text(), env: {}, config: {}, now: Date.now() + later });

  it("sends the access token of a Claude login, as Bearer", async (context) => {
    proves(context, proof("anthropic", "reads"));
    await act({ credential: claudeLogin() });

    expect(await sends("anthropic")).toEqual({
      how: "Authorization: Bearer",
      secret: claude.access,
      beta: expect.arrayContaining(["oauth-2025-04-20"]),
    });
    expect(keysBySubstring(await text()).get("anthropic")).toBe(claude.access);
    expect((await stat(file())).mode & 0o777).toBe(0o600);
    expect((await stat(dirname(file()))).mode & 0o777).toBe(0o700);
  });

  it("sends a setup token, whose end it is not told", async () => {
    await act({ credential: claude.access });

    expect(await sends("anthropic", 24 * HOUR_MS)).toMatchObject({ secret: claude.access });
  });

  it("sends the access token of a ChatGPT login, for its account", async (context) => {
    proves(context, proof("openai", "reads"));
    await act({ credential: codexLogin() });

    expect(await sends("openai")).toEqual({ how: "Authorization: Bearer", secret: chatGpt.access, account: ACCOUNT });
  });

  it("finds no refresh token, and asks no token endpoint for one, ended or not", async (context) => {
    proves(context, proof("anthropic", "no-refresh"), proof("openai", "no-refresh"));
    await put(`OPENAI_REFRESH_TOKEN=${inventOpenaiRefreshToken()}\nANTHROPIC_REFRESH_TOKEN=${inventRefreshToken()}\n`);
    await act({ credential: claudeLogin() });
    await act({ credential: codexLogin() });

    expect(await text()).not.toContain("REFRESH");
    for (const provider of ["anthropic", "openai"] as const) {
      expect(await sends(provider)).toMatchObject({ how: "Authorization: Bearer" });
      for (const later of [8 * HOUR_MS - 30_000, 9 * HOUR_MS]) expect(await sends(provider, later)).not.toBe("refresh");
    }
    expect(await sends("openai", 9 * HOUR_MS)).toBeUndefined();
  });

  it("finds the rest of a person's file as it was, and the whole of it after the job", async (context) => {
    proves(context, proof("anthropic", "keeps"));
    const before = [
      "# mine",
      "GEMINI_API_KEY=someone",
      `ANTHROPIC_ACCESS_TOKEN=${inventAccessToken()}`,
      `ANTHROPIC_REFRESH_TOKEN=${inventRefreshToken()}`,
      "",
      `OPENAI_REFRESH_TOKEN=${chatGpt.refresh}`,
      "MY_CLAUDE_NOTE=kept", // without a line end
    ].join("\n");
    await put(before);

    const job = await act({ credential: claudeLogin() });
    const during = await text();
    expect(during).toMatch(
      /^# mine\nGEMINI_API_KEY=someone\n\nOPENAI_REFRESH_TOKEN=\S+\nMY_CLAUDE_NOTE=kept\nANTHROPIC_/,
    );
    expect(tachikomaStore(during).get("OPENAI_REFRESH_TOKEN")).toBe(chatGpt.refresh);
    expect(await sends("anthropic")).toMatchObject({ secret: claude.access });

    await job.post();
    expect(await text()).toBe(before);
  });

  it("keeps what Peekaboo itself writes meanwhile, and puts a person's own login back", async (context) => {
    proves(context, proof("anthropic", "keeps"));
    const own = { ANTHROPIC_ACCESS_TOKEN: inventAccessToken(), ANTHROPIC_REFRESH_TOKEN: inventRefreshToken() };
    await put(peekabooSaves("", own));

    const job = await act({ credential: claudeLogin() });
    await put(peekabooSaves(await text(), { GEMINI_API_KEY: "added" }));
    await job.post();

    expect(Object.fromEntries(tachikomaStore(await text()))).toEqual({ ...own, GEMINI_API_KEY: "added" });
  });

  it("finds nothing after a job that began without a file", async () => {
    const job = await act({ credential: claudeLogin() });
    await job.post();
    await expect(stat(dirname(file()))).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("is found in PEEKABOO_CONFIG_DIR", async () => {
    const folder = join(home, "elsewhere");
    await act({ credential: claudeLogin(), env: { PEEKABOO_CONFIG_DIR: folder } });
    expect(tachikomaStore(await text(join(folder, "credentials"))).get("ANTHROPIC_ACCESS_TOKEN")).toBe(claude.access);
    await expect(stat(file())).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("prefers an API key, of which the step has warned", async () => {
    await put("ANTHROPIC_API_KEY=someone\n");
    const { main } = await act({ credential: claudeLogin() });

    expect(await sends("anthropic")).toEqual({ how: "x-api-key", secret: "someone" });
    expect(main.annotations.map(({ message }) => message)).toContainEqual(
      expect.stringContaining(`${file()} has a line ANTHROPIC_API_KEY`),
    );
  });

  it("gives back its own file: stored as a credential, it is a login that can be renewed", async () => {
    const credential = peekabooSaves("", {
      ANTHROPIC_ACCESS_EXPIRES: String(Math.floor(Date.now() / 1000) + 8 * 3600),
      ANTHROPIC_ACCESS_TOKEN: claude.access,
      ANTHROPIC_REFRESH_TOKEN: claude.refresh,
    });
    const { main } = await act({ credential });

    expect(main.outputs).toMatchObject({ provider: "anthropic", kind: "login" });
    expect(await sends("anthropic")).toMatchObject({ secret: claude.access });
    expect(await text()).not.toContain(claude.refresh);
  });
});
