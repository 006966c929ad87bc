import { describe, expect, test } from "vitest";
import { type IssueCall, type Reported, reportIssue } from "../../../src/report/issue.ts";
import { markerOf, readMarker, type ReportedLogin, sayBody } from "../../../src/report/say-issue.ts";
import { githubApi } from "../../../src/rotation/github-api.ts";
import { Secret } from "../../../src/secret.ts";
import { type Http, HttpFailure } from "../../../src/world/world.ts";
import { judgeExchange, matchPath } from "../../support/github/contract.ts";
import { createIssues, type Issues } from "../../support/github/issues.ts";
import { problem, type Reply } from "../../support/github/messages.ts";
import { answer, DAY, type FakeWorld, fakeWorld, HOUR, MINUTE, newToken, NOW } from "./support.ts";

const BOT = "github-actions[bot]";
const ENDING: ReportedLogin = {
  provider: "anthropic",
  account: "default",
  kind: "login",
  place: "secret repository/login of 42",
  label: "the repository secret LOGIN",
  state: "ending",
  endsAt: NOW + 5 * DAY + 123,
};
const ENDED: ReportedLogin = { ...ENDING, state: "ended" };
/** After a new sign-in. */
const FINE: ReportedLogin = { ...ENDING, state: "fine", endsAt: NOW + 29 * DAY };

interface Stage {
  readonly world: FakeWorld;
  readonly issues: Issues;
  /** `GET issues?state=open`, `PATCH 3`, … in their order. */
  readonly calls: string[];
  /** By call, such as `POST issues`: what happens instead, once each. */
  readonly faults: Record<string, (() => ReturnType<typeof answer>)[]>;
  report(login: ReportedLogin): Promise<Reported>;
}

interface Asked {
  readonly by?: string;
  readonly may?: "nothing" | "read" | "write";
  readonly apiUrl?: string;
  readonly issues?: Issues;
  readonly graphql?: boolean;
  readonly env?: Record<string, string>;
}

function stage(asked: Asked = {}): Stage {
  const { by = BOT, may = "write", apiUrl = "https://api.github.example", graphql = true, env = {} } = asked;
  const calls: string[] = [];
  const faults: Stage["faults"] = {};
  const violations: string[] = [];
  let world: FakeWorld | undefined;
  const now = () => world?.now() ?? NOW;
  const issues = asked.issues ?? createIssues({ repository: "octo/demo", apiUrl, now });
  const http: Http = async ({ method, url, body, headers }) => {
    expect(headers["authorization"]).toBe("Bearer the-token");
    const { href } = new URL(url);
    // On GHES GraphQL lies beside the REST API, which is below /api/v3.
    const graphqlUrl = `${apiUrl.replace(/\/v3$/, "")}/graphql`;
    const path = href === graphqlUrl ? "/graphql" : href.slice(apiUrl.length);
    if (href !== graphqlUrl && !href.startsWith(`${apiUrl}/`)) throw new Error(`a call to ${href}`);
    const call = `${method} ${path
      .replace("/repos/octo/demo/", "")
      .replace(/&sort.*/, "")
      .replace(/^issues\//, "")}`;
    calls.push(call);
    world?.pass(1000);
    const fault = faults[call]?.shift();
    if (fault) return fault();
    if (path === "/graphql" && !graphql) return answer(404, {});
    const sent: unknown = body === undefined ? undefined : JSON.parse(body);
    const reply = issues.respond({ login: by, may }, method, path, sent);
    violations.push(...judge(method, path, sent, reply));
    return answer(reply.status, reply.body ?? "", reply.headers ?? {});
  };
  world = fakeWorld({ http, env });
  const call = githubApi(world, apiUrl, new Secret("the-token"), "oauth-creds-test") as unknown as IssueCall;
  const report = async (login: ReportedLogin) => {
    const reported = await reportIssue(world, call, "octo/demo", login);
    expect(violations).toEqual([]);
    return reported;
  };
  return { world, issues, calls, faults, report };
}

/** Both sides are held against GitHub's own description, as far as that has been cut out for the tests. */
function judge(method: string, path: string, requestBody: unknown, { status, body }: Reply): readonly string[] {
  const { pathname, searchParams } = new URL(path, "http://loopback");
  if (!matchPath(pathname)) return [];
  const query = Object.fromEntries(searchParams);
  return judgeExchange({ method, path: pathname, query, requestBody, status, responseBody: body }).violations;
}

const open = ({ rows }: Issues) => rows.filter(({ state }) => state === "open");

