import { describe, expect, test } from "vitest";
import { ApiProblem, githubApi, patiently } from "../../../src/rotation/github-api.ts";
import { sameLocation } from "../../../src/rotation/location.ts";
import { secretStore } from "../../../src/rotation/secret-store.ts";
import { Secret } from "../../../src/secret.ts";
import { type HttpAnswer, HttpFailure } from "../../../src/world/world.ts";
import { LOCATION } from "./fake-store.ts";
import { answer, fakeWorld, type FakeWorld, MINUTE, NOW, SECOND } from "./support.ts";

const GITHUB = { apiUrl: "https://api.example", repository: "o/r", repositoryId: "42", runId: "7", runAttempt: 1 };
const date = new Date(NOW).toUTCString();

function api(...answers: (HttpAnswer | HttpFailure)[]) {
  let at = 0;
  const world: FakeWorld = fakeWorld({
    http: async () => {
      const next = answers[Math.min(at++, answers.length - 1)];
      if (next === undefined || next instanceof HttpFailure) throw next;
      return next;
    },
  });
  const call = githubApi(world, GITHUB.apiUrl, new Secret("github_pat_x"), "ua/1");
  return { world, call, store: secretStore(world, LOCATION, GITHUB, call) };
}

const problemOf = async (done: Promise<unknown>): Promise<ApiProblem> => {
  const error = await done.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ApiProblem);
  return error as ApiProblem;
};

describe("how long a limit asks to wait", () => {
  const reset = (seconds: number) => ({
    "x-ratelimit-remaining": "0",
    "x-ratelimit-reset": String(NOW / SECOND + seconds),
  });
  test.each<[string, number, Record<string, string>, string, number | undefined]>([
    ["Retry-After", 403, { "retry-after": "30" }, "", 30 * SECOND],
    ["Retry-After before the reset", 429, { "retry-after": "30", ...reset(90) }, "", 30 * SECOND],
    ["the reset of the primary limit", 403, { date, ...reset(90) }, "", 91 * SECOND],
    ["a reset that is over", 429, { date, ...reset(-90) }, "", SECOND],
    ["no time for the reset", 403, { "x-ratelimit-remaining": "0" }, "", MINUTE],
    ["a 429 that says nothing", 429, {}, "", MINUTE],
    ["a secondary limit", 403, {}, "You have exceeded a secondary rate limit.", MINUTE],
    ["a 403 that is no limit", 403, { "x-ratelimit-remaining": "4999" }, "Resource not accessible", undefined],
    ["an overload", 503, { "retry-after": "2" }, "", 2 * SECOND],
    ["a 500", 500, { "retry-after": "2" }, "", undefined],
  ])("%s", async (_, status, headers, body, waitMs) => {
    const { call } = api(answer(status, body, headers));
    expect(await problemOf(call("GET", "/x", [200]))).toMatchObject({ status, waitMs });
  });
});

describe("patiently", () => {
  const ask = (world: FakeWorld, call: () => Promise<unknown>, deadline = 5 * MINUTE) =>
    patiently(world, () => NOW + deadline, call);

  test.each<[status: number, again: boolean]>([
    [0, true],
    [500, true],
    [502, true],
    [503, true],
    [409, true],
    [400, false],
    [401, false],
    [403, false],
    [404, false],
    [422, false],
  ])("after %d again: %s", async (status, again) => {
    const failed = status === 0 ? new HttpFailure(true, "x") : answer(status, "");
    const { world, call } = api(failed, answer(200, {}));
    const done = ask(world, () => call("GET", "/x", [200]));
    if (again) await done;
    else await problemOf(done);
    expect(world.requests).toHaveLength(again ? 2 : 1);
    expect(world.pauses).toEqual(again ? [SECOND] : []);
  });

  test("a limit's wait is kept to the second, or not begun", async () => {
    const limited = answer(403, "", { "retry-after": "40" });
    const patient = api(limited, answer(200, {}));
    await ask(patient.world, () => patient.call("GET", "/x", [200]));
    expect(patient.world.pauses).toEqual([40 * SECOND]);
    const hurried = api(limited, answer(200, {}));
    await problemOf(ask(hurried.world, () => hurried.call("GET", "/x", [200]), 39 * SECOND));
    expect(hurried.world.pauses).toEqual([]);
  });

  test("another error is not repeated", async () => {
    const { world } = api();
    await expect(ask(world, () => Promise.reject(new TypeError("x")))).rejects.toThrow(TypeError);
    expect(world.pauses).toEqual([]);
  });
});

