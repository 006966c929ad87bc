import { claudeFile, SECRET, tokensIn } from "./login-file.ts";
import type { Ran, Stage } from "./stage.ts";
import { openEnvelope } from "../../src/credential/envelope.ts";

/**
 * Everything that the outside sees of a run, as text: log, annotations, files, requests, and the
 * secret's history. What differs from run to run (tokens, times, folders, ports) is replaced by its name.
 */
export function picture(
  here: Stage,
  ran: Ran,
  since: { readonly oidc: number; readonly github: number },
  also: readonly string[],
): string {
  const plain = names(here, ran, also);
  const history = here.github.history(SECRET).map(({ by, plaintext }) => `${by ?? "a person"}: ${sayValue(plaintext)}`);
  const part = (title: string, lines: readonly string[]) => `── ${title}\n${lines.join("\n")}\n`;
  return plain(
    [
      part(`main: ${ran.main.exitCode ?? ran.main.signal}`, [body(ran.main.log)]),
      part(
        "outputs",
        Object.entries(ran.main.outputs).map(([name, value]) => `${name}=${value}`),
      ),
      part("file during the job", [ran.during ? `${ran.during.mode} ${JSON.stringify(ran.during.json)}` : "none"]),
      part(`post: ${ran.post.exitCode ?? ran.post.signal}`, [body(ran.post.log)]),
      part("file after the job", [JSON.stringify(claudeFile(ran.home) ?? "none")]),
      part(
        "provider",
        here.oidc.requests
          .slice(since.oidc)
          .map(({ method, path, answeredStatus }) => `${method} ${path} → ${answeredStatus}`),
      ),
      part(
        "github",
        inOrder(
          here.github.requests.slice(since.github).map(({ method, path, status }) => `${method} ${path} → ${status}`),
        ),
      ),
      part("secret", history),
    ].join("\n"),
  );
}

/** Calls up to the probe, and those after the login was stored, are made side by side: they arrive in any order. */
function inOrder(calls: readonly string[]): string[] {
  const probe = calls.findIndex((call) => /^PUT .*PROBE/.test(call)) + 1;
  const stored = Math.max(probe, calls.findLastIndex((call) => new RegExp(`^PUT .*/${SECRET} `).test(call)) + 1);
  return [...calls.slice(0, probe).toSorted(), ...calls.slice(probe, stored), ...calls.slice(stored).toSorted()];
}

/** Without the block of inputs, which only repeats the test. */
function body(log: string): string {
  return log.replace(/^##\[group\]Run[\s\S]*?##\[endgroup\]\n/, "").trimEnd();
}

function sayValue(plaintext: string): string {
  if (!plaintext.startsWith("oc1.")) return `as pasted, ${tokensIn(plaintext).length} tokens`;
  const { credential, stored } = openEnvelope(plaintext);
  return `envelope, generation ${credential.generation}, for ${stored?.location.kind} ${stored?.location.name}`;
}

function names(here: Stage, ran: Ran, also: readonly string[]): (text: string) => string {
  const tokens = [...here.tokens(), ...also].toSorted((a, b) => b.length - a.length);
  return (text) => {
    let out = text;
    for (const [value, name] of [
      [ran.home, "~"],
      [ran.job.temp, "$RUNNER_TEMP"],
      [ran.job.workspace, "$GITHUB_WORKSPACE"],
      [here.oidc.origin, "http://provider"],
      [here.oidc.accountUuid, "<account>"],
    ] as const) {
      out = out.replaceAll(value, name);
    }
    for (const token of tokens) out = out.replaceAll(token, token.startsWith("sk-ant-oat") ? "<access>" : "<refresh>");
    return out
      .replaceAll("\\\\", "/")
      .replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?(Z| UTC)/g, "<time>")
      .replace(/\b1[78]\d{11}\b/g, "<ms>")
      .replace(/[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/g, "<uuid>")
      .replace(/\bin \d+ (h|min|days|s)( \d+ min)?/g, "in <duration>")
      .replace(/runs\/\d+/g, "runs/<run>")
      .replace(/127\.0\.0\.1:\d+/g, "127.0.0.1:<port>");
  };
}