describe("one issue says it", () => {
  test("opened once, with what to do and when", async () => {
    const { issues, report, world } = stage({
      env: { GITHUB_SERVER_URL: "https://github.example", GITHUB_REPOSITORY: "octo/demo", GITHUB_RUN_ID: "77" },
    });
    expect(await report(ENDING)).toEqual({ type: "opened", number: 1 });
    const [row] = issues.rows;
    expect(row?.title).toBe("Sign in again for CI: the Claude login ends on 2031-05-11");
    expect(row?.body).toContain("the repository secret LOGIN");
    expect(row?.body).toContain("2031-05-11 07:08 UTC");
    expect(row?.body).toContain("https://github.example/octo/demo/actions/runs/77");
    expect(row?.body).toContain("claude setup-token");
    expect(world.recorded.text()).toBe("");
  });

  test("day after day it stays as it is: no write, no comment", async () => {
    const { issues, report, calls, world } = stage();
    await report(ENDING);
    const before = structuredClone(issues.rows);
    for (let day = 0; day < 4; day++) {
      world.pass(DAY);
      calls.length = 0;
      expect(await report(ENDING)).toEqual({ type: "unchanged", number: 1 });
      expect(calls).toEqual(["POST /graphql", "GET issues?state=open"]);
    }
    expect(issues.rows).toEqual(before);
  });

  test("an end that another answer tells a few seconds earlier or later is the same", async () => {
    const { report, issues, calls } = stage();
    await report(ENDING);
    for (const off of [-3000, 1000, 60_000]) {
      expect(await report({ ...ENDING, endsAt: NOW + 5 * DAY + off })).toEqual({ type: "unchanged", number: 1 });
    }
    expect(calls.filter((call) => call.startsWith("PATCH"))).toEqual([]);
    expect((await report({ ...ENDING, endsAt: NOW + 5 * DAY + HOUR })).type).toBe("updated");
    expect(issues.rows).toHaveLength(1);
  });

  test("what a person has added to it stays until there is something new", async () => {
    const { issues, report } = stage();
    await report(ENDING);
    const [row] = issues.rows as [Issues["rows"][0]];
    row.body += "\r\nI will do that on Monday.\r\n";
    await report(ENDING);
    expect(row.body).toContain("on Monday");
    expect(await report(ENDED)).toEqual({ type: "updated", number: 1 });
    expect(row.title).toBe("Sign in again for CI: the Claude login has ended");
    expect(row.body).toContain("does not work any more");
    expect(issues.rows).toHaveLength(1);
    expect(row.comments).toEqual([]);
  });

  test("a line of which the web page has changed the end is still known", async () => {
    const { issues, report } = stage();
    await report(ENDING);
    const [row] = issues.rows as [Issues["rows"][0]];
    row.body = row.body.replaceAll("\n", "\r\n");
    expect(await report(ENDING)).toEqual({ type: "unchanged", number: 1 });
  });

  test("another end of the login changes it in place", async () => {
    const { issues, report } = stage();
    await report(ENDING);
    expect(await report({ ...ENDING, endsAt: NOW + 2 * DAY })).toEqual({ type: "updated", number: 1 });
    expect(issues.rows[0]?.title).toContain("2031-05-08");
    expect(await report({ ...ENDING, endsAt: NOW + 2 * DAY })).toEqual({ type: "unchanged", number: 1 });
  });

  test("closed with a comment after a new sign-in, once; the next end gets one of its own", async () => {
    const { issues, report, calls } = stage();
    await report(ENDED);
    expect(await report(FINE)).toEqual({ type: "closed", number: 1 });
    expect(issues.rows[0]).toMatchObject({ state: "closed", stateReason: "completed" });
    expect(issues.rows[0]?.comments.map(({ body }) => body)).toEqual([
      "A new sign-in is in use; it ends at 2031-06-04 07:08 UTC.",
    ]);
    calls.length = 0;
    expect(await report(FINE)).toEqual({ type: "nothing" });
    expect(calls).toEqual(["POST /graphql", "GET issues?state=open"]);
    expect(await report({ ...FINE, state: "ending" })).toEqual({ type: "opened", number: 2 });
    expect(issues.rows[0]?.state).toBe("closed");
  });

  test.each([
    ["has long to live", { ...ENDED, state: "fine" }],
    ["ends soon", ENDING],
    ["ends soon, by an answer a second later", { ...ENDING, endsAt: NOW + 5 * DAY + 1123 }],
    ["is told without an end", { ...ENDING, state: "fine", endsAt: undefined }],
    ["is told with an earlier end", { ...ENDING, endsAt: NOW + DAY }],
  ] as const)("has ended: stays so though its access token still works, of a login that %s", async (_, login) => {
    const { issues, report, calls } = stage();
    await report(ENDED);
    const before = structuredClone(issues.rows);
    calls.length = 0;
    expect(await report(login)).toEqual({ type: "unchanged", number: 1 });
    expect(calls).toEqual(["POST /graphql", "GET issues?state=open"]);
    expect(issues.rows).toEqual(before);
  });

  test("has ended, of an end that nobody knew: a known one is no sign of a new sign-in", async () => {
    const { issues, report } = stage();
    await report({ ...ENDED, endsAt: undefined });
    expect(await report(FINE)).toEqual({ type: "unchanged", number: 1 });
    expect(open(issues)).toHaveLength(1);
    expect(await report({ ...FINE, renewed: true })).toEqual({ type: "closed", number: 1 });
  });

  test("has ended: changed or closed by a renewal that worked, and told as that", async () => {
    const { issues, report } = stage();
    await report(ENDED);
    expect(await report({ ...ENDING, renewed: true })).toEqual({ type: "updated", number: 1 });
    expect(issues.rows[0]?.title).toContain("ends on 2031-05-11");
    await report(ENDED);
    expect(await report({ ...ENDED, state: "fine", renewed: true })).toEqual({ type: "closed", number: 1 });
    expect(issues.rows[0]?.comments.map(({ body }) => body)).toEqual([
      "The login works: it was renewed; it ends at 2031-05-11 07:08 UTC.",
    ]);
  });

  test("has ended: changed by a later login that ends soon, too", async () => {
    const { issues, report } = stage();
    await report(ENDED);
    expect(await report({ ...ENDING, endsAt: NOW + 9 * DAY })).toEqual({ type: "updated", number: 1 });
    expect(issues.rows[0]?.title).toContain("ends on 2031-05-15");
  });

  test.each([NOW + 300 * DAY, NOW - DAY, undefined])(
    "has ended, of a setup token: closed by one with another end (%s)",
    async (endsAt) => {
      const { report } = stage();
      const token = { ...ENDED, kind: "setup-token" } as const;
      await report(token);
      expect(await report({ ...token, state: "fine" })).toEqual({ type: "unchanged", number: 1 });
      expect(await report({ ...token, state: "fine", endsAt })).toEqual({ type: "closed", number: 1 });
    },
  );

  test("has ended, and was closed by a person: not opened again to say that it ends soon", async () => {
    const { issues, report } = stage();
    await report(ENDED);
    (issues.rows[0] as Issues["rows"][0]).state = "closed";
    expect(await report(ENDING)).toEqual({ type: "left-closed" });
    expect(await report({ ...ENDING, renewed: true })).toEqual({ type: "reopened", number: 1 });
  });

  test("a fine login without an issue says nothing", async () => {
    const { issues, report } = stage();
    expect(await report(FINE)).toEqual({ type: "nothing" });
    expect(issues.rows).toEqual([]);
  });

  test("one that a person has closed stays closed, until the state is another", async () => {
    const { issues, report } = stage();
    await report(ENDING);
    (issues.rows[0] as Issues["rows"][0]).state = "closed";
    expect(await report(ENDING)).toEqual({ type: "left-closed" });
    expect(await report(ENDED)).toEqual({ type: "reopened", number: 1 });
    expect(issues.rows).toHaveLength(1);
    expect(issues.rows[0]).toMatchObject({ state: "open", title: "Sign in again for CI: the Claude login has ended" });
  });

  test("a setup token, an end that is not known, another account", async () => {
    const { issues, report } = stage();
    await report({ ...ENDING, kind: "setup-token", endsAt: undefined, account: "work" });
    expect(issues.rows[0]?.title).toBe("Sign in again for CI: the Claude setup token (account work) ends soon");
    expect(issues.rows[0]?.body).toContain("**End:** not known");
    expect(await report({ ...ENDING, kind: "setup-token", endsAt: undefined, account: "work" })).toMatchObject({
      type: "unchanged",
    });
  });
});

