/** The git database of the loopback GitHub: git itself is asked whether what it did is right. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { type GitHub, type GitHubOptions, startGitHub } from "../../support/github/server.ts";
import type { TokenSpec } from "../../support/github/tokens.ts";
import { type Answer, call } from "./client.ts";

const NOON = Date.parse("2026-03-04T12:00:00Z");
const REPO = "/repos/octo/demo";
const REF = "refs/oauth-creds/v1/anthropic/default";
const ZEROS = "0".repeat(40);
const EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
const UPDATE = "mutation($input: UpdateRefsInput!) { updateRefs(input: $input) { clientMutationId } }";
const WRITE: TokenSpec = { kind: "github-token", permissions: { contents: "write" } };

let github: GitHub;
afterEach(() => github.close());

async function start(more: GitHubOptions = {}, token: TokenSpec = WRITE): Promise<GitHub> {
  github = await startGitHub({ clock: { now: () => NOON }, tokens: { t: token }, ...more });
  return github;
}

const ask = (where: string, body?: unknown, headers = {}): Promise<Answer> =>
  call(github.apiUrl, where, { token: "t", headers, ...(body === undefined ? {} : { body }) });

const shaIn = ({ body }: Answer): string => (body as { sha: string }).sha;

async function tree(): Promise<string> {
  const file = (path: string) => ({ path, mode: "100644", type: "blob", content: "one\n" });
  return shaIn(await ask(`POST ${REPO}/git/trees`, { tree: [file("b.txt"), file("a.txt")] }));
}

async function commit(message: string, ...parents: string[]): Promise<string> {
  return shaIn(await ask(`POST ${REPO}/git/commits`, { message, tree: await tree(), parents }));
}

interface Errors {
  readonly errors: { readonly type?: string; readonly message: string; readonly extensions?: { code?: string } }[];
}

async function nodeId(): Promise<string> {
  return ((await ask(`GET ${REPO}`)).body as { node_id: string }).node_id;
}

async function updateRefs(change: object, more: object = {}): Promise<Answer> {
  const input = { repositoryId: await nodeId(), refUpdates: [{ name: REF, ...change }], ...more };
  return ask("POST /graphql", { query: UPDATE, variables: { input } });
}

const DONE = { status: 200, body: { data: { updateRefs: { clientMutationId: null } } } };

describe("objects", () => {
  it("are what git makes of the same content, and git finds nothing wrong with them", async () => {
    const { git, violations } = await start();
    const blob = shaIn(await ask(`POST ${REPO}/git/blobs`, { content: "b25lCg==", encoding: "base64" }));
    const env = { ...process.env, GIT_DIR: git.folder() };
    const own = execFileSync("git", ["hash-object", "--stdin"], { input: "one\n", env }).toString().trim();
    expect(blob).toBe(own);
    const first = await commit("first");
    const second = await commit("second\n\nwith a body\n", first);
    await ask(`POST ${REPO}/git/refs`, { ref: REF, sha: second });
    const who = "github-actions[bot] <41898282+github-actions[bot]@users.noreply.github.com>";
    const log = await git.run("log", "--format=%an <%ae> %ct %B", REF);
    expect(log.split("\n")).toEqual([
      `${who} ${NOON / 1000} second`,
      "",
      "with a body",
      "",
      `${who} ${NOON / 1000} first`,
    ]);
    expect(await git.run("cat-file", "-p", `${REF}:a.txt`)).toBe("one");
    expect(await git.run("fsck", "--strict", "--full")).toBe("");
    expect(violations).toEqual([]);
  });

  it("keep the author and the time that a client gives", async () => {
    const { git } = await start();
    const author = { name: "Ada", email: "ada@example.com", date: "2020-01-01T00:00:00Z" };
    const sha = shaIn(await ask(`POST ${REPO}/git/commits`, { message: "m", tree: await tree(), author }));
    expect(await git.run("log", "-1", "--format=%an %cn %ct", sha)).toBe("Ada Ada 1577836800");
  });

  it.each([
    ["an empty tree", "trees", { tree: [] }, "Invalid tree info"],
    ["the tree that git knows everywhere", "commits", { message: "m", tree: EMPTY_TREE }, "Tree SHA does not exist"],
    ["no such parent", "commits", { message: "m", tree: "", parents: [ZEROS] }, "Parent SHA does not exist"],
  ])("are refused: %s", async (_name, kind, body, message) => {
    const { violations } = await start();
    const given = "tree" in body && body.tree === "" ? { ...body, tree: await tree() } : body;
    const answer = await ask(`POST ${REPO}/git/${kind}`, given);
    expect(answer.status).toBe(422);
    expect((answer.body as { message: string }).message).toContain(message);
    expect(violations).toEqual([]);
  });

  it("are read from packs, too", async () => {
    const { git } = await start();
    const sha = await git.run("commit-tree", "-m", "by git", await git.run("rev-parse", "main^{tree}")).catch(() => "");
    expect(sha).toBe(""); // git has no name to sign with: no configuration of the machine is used
    const identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"];
    const made = await git.run(...identity, "commit-tree", "-m", "by git", "main^{tree}");
    await git.run("update-ref", REF, made);
    await git.run("gc", "--quiet", "--prune=now");
    await git.run("pack-refs", "--all");
    const answer = await ask(`GET ${REPO}/commits/${REF}`);
    expect(answer).toMatchObject({ status: 200, body: { sha: made, commit: { message: "by git\n" } } });
  });
});

describe("reading refs", () => {
  it("a commit by a full ref, a branch, an id; and 422 for what is none", async () => {
    const { git, violations } = await start();
    const sha = await commit("text");
    await git.run("update-ref", REF, sha);
    const main = git.ref("refs/heads/main");
    const found = async (name: string) => shaIn(await ask(`GET ${REPO}/commits/${name}`));
    expect(await found(REF)).toBe(sha);
    expect(await found("oauth-creds/v1/anthropic/default")).toBe(sha);
    expect([await found("main"), await found("heads/main"), await found(main as string)]).toEqual([main, main, main]);
    for (const name of ["refs/oauth-creds/v1/anthropic/other", "nothing", "f".repeat(40)]) {
      expect(await ask(`GET ${REPO}/commits/${name}`)).toMatchObject({
        status: 422,
        body: { message: `No commit found for SHA: ${name}` },
      });
    }
    git.behaviour.commits = "by-branch";
    expect((await ask(`GET ${REPO}/commits/${REF}`)).status).toBe(422);
    expect(await found("main")).toBe(main);
    expect(violations).toEqual([]);
  });

  it("a ref and what it points to, and the refs that begin alike", async () => {
    const { git, violations } = await start();
    const sha = await commit("text");
    for (const name of [REF, `${REF}-2`, "refs/heads/x"]) await git.run("update-ref", name, sha);
    const one = await ask(`GET ${REPO}/git/ref/${REF.slice(5)}`);
    expect(one).toMatchObject({ status: 200, body: { ref: REF, object: { type: "commit", sha } } });
    expect((await ask(`GET ${REPO}/git/ref/oauth-creds/v1`)).status).toBe(404);
    const many = (await ask(`GET ${REPO}/git/matching-refs/oauth-creds/`)).body as { ref: string }[];
    expect(many.map(({ ref }) => ref)).toEqual([REF, `${REF}-2`]);
    const message = (await ask(`GET ${REPO}/git/commits/${sha}`)).body as { message: string };
    expect(message).toMatchObject({ sha, message: "text", committer: { date: "2026-03-04T12:00:00Z" } });
    expect((await ask(`GET ${REPO}/git/commits/${ZEROS}`)).status).toBe(404);
    expect(violations).toEqual([]);
  });

  it("costs nothing when nothing has changed, for the same token", async () => {
    const { git, tokens, violations } = await start();
    tokens.set("other", WRITE);
    await git.run("update-ref", REF, await commit("one"));
    const where = `GET ${REPO}/commits/${REF}`;
    const first = await ask(where);
    const etag = first.headers["etag"] as string;
    expect(etag).toMatch(/^W\/"\w+"$/);
    const again = await ask(where, undefined, { "If-None-Match": etag });
    expect(again).toMatchObject({ status: 304, body: undefined });
    expect(again.headers["etag"]).toBe(etag);
    expect(again.headers["date"]).toBe("Wed, 04 Mar 2026 12:00:00 GMT");
    expect(again.headers["x-ratelimit-remaining"]).toBe(first.headers["x-ratelimit-remaining"]);
    const elsewhere = await call(github.apiUrl, where, { token: "other", headers: { "If-None-Match": etag } });
    expect(elsewhere.status).toBe(200);
    await git.run("update-ref", REF, await commit("two"));
    expect((await ask(where, undefined, { "If-None-Match": etag })).status).toBe(200);
    expect(violations).toEqual([]);
  });

  it("may show what was there before", async () => {
    const { git } = await start();
    const [one, two] = [await commit("one"), await commit("two")];
    await ask(`POST ${REPO}/git/refs`, { ref: REF, sha: one });
    await updateRefs({ beforeOid: one, afterOid: two, force: true });
    git.behaviour.staleReads = 1;
    expect(shaIn(await ask(`GET ${REPO}/commits/${REF}`))).toBe(one);
    expect(shaIn(await ask(`GET ${REPO}/commits/${REF}`))).toBe(two);
  });
});

describe("changing refs by REST", () => {
  it("creates one only where there is none, and moves it only forward", async () => {
    const { git, violations } = await start();
    const first = await commit("first");
    const second = await commit("second", first);
    const aside = await commit("aside", first);
    const create = (sha: string) => ask(`POST ${REPO}/git/refs`, { ref: REF, sha });
    const move = (sha: string, force = false) => ask(`PATCH ${REPO}/git/${REF}`, { sha, force });
    const refused = (message: string) => ({ status: 422, body: { message } });
    expect(await move(first)).toMatchObject(refused("Reference does not exist"));
    expect(await create(ZEROS)).toMatchObject(refused("Object does not exist"));
    expect((await create(first)).status).toBe(201);
    expect(await create(second)).toMatchObject(refused("Reference already exists"));
    expect((await move(second)).status).toBe(200);
    expect((await move(second)).status).toBe(200);
    expect(await move(aside)).toMatchObject(refused("Update is not a fast forward"));
    expect(git.ref(REF)).toBe(second);
    expect((await move(aside, true)).status).toBe(200);
    expect(git.ref(REF)).toBe(aside);
    for (const name of ["refs/x", "heads/x", "refs/a/../b", "refs/a/b.lock", "refs/a b/c"]) {
      expect((await ask(`POST ${REPO}/git/refs`, { ref: name, sha: first })).status).toBe(422);
    }
    expect(violations).toEqual([]);
  });

  it("lets one of many win who start from the same commit", async () => {
    const { git, violations } = await start();
    const first = await commit("first");
    await ask(`POST ${REPO}/git/refs`, { ref: REF, sha: first });
    const made = await Promise.all(Array.from({ length: 12 }, (_, index) => commit(`racer ${index}`, first)));
    const answers = await Promise.all(
      made.map((sha, index) =>
        index % 2 === 0
          ? ask(`PATCH ${REPO}/git/${REF}`, { sha, force: false })
          : updateRefs({ beforeOid: first, afterOid: sha }),
      ),
    );
    const won = made.filter((_, index) => {
      const { status, body } = answers[index] as Answer;
      return status === 200 && !(body as Partial<Errors>).errors;
    });
    expect(won).toEqual([git.ref(REF)]);
    expect(await git.run("rev-list", "--count", REF)).toBe("2");
    expect(await git.run("fsck", "--strict")).not.toContain("error");
    expect(violations).toEqual([]);
  });
});

describe("changing refs by GraphQL", () => {
  it("compares and swaps", async () => {
    const { git, violations } = await start();
    const first = await commit("first");
    const second = await commit("second", first);
    const alone = await commit("alone");
    const conflict = { status: 200, body: { data: { updateRefs: null }, errors: [{ type: "UNPROCESSABLE" }] } };
    expect(await updateRefs({ beforeOid: first, afterOid: second })).toMatchObject(conflict);
    expect(await updateRefs({ beforeOid: ZEROS, afterOid: first })).toMatchObject(DONE);
    expect(await updateRefs({ beforeOid: ZEROS, afterOid: second })).toMatchObject(conflict);
    expect(await updateRefs({ beforeOid: second, afterOid: second })).toMatchObject(conflict);
    expect(await updateRefs({ beforeOid: first, afterOid: second })).toMatchObject(DONE);
    expect(await updateRefs({ beforeOid: second, afterOid: alone })).toMatchObject(conflict); // not forward
    expect(await updateRefs({ beforeOid: first, afterOid: alone, force: true })).toMatchObject(conflict);
    expect(git.ref(REF)).toBe(second);
    expect(await updateRefs({ beforeOid: second, afterOid: alone, force: true })).toMatchObject(DONE);
    expect(git.ref(REF)).toBe(alone);
    expect(violations).toEqual([]);
  });

  it("changes all of several refs or none", async () => {
    const { git } = await start();
    const sha = await commit("text");
    await git.run("update-ref", REF, sha);
    const both = [
      { name: "refs/heads/x", beforeOid: ZEROS, afterOid: sha },
      { name: REF, beforeOid: ZEROS, afterOid: sha },
    ];
    await updateRefs({}, { refUpdates: both });
    expect(git.ref("refs/heads/x")).toBeUndefined();
  });

  it("tells the repository's names, and that there is no other", async () => {
    const { violations } = await start();
    const query = 'query($name: String!) { repository(owner: "octo", name: $name) { id databaseId nameWithOwner } }';
    const repository = { id: await nodeId(), databaseId: 1296269, nameWithOwner: "octo/demo" };
    const of = (name: string) => ask("POST /graphql", { query, variables: { name } });
    expect(await of("demo")).toMatchObject({ status: 200, body: { data: { repository } } });
    expect(await of("other")).toMatchObject({ body: { data: { repository: null }, errors: [{ type: "NOT_FOUND" }] } });
    expect(await updateRefs({ afterOid: ZEROS }, { repositoryId: "R_x" })).toMatchObject({
      body: { errors: [{ type: "NOT_FOUND" }] },
    });
    expect(violations).toEqual([]);
  });

  it.each([
    ["a field that there is not", { query: '{ repository(owner: "octo", name: "demo") { secrets } }' }, "secrets"],
    ["a variable of another form", { query: UPDATE, variables: { input: { refUpdates: [] } } }, "repositoryId"],
    ["no query at all", { variables: {} }, "query"],
    ["no GraphQL", { query: "updateRefs(" }, "Syntax"],
  ])("reports a mistake of the client: %s", async (_name, body, about) => {
    const { violations } = await start();
    const answer = await ask("POST /graphql", body);
    expect(answer.status).toBe(200);
    expect((answer.body as Errors).errors[0]?.message).toContain(about);
    expect(violations).toHaveLength(1);
    expect(violations[0]).toContain(about);
  });

  it("has a budget of its own, and says with status 200 that it is used up", async () => {
    await start({}, { ...WRITE, rateLimit: 1 });
    const query = { query: '{ repository(owner: "octo", name: "demo") { id } }' };
    const first = await ask("POST /graphql", query);
    expect(first.headers).toMatchObject({ "x-ratelimit-resource": "graphql", "x-ratelimit-remaining": "0" });
    expect(await ask("POST /graphql", query)).toMatchObject({
      status: 200,
      body: { errors: [{ type: "RATE_LIMITED" }] },
      headers: { "x-ratelimit-remaining": "0" },
    });
    expect(await ask(`GET ${REPO}`)).toMatchObject({
      status: 200,
      headers: { "x-ratelimit-resource": "core", "x-ratelimit-remaining": "0" },
    });
  });

  it("lies beside the REST API of an Enterprise Server", async () => {
    const { apiUrl, violations } = await start({ basePath: "/api/v3" });
    const body = { query: '{ repository(owner: "octo", name: "demo") { databaseId } }' };
    const beside = await call(apiUrl.replace("/v3", ""), "POST /graphql", { token: "t", body });
    expect(beside).toMatchObject({ status: 200, body: { data: { repository: { databaseId: 1296269 } } } });
    expect(violations).toEqual([]);
    expect((await call(apiUrl, "POST /graphql", { token: "t", body })).status).toBe(404);
    expect(violations).toEqual(["unexpected call: POST /api/v3/graphql"]);
  });
});

describe("a server can be made to", () => {
  it.each([403, 422] as const)("refuse refs that are neither branches nor tags, with %i", async (status) => {
    const { git, violations } = await start();
    git.behaviour.customRefs = status;
    const sha = await commit("text");
    expect((await ask(`POST ${REPO}/git/refs`, { ref: REF, sha })).status).toBe(status);
    expect((await updateRefs({ beforeOid: ZEROS, afterOid: sha })).body).toHaveProperty("errors");
    expect(git.ref(REF)).toBeUndefined();
    expect((await ask(`POST ${REPO}/git/refs`, { ref: "refs/heads/x/y", sha })).status).toBe(201);
    expect((await ask(`PATCH ${REPO}/git/${REF}`, { sha })).status).toBe(status);
    expect(violations).toEqual([]);
  });

  it("have no GraphQL, an older one, or one that lets nobody write", async () => {
    const { git, violations } = await start();
    const sha = await commit("text");
    const swap = () => updateRefs({ beforeOid: ZEROS, afterOid: sha });
    git.behaviour.graphql = "absent";
    expect((await swap()).status).toBe(404);
    git.behaviour.graphql = "older";
    const older = await swap();
    expect((older.body as Errors).errors[0]).toMatchObject({
      message: "Field 'updateRefs' doesn't exist on type 'Mutation'",
      extensions: { code: "undefinedField" },
    });
    git.behaviour.graphql = "refused";
    expect(((await swap()).body as Errors).errors[0]?.type).toBe("FORBIDDEN");
    expect(git.ref(REF)).toBeUndefined();
    expect(violations).toEqual([]);
  });

  it("not see an object for a while", async () => {
    const { git } = await start();
    const sha = await commit("text");
    git.behaviour.unseenObjects = 2;
    expect(await ask(`POST ${REPO}/git/refs`, { ref: REF, sha })).toMatchObject({
      status: 422,
      body: { message: "Object does not exist" },
    });
    expect((await ask(`GET ${REPO}/git/commits/${sha}`)).status).toBe(404);
    expect(await updateRefs({ beforeOid: ZEROS, afterOid: sha })).toMatchObject(DONE);
  });

  it("have a repository without any commit", async () => {
    const { violations } = await start({ empty: true });
    const empty = { status: 409, body: { message: "Git Repository is empty." } };
    expect(await ask(`GET ${REPO}/commits/main`)).toMatchObject(empty);
    expect(await ask(`POST ${REPO}/git/trees`, { tree: [{ path: "a", mode: "100644", content: "a" }] })).toMatchObject(
      empty,
    );
    expect(violations).toEqual([]);
  });
});

describe("who may", () => {
  it.each<[string, TokenSpec, number, number, string]>([
    ["read contents", { kind: "github-token", permissions: { contents: "read" } }, 200, 403, "FORBIDDEN"],
    ["see the repository", { kind: "app", permissions: {} }, 403, 403, "FORBIDDEN"],
    [
      "see another one",
      { kind: "app", permissions: { contents: "write" }, repositories: ["o/r"] },
      404,
      404,
      "NOT_FOUND",
    ],
    ["read, by scope", { kind: "classic", permissions: { contents: "read" } }, 200, 403, "INSUFFICIENT_SCOPES"],
  ])("only %s", async (_name, token, reading, writing, type) => {
    const { git, tokens, violations } = await start();
    await git.run("update-ref", REF, await commit("text"));
    const id = await nodeId();
    tokens.set("t", token);
    expect((await ask(`GET ${REPO}/commits/${REF}`)).status).toBe(reading);
    const answer = await ask(`POST ${REPO}/git/refs`, { ref: REF, sha: ZEROS });
    expect(answer.status).toBe(writing);
    if (writing === 403 && token.kind !== "classic") {
      expect(answer.headers["x-accepted-github-permissions"]).toBe("contents=write");
    }
    const input = { repositoryId: id, refUpdates: [{ name: REF, afterOid: ZEROS }] };
    const graphql = await ask("POST /graphql", { query: UPDATE, variables: { input } });
    expect(graphql).toMatchObject({ status: 200, body: { errors: [{ type }] } });
    expect(git.ref(REF)).not.toBeUndefined();
    expect(violations).toEqual([]);
  });

  it("anybody reads a public repository", async () => {
    const { git } = await start({ visibility: "public" }, { permissions: {}, repositories: [] });
    expect((await ask(`GET ${REPO}/commits/main`)).status).toBe(200);
    expect((await ask(`POST ${REPO}/git/blobs`, { content: "x" })).status).toBe(403);
    expect(git.ref("refs/heads/main")).toMatch(/^\w{40}$/);
  });
});

it("leaves no repository behind", async () => {
  const { git, close } = await start();
  const folder = git.folder();
  expect(existsSync(folder)).toBe(true);
  await close();
  expect(existsSync(folder)).toBe(false);
  await start();
});
