import { isoTime } from "../../duration.ts";
import type { Login } from "../../run.ts";
import type { Runner } from "../../runner/commands.ts";
import { usage } from "../arguments.ts";
import { EXIT } from "../exit-code.ts";
import type { Call } from "../verb.ts";
import { perform } from "../write/perform.ts";
import { listener, refuseKeyHelper, refuseLog } from "./listener.ts";

/** Prints a working access token, and nothing else, on stdout: for a script, for curl, for another program. */
export async function run(call: Call): Promise<number> {
  const { world, terminal, flags } = call;
  const format = formatOf(flags["format"], terminal.json);
  const reader = listener();
  refuseKeyHelper(world.env);
  refuseLog(world.env, reader);
  const { login } = await perform(call, untilProvided(terminal), { INPUT_TARGETS: "none" });
  if (!login) return EXIT.usage; // `if-no-credential: skip`, which was told
  const { access } = login.acquired.credential;
  const token = access?.reveal() ?? "";
  if (reader.terminal) terminal.notice("This is a secret; your terminal may keep it. `| pbcopy`, `| wl-copy` do not.");
  if (format === "json" && !terminal.json) terminal.answer(JSON.stringify({ version: 1, ...describe(login) }), {});
  else terminal.answer(format === "header" ? `Authorization: Bearer ${token}` : token, describe(login));
  return EXIT.done;
}

type Format = "text" | "header" | "json";

function formatOf(flag: string | boolean | undefined, json: boolean): Format {
  const format = flag ?? (json ? "json" : "text");
  if (format !== "text" && format !== "header" && format !== "json") {
    throw usage("`--format` must be `text`, `header` or `json`.");
  }
  if (json && format !== "json") throw usage("`--json` and another `--format` contradict each other.");
  return format;
}

/** In RFC 6749's words, but for the end, which is a time: a script may keep it, where a number of seconds goes stale. */
function describe({ acquired, inputs }: Login): Record<string, unknown> {
  const { kind, provider, access, accessExpiresAt, loginExpiresAt } = acquired.credential;
  return {
    access_token: access?.reveal() ?? null,
    token_type: "Bearer",
    expires_at: timeOf(accessExpiresAt),
    login_expires_at: timeOf(loginExpiresAt),
    provider,
    account: inputs.account,
    kind,
  };
}

const timeOf = (ms: number | undefined): string | null => (ms === undefined ? null : isoTime(ms));

/** What was provided is the answer itself. Only progress is told, and what is wrong. */
function untilProvided(runner: Runner): Runner {
  let provided = false;
  return {
    ...runner,
    outputs: () => void (provided = true),
    log: (text) => void (provided || runner.log(text)),
    notice: (message) => void (provided || runner.notice(message)),
  };
}