describe("whose issue it is", () => {
  test("each login has its own: provider, account and place", async () => {
    const { issues, report } = stage();
    const others = [
      { ...ENDING, account: "two" },
      { ...ENDING, place: "github:42:refs/x" },
      { ...ENDING, provider: "openai" as const },
    ];
    for (const login of [ENDING, ...others]) await report(login);
    expect(open(issues)).toHaveLength(4);
    for (const login of [ENDING, ...others]) expect((await report(login)).type).toBe("unchanged");
    await report(FINE);
    expect(open(issues).map(({ number }) => number)).toEqual([2, 3, 4]);
  });

  test.each([
    ["a person's", "mallory", {}],
    ["of a user called as the app", "github-actions", {}],
    ["a pull request", BOT, { pullRequest: true }],
  ])("%s with our line in it is left alone", async (_what, by, more) => {
    const { issues, report } = stage();
    const text = markerOf(ENDING) + sayBody(ENDING, undefined);
    const planted = issues.add(by, "Sign in again", text, more);
    const before = structuredClone(planted);
    expect(await report(ENDING)).toEqual({ type: "opened", number: 2 });
    expect(await report(FINE)).toEqual({ type: "closed", number: 2 });
    expect(planted).toEqual(before);
  });

  test("where the author is no search word, others' are seen, and left alone all the same", async () => {
    const { issues, report } = stage();
    for (const by of ["mallory", "github-actions", "other[bot]"]) issues.add(by, "x", markerOf(ENDING));
    const { respond } = issues;
    issues.respond = (asker, method, path, body) =>
      path.includes("creator=") ? problem(422, "Validation Failed") : respond(asker, method, path, body);
    expect(await report(ENDING)).toEqual({ type: "opened", number: 4 });
    expect(await report(FINE)).toEqual({ type: "closed", number: 4 });
    expect(open(issues).map(({ number }) => number)).toEqual([1, 2, 3]);
  });

  test("our own that only quotes such a line is left alone", async () => {
    const { issues, report } = stage();
    const quoted = issues.add(BOT, "A report", `Somebody wrote:\n${markerOf(ENDING)}`);
    expect(await report(ENDING)).toEqual({ type: "opened", number: 2 });
    await report(FINE);
    expect(quoted.state).toBe("open");
  });

  test("of a person, whose token it is; and on a server without GraphQL", async () => {
    for (const graphql of [true, false]) {
      const { issues, report } = stage({ by: "octocat", graphql });
      await report(ENDING);
      expect(await report(ENDING)).toEqual({ type: "unchanged", number: 1 });
      issues.add("mallory", "x", markerOf(ENDING));
      expect(await report(ENDING)).toEqual({ type: "unchanged", number: 1 });
    }
  });

  test("without GraphQL and of an app, it is taken for the job's own token", async () => {
    const { report, calls } = stage({ graphql: false });
    await report(ENDING);
    expect(await report(ENDING)).toEqual({ type: "unchanged", number: 1 });
    expect(calls).toContain("GET /user");
  });

  test("the API's address counts, GHES with its path too", async () => {
    for (const apiUrl of ["https://ghes.example/api/v3", "https://api.tenant.ghe.example"]) {
      const { report, world } = stage({ apiUrl });
      expect(await report(ENDING)).toEqual({ type: "opened", number: 1 });
      expect(new URL(world.requests[0]?.url ?? "").pathname).toMatch(/^(\/api)?\/graphql$/);
    }
  });

  test("it is found behind hundreds of others", async () => {
    const { issues, report, world } = stage();
    await report(ENDING);
    for (let count = 0; count < 250; count++) {
      world.pass(1000);
      issues.add(BOT, `Another ${count}`, "text");
    }
    expect(await report(ENDING)).toEqual({ type: "unchanged", number: 1 });
  });
});

