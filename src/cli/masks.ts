import { escapeData } from "../runner/commands.ts";
import { withoutInputs } from "../world/programs.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** What the masker of a job's log is taught with, before anything is printed. Never throws. */
export type Mask = (values: readonly string[]) => void;

/**
 * The masker of the CI system that this process runs in; where there is none that can be taught (GitLab, CircleCI,
 * Jenkins), it is told nothing, and nothing is printed.
 *
 * @param say prints a line on stderr
 */
export function maskerOf(env: Env, say: (line: string) => void, warn: (text: string) => void): Mask {
  if (env["GITHUB_ACTIONS"] === "true") {
    return (values) => say(values.map((value) => `::add-mask::${escapeData(value)}`).join("\n"));
  }
  if (/^true$/i.test(env["TF_BUILD"] ?? "")) {
    // Of what stands for itself there, only line breaks are read as something else.
    const escaped = (value: string) => value.replaceAll("\r", "%0D").replaceAll("\n", "%0A");
    return (values) => say(values.map((value) => `##vso[task.setsecret]${escaped(value)}`).join("\n"));
  }
  return env["BUILDKITE"] === "true" ? buildkite(env, warn) : () => {};
}

/** ms; what waits for it may be a login that is not stored yet. */
const PATIENCE_MS = 5000;

/** Its agent takes values by stdin, as one object of JSON, and hides them from then on. */
function buildkite(env: Env, warn: (text: string) => void): Mask {
  const taught = new Set<string>();
  let warned = false;
  return (values) => {
    const news = values.filter((value) => value !== "" && !taught.has(value));
    if (news.length === 0) return;
    for (const value of news) taught.add(value);
    const { status } = process
      .getBuiltinModule("node:child_process")
      .spawnSync("buildkite-agent", ["redactor", "add", "--format", "json"], {
        input: JSON.stringify(Object.fromEntries(news.map((value, at) => [`v${at}`, value]))),
        env: withoutInputs(env),
        stdio: ["pipe", "ignore", "ignore"],
        timeout: PATIENCE_MS,
        windowsHide: true,
      });
    if (status === 0 || warned) return;
    warned = true;
    warn("`buildkite-agent redactor add` failed: tokens that another program prints would stand in this job's log.");
  };
}
