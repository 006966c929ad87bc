import { jsonObject } from "../world/answer.ts";
import type { HttpAnswer, World } from "../world/world.ts";
import {
  isAnother,
  markerOf,
  readMarker,
  type ReportedLogin,
  sameEnd,
  sameLogin,
  sayBody,
  sayClosed,
  sayTitle,
  sayTrouble,
  type Trouble,
} from "./say-issue.ts";

/**
 * One call of GitHub's REST API below its address, as `githubApi` makes it. Throws an error with the `status` (0: no
 * answer) for any that is not in `expected`.
 */
export type IssueCall = (
  method: "GET" | "POST" | "PATCH",
  path: string,
  expected: readonly number[],
  body?: unknown,
) => Promise<HttpAnswer>;

export type Reported =
  | { readonly type: "opened" | "reopened" | "updated" | "unchanged" | "closed"; readonly number: number }
  /** There is nothing to say, or a person has closed the issue that says it. */
  | { readonly type: "nothing" | "left-closed" }
  | { readonly type: "failed"; readonly why: Trouble };

/** Of a hundred each. An issue that is open stands among the first: it was changed when the login's state did. */
const PAGES = 5;

/**
 * Sees to it that one issue says what is to be done about the login, and none if nothing is (`report: issue`): opens,
 * updates or closes it. It is known by a hidden line in its text, and only where we have written it. Never throws;
 * what goes wrong is one warning.
 *
 * @param repository `owner/name`
 */
export async function reportIssue(
  world: World,
  call: IssueCall,
  repository: string,
  login: ReportedLogin,
): Promise<Reported> {
  try {
    return await settle(world, issuesOf(call, repository), login);
  } catch (error) {
    const why = troubleOf(error);
    world.runner.warning(sayTrouble(why, login));
    return { type: "failed", why };
  }
}

async function settle(world: World, issues: Issues, login: ReportedLogin): Promise<Reported> {
  const author = await issues.author();
  const open = await issues.ours(author, "open", login);
  const [first, ...younger] = open;
  for (const { number } of younger) await issues.close(number, "not_planned", `The same as #${first?.number}.`);
  if (first && isOver(first, login)) return { type: "unchanged", number: first.number };
  if (login.state === "fine") {
    if (!first) return { type: "nothing" };
    const text = { title: first.title, body: markerOf(login) + first.rest };
    await issues.close(first.number, "completed", sayClosed(login, first), text);
    return { type: "closed", number: first.number };
  }
  const text = { title: sayTitle(login), body: markerOf(login) + sayBody(login, runUrl(world)) };
  if (first) {
    // What a person has added to it stays as long as there is nothing new to say.
    if (first.state === login.state && sameEnd(first, login)) return { type: "unchanged", number: first.number };
    await issues.change(first.number, text);
    return { type: "updated", number: first.number };
  }
  const before = (await issues.ours(author, "closed", login)).at(-1);
  if (before && sameEnd(before, login) && before.state !== "fine") {
    if (before.state === login.state || isOver(before, login)) return { type: "left-closed" };
    await issues.change(before.number, { ...text, state: "open" });
    return { type: "reopened", number: before.number };
  }
  return openOne(issues, author, login, text);
}

/**
 * Whether the login that has ended is still the one at hand: its access token may live on for hours, which a run that
 * has no need to renew it takes for a login in order.
 */
const isOver = (ours: Ours, login: ReportedLogin): boolean =>
  ours.state === "ended" && login.state !== "ended" && !login.renewed && !isAnother(ours, login);

/** Two runs may open one at the same moment: both look again, and the younger of the two goes. */
async function openOne(issues: Issues, author: string, login: ReportedLogin, text: IssueText): Promise<Reported> {
  const number = await issues.open(text);
  const [first] = await issues.ours(author, "open", login);
  if (!first || first.number >= number) return { type: "opened", number };
  await issues.close(number, "not_planned", `The same as #${first.number}.`);
  return { type: "unchanged", number: first.number };
}

interface IssueText {
  readonly title: string;
  readonly body: string;
}

