import type { Credential } from "../credential/credential.ts";
import { Secret } from "../secret.ts";
import { codex } from "../targets/codex.ts";
import type { Ended } from "../world/programs.ts";
import type { NotTaken, Outcome } from "./outcome.ts";
import { type OfficialProgram, sent } from "./program.ts";
import type { Sent } from "./send.ts";

const { join } = process.getBuiltinModule("node:path");

/** Long past, for the end of the access token, and for the last refresh where a release goes by that. */
const LONG_AGO = Date.UTC(2020, 0, 1);

/**
 * Codex has no command that only refreshes: `codex exec` does it before its first request, if the access token
 * has ended. So it gets one of our making that has, and is stopped as soon as it has stored another.
 */
export const codexProgram: OfficialProgram = {
  name: "Codex",
  command: "codex",
  npm: "@openai/codex",
  target: codex,

  prepare(world, home, credential) {
    const folder = join(home, ".codex");
    const ended = endedToken(credential.accountId);
    const put: Credential = { ...credential, access: ended, idToken: credential.idToken ?? ended };
    const file = join(folder, "auth.json");
    const section = codex.write(put, { full: true, now: LONG_AGO });
    const doc = codex.set(codex.parse("") ?? {}, { provider: "openai", account: "default" }, section);
    world.files.makeFolder(folder);
    world.files.openNew(file).commit(codex.print(doc));
    world.files.openNew(join(folder, "config.toml")).commit(CONFIG);
    return {
      args: ["exec", "--skip-git-repo-check", "--sandbox", "read-only", "Reply with the word ok."],
      env: { CODEX_HOME: folder, RUST_LOG: "error,reqwest::connect=debug,hyper_util::client::legacy::connect=debug" },
      file,
      put,
      stopEarly: true,
      hopeless: ({ stderr }) => isRefused(stderr) || isUnconnected(stderr),
      explain: understand,
    };
  },
};

/**
 * The model's address is none: a request to it fails before there is a connection, so that nothing is asked of the
 * model, and an attempt that came to nothing ends in a second. (To an address that does not answer Codex would come
 * back without end, and try the refresh again each time.)
 */
const CONFIG = `cli_auth_credentials_store = "file"
check_for_update_on_startup = false
chatgpt_base_url = "unused:"
model_provider = "unused"

[model_providers.unused]
name = "unused"
base_url = "unused:"
wire_api = "responses"
requires_openai_auth = true
supports_websockets = false
request_max_retries = 0
stream_max_retries = 0

[analytics]
enabled = false

[history]
persistence = "none"
`;

/** A JWT that nobody has signed. It opens nothing, wherever it may be sent. */
function endedToken(accountId: string | undefined): Secret {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = { exp: LONG_AGO / 1000, "https://api.openai.com/auth": { chatgpt_account_id: accountId } };
  return new Secret(`${part({ alg: "none", typ: "JWT" })}.${part(claims)}.${part({})}`);
}

/** Its own words for a refresh token that is good for nothing any more. */
const REFUSALS: readonly [RegExp, Extract<Outcome, { type: "refused" }>["why"]][] = [
  [/refresh token was already used/, "spent"],
  [/refresh token has expired/, "login-ended"],
  [/refresh token was revoked/, "revoked"],
  [/"invalid_grant"/, "spent-or-revoked"],
];

/** What it says of every other 401, whatever stood in it (and in newer releases of `invalid_grant`). */
const UNEXPLAINED = /could not be refreshed\. /;

/** One line for each attempt, the first with the status and, in some releases, the body. */
const attempts = (stderr: string): string[] =>
  stderr.split("\n").filter((line) => line.includes("Failed to refresh token: "));

const refusal = (attempt: string) => REFUSALS.find(([words]) => words.test(attempt))?.[1];

const isRefused = (stderr: string): boolean =>
  attempts(stderr).some((attempt) => refusal(attempt) ?? UNEXPLAINED.test(attempt));

/** Its log tells each connection: one was tried, and none came to stand. */
const isUnconnected = (stderr: string): boolean =>
  attempts(stderr).length > 0 && stderr.includes("starting new connection") && !stderr.includes(" connected to ");

/**
 * Codex tries several times with the same token, so the clearest of the answers counts: a refusal, with its reason or
 * without; else what was unclear, for that one may have been spent; else what certainly left it as it was.
 */
function understand({ status, stderr }: Ended): Sent {
  if (isUnconnected(stderr)) return sent({ type: "not-sent", reason: "no connection" });
  let unclear: Outcome | undefined;
  let throttled: Outcome | undefined;
  let notTaken: { outcome: NotTaken; unclearBefore: boolean } | undefined;
  for (const attempt of attempts(stderr)) {
    const why = refusal(attempt);
    if (why) return { outcome: { type: "refused", why }, unclearBefore: unclear !== undefined };
    if (UNEXPLAINED.test(attempt)) {
      notTaken ??= { outcome: { type: "not-taken", program: "Codex" }, unclearBefore: unclear !== undefined };
      continue;
    }
    const code = Number(/Failed to refresh token: (\d{3})\b/.exec(attempt)?.[1] ?? 0);
    if (code === 403 || code === 404 || code === 429) {
      throttled = { type: "throttled", status: code, retryAfterMs: undefined };
    } else if (code !== 401) {
      // A 401 is followed by its reason in words.
      unclear = { type: "ambiguous", reason: code > 0 ? `status ${code}` : "connection failed" };
    }
  }
  if (notTaken) return notTaken;
  if (status === undefined) unclear = { type: "ambiguous", reason: "Codex was stopped for want of time" };
  return sent(unclear ?? throttled ?? { type: "ambiguous", reason: `Codex ended with ${status} and stored no login` });
}
