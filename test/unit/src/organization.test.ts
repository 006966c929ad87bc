/** An organization's secret: who may read it stays as it is, whatever happens. */
import sodium from "libsodium-wrappers";
import { describe, expect, test } from "vitest";
import type { Visibility } from "../../support/github/secret-store.ts";
import { primaryLimit } from "../../support/github/faults.ts";
import { ALL, paste, renew, stage } from "./places-support.ts";
import { failureIn, HOUR, newToken, NOW } from "./support.ts";

const PLACE = "organization/octo/LOGIN";
const LIST = "/orgs/octo/actions/secrets";
const ids = (count: number, from = 1) => Array.from({ length: count }, (_, index) => from + index * 7);

describe("who may read it", () => {
  test.each<Visibility>(["all", "private"])("“%s” stays, and no list is asked for", async (visibility) => {
    const here = await stage();
    paste(here, PLACE, newToken("ort"), { visibility });
    await renew(here, PLACE);
    expect(here.github.metadata(PLACE)).toMatchObject({ visibility });
    expect(here.calls().filter((call) => call.includes("/repositories"))).toEqual([]);
  });

  test.each([0, 1, 2, 99, 100, 101, 250])("%d selected repositories stay", async (count) => {
    const here = await stage();
    paste(here, PLACE, newToken("ort"), { visibility: "selected", selectedRepositoryIds: ids(count) });
    const { result } = await renew(here, PLACE);
    expect(result).toMatchObject({ type: "stored", confirmed: true });
    expect(here.github.metadata(PLACE)).toMatchObject({ visibility: "selected" });
    expect([...here.github.selectedRepositoryIds(PLACE)]).toEqual(ids(count));
    // Each list is read to its end, and once more right before the write.
    const pages = Math.max(1, Math.ceil(count / 100));
    const calls = here.calls();
    expect(calls.filter((call) => call.includes("/repositories?"))).toHaveLength(2 * pages);
    const put = calls.lastIndexOf(`PUT ${LIST}/LOGIN`);
    expect(calls.slice(put - 2, put)).toEqual([
      `GET ${LIST}/LOGIN/repositories?per_page=100&page=${pages}`,
      `GET ${LIST}/LOGIN`,
    ]);
  });

  test("a repository that was added while the login was renewed stays, too", async () => {
    const here = await stage();
    paste(here, PLACE, newToken("ort"), { visibility: "selected", selectedRepositoryIds: [1, 2] });
    // Between the proof and the store; by somebody whose change does not move the secret's time.
    const held = here.github.hold({ method: "GET", path: /public-key/, skip: 1 });
    const done = renew(here, PLACE);
    await held.received;
    here.github.setSecretByUser(PLACE, here.github.secret(PLACE) ?? "", {
      at: NOW - HOUR,
      visibility: "selected",
      selectedRepositoryIds: [1, 2, 3],
    });
    held.release();
    expect((await done).result).toMatchObject({ type: "stored" });
    expect(here.github.selectedRepositoryIds(PLACE)).toEqual([1, 2, 3]);
  });

  test("stays although GitHub says once that there is no such secret", async () => {
    for (const skip of [0, 1, 2, 3]) {
      const here = await stage();
      paste(here, PLACE, newToken("ort"), { visibility: "selected", selectedRepositoryIds: [1, 2, 3] });
      here.github.fault({ method: "GET", path: /\/secrets\/LOGIN$/, skip }, { do: "answer", status: 404 });
      const done = await renew(here, PLACE).catch((error: unknown) => error);
      expect([skip, here.github.selectedRepositoryIds(PLACE)]).toEqual([skip, [1, 2, 3]]);
      // What is asked before anything is spent may be refused; afterwards it is asked again.
      if (skip > 1) expect(done).toMatchObject({ result: { type: "stored", confirmed: true } });
    }
  });

  test("the probe is for nobody, whoever may read the login", async () => {
    const here = await stage();
    paste(here, PLACE, newToken("ort"), { visibility: "all" });
    await renew(here, PLACE);
    const probe = "organization/octo/OAUTH_CREDS_PROBE_LOGIN";
    expect(here.github.metadata(probe)).toMatchObject({ visibility: "selected" });
    expect(here.github.selectedRepositoryIds(probe)).toEqual([]);
  });

  test("a secret that this step makes is for this repository alone", async () => {
    const here = await stage();
    await renew(here, PLACE, { "create-secrets": "true" });
    expect(here.github.metadata(PLACE)).toMatchObject({ visibility: "selected" });
    expect(here.github.selectedRepositoryIds(PLACE)).toEqual([1296269]);
  });

  test("where the repository's id is not known, for nobody yet", async () => {
    const here = await stage({ env: { GITHUB_REPOSITORY_ID: "" } });
    await renew(here, PLACE, { "create-secrets": "true" });
    expect(here.github.selectedRepositoryIds(PLACE)).toEqual([]);
  });
});