/** An issue that we have written about this login. */
interface Ours extends Pick<ReportedLogin, "state" | "endsAt"> {
  readonly number: number;
  readonly title: string;
  /** Its text without the hidden line. */
  readonly rest: string;
}

interface Issues {
  /** Who we are, as GitHub names the author of what we write. */
  author(): Promise<string>;
  /** Oldest first. */
  ours(author: string, state: "open" | "closed", login: ReportedLogin): Promise<Ours[]>;
  open(text: IssueText): Promise<number>;
  change(number: number, change: Partial<IssueText> & { readonly state?: "open" }): Promise<void>;
  close(number: number, reason: "completed" | "not_planned", comment: string, text?: IssueText): Promise<void>;
}

function issuesOf(call: IssueCall, repository: string): Issues {
  const base = `/repos/${repository}/issues`;

  async function page(author: string, state: string, at: number): Promise<readonly Record<string, unknown>[]> {
    const query = `state=${state}&sort=updated&direction=desc&per_page=100&page=${at}`;
    const by = `&creator=${encodeURIComponent(author)}`;
    // 422: a server that knows no such author as a user.
    const asked = await call("GET", `${base}?${query}${by}`, [200, 422]);
    const answer = asked.status === 200 ? asked : await call("GET", `${base}?${query}`, [200]);
    const list: unknown = JSON.parse(answer.body);
    return Array.isArray(list) ? (list as Record<string, unknown>[]) : [];
  }

  return {
    async author() {
      // An app's token may ask this, but not who its user is. `..`: on GHES it lies beside the REST API.
      const asked = await call("POST", "/../graphql", ANY, { query: "query { viewer { login } }" });
      const { data } = (jsonObject(asked) ?? {}) as { data?: { viewer?: { login?: unknown } } };
      if (typeof data?.viewer?.login === "string") return data.viewer.login;
      const user = jsonObject(await call("GET", "/user", ANY));
      return typeof user?.["login"] === "string" ? user["login"] : "github-actions[bot]";
    },
    async ours(author, state, login) {
      const found: Ours[] = [];
      for (let at = 1; at <= (state === "open" ? PAGES : 1); at++) {
        const list = await page(author, state, at);
        found.push(...list.flatMap((issue) => oursIn(issue, author, login)));
        if (list.length < 100) break;
      }
      return found.toSorted((a, b) => a.number - b.number);
    },
    async open(text) {
      const number = jsonObject(await call("POST", base, [201], text))?.["number"];
      return typeof number === "number" ? number : 0;
    },
    async change(number, change) {
      await call("PATCH", `${base}/${number}`, [200], change);
    },
    async close(number, reason, comment, text) {
      // First of all: a comment that comes twice would be worse than one that is missing.
      await call("PATCH", `${base}/${number}`, [200], { ...text, state: "closed", state_reason: reason });
      await call("POST", `${base}/${number}/comments`, [201], { body: comment });
    },
  };
}

/** Whatever is not there is no reason to fail. */
const ANY = [200, 400, 401, 403, 404, 405, 406, 410, 422];

function oursIn(issue: Record<string, unknown>, author: string, login: ReportedLogin): Ours[] {
  const { number, title, body, pull_request, user } = issue;
  const { login: by } = (user ?? {}) as { login?: unknown };
  // Anybody can open an issue with our line in it.
  const trusted = by === author || by === `${author}[bot]`;
  const marker = typeof body === "string" ? readMarker(body) : undefined;
  if (!trusted || pull_request || !marker || !sameLogin(marker, login)) return [];
  return [
    {
      number: number as number,
      title: String(title),
      rest: (body as string).slice(marker.length),
      state: marker.state,
      endsAt: marker.endsAt,
    },
  ];
}

function troubleOf(error: unknown): Trouble {
  const { status, waitMs } = (error ?? {}) as { status?: unknown; waitMs?: unknown };
  if (waitMs !== undefined || status === 429) return "throttled";
  if (status === 410) return "disabled";
  return status === 401 || status === 403 || status === 404 ? "forbidden" : "unreachable";
}

function runUrl({ env }: World): string | undefined {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: run } = env;
  return server && repository && run ? `${server}/${repository}/actions/runs/${run}` : undefined;
}
