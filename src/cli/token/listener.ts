import { Failure } from "../../errors.ts";
import { isCi } from "../../world/ci.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** What reads our stdout. */
export interface Listener {
  readonly terminal: boolean;
  /** What stderr goes to as well: in a CI, the log. */
  readonly log: boolean;
}

export function listener(): Listener {
  const { fstatSync } = process.getBuiltinModule("node:fs");
  const { isatty } = process.getBuiltinModule("node:tty");
  try {
    const [out, err] = [fstatSync(1), fstatSync(2)];
    // /dev/null is the same for both, and reads nothing. Windows has no numbers for pipes.
    const shared = out.ino !== 0 && out.ino === err.ino && out.dev === err.dev && !out.isCharacterDevice();
    return { terminal: isatty(1), log: shared };
  } catch {
    return { terminal: false, log: false }; // closed
  }
}

const ADVICE =
  'Let a variable take it: `TOKEN="$(oauth-creds token)"`; or pipe it: `oauth-creds token --format header | curl -H @- …`.';

/** In a CI a secret on the terminal, or where the messages go, would stand in the job's log. Throws a Failure there. */
export function refuseLog(env: Env, { terminal, log }: Listener, what = "The token", advice = ADVICE): void {
  if (!isCi(env) || (!terminal && !log)) return;
  throw new Failure("input-invalid", `${what} would be printed into this job's log.`, advice);
}

/**
 * Claude Code sends what an `apiKeyHelper` prints as `x-api-key`, and as a bearer without the header that OAuth needs:
 * the API refuses that. Of its children, only hooks and tools are told what they belong to; so whoever is started by
 * it and has neither mark is such a helper. Measured with 2.1.112 and 2.1.329.
 *
 * The Agent SDKs set `sdk-py`, `sdk-py-client` and `sdk-ts` where their host program's other children get it, too:
 * those are let through, and with them a helper of the Claude Code that an SDK has started, which looks the same.
 * `sdk-cli` is what `claude -p` calls itself. Throws a Failure.
 */
export function refuseKeyHelper(env: Env): void {
  const started = env["CLAUDE_CODE_ENTRYPOINT"];
  if (!started || /^sdk-(?!cli$)/.test(started) || env["CLAUDECODE"] || env["CLAUDE_PROJECT_DIR"]) return;
  throw new Failure(
    "input-invalid",
    "This was started by Claude Code, as an `apiKeyHelper`, which cannot carry an OAuth token: Claude Code would send it as an API key, and the API would refuse it.",
    'Remove `apiKeyHelper` from its settings, and give it the login before it starts: `oauth-creds write`, or `CLAUDE_CODE_OAUTH_TOKEN="$(oauth-creds token)" claude …`. A script that is no such helper says so: `env -u CLAUDE_CODE_ENTRYPOINT oauth-creds token`.',
  );
}