describe("a list that is not to be had whole", () => {
  const selected = { visibility: "selected", selectedRepositoryIds: ids(150) };
  /** As for a token that does not see all repositories. */
  const partial = { total_count: 150, repositories: [] };

  test.each(["pasted", "envelope"])("is found out before anything is spent (%s)", async (what) => {
    const here = await stage();
    paste(here, PLACE, newToken("ort"), selected);
    if (what === "envelope") await renew(here, PLACE);
    const before = here.github.history(PLACE).length;
    here.github.fault({ path: /\/repositories$/, times: Infinity }, { do: "answer", status: 200, body: partial });
    const failure = await failureIn(() => renew(here, PLACE));
    expect([failure.code, failure.message]).toEqual([
      "secret-forbidden",
      "The token in `secrets-token` sees 0 of the 150 repositories that may read the organization secret LOGIN of octo: to write it would take it away from the others.",
    ]);
    // What is not re-sent would be cleared.
    expect(here.github.history(PLACE)).toHaveLength(before);
  });

  test("because it was changed between two pages is read again", async () => {
    const here = await stage();
    paste(here, PLACE, newToken("ort"), selected);
    here.github.fault({ path: /\/repositories$/ }, { do: "answer", status: 200, body: partial });
    expect((await renew(here, PLACE)).result).toMatchObject({ type: "stored" });
    expect([...here.github.selectedRepositoryIds(PLACE)]).toEqual(ids(150));
  });

  test.each<[string, object]>([
    ["a list of another form", { total_count: 1 }],
    ["a page that is told twice", { total_count: 500, repositories: ids(100).map((id) => ({ id })) }],
  ])("%s ends the reading", async (_, body) => {
    const here = await stage();
    paste(here, PLACE, newToken("ort"), selected);
    here.github.fault({ path: /\/repositories$/, times: Infinity }, { do: "answer", status: 200, body });
    expect((await failureIn(() => renew(here, PLACE))).code).toMatch(/github-unreachable|secret-forbidden/);
    expect([...here.github.selectedRepositoryIds(PLACE)]).toEqual(ids(150));
  });

  test.each([
    ["an outage", { do: "answer", status: 503 } as const],
    ["a used-up limit", primaryLimit(Math.floor(NOW / 1000) + 5)],
    ["no answer", { do: "drop" } as const],
  ])("%s while it is read right before the store is waited for", async (_, fault) => {
    const here = await stage();
    paste(here, PLACE, newToken("ort"), selected);
    // Two pages for the proof, then those for the store.
    const planted = here.github.fault({ path: /\/repositories$/, skip: 2 }, fault);
    expect((await renew(here, PLACE)).result).toMatchObject({ type: "stored", confirmed: true });
    expect(planted.hits).toBe(1);
    expect([...here.github.selectedRepositoryIds(PLACE)]).toEqual(ids(150));
  });
});

test("GitHub's new key is sealed for, and the readers are sent with it", async () => {
  const here = await stage();
  paste(here, PLACE, newToken("ort"), { visibility: "selected", selectedRepositoryIds: [5] });
  const planted = here.github.fault({ method: "PUT", path: /\/LOGIN$/ }, { do: "answer", status: 422 });
  expect((await renew(here, PLACE)).result).toMatchObject({ type: "stored" });
  expect(planted.hits).toBe(1);
  expect(here.github.selectedRepositoryIds(PLACE)).toEqual([5]);
});

test("the probe's ready-made body is used, and sealed anew for a new key", async () => {
  await sodium.ready;
  const here = await stage();
  paste(here, PLACE);
  await renew(here, PLACE);
  here.calls();
  await renew(here, PLACE);
  expect(here.calls().filter((call) => call.endsWith("public-key"))).toHaveLength(1);
  here.github.rotatePublicKey();
  expect((await renew(here, PLACE)).result).toMatchObject({ type: "stored" });
});

test("a token without the permission to read runs is enough", async () => {
  const here = await stage({ permissions: { organization_secrets: ALL.organization_secrets as "write" } });
  paste(here, PLACE);
  expect((await renew(here, PLACE)).result).toMatchObject({ type: "stored" });
});
