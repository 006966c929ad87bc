import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startGitHub, type GitHub } from "../../support/github/server.ts";
import { call, sealed, writeSecret, type PublicKey } from "./client.ts";

const LIST = "/repos/octo/demo/actions/secrets";
const NOON = Date.parse("2026-03-04T12:00:00.700Z");
const ASK = { token: "t" };

let now = NOON;
let github: GitHub;
beforeEach(async () => {
  now = NOON;
  github = await startGitHub({
    clock: { now: () => now },
    environments: ["eu/west"],
    tokens: {
      t: {
        permissions: {
          secrets: "write",
          environments: "write",
          dependabot_secrets: "write",
          codespaces_secrets: "write",
          agent_secrets: "write",
          organization_secrets: "write",
          actions: "read",
        },
      },
    },
  });
});
afterEach(() => github.close());

const write = (plaintext: string, name = "TOKEN") => writeSecret(github.apiUrl, { list: LIST, name, plaintext }, ASK);

async function publicKey(list = LIST): Promise<PublicKey> {
  return (await call(github.apiUrl, `GET ${list}/public-key`, ASK)).body as PublicKey;
}

describe("a repository secret", () => {
  it("is created with 201 and updated with 204, opened and remembered", async () => {
    const first = `invented-${Math.random()} ä€`;
    const created = await write(first);
    expect(created).toMatchObject({ status: 201, body: {} });
    now += 5000;
    const updated = await write("two");
    expect(updated).toMatchObject({ status: 204, body: undefined });
    const { key_id: keyId } = await publicKey();
    expect(github.secret("TOKEN")).toBe("two");
    expect(github.history("TOKEN")).toEqual([
      { at: NOON, plaintext: first, keyId, by: "fine-grained" },
      { at: NOON + 5000, plaintext: "two", keyId, by: "fine-grained" },
    ]);
    expect(github.violations).toEqual([]);
    expect(github.undescribed).toEqual([]);
  });

  it("shows its times in whole seconds, never its value", async () => {
    await write("one");
    now += 5000;
    await write("two");
    const one = await call(github.apiUrl, `GET ${LIST}/token`, ASK);
    const fields = {
      name: "TOKEN",
      created_at: "2026-03-04T12:00:00Z",
      updated_at: "2026-03-04T12:00:05Z",
    };
    expect(one).toMatchObject({ status: 200, body: fields });
    expect(one.body).toEqual(github.metadata("TOKEN"));
    const list = await call(github.apiUrl, `GET ${LIST}`, ASK);
    expect(list.body).toEqual({ total_count: 1, secrets: [fields] });
  });

  it("has a name without case", async () => {
    expect((await write("one", "token")).status).toBe(201);
    expect((await write("two", "TOKEN")).status).toBe(204);
    expect(github.secret("Token")).toBe("two");
    expect(github.metadata("token")?.["name"]).toBe("TOKEN");
  });

  it("is 404 while it does not exist and after it was deleted; the history stays", async () => {
    const get = () => call(github.apiUrl, `GET ${LIST}/TOKEN`, ASK);
    const remove = () => call(github.apiUrl, `DELETE ${LIST}/TOKEN`, ASK);
    expect((await get()).status).toBe(404);
    expect((await remove()).status).toBe(404);
    await write("one");
    expect((await remove()).status).toBe(204);
    expect((await get()).status).toBe(404);
    expect(github.secret("TOKEN")).toBeUndefined();
    expect(github.history("TOKEN").map((entry) => entry.plaintext)).toEqual(["one"]);
  });

  it("may be pasted by a person at any moment", async () => {
    await write("one");
    github.setSecretByUser("TOKEN", "pasted", { at: NOON + 60_000 });
    expect(github.secret("TOKEN")).toBe("pasted");
    expect(github.metadata("TOKEN")?.["updated_at"]).toBe("2026-03-04T12:01:00Z");
    expect(github.history("TOKEN").map(({ by }) => by)).toEqual(["fine-grained", "user"]);
  });

  it("holds 48 KB and not a byte more", async () => {
    expect((await write("x".repeat(48 * 1024))).status).toBe(201);
    expect((await write("x".repeat(48 * 1024 + 1))).status).toBe(422);
    expect(github.history("TOKEN")).toHaveLength(1);
  });

  it.each(["GITHUB_X", "9LIVES", "a-b"])("cannot be called %s", async (name) => {
    expect((await write("one", name)).status).toBe(422);
    expect(github.history(name)).toEqual([]);
  });

  it("is listed in pages", async () => {
    for (let i = 0; i < 5; i += 1) github.setSecretByUser(`S${i}`, "x");
    const first = await call(github.apiUrl, `GET ${LIST}?per_page=2&page=2`, ASK);
    expect(first.body).toMatchObject({ total_count: 5, secrets: [{ name: "S2" }, { name: "S3" }] });
    expect(first.headers["link"]).toContain(`${LIST}?per_page=2&page=3>; rel="next"`);
    const last = await call(github.apiUrl, `GET ${LIST}?per_page=2&page=3`, ASK);
    expect(last.headers["link"]).toBeUndefined();
    expect(github.violations).toEqual([]);
  });
});