describe("the calls", () => {
  test("carry the token in the header alone", async () => {
    const { world, call } = api(answer(200, {}));
    await call("PUT", "/x", [200], { a: 1 });
    expect(world.requests).toEqual([
      {
        method: "PUT",
        url: "https://api.example/x",
        headers: {
          accept: "application/vnd.github+json",
          authorization: "Bearer github_pat_x",
          "content-type": "application/json",
          "user-agent": "ua/1",
          "x-github-api-version": "2022-11-28",
        },
        body: '{"a":1}',
        timeoutMs: 8000,
      },
    ]);
  });

  test("no answer is told apart by whether it was sent", async () => {
    for (const sent of [true, false]) {
      const { call } = api(new HttpFailure(sent, "x"));
      expect(await problemOf(call("GET", "/x", [200]))).toMatchObject({ status: 0, sent });
    }
  });

  test("a secret's time and GitHub's clock", async () => {
    const { world, store } = api(answer(200, { name: "LOGIN", updated_at: "2031-05-06T07:08:09Z" }, { date }));
    expect(await store.meta()).toEqual({ updatedAt: NOW, date: NOW });
    expect(world.requests[0]?.url).toBe("https://api.example/repos/o/r/actions/secrets/LOGIN");
  });

  test("a secret that does not exist, and a server without a clock", async () => {
    const { store } = api(answer(404, {}));
    expect(await store.probeMeta()).toEqual({ updatedAt: undefined, date: NOW });
  });

  test.each([["{"], ["null"], ['{"key":1,"key_id":"a"}'], ['{"key":"a"}']])(
    "a public key of %s is none",
    async (body) => {
      const { store } = api(answer(200, body));
      expect((await problemOf(store.publicKey())).passing).toBe(true);
    },
  );

  test("when the run was created; unknown if the token may not see it", async () => {
    const seen = api(answer(200, { created_at: "2031-05-06T07:08:09Z" }));
    expect(await seen.store.runCreatedAt()).toBe(NOW);
    expect(seen.world.requests[0]?.url).toBe("https://api.example/repos/o/r/actions/runs/7");
    for (const blind of [answer(403, {}), answer(404, {})]) {
      expect(await api(blind).store.runCreatedAt()).toBeUndefined();
    }
  });

  test.each([
    ["no answer", new HttpFailure(true, "x")],
    ["a 502", answer(502, "")],
    ["an answer that was cut off", answer(200, "{")],
  ])("when the run was created, where %s comes first: asked again, not unknown", async (_, first) => {
    const seen = api(first, answer(200, { created_at: "2031-05-06T07:08:09Z" }));
    expect(await seen.store.runCreatedAt()).toBe(NOW);
    expect(seen.world.pauses).toEqual([SECOND]);
  });

  test("a ready probe takes one call; one for an old key is sealed again", async () => {
    const ready = { encrypted_value: "x", key_id: "old" };
    const quick = api(answer(204, ""));
    expect(await quick.store.probe(ready)).toBe(ready);
    expect(quick.world.requests.map(({ method, url }) => `${method} ${url.split("/").at(-1)}`)).toEqual([
      "PUT OAUTH_CREDS_PROBE_LOGIN",
    ]);
    const key = Buffer.from("09".padStart(64, "0"), "hex").toString("base64");
    const again = api(answer(422, {}), answer(200, { key, key_id: "new" }), answer(204, ""));
    expect(await again.store.probe(ready)).toMatchObject({ key_id: "new" });
  });
});

test.each<[object, boolean]>([
  [{}, true],
  [{ name: "login" }, true],
  [{ repository: "x/y" }, true],
  [{ repositoryId: "43" }, false],
  [{ repositoryId: undefined }, true],
  [{ repositoryId: undefined, repository: "O/R" }, true],
  [{ repositoryId: undefined, repository: "o/x" }, false],
  [{ name: "OTHER" }, false],
])("an envelope with %j belongs here: %s", (change, same) => {
  expect(
    sameLocation({ kind: "repository", name: "LOGIN", repository: "o/r", repositoryId: "42", ...change }, LOCATION),
  ).toBe(same);
});
