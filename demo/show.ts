/** What the acts show of a job: its logs, Claude's file, and the requests that change something. */
import { line, log, paint, remark } from "./paper.ts";
import type { Ran, Scene } from "./scene.ts";
import { type Facts, given } from "./told.ts";

/** How both steps of the action ended, and that they left no file behind. */
export function ended(ran: Ran, main: number, post: number): Facts {
  return {
    "exit code of main": [ran.main.exitCode, main],
    "exit code of post": [ran.post.exitCode, post],
    "Claude's file is left behind": [ran.fileLeft, false],
  };
}

/** That the job's program could use the login, and that the runner masked the token that it printed. */
export function programWorked({ program }: Ran): Facts {
  return {
    "exit code of the program": [program?.exitCode, 0],
    "the provider answered it 200": [program?.log.includes("GET /api/me: 200\n"), true],
    "its token is masked": [program?.log.includes("using ***\n"), true],
  };
}

/** `20 Nov 07:40 UTC` */
export function timeOf(ms: number): string {
  const [, day, month, , time] = new Date(ms).toUTCString().split(" ");
  return `${day} ${month} ${time?.slice(0, 5)} UTC`;
}

/** `sk-ant-oat01-…(102 characters)` */
export function shorten(value: unknown): unknown {
  if (typeof value !== "string") return value;
  const prefix = /^sk-ant-o[ar]t\d*-/.exec(value)?.[0];
  return prefix === undefined ? value : `${prefix}…(${value.length} characters)`;
}

export const showMain = (ran: Ran): void => log(ran.main.log, names(ran));
export const showProgram = (ran: Ran): void => log(given("the program's step", ran.program).log, names(ran));
export const showPost = (ran: Ran): void => log(ran.post.log, names(ran));

function names({ job }: Ran): ReadonlyMap<string, string> {
  return new Map([
    [job.home, "~"],
    [job.temp, "$RUNNER_TEMP"],
  ]);
}

/**
 * Claude's file as it stood between main and post.
 *
 * @param why what to say beside `accessToken` and `refreshToken`
 */
export function showFile(ran: Ran, why: readonly [access: string, refresh: string]): void {
  const { mode, login } = given("Claude's file", ran.file);
  const { accessToken, refreshToken, ...rest } = login;
  const field = (name: string, value: unknown, note: string) =>
    line(`      ${`${name}: ${JSON.stringify(shorten(value))}`.padEnd(50)} ${paint("dim", note)}`);
  // Windows has no such modes.
  remark(`~/.claude/.credentials.json while the job runs${process.platform === "win32" ? "" : `, mode ${mode}`}:`);
  field("accessToken", accessToken, why[0]);
  field("refreshToken", refreshToken, why[1]);
  line(`      ${paint("dim", `… ${Object.keys(rest).join(", ")}`)}`);
}

/** Requests that changed something since the beginning, in the order in which they came. */
export function changes(scene: Scene): { who: string; what: string }[] {
  const github = scene.github.requests.map(({ at, method, path, status }) => {
    return { at, who: "GitHub", method, path: `…/secrets/${path.split("/").at(-1)}`, status };
  });
  const provider = scene.oidc.tokenRequests().map(({ at, method, path, answeredStatus }) => {
    return { at, who: "provider", method, path, status: answeredStatus };
  });
  return [...github, ...provider]
    .filter(({ method }) => method !== "GET")
    .toSorted((a, b) => a.at - b.at)
    .map(({ who, method, path, status }) => ({ who, what: `${method} ${path} → ${status}` }));
}