describe("the sealed box", () => {
  const put = (body: object, list = LIST) => call(github.apiUrl, `PUT ${list}/TOKEN`, { ...ASK, body });

  it("needs a key of exactly 32 bytes, which is base64", async () => {
    const { key, key_id } = await publicKey();
    expect(Buffer.from(key, "base64")).toHaveLength(32);
    expect(key_id).toMatch(/^\d{18}$/);
  });

  it("is refused with 422 after the key was rotated, and accepted for the new one", async () => {
    const old = await publicKey();
    github.rotatePublicKey();
    expect((await put(await sealed("one", old))).status).toBe(422);
    const fresh = await publicKey();
    expect(fresh.key_id).not.toBe(old.key_id);
    const mixed = { ...(await sealed("one", old)), key_id: fresh.key_id };
    expect((await put(mixed)).status).toBe(422);
    const outdated = { ...(await sealed("one", fresh)), key_id: old.key_id };
    expect((await put(outdated)).status).toBe(422);
    expect(github.history("TOKEN")).toEqual([]);
    expect((await put(await sealed("two", fresh))).status).toBe(201);
    expect(github.history("TOKEN")).toMatchObject([{ plaintext: "two", keyId: fresh.key_id }]);
    expect(github.violations).toEqual([]);
  });

  it("is refused when it was damaged", async () => {
    const { encrypted_value: box, key_id } = await sealed("one", await publicKey());
    const bytes = Buffer.from(box, "base64");
    bytes[40] = (bytes[40] ?? 0) ^ 1;
    expect((await put({ encrypted_value: bytes.toString("base64"), key_id })).status).toBe(422);
    expect(github.secret("TOKEN")).toBeUndefined();
  });

  it("is refused when it was sealed for the repository but put into an environment", async () => {
    const list = "/repos/octo/demo/environments/eu%2Fwest/secrets";
    const box = await sealed("one", await publicKey());
    expect((await put(box, list)).status).toBe(422);
    expect((await put(await sealed("one", await publicKey(list)), list)).status).toBe(201);
    expect(github.secret("environment/eu/west/TOKEN")).toBe("one");
  });
});

describe("the other places", () => {
  it.each([
    ["/repos/octo/demo/environments/EU%2fWest/secrets", "environment/eu/west/TOKEN"],
    ["/repos/octo/demo/dependabot/secrets", "dependabot/TOKEN"],
    ["/repos/octo/demo/codespaces/secrets", "codespaces/TOKEN"],
    ["/repos/octo/demo/agents/secrets", "agents/TOKEN@octo/demo"],
  ])("%s is a store of its own", async (list, name) => {
    const ask = { list, name: "TOKEN", plaintext: "here" };
    expect((await writeSecret(github.apiUrl, ask, ASK)).status).toBe(201);
    expect((await writeSecret(github.apiUrl, ask, ASK)).status).toBe(204);
    expect((await call(github.apiUrl, `GET ${list}/TOKEN`, ASK)).status).toBe(200);
    expect((await call(github.apiUrl, `GET ${list}`, ASK)).body).toMatchObject({ total_count: 1 });
    expect(github.secret(name)).toBe("here");
    expect(github.secret("TOKEN")).toBeUndefined();
    expect(github.violations).toEqual([]);
  });

  it("an environment that does not exist is 404", async () => {
    const path = "/repos/octo/demo/environments/production/secrets/public-key";
    expect((await call(github.apiUrl, `GET ${path}`, ASK)).status).toBe(404);
  });

  it("a name that says nothing is refused loudly", () => {
    expect(() => github.secret("nowhere/TOKEN")).toThrow(/not the name of a secret/);
    expect(() => github.secret("environment/TOKEN")).toThrow(/not the name of a secret/);
  });
});

