/** The other providers on a stage: OpenAI by a strict loopback server, and any RFC 6749 server by oidc-provider. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Oidc, startOidc } from "../support/oauth/oidc.ts";
import { type StrictOpenai, startStrictOpenai } from "../support/oauth/strict-openai.ts";
import { type BareStage, bareStage, oidcIssuer } from "./stage.ts";

export const PRIVATE = { event: { repository: { private: true } } };
export const PUBLIC = { event: { repository: { private: false } } };

export interface OpenaiStage extends BareStage {
  readonly openai: StrictOpenai;
}

/** OpenAI, in a private repository: the runs name their event themselves. */
export async function openaiStage(): Promise<OpenaiStage> {
  const openai = await startStrictOpenai();
  const bare = await bareStage({
    tokenUrl: openai.tokenUrl,
    requests: openai.requests,
    inputs: {},
    takes: async (token) => openai.isAccessTokenAlive(token),
    issued: openai.issued,
    close: openai.close,
  });
  return { ...bare, openai };
}

export interface CustomStage extends BareStage {
  readonly server: Oidc;
}

/** `oidc-provider` as it is, with a client that proves itself in one way only. */
export async function customStage(auth: "client_secret_basic" | "client_secret_post" | "none"): Promise<CustomStage> {
  const client = { id: "ci client/1", ...(auth !== "none" && { secret: "s3cret: /&%+~ with odd=characters" }), auth };
  const server = await startOidc({ client, scopes: ["openid", "offline_access"] });
  const bare = await bareStage(
    oidcIssuer(server, {
      provider: "custom",
      "client-id": client.id,
      ...(client.secret !== undefined && { "client-secret": client.secret }),
    }),
  );
  return { ...bare, server };
}

/** Codex's `auth.json` as a sign-in leaves it. */
export const authJson = (login: ReturnType<StrictOpenai["issue"]>): string =>
  JSON.stringify({
    auth_mode: "chatgpt",
    OPENAI_API_KEY: null,
    tokens: {
      id_token: login.idToken,
      access_token: login.accessToken,
      refresh_token: login.refreshToken,
      account_id: login.accountId,
    },
    last_refresh: new Date().toISOString(),
  });

/** A file of JSON under a home folder, or undefined. */
export function jsonFile(home: string, ...path: readonly string[]): Record<string, any> | undefined {
  const file = join(home, ...path);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Record<string, any>) : undefined;
}
