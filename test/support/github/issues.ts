/** Issues of one repository as GitHub keeps them: who may do what, lists, changes, comments. In memory. */
import { isoSeconds, problem, type Reply } from "./messages.ts";

/** Who asks. An app's name ends with `[bot]`. */
export interface Asker {
  readonly login: string;
  /** Default: write. */
  readonly may?: "nothing" | "read" | "write";
}

export interface IssueRow {
  readonly number: number;
  readonly by: string;
  title: string;
  body: string;
  state: "open" | "closed";
  stateReason: "completed" | "not_planned" | "reopened" | null;
  readonly comments: { readonly by: string; readonly body: string }[];
  readonly pullRequest: boolean;
  readonly createdAt: number;
  updatedAt: number;
}

export interface Issues {
  readonly rows: IssueRow[];
  /** False: the owner has switched them off. */
  enabled: boolean;
  /** How many of the newest issues a list does not show yet. */
  lag: number;
  /** A person, or another program, opens one. */
  add(by: string, title: string, body: string, more?: Partial<IssueRow>): IssueRow;
  /** `path` below the API's address, as sent. */
  respond(asker: Asker, method: string, path: string, body: unknown): Reply;
}

export interface IssueOptions {
  /** `owner/name` */
  readonly repository: string;
  readonly apiUrl: string;
  /** ms */
  now(): number;
}

export function createIssues({ repository, apiUrl, now }: IssueOptions): Issues {
  const rows: IssueRow[] = [];
  const base = `/repos/${repository}/issues`;

  const add: Issues["add"] = (by, title, body, more = {}) => {
    const at = now();
    const number = rows.length + 1;
    const fresh = { number, by, title, body, createdAt: at, updatedAt: at, pullRequest: false };
    const row: IssueRow = { state: "open", stateReason: null, comments: [], ...fresh, ...more };
    rows.push(row);
    return row;
  };

  const answer = (status: number, row: IssueRow): Reply => ({ status, body: full(row, repository, apiUrl) });

  const issues: Issues = {
    rows,
    enabled: true,
    lag: 0,
    add,
    respond(asker, method, path, sent) {
      const url = new URL(path, "http://loopback");
      if (method === "POST" && url.pathname === "/graphql") {
        return { status: 200, body: { data: { viewer: { login: asker.login } } } };
      }
      if (method === "GET" && url.pathname === "/user") {
        const app = asker.login.endsWith("[bot]");
        return app
          ? problem(403, "Resource not accessible by integration")
          : { status: 200, body: user(asker.login, apiUrl) };
      }
      const rest = url.pathname.startsWith(base) ? url.pathname.slice(base.length) : undefined;
      if (rest === undefined || asker.may === "nothing") return problem(404, "Not Found");
      if (!issues.enabled) return problem(410, "Issues has been disabled in this repository.");
      if (method === "GET" && rest === "") return list(url.searchParams);
      if (asker.may === "read") return problem(403, "Resource not accessible by integration");
      const fields = (sent ?? {}) as Record<string, unknown>;
      if (method === "POST" && rest === "") {
        if (typeof fields["title"] !== "string") return problem(422, "Validation Failed");
        return answer(201, add(asker.login, fields["title"], String(fields["body"] ?? "")));
      }
      const [, number, comments] = /^\/(\d+)(\/comments)?$/.exec(rest) ?? [];
      const row = rows.find((one) => one.number === Number(number));
      if (!row) return problem(404, "Not Found");
      if (method === "POST" && comments) {
        row.comments.push({ by: asker.login, body: String(fields["body"]) });
        row.updatedAt = now();
        return { status: 201, body: comment(row, repository, apiUrl) };
      }
      if (method !== "PATCH" || comments) return problem(404, "Not Found");
      change(row, fields);
      return answer(200, row);
    },
  };

  function list(query: URLSearchParams): Reply {
    const [page, size] = [Number(query.get("page") ?? 1), Number(query.get("per_page") ?? 30)];
    const [state, creator] = [query.get("state") ?? "open", query.get("creator")];
    const seen = rows
      .slice(0, rows.length - issues.lag)
      .filter((row) => state === "all" || row.state === state)
      .filter((row) => creator === null || row.by === creator)
      .toSorted((a, b) => (query.get("sort") === "updated" ? b.updatedAt - a.updatedAt : b.number - a.number));
    const shown = seen.slice((page - 1) * size, page * size);
    return { status: 200, body: shown.map((row) => full(row, repository, apiUrl)) };
  }

  function change(row: IssueRow, fields: Record<string, unknown>): void {
    if (typeof fields["title"] === "string") row.title = fields["title"];
    if (typeof fields["body"] === "string") row.body = fields["body"];
    if (fields["state"] === "open" && row.state === "closed") row.stateReason = "reopened";
    if (fields["state"] === "closed")
      row.stateReason = (fields["state_reason"] as "completed" | undefined) ?? "completed";
    if (fields["state"] === "open" || fields["state"] === "closed") row.state = fields["state"];
    row.updatedAt = now();
  }
  return issues;
}

function user(login: string, apiUrl: string) {
  const name = encodeURIComponent(login);
  const html = `https://github.com/${name}`;
  const url = `${apiUrl}/users/${name}`;
  const lists = ["followers", "subscriptions", "organizations", "repos", "received_events"];
  return {
    login,
    id: 41_898_282,
    node_id: "MDM6Qm90NDE4OTgyODI=",
    avatar_url: `${html}.png`,
    gravatar_id: "",
    url,
    html_url: html,
    ...Object.fromEntries(lists.map((list) => [`${list}_url`, `${url}/${list}`])),
    following_url: `${url}/following`,
    gists_url: `${url}/gists`,
    starred_url: `${url}/starred`,
    events_url: `${url}/events`,
    type: login.endsWith("[bot]") ? "Bot" : "User",
    site_admin: false,
  };
}

function full(row: IssueRow, repository: string, apiUrl: string) {
  const url = `${apiUrl}/repos/${repository}/issues/${row.number}`;
  const html = `https://github.com/${repository}/issues/${row.number}`;
  return {
    id: 9000 + row.number,
    node_id: `I_${row.number}`,
    url,
    repository_url: `${apiUrl}/repos/${repository}`,
    labels_url: `${url}/labels`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    html_url: html,
    number: row.number,
    title: row.title,
    body: row.body,
    state: row.state,
    state_reason: row.stateReason,
    user: user(row.by, apiUrl),
    labels: [],
    assignee: null,
    assignees: [],
    milestone: null,
    locked: false,
    comments: row.comments.length,
    author_association: "NONE",
    created_at: isoSeconds(row.createdAt),
    updated_at: isoSeconds(row.updatedAt),
    closed_at: row.state === "closed" ? isoSeconds(row.updatedAt) : null,
    ...(row.pullRequest && { pull_request: { url, html_url: html, diff_url: html, patch_url: html } }),
  };
}

function comment(row: IssueRow, repository: string, apiUrl: string) {
  const { by, body } = row.comments.at(-1) as IssueRow["comments"][number];
  const id = row.number * 1000 + row.comments.length;
  const issue = `${apiUrl}/repos/${repository}/issues`;
  return {
    id,
    node_id: `IC_${id}`,
    url: `${issue}/comments/${id}`,
    issue_url: `${issue}/${row.number}`,
    html_url: `https://github.com/${repository}/issues/${row.number}#issuecomment-${id}`,
    body,
    user: user(by, apiUrl),
    author_association: "NONE",
    created_at: isoSeconds(row.updatedAt),
    updated_at: isoSeconds(row.updatedAt),
  };
}