describe("an organization's secret", () => {
  const list = "/orgs/octo/actions/secrets";
  const name = "organization/octo/TOKEN";
  const put = (more: object) => writeSecret(github.apiUrl, { list, name: "TOKEN", plaintext: "one", more }, ASK);

  it("needs a visibility", async () => {
    expect((await put({})).status).toBe(422);
    expect(github.violations).toHaveLength(1);
    expect(github.violations[0]).toContain("'visibility'");
  });

  it("loses its repositories when an update does not name them", async () => {
    const selected = { visibility: "selected", selected_repository_ids: [1, 2] };
    expect((await put(selected)).status).toBe(201);
    expect(github.metadata(name)).toMatchObject({ visibility: "selected" });
    expect(github.selectedRepositoryIds(name)).toEqual([1, 2]);
    expect((await put({ visibility: "selected" })).status).toBe(204);
    expect(github.selectedRepositoryIds(name)).toEqual([]);
    expect(github.violations).toEqual([]);
  });

  it("lists its repositories in pages and lets single ones be edited", async () => {
    const ids = Array.from({ length: 130 }, (_, i) => i + 1);
    const paste = { visibility: "selected" as const, selectedRepositoryIds: ids };
    github.setSecretByUser(name, "one", paste);
    const repositories = `${list}/TOKEN/repositories`;
    const second = await call(github.apiUrl, `GET ${repositories}?per_page=100&page=2`, ASK);
    const { total_count, repositories: found } = second.body as {
      total_count: number;
      repositories: { id: number }[];
    };
    expect(total_count).toBe(130);
    expect(found.map(({ id }) => id)).toEqual(ids.slice(100));
    const edit = (method: string, id: number) => call(github.apiUrl, `${method} ${repositories}/${id}`, ASK);
    expect((await edit("DELETE", 1)).status).toBe(204);
    expect((await edit("PUT", 131)).status).toBe(204);
    expect(github.selectedRepositoryIds(name)).toEqual([...ids.slice(1), 131]);
    const body = { selected_repository_ids: [5] };
    expect((await call(github.apiUrl, `PUT ${repositories}`, { ...ASK, body })).status).toBe(204);
    expect(github.selectedRepositoryIds(name)).toEqual([5]);
    github.setSecretByUser(name, "one", { visibility: "all" });
    expect((await edit("PUT", 7)).status).toBe(409);
    expect(github.violations).toEqual([]);
  });

  it("changes its visibility alone without a new value", async () => {
    await put({ visibility: "all" });
    const path = `PUT ${list}/TOKEN`;
    const answer = await call(github.apiUrl, path, { ...ASK, body: { visibility: "private" } });
    expect(answer.status).toBe(204);
    expect(github.metadata(name)).toMatchObject({ visibility: "private" });
    expect(github.history(name)).toHaveLength(1);
  });
});

describe("what a job asks about itself", () => {
  it("the repository", async () => {
    const answer = await call(github.apiUrl, "GET /repos/Octo/demo", ASK);
    const expected = { full_name: "octo/demo", id: 1296269, private: true };
    expect(answer).toMatchObject({ status: 200, body: expected });
    expect(github.violations).toEqual([]);
  });

  it("the run", async () => {
    github.createRun({ id: 42, createdAt: NOON, attempt: 2, startedAt: NOON + 60_000 });
    const answer = await call(github.apiUrl, "GET /repos/octo/demo/actions/runs/42", ASK);
    expect(answer).toMatchObject({
      status: 200,
      body: {
        id: 42,
        created_at: "2026-03-04T12:00:00Z",
        run_started_at: "2026-03-04T12:01:00Z",
        run_attempt: 2,
      },
    });
    const other = await call(github.apiUrl, "GET /repos/octo/demo/actions/runs/43", ASK);
    expect(other.status).toBe(404);
    expect(github.violations).toEqual([]);
  });
});
