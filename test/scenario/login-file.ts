/** Claude's own file, as a person pastes it and as a job finds it, and the tokens in a secret. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { SignIn } from "../support/oauth/oidc.ts";

/** The secret of every scenario. */
export const SECRET = "CLAUDE_LOGIN";
const HOUR = 3_600_000;

export interface ClaudeFile {
  readonly mode: string;
  readonly json: Record<string, Record<string, unknown>>;
}

/** `.credentials.json` as Claude Code writes it. */
export function claudeFileOf(login: SignIn, expiresAt: number, more: object = {}): string {
  return JSON.stringify({
    claudeAiOauth: {
      accessToken: login.accessToken,
      refreshToken: login.refreshToken,
      expiresAt,
      refreshTokenExpiresAt: Date.now() + 25 * 24 * HOUR,
      scopes: login.scope.split(" "),
      subscriptionType: "max",
      rateLimitTier: "default_claude_max_5x",
      ...more,
    },
  });
}

/** Every token in a secret's value, whatever its form. */
export function tokensIn(value: string): string[] {
  if (!value.startsWith("oc1.")) return value.match(LOOKS) ?? [];
  const fields = JSON.parse(Buffer.from(value.slice(4), "base64url").toString()) as Record<string, unknown>;
  return ["access", "refresh", "predecessor", "idToken"].flatMap((name) => (fields[name] as string | undefined) ?? []);
}

/** Claude's, OpenAI's, and JSON Web Tokens. */
const LOOKS = /sk-ant-o[ar]t01-[\w-]+|rt_[\w.-]{20,}|eyJ[\w-]+\.[\w-]+\.[\w-]*/g;

/** Claude's file in a home folder: its mode and its content, or undefined. */
export function claudeFile(home: string): ClaudeFile | undefined {
  const path = join(home, ".claude", ".credentials.json");
  if (!existsSync(path)) return undefined;
  return {
    mode: (statSync(path).mode & 0o777).toString(8),
    json: JSON.parse(readFileSync(path, "utf8")) as Record<string, Record<string, unknown>>,
  };
}
