import { EMPTY } from "../credential/credential.ts";
import { parseObject } from "../json.ts";
import { claude } from "../targets/claude.ts";
import type { Ended } from "../world/programs.ts";
import type { World } from "../world/world.ts";
import { type OfficialProgram, sent } from "./program.ts";
import type { Sent } from "./send.ts";

const { join } = process.getBuiltinModule("node:path");

/** What Claude Code itself asks for when it renews a full login. */
const LOGIN_SCOPES =
  "user:profile user:inference user:sessions:claude_code user:mcp_servers user:file_upload user:plugins";

/**
 * `claude auth login` takes a refresh token from its environment, exchanges it once, and stores what it got
 * as after a sign-in. The exchange waits for 30 s at most.
 */
export const claudeProgram: OfficialProgram = {
  name: "Claude Code",
  command: "claude",
  npm: "@anthropic-ai/claude-code",
  target: claude,

  prepare(world, home, credential) {
    const folder = join(home, ".claude");
    const { refresh, scopes, clientId } = credential;
    return {
      args: ["auth", "login"],
      env: {
        CLAUDE_CONFIG_DIR: folder,
        CLAUDE_CODE_OAUTH_REFRESH_TOKEN: refresh?.reveal() ?? "",
        CLAUDE_CODE_OAUTH_SCOPES: scopes?.join(" ") ?? LOGIN_SCOPES,
        ...(clientId !== undefined && { CLAUDE_CODE_OAUTH_CLIENT_ID: clientId }),
        DISABLE_AUTOUPDATER: "1",
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      },
      file: join(folder, ".credentials.json"),
      put: { ...EMPTY, kind: "login", refresh },
      stopEarly: false, // it ends by itself, and asks the model nothing
      explain: (ended) => sent(knowsAccount(world, folder) ? thrownAway : understand(ended)),
    };
  },
};

/** It stores no tokens without an end, or without the scope that it needs. */
const thrownAway: Sent["outcome"] = {
  type: "ambiguous",
  reason: "Claude Code got an answer, and threw the tokens away as not usable for it",
};

/**
 * Whether the exchange has succeeded, whatever the program said afterwards: its later requests fail with the same
 * words. Only then it has learnt whose login it is, or begun to store it.
 */
function knowsAccount(world: World, folder: string): boolean {
  if (world.files.exists(join(folder, ".credentials.json"))) return true;
  const settings = parseObject(world.files.read(join(folder, ".claude.json")) ?? "");
  return settings?.["oauthAccount"] !== undefined;
}

/**
 * Of the answer it tells the status alone. With 400 and 401 come a token that is spent and a login that is over, but
 * also an account on hold, scopes that the login does not have, and an API error that Claude Code itself outlives.
 */
function understand({ status, stderr }: Ended): Sent["outcome"] {
  const code = Number(/\bstatus code (\d{3})\b/.exec(stderr)?.[1] ?? 0);
  if (code === 400 || code === 401) return { type: "not-taken", program: "Claude Code" };
  if (code === 403 || code === 404 || code === 429) return { type: "throttled", status: code, retryAfterMs: undefined };
  if (code > 0) return { type: "ambiguous", reason: `status ${code}` };
  // The connection did not come to stand: no name, no answer to the first packet, or not the right certificate.
  const unconnected = /\b(?:getaddrinfo|connect) (E[A-Z_]{1,20})\b|SSL certificate error \(([A-Z_]{1,40})\)/.exec(
    stderr,
  );
  if (unconnected) return { type: "not-sent", reason: unconnected[1] ?? unconnected[2] ?? "no connection" };
  const how = status === undefined ? "was stopped for want of time" : `ended with ${status}`;
  return { type: "ambiguous", reason: `Claude Code ${how} and stored no login` };
}