describe("two runs at once", () => {
  test("two that open one at the same moment leave one: the younger goes", async () => {
    const first = stage();
    const second = stage({ issues: first.issues });
    const lookAgain = first.faults;
    // The second opens its own between the first's search and its opening.
    lookAgain["POST issues"] = [];
    let done: Promise<Reported> | undefined;
    const { respond } = first.issues;
    let posted = 0;
    first.issues.respond = (asker, method, path, body) => {
      const isOpening = method === "POST" && path === "/repos/octo/demo/issues";
      if (isOpening && posted++ === 0) {
        const mine = respond(asker, method, path, body);
        first.issues.lag = 1; // the second does not see it yet
        done = second.report(ENDING);
        return mine;
      }
      const reply = respond(asker, method, path, body);
      if (isOpening) first.issues.lag = 0;
      return reply;
    };
    const one = await first.report(ENDING);
    const two = await done;
    expect(posted).toBe(2);
    expect([one, two]).toContainEqual({ type: "opened", number: 1 });
    expect([one, two]).toContainEqual({ type: "unchanged", number: 1 });
    expect(open(first.issues).map(({ number }) => number)).toEqual([1]);
    expect(first.issues.rows[1]).toMatchObject({ state: "closed", stateReason: "not_planned" });
    expect(first.issues.rows[1]?.comments.map(({ body }) => body)).toEqual(["The same as #1."]);
  });

  test("two that were left open are one after the next run", async () => {
    const { issues, report } = stage();
    const text = markerOf(ENDING) + sayBody(ENDING, undefined);
    issues.add(BOT, "a", text);
    issues.add(BOT, "b", text);
    expect(await report(ENDING)).toEqual({ type: "unchanged", number: 1 });
    expect(open(issues).map(({ number }) => number)).toEqual([1]);
  });

  test("after a new sign-in all of them are closed", async () => {
    const { issues, report } = stage();
    for (const title of ["a", "b"]) issues.add(BOT, title, markerOf(ENDING));
    await report(FINE);
    expect(open(issues)).toEqual([]);
  });
});

