import { describe, expect, onTestFinished, test } from "vitest";
import { LedgerProblem, type Swap } from "../../../src/ledger/ledger.ts";
import { nodeHttp } from "../../../src/world/http.ts";
import type { HttpAnswer } from "../../../src/world/world.ts";
import { primaryLimit, secondaryLimit } from "../../support/github/faults.ts";
import {
  type GitLedger,
  type GitLedgerOptions,
  LEDGER_BRANCH,
  LEDGER_REF,
  startGitLedger,
} from "../../support/github/git-ledger.ts";
import type { TokenSpec } from "../../support/github/tokens.ts";
import { type Extent, ledgerConformance } from "./ledger-conformance.ts";
import { answer, fakeWorld, type FakeWorld, HOUR, MINUTE, NOW, SECOND } from "./support.ts";

const KINDS: readonly (readonly [string, GitLedgerOptions, Extent])[] = [
  ["in a ref, by GraphQL", {}, { rounds: 10 }],
  ["in a ref, by REST", { behaviour: { graphql: "absent", commits: "by-branch" } }, { rounds: 10 }],
  ["on a branch, by GraphQL", { behaviour: { customRefs: 422 } }, { rounds: 2 }],
  ["on a branch, by REST", { basePath: "/api/v3", behaviour: { customRefs: 403, graphql: "older" } }, { rounds: 2 }],
];
for (const [name, options, extent] of KINDS) ledgerConformance(name, () => startGitLedger(options), extent);

const REPO = "/repos/octo/demo";
/** The server's clock: hours away from the job's. */
const SERVER = NOW + 3 * HOUR;

interface Here extends GitLedger {
  readonly world: FakeWorld;
  /** What a call gets instead of GitHub's answer, by method and last part of the path. */
  readonly answers: Record<string, HttpAnswer>;
  /** Calls since the last time this was asked: `GET commits`, `POST graphql`, …, with the status. */
  calls(): string[];
}

async function start(options: GitLedgerOptions = {}): Promise<Here> {
  const real = nodeHttp({});
  const answers: Record<string, HttpAnswer> = {};
  const world = fakeWorld({
    http: async (request) => answers[`${request.method} ${request.url.split("/").at(-1)}`] ?? real(request),
  });
  const here = await startGitLedger({ world, clock: { now: () => SERVER }, fullRequestLog: true, ...options });
  onTestFinished(() => here.close());
  let seen = 0;
  return {
    ...here,
    world,
    answers,
    calls() {
      const since = here.github.requests.slice(seen);
      seen = here.github.requests.length;
      return since.map(({ method, path, status }) => `${method} ${nameOf(path)} ${status}`);
    },
  };
}