describe("what goes wrong is one warning, never more", () => {
  const warned = (world: FakeWorld) => world.recorded.of("warning");

  test.each([["read"], ["nothing"]] as const)("a token that may %s: which line to add", async (may) => {
    const { report, world, issues } = stage({ may });
    expect(await report(ENDING)).toEqual({ type: "failed", why: "forbidden" });
    expect(warned(world)).toHaveLength(1);
    expect(warned(world)[0]).toContain("`issues: write` to the `permissions:` of this job");
    expect(issues.rows).toEqual([]);
  });

  test("a repository without issues", async () => {
    const { report, world, issues } = stage();
    issues.enabled = false;
    expect(await report(ENDING)).toEqual({ type: "failed", why: "disabled" });
    expect(warned(world)[0]).toContain("has no issues");
  });

  test.each([
    ["throttled", answer(429, {}, { "retry-after": "60" })],
    ["throttled", answer(403, {}, { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String((NOW + HOUR) / 1000) })],
    ["unreachable", answer(500, "{")],
    ["unreachable", answer(200, "not JSON")],
    ["forbidden", answer(401, {})],
  ] as const)("%s", async (why, reply) => {
    const { report, world, faults } = stage();
    faults["GET issues?state=open"] = [() => reply];
    expect(await report(ENDING)).toEqual({ type: "failed", why });
    expect(warned(world)).toHaveLength(1);
  });

  test("no network", async () => {
    const { report, world, faults } = stage();
    faults["POST /graphql"] = [
      () => {
        throw new HttpFailure(false, "ECONNREFUSED");
      },
    ];
    expect(await report(FINE)).toEqual({ type: "failed", why: "unreachable" });
    expect(warned(world)).toHaveLength(1);
  });

  test("a comment that fails leaves the issue closed, and the next run does not comment again", async () => {
    const { report, issues, faults } = stage();
    await report(ENDING);
    faults["POST 1/comments"] = [() => answer(502, "")];
    expect(await report(FINE)).toEqual({ type: "failed", why: "unreachable" });
    expect(issues.rows[0]?.state).toBe("closed");
    expect(await report(FINE)).toEqual({ type: "nothing" });
    expect(issues.rows[0]?.comments).toEqual([]);
  });
});

describe("the hidden line", () => {
  test("nothing in it ends the comment, and it is read back as it was", () => {
    for (const place of ["a --> b", "--", "<!-- x -->", "\n", `"`, "\\u002d"]) {
      const line = markerOf({ ...ENDING, place });
      expect(line.slice(4, -5)).not.toMatch(/--|>/);
      expect(line.trimEnd().split("\n")).toHaveLength(1);
      expect(readMarker(`${line}text`)).toMatchObject({
        place,
        provider: "anthropic",
        account: "default",
        state: "ending",
      });
      expect(readMarker(`${line}text`)?.length).toBe(line.length);
    }
  });

  test.each([
    "",
    "text",
    "<!-- oauth-creds login -->",
    "<!-- oauth-creds login {} x -->",
    "<!-- oauth-creds login [] -->",
    ` ${markerOf(ENDING)}`,
  ])("%j is none", (text) => expect(readMarker(text)).toBeUndefined());

  test("names that GitHub would call, and Markdown, do not come through", () => {
    const body = sayBody(
      { ...ENDING, label: "the secret X of @octo/team <b> [x](http://evil.example) `y`" },
      undefined,
    );
    expect(body).not.toMatch(/@|<b>|\[x\]|`y`/);
  });

  test("no token is in any of it", async () => {
    const token = newToken();
    const { issues, report, world } = stage({ env: { INPUT_CREDENTIAL: token } });
    await report(ENDED);
    await report(FINE);
    expect(JSON.stringify(issues.rows) + JSON.stringify(world.requests.map(({ body }) => body))).not.toContain(
      token.slice(20, 40),
    );
    expect(MINUTE).toBe(60_000);
  });
});