/** `commits/refs/x/y` → `commits`, `git/refs/x/y` → `refs`. */
const nameOf = (path: string): string => {
  const [first, second] = path.replace(REPO, "").replace(/^\//, "").split("/");
  return (first === "git" ? second : first) || "repository";
};

/** A version and what it holds, written by a handle of its own. */
async function written(here: GitLedger, text = "one"): Promise<string> {
  const ledger = here.ledger();
  return done(await ledger.compareAndSwap((await ledger.load()).entry?.version, text));
}

function done(swap: Swap): string {
  if (swap.type === "conflict") throw new Error("a conflict, where there is none");
  return swap.version;
}

async function problemIn(work: Promise<unknown>): Promise<LedgerProblem> {
  const outcome = await work.catch((error: unknown) => error);
  if (outcome instanceof LedgerProblem) return outcome;
  throw outcome;
}

const CONFLICT = { type: "conflict" };

describe("calls to the API", () => {
  test("one to load, and none of the budget while nothing changes", async () => {
    const here = await start();
    const first = await written(here);
    const ledger = here.ledger();
    expect(ledger.budget()).toBeUndefined();
    here.calls();
    await ledger.load();
    const left = ledger.budget();
    for (let i = 0; i < 3; i++) expect((await ledger.load()).entry).toMatchObject({ version: first, text: "one" });
    expect(here.calls()).toEqual(["GET commits 200", ...Array(3).fill("GET commits 304")]);
    expect(ledger.budget()).toBe(left);
    const second = await written(here, "two");
    here.calls();
    expect((await ledger.load()).entry).toMatchObject({ version: second, text: "two" });
    expect(here.calls()).toEqual(["GET commits 200"]);
  });

  test("seven for a whole refresh: load, look again, intent, publish", async () => {
    const here = await start();
    await written(here);
    here.calls();
    const ledger = here.ledger();
    const { entry } = await ledger.load();
    await ledger.load();
    const intent = done(await ledger.compareAndSwap(entry?.version, "intent"));
    done(await ledger.compareAndSwap(intent, "published"));
    expect(here.calls().toSorted()).toEqual([
      "GET commits 200",
      "GET commits 304",
      "GET repository 200",
      "POST commits 201",
      "POST commits 201",
      "POST graphql 200",
      "POST graphql 200",
    ]);
  });

  test("two for each swap by REST", async () => {
    const here = await start({ behaviour: { graphql: "absent" } });
    const ledger = here.ledger();
    const first = done(await ledger.compareAndSwap(undefined, "one"));
    here.calls();
    done(await ledger.compareAndSwap(first, "two"));
    expect(here.calls()).toEqual(["POST commits 201", "PATCH refs 200"]);
  });

  test("two to load where the first does not find such refs, and then the ref alone", async () => {
    const here = await start({ behaviour: { commits: "by-branch" } });
    const first = await written(here);
    const ledger = here.ledger();
    here.calls();
    await ledger.load();
    await ledger.load();
    expect(here.calls()).toEqual(["GET commits 422", "GET ref 200", "GET commits 200", "GET ref 304"]);
    const second = done(await ledger.compareAndSwap(first, "two"));
    here.calls();
    expect((await ledger.load()).entry).toMatchObject({ version: second, text: "two" });
    expect(here.calls()).toEqual(["GET ref 200", "GET commits 200"]);
  });

  test("to make the record: looking for it everywhere, and a tree", async () => {
    const here = await start();
    done(await here.ledger().compareAndSwap(undefined, "one"));
    const calls = here.calls();
    expect(calls.slice(0, 3)).toEqual(["GET commits 422", "GET ref 404", "GET commits 422"]);
    expect(calls.slice(3).toSorted()).toEqual([
      "GET repository 200",
      "POST commits 201",
      "POST graphql 200",
      "POST trees 201",
    ]);
  });

  test("the budget is that of REST or GraphQL, whichever has less", async () => {
    const here = await start({ token: { kind: "github-token", permissions: { contents: "write" }, rateLimit: 100 } });
    const ledger = here.ledger();
    const version = done(await ledger.compareAndSwap(undefined, "one"));
    const spent = () => here.github.requests.filter(({ path }) => path !== "/graphql").length;
    expect(ledger.budget()).toBe(100 - spent());
    // The other way round: as if somebody else had spent GraphQL's.
    const headers = { "x-ratelimit-remaining": "3", "x-ratelimit-resource": "graphql" };
    here.answers["POST graphql"] = answer(502, "", headers);
    await problemIn(ledger.compareAndSwap(version, "two"));
    expect(ledger.budget()).toBe(3);
  });
});

describe("what is written", () => {
  test("is a commit that git and GitHub find in order, with GitHub's own author and time", async () => {
    const here = await start();
    const ledger = here.ledger();
    const first = await ledger.compareAndSwap(undefined, "one");
    const second = await ledger.compareAndSwap(done(first), "two");
    expect(second).toMatchObject({ type: "swapped", writtenAt: SERVER });
    const reading = await here.ledger().load();
    expect(reading).toEqual({ entry: { version: done(second), text: "two", writtenAt: SERVER }, now: SERVER });
    const { git } = here.github;
    expect(git.ref(LEDGER_REF)).toBe(done(second));
    const log = await git.run("log", "--format=%an %ct %B", LEDGER_REF);
    expect(log).toMatch(
      new RegExp(
        `^github-actions\\[bot\\] ${SERVER / 1000} two\n\noauth-creds [0-9a-f]{24} 1 \\[skip ci\\]\n\n` +
          `github-actions\\[bot\\] ${SERVER / 1000} one\n\noauth-creds [0-9a-f]{24} 0 \\[skip ci\\]$`,
      ),
    );
    expect(await git.run("ls-tree", "--name-only", LEDGER_REF)).toBe("README.md");
    expect(await git.run("fsck", "--strict")).toBe("");
  });

  test("needs no deletion, and no force but to compact", async () => {
    const here = await start();
    const ledger = here.ledger();
    const version = done(await ledger.compareAndSwap(undefined, "one"));
    done(await ledger.compareAndSwap(version, "two"));
    here.github.git.behaviour.graphql = "absent";
    done(await here.ledger().compareAndSwap(here.github.git.ref(LEDGER_REF), "three"));
    const sent = here.github.requests.map(({ method, path, full }) => ({ method, path, body: full?.body ?? "" }));
    expect(sent.filter(({ method }) => method === "DELETE")).toEqual([]);
    expect(sent.filter(({ body }) => /"force":true|"afterOid":"0+"/.test(body))).toEqual([]);
    const swaps = sent.filter(({ path }) => path === "/graphql").map(({ body }) => body);
    expect(swaps.every((body) => /"beforeOid":"\w{40}"/.test(body))).toBe(true);
    expect(sent.find(({ method }) => method === "PATCH")?.body).toContain('"force":false');
    expect(sent.filter(({ path, body }) => path.endsWith("/commits") && /author|committer/.test(body))).toEqual([]);
  });

  test("by somebody else is shown as it is, and replaced only by compare-and-swap", async () => {
    const here = await start();
    const { git } = here.github;
    const main = git.ref("refs/heads/main") as string;
    await git.run("update-ref", LEDGER_REF, main);
    const ledger = here.ledger();
    expect((await ledger.load()).entry).toMatchObject({ version: main, text: "Initial commit" });
    expect(await ledger.compareAndSwap(undefined, "one")).toEqual(CONFLICT);
    done(await ledger.compareAndSwap(main, "one"));
  });
});

describe("compacting", () => {
  test("leaves one commit with the same text, and every handle goes on", async () => {
    const here = await start();
    const ledger = here.ledger();
    let version: string | undefined;
    for (const text of ["one", "two", "three"]) version = done(await ledger.compareAndSwap(version, text));
    const other = here.ledger();
    await other.load();
    const count = () => here.github.git.run("rev-list", "--count", LEDGER_REF);
    expect(await count()).toBe("3");
    const compacted = done(await here.ledger().compact(version as string));
    expect(await count()).toBe("1");
    expect(await ledger.compareAndSwap(version, "four")).toEqual(CONFLICT);
    expect((await other.load()).entry).toMatchObject({ version: compacted, text: "three" });
    done(await other.compareAndSwap(compacted, "four"));
    expect(await count()).toBe("2");
  });

  test("is a conflict when somebody has written since", async () => {
    const here = await start();
    const first = await written(here);
    const ledger = here.ledger();
    await ledger.load();
    const second = await written(here, "two");
    expect(await ledger.compact(first)).toEqual(CONFLICT);
    expect(here.github.git.ref(LEDGER_REF)).toBe(second);
  });

  test.each(["absent", "older", "refused"] as const)("is not supported where GraphQL is %s", async (graphql) => {
    const here = await start({ behaviour: { graphql } });
    const ledger = here.ledger();
    const version = done(await ledger.compareAndSwap(undefined, "one"));
    for (const each of [ledger, here.ledger()]) {
      expect(await problemIn(each.compact(version))).toMatchObject({ kind: "unsupported", sent: false });
    }
    expect(here.github.git.ref(LEDGER_REF)).toBe(version);
    done(await ledger.compareAndSwap(version, "two"));
  });
});

describe("another way is found where the first does not go", () => {
  test.each(["absent", "older", "refused"] as const)("REST, where GraphQL is %s; found out once", async (graphql) => {
    const here = await start({ behaviour: { graphql } });
    const ledger = here.ledger();
    let version = done(await ledger.compareAndSwap(undefined, "one"));
    expect(here.calls().filter((call) => call.startsWith("POST graphql"))).toHaveLength(1);
    version = done(await ledger.compareAndSwap(version, "two"));
    expect(here.calls()).toEqual(["POST commits 201", "PATCH refs 200"]);
    expect(here.github.git.ref(LEDGER_REF)).toBe(version);
    const other = here.ledger();
    await other.load();
    const third = done(await ledger.compareAndSwap(version, "three"));
    expect(await other.compareAndSwap(version, "four")).toEqual(CONFLICT);
    if (graphql === "refused") return; // for all that the conflict tells, it may have been one by GraphQL
    here.calls();
    done(await other.compareAndSwap(third, "four"));
    expect(here.calls().filter((call) => call.startsWith("POST graphql"))).toEqual([]);
  });

  test.each([
    [403, "full"],
    [422, "full"],
    [403, "absent"],
    [422, "absent"],
  ] as const)("a branch, where other refs are refused with %i, GraphQL %s", async (customRefs, graphql) => {
    const here = await start({ behaviour: { customRefs, graphql } });
    const { git } = here.github;
    const ledger = here.ledger();
    expect(ledger.label).toBe(`the ref ${LEDGER_REF} of octo/demo`);
    const version = done(await ledger.compareAndSwap(undefined, "one"));
    expect([git.ref(LEDGER_REF), git.ref(LEDGER_BRANCH)]).toEqual([undefined, version]);
    expect(ledger.label).toBe(`the ref ${LEDGER_BRANCH} of octo/demo`);
    here.calls();
    const next = done(await ledger.compareAndSwap(version, "two"));
    expect(here.calls().filter((call) => !call.startsWith("POST commits"))).toHaveLength(1);
    expect((await here.ledger().load()).entry).toMatchObject({ version: next, text: "two" });
    expect(await here.ledger().compareAndSwap(undefined, "three")).toEqual(CONFLICT);
    expect(here.ledger().place).toBe(ledger.place);
  });

  test("GraphQL on an Enterprise Server, where it lies beside the REST API", async () => {
    const here = await start({ basePath: "/api/v3" });
    done(await here.ledger().compareAndSwap(undefined, "one"));
    expect(here.calls()).toContain("POST graphql 200");
  });

  test("no branch is made for a passing trouble, in which the server says the same words", async () => {
    const here = await start({ behaviour: { graphql: "absent" } });
    const body = { message: "Reference update failed" };
    here.github.fault({ method: "POST", path: /git\/refs$/, times: 2 }, { do: "answer", status: 422, body });
    here.github.fault({ method: "POST", path: /git\/refs$/ }, { do: "answer", status: 409 });
    const version = done(await here.ledger().compareAndSwap(undefined, "one"));
    expect(here.github.git.ref(LEDGER_REF)).toBe(version);
    expect(here.github.git.ref(LEDGER_BRANCH)).toBeUndefined();
    expect(here.world.pauses).toEqual([250, 750, 2250]);
  });

  test("no branch is made beside a record that may not be changed", async () => {
    const here = await start();
    const version = await written(here);
    here.github.git.behaviour.customRefs = 422;
    expect(await problemIn(here.ledger().compareAndSwap(version, "two"))).toMatchObject({
      kind: "forbidden",
      sent: false,
    });
    here.github.git.behaviour.customRefs = 403;
    expect(await problemIn(here.ledger().compareAndSwap(version, "two"))).toMatchObject({
      kind: "forbidden",
      sent: false,
      wants: "contents=write",
    });
    expect(here.github.git.ref(LEDGER_REF)).toBe(version);
    expect(here.github.git.ref(LEDGER_BRANCH)).toBeUndefined();
  });

  test("a branch does not count if another job was let through after all", async () => {
    const here = await start({ behaviour: { customRefs: 422 } });
    const { github } = here;
    // By GraphQL it is refused first, then by REST four times; then comes the branch.
    const hold = github.hold({ path: /^\/graphql$/, skip: 1 }, "after-commit");
    const writing = here.ledger().compareAndSwap(undefined, "one");
    await hold.committed;
    await github.git.run("update-ref", LEDGER_REF, github.git.ref("refs/heads/main") as string);
    hold.release();
    expect(await writing).toEqual(CONFLICT);
    expect((await here.ledger().load()).entry?.text).toBe("Initial commit");
  });
});

describe("a conflict is never taken for a refusal, nor a refusal for a conflict", () => {
  const WORDS = [
    "Reference update failed",
    "Resource not accessible by integration",
    "Something went wrong while executing your query.",
    "Could not resolve to a node with the global id of 'x'",
    "Expected ref to be at another oid, which does not exist",
  ];
  test.each(WORDS)("whatever GraphQL says of a conflict: %s", async (conflictWords) => {
    const here = await start({ behaviour: { conflictWords } });
    const first = await written(here);
    const ledger = here.ledger();
    await ledger.load();
    const second = await written(here, "two");
    here.calls();
    expect(await ledger.compareAndSwap(first, "three")).toEqual(CONFLICT);
    expect(here.calls().filter((call) => call.startsWith("PATCH"))).toEqual([]);
    expect(here.github.git.ref(LEDGER_REF)).toBe(second);
    // GraphQL is not given up for that.
    done(await ledger.compareAndSwap(second, "three"));
    expect(here.calls()).toContain("POST graphql 200");
  });

  test("nor where a replica still shows the former value", async () => {
    const here = await start();
    const first = await written(here);
    const ledger = here.ledger();
    await ledger.load();
    const second = await written(here, "two");
    here.github.git.behaviour.staleReads = Infinity;
    expect(await ledger.compareAndSwap(first, "three")).toEqual(CONFLICT);
    expect(here.world.pauses).toEqual([]);
    expect(here.github.git.ref(LEDGER_REF)).toBe(second);
  });

  test.each([
    ["GraphQL", "full", /^\/graphql$/],
    ["REST", "absent", /git\/refs/],
  ] as const)("what %s has carried out, and answered with an error, was carried out", async (_name, graphql, path) => {
    const here = await start({ behaviour: { graphql } });
    const version = await written(here);
    const errors = [{ message: "Something went wrong while executing your query." }];
    const body = graphql === "full" ? { data: { updateRefs: null }, errors } : { message: "Reference update failed" };
    const status = graphql === "full" ? 200 : 422;
    here.github.fault({ path }, { do: "answer", when: "after-commit", status, body });
    const next = done(await here.ledger().compareAndSwap(version, "two"));
    expect(here.github.git.ref(LEDGER_REF)).toBe(next);
  });

  test("a record that was deleted is a conflict for whoever had it", async () => {
    for (const graphql of ["full", "absent"] as const) {
      const here = await start({ behaviour: { graphql } });
      const version = await written(here);
      const ledger = here.ledger();
      await ledger.load();
      await here.github.git.run("update-ref", "-d", LEDGER_REF);
      expect(await ledger.compareAndSwap(version, "two")).toEqual(CONFLICT);
      expect((await ledger.load()).entry).toBeUndefined();
      done(await ledger.compareAndSwap(undefined, "two"));
    }
  });

  test("writers by different ways on one record: one wins", async () => {
    const here = await start();
    let version = await written(here);
    const ledgers = Array.from({ length: 6 }, () => here.ledger());
    for (const [index, ledger] of ledgers.entries()) {
      here.github.git.behaviour.graphql = index % 2 ? "absent" : "full";
      version = done(await ledger.compareAndSwap(version, `warm ${index}`));
    }
    here.github.git.behaviour.graphql = "full";
    here.calls();
    const swaps = await Promise.all(ledgers.map((ledger, index) => ledger.compareAndSwap(version, `racer ${index}`)));
    const won = swaps.filter((swap) => swap.type === "swapped");
    expect(won).toHaveLength(1);
    expect(here.github.git.ref(LEDGER_REF)).toBe((won[0] as { version: string }).version);
    const calls = here.calls();
    expect(calls.some((call) => call.startsWith("PATCH"))).toBe(true);
    expect(calls.some((call) => call.startsWith("POST graphql"))).toBe(true);
  });
});

describe("a server that does not see yet what it was just given", () => {
  test.each([
    ["GraphQL", "full", 3],
    ["REST", "absent", 3],
  ] as const)("is asked again: by %s", async (_name, graphql, times) => {
    const here = await start({ behaviour: { graphql } });
    const ledger = here.ledger();
    const version = done(await ledger.compareAndSwap(undefined, "one"));
    const since = here.world.pauses.length;
    const hold = here.github.hold({ path: graphql === "full" ? /^\/graphql$/ : /git\/refs/ });
    const writing = ledger.compareAndSwap(version, "two");
    await hold.received;
    here.github.git.behaviour.unseenObjects = times;
    hold.release();
    const next = done(await writing);
    expect(here.github.git.ref(LEDGER_REF)).toBe(next);
    expect(here.world.pauses.slice(since)).toEqual([250, 750, 2250]);
  });

  test("is asked again: for a commit to read, and for its parent", async () => {
    const here = await start({ behaviour: { commits: "by-branch" } });
    const version = await written(here);
    const ledger = here.ledger();
    here.github.git.behaviour.unseenObjects = 3;
    expect((await ledger.load()).entry?.version).toBe(version);
    here.github.git.behaviour.unseenObjects = 2;
    done(await ledger.compareAndSwap(version, "two"));
    expect(here.world.pauses).toEqual([250, 750, 2250, 250, 750]);
  });

  test("is given up in the end, and nothing was changed", async () => {
    const here = await start({ behaviour: { commits: "by-branch" } });
    const version = await written(here);
    const ledger = here.ledger();
    here.github.git.behaviour.unseenObjects = Infinity;
    expect(await problemIn(ledger.load())).toMatchObject({ kind: "unreachable", sent: false });
    here.github.git.behaviour.unseenObjects = 0;
    await ledger.load();
    here.github.git.behaviour.unseenObjects = Infinity;
    expect(await problemIn(ledger.compareAndSwap(version, "two"))).toMatchObject({ kind: "unreachable", sent: false });
    here.github.git.behaviour.unseenObjects = 0;
    const hold = here.github.hold({ path: /^\/graphql$/ });
    const writing = problemIn(ledger.compareAndSwap(version, "two"));
    await hold.received;
    here.github.git.behaviour.unseenObjects = Infinity;
    hold.release();
    expect(await writing).toMatchObject({ kind: "unreachable", sent: false });
    expect(here.github.git.ref(LEDGER_REF)).toBe(version);
  });
});

describe("refusals", () => {
  const write = { kind: "github-token", permissions: { contents: "write" } } as const satisfies TokenSpec;
  test.each<[string, TokenSpec, string | undefined, string | undefined]>([
    ["that has ended", { ...write, expired: true }, undefined, undefined],
    ["that does not see the repository", { ...write, repositories: ["octo/other"] }, "contents=read", "contents=read"],
    ["without contents", { kind: "github-token", permissions: {} }, "contents=read", "contents=read"],
    ["that may only read", { kind: "github-token", permissions: { contents: "read" } }, "none", "contents=write"],
    ["of another kind that may only read", { kind: "classic", permissions: { contents: "read" } }, "none", undefined],
  ])("a token %s", async (_name, spec, toLoad, toWrite) => {
    const here = await start();
    const version = await written(here);
    const [token = ""] = here.github.tokens.keys();
    here.github.tokens.set(token, spec);
    const loading = here.ledger().load();
    if (toLoad === "none") expect((await loading).entry?.version).toBe(version);
    else expect(await problemIn(loading)).toMatchObject({ kind: "forbidden", sent: false, wants: toLoad });
    const writing = await problemIn(here.ledger().compareAndSwap(version, "two"));
    expect(writing).toMatchObject({ kind: "forbidden", sent: false, wants: toWrite });
    expect(here.github.git.ref(LEDGER_REF)).toBe(version);
  });

  test("no record in a repository that is not seen", async () => {
    const here = await start({ token: { ...write, repositories: ["octo/other"] } });
    expect(await problemIn(here.ledger().load())).toMatchObject({ kind: "forbidden", sent: false });
  });

  test("a permission that ends between the commit and the ref", async () => {
    const here = await start();
    const version = await written(here);
    const [token = ""] = here.github.tokens.keys();
    const ledger = here.ledger();
    await ledger.load();
    const hold = here.github.hold({ path: /^\/graphql$/ });
    const writing = problemIn(ledger.compareAndSwap(version, "two"));
    await hold.received;
    here.github.tokens.set(token, { kind: "github-token", permissions: { contents: "read" } });
    hold.release();
    expect(await writing).toMatchObject({ kind: "forbidden", sent: false, wants: "contents=write" });
  });

  test("a repository without any commit has no record, and can hold none", async () => {
    const here = await start({ empty: true });
    const ledger = here.ledger();
    expect(await ledger.load()).toEqual({ entry: undefined, now: SERVER });
    const problem = await problemIn(ledger.compareAndSwap(undefined, "one"));
    expect(problem).toMatchObject({ kind: "unsupported", sent: false });
  });
});

describe("rate limits and failures", () => {
  const COMMITS = { method: "GET", path: /\/commits\/refs/ };
  const COMMIT = { method: "POST", path: /git\/commits$/ };
  const GRAPHQL = { path: /^\/graphql$/ };
  const REFS = { path: /git\/refs/ };

  test.each([
    ["primary", primaryLimit(SERVER / 1000 + 120), 121 * SECOND],
    ["primary, 429", primaryLimit(SERVER / 1000 + 120, 429), 121 * SECOND],
    ["primary, over already", primaryLimit(SERVER / 1000 - 120), SECOND],
    ["secondary", secondaryLimit(7), 7 * SECOND],
    ["secondary without a time", secondaryLimit(), MINUTE],
    ["secondary, 429", secondaryLimit(undefined, 429), MINUTE],
    ["one without words", { do: "answer", status: 429 }, MINUTE],
  ] as const)("%s", async (_name, fault, retryAfterMs) => {
    for (const [graphql, where] of [
      // What is used up of GraphQL alone is made up for by REST: see below.
      ["full", _name.startsWith("primary") ? [COMMITS, COMMIT] : [COMMITS, COMMIT, GRAPHQL]],
      ["absent", [REFS]],
    ] as const) {
      const here = await start({ behaviour: { graphql } });
      const version = await written(here);
      for (const match of where) {
        here.github.fault(match, fault);
        const problem = await problemIn(here.ledger().compareAndSwap(version, "two"));
        expect(problem).toMatchObject({ kind: "throttled", sent: false, retryAfterMs });
      }
      expect(here.github.git.ref(LEDGER_REF)).toBe(version);
    }
  });

  const USED_UP = {
    do: "answer",
    status: 200,
    headers: { "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": `${SERVER / 1000 + 60}` },
    body: { errors: [{ type: "RATE_LIMITED", message: "API rate limit exceeded for installation." }] },
  } as const;

  test.each([
    ["as GitHub documents it", USED_UP],
    ["as REST says it", primaryLimit(SERVER / 1000 + 9000)],
  ])("GraphQL's own calls are used up, told %s: REST has its own, and is used from then on", async (_name, fault) => {
    const here = await start();
    const version = await written(here);
    here.github.fault({ ...GRAPHQL, times: Infinity }, fault);
    const ledger = here.ledger();
    await ledger.load();
    here.calls();
    const second = done(await ledger.compareAndSwap(version, "two"));
    expect(here.calls().filter((call) => /graphql|refs/.test(call))).toEqual([
      expect.stringMatching(/^POST graphql/),
      "PATCH refs 200",
    ]);
    expect(ledger.budget()).toBeGreaterThan(50);
    const third = done(await ledger.compareAndSwap(second, "three"));
    expect(here.calls().toSorted()).toEqual(["PATCH refs 200", "POST commits 201"]);
    expect(here.github.git.ref(LEDGER_REF)).toBe(third);
    expect(await ledger.compareAndSwap(version, "an old one")).toEqual(CONFLICT);
  });

  test("nor is there anything left of REST", async () => {
    const here = await start();
    const version = await written(here);
    here.github.fault(GRAPHQL, USED_UP);
    here.github.fault(REFS, primaryLimit(SERVER / 1000 + 120));
    const problem = await problemIn(here.ledger().compareAndSwap(version, "two"));
    expect(problem).toMatchObject({ kind: "throttled", sent: false, retryAfterMs: 121 * SECOND });
    expect(here.github.git.ref(LEDGER_REF)).toBe(version);
  });

  test("GraphQL's own, where only that can do it", async () => {
    const here = await start();
    const version = await written(here);
    here.github.fault(GRAPHQL, USED_UP);
    const problem = await problemIn(here.ledger().compact(version));
    expect(problem).toMatchObject({ kind: "throttled", sent: false, retryAfterMs: 61 * SECOND });
  });

  test("a secondary one with status 200 is meant for whoever asks, by whatever way", async () => {
    const here = await start();
    const version = await written(here);
    const body = { errors: [{ message: "You have exceeded a secondary rate limit." }] };
    here.github.fault(GRAPHQL, { do: "answer", status: 200, body });
    here.calls();
    const problem = await problemIn(here.ledger().compareAndSwap(version, "two"));
    expect(problem).toMatchObject({ kind: "throttled", sent: false, retryAfterMs: MINUTE });
    expect(here.calls()).not.toContainEqual(expect.stringContaining("PATCH"));
    expect(here.github.git.ref(LEDGER_REF)).toBe(version);
  });

  test("when the budget is used up", async () => {
    const token = { kind: "github-token", permissions: { contents: "write" }, rateLimit: 10 } as const;
    const here = await start({ token });
    const version = await written(here);
    const ledger = here.ledger();
    let problem: LedgerProblem | undefined;
    while (!problem)
      problem = await problemIn(ledger.compareAndSwap(version, "x").then(() => ledger.load())).catch(() => undefined);
    expect(problem).toMatchObject({ kind: "throttled", sent: false });
    expect(ledger.budget()).toBe(0);
  });

  test.each([408, 500, 502, 503, 504])("%i: sent only where the record could have changed", async (status) => {
    const fault = { do: "answer", status, headers: { "Retry-After": "9" } } as const;
    for (const [match, sent] of [
      [COMMITS, false],
      [COMMIT, false],
      [GRAPHQL, true],
    ] as const) {
      const here = await start();
      const version = await written(here);
      here.github.fault(match, fault);
      const problem = await problemIn(here.ledger().compareAndSwap(version, "two"));
      expect(problem).toMatchObject({ kind: "unreachable", sent });
    }
    const here = await start({ behaviour: { graphql: "absent" } });
    const version = await written(here);
    here.github.fault(REFS, fault);
    const problem = await problemIn(here.ledger().compareAndSwap(version, "two"));
    expect(problem).toMatchObject({ kind: "unreachable", sent: true });
  });

  test("a 5xx for a swap that was carried out: the record tells", async () => {
    const here = await start();
    const version = await written(here);
    here.github.fault(GRAPHQL, { do: "answer", when: "after-commit", status: 502 });
    const ledger = here.ledger();
    expect(await problemIn(ledger.compareAndSwap(version, "two"))).toMatchObject({ kind: "unreachable", sent: true });
    expect((await ledger.load()).entry?.text).toBe("two");
  });

  test("no answer at all: sent only where the record could have changed", async () => {
    for (const [match, sent] of [
      [COMMITS, false],
      [COMMIT, false],
      [GRAPHQL, true],
    ] as const) {
      const here = await start();
      const version = await written(here);
      here.github.fault(match, { do: "drop" });
      const problem = await problemIn(here.ledger().compareAndSwap(version, "two"));
      expect(problem).toMatchObject({ kind: "unreachable", sent });
    }
  });

  test("what failed once is asked again", async () => {
    const here = await start();
    const version = await written(here);
    const ledger = here.ledger();
    here.github.fault({ method: "GET", path: /demo$/ }, { do: "answer", status: 502 });
    await problemIn(ledger.compareAndSwap(version, "two"));
    done(await ledger.compareAndSwap(version, "two"));
  });

  test("a ref that somebody else holds for too long", async () => {
    const here = await start({ behaviour: { graphql: "absent" } });
    const version = await written(here);
    here.github.fault({ method: "PATCH", path: /git\/refs/, times: 4 }, { do: "answer", status: 409 });
    const problem = await problemIn(here.ledger().compareAndSwap(version, "two"));
    expect(problem).toMatchObject({ kind: "unreachable", sent: false });
    expect(here.world.pauses).toEqual([250, 750, 2250]);
  });

  test("no answer about what became of it", async () => {
    const here = await start();
    const first = await written(here);
    const ledger = here.ledger();
    await ledger.load();
    await written(here, "two");
    here.github.fault({ method: "GET", path: /git\/ref\// }, { do: "drop" });
    expect(await problemIn(ledger.compareAndSwap(first, "three"))).toMatchObject({ kind: "unreachable", sent: true });
  });

  test("nobody there", async () => {
    const here = await startGitLedger();
    const ledger = here.ledger();
    await here.close();
    expect(await problemIn(ledger.load())).toMatchObject({ kind: "unreachable", sent: false });
    expect(await problemIn(ledger.compareAndSwap(undefined, "x"))).toMatchObject({ kind: "unreachable", sent: false });
  });
});

test.each<[string, string, HttpAnswer, Partial<LedgerProblem>]>([
  ["a page instead of the record", "GET default", answer(200, "<html>"), { kind: "unreachable", sent: false }],
  ["a record without a time", "GET default", answer(200, { commit: { message: "" } }), { kind: "unreachable" }],
  ["a redirection", "GET default", answer(301, ""), { kind: "unreachable", sent: false }],
  ["a refusal of the request's form", "GET default", answer(400, {}), { kind: "unsupported", sent: false }],
  ["a page instead of a commit", "POST commits", answer(201, "<html>"), { kind: "unreachable", sent: false }],
  ["a commit that is refused", "POST commits", answer(422, { message: "No" }), { kind: "unsupported", sent: false }],
  ["a page instead of names", "GET demo", answer(200, "<html>"), { kind: "unreachable", sent: false }],
  ["a page instead of a swap", "POST graphql", answer(200, "<html>"), { kind: "unreachable", sent: true }],
])("an answer that is not GitHub's: %s", async (_name, call, given, problem) => {
  const here = await start();
  const version = await written(here);
  here.answers[call] = given;
  expect(await problemIn(here.ledger().compareAndSwap(version, "two"))).toMatchObject(problem);
  expect(here.github.git.ref(LEDGER_REF)).toBe(version);
});

describe("the place that a record is bound to", () => {
  test("is the repository's id and the ref, whatever way was found", async () => {
    const here = await start();
    expect(here.ledger().place).toBe(`github:1296269:${LEDGER_REF}`);
    const other = here.ledger({ repositoryId: "7", ref: "refs/oauth-creds/v1/openai/work" });
    expect([other.place, other.label]).toEqual([
      "github:7:refs/oauth-creds/v1/openai/work",
      "the ref refs/oauth-creds/v1/openai/work of octo/demo",
    ]);
  });

  test("takes one call where the id is not known, and is not told before", async () => {
    const here = await start();
    const version = await written(here);
    const ledger = here.ledger({ repositoryId: undefined });
    expect(() => ledger.place).toThrow("after its first load");
    here.calls();
    expect((await ledger.load()).entry?.version).toBe(version);
    await ledger.load();
    expect(here.calls().toSorted()).toEqual(["GET commits 200", "GET commits 304", "GET repository 200"]);
    expect(ledger.place).toBe(here.ledger().place);
  });

  test("two records of one repository know nothing of each other", async () => {
    const here = await start();
    const version = await written(here);
    const other = here.ledger({ ref: "refs/oauth-creds/v1/anthropic/second account" });
    expect((await other.load()).entry).toBeUndefined();
    const odd = here.ledger({ ref: "refs/oauth-creds/v1/anthropic/a%b#c" });
    const oddVersion = done(await odd.compareAndSwap(undefined, "odd"));
    expect(here.github.git.ref("refs/oauth-creds/v1/anthropic/a%b#c")).toBe(oddVersion);
    expect((await here.ledger().load()).entry?.version).toBe(version);
  });
});
