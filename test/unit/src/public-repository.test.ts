import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { sealEnvelope } from "../../../src/credential/envelope.ts";
import { refusePublic } from "../../../src/public-repository.ts";
import { run } from "../../../src/run.ts";
import { type HttpAnswer, HttpFailure, type HttpRequest } from "../../../src/world/world.ts";
import {
  answer,
  failureIn,
  fakeWorld,
  GITHUB,
  inputEnv,
  inputsOf,
  newChatGpt,
  newLogin,
  tempFolder,
} from "./support.ts";

/** What the event file says; undefined for a run without one. */
function eventFile(event: unknown): Record<string, string> {
  if (event === undefined) return {};
  const path = join(tempFolder(), "event.json");
  writeFileSync(path, typeof event === "string" ? event : JSON.stringify(event));
  return { GITHUB_EVENT_PATH: path };
}

interface Given {
  event?: unknown;
  /** What GitHub's API answers; without it no request is expected. */
  api?: () => HttpAnswer;
  settings?: Record<string, string>;
  env?: Record<string, string>;
}

async function look({ event, api, settings = {}, env = {} }: Given) {
  const world = fakeWorld({ env: eventFile(event), ...(api && { http: async () => api() }) });
  const asked = refusePublic(world, inputsOf(settings, env));
  return { world, asked };
}

/** `refused`, `warned`, or `fine`. */
async function verdict(given: Given): Promise<string> {
  const { world, asked } = await look(given);
  const error = await asked.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error) return (error as { code?: string }).code === "public-repository" ? "refused" : String(error);
  return world.recorded.events.length > 0 ? "warned" : "fine";
}

const failing = (): HttpAnswer => {
  throw new HttpFailure(false, "ENOTFOUND");
};

describe("the event says it, and nobody is asked", () => {
  test.each([
    ["public", { repository: { private: false, visibility: "public" } }, "refused"],
    ["private", { repository: { private: true, visibility: "private" } }, "fine"],
    ["of an organisation alone", { repository: { private: true, visibility: "internal" } }, "fine"],
  ])("%s", async (_, event, expected) => {
    expect(await verdict({ event })).toBe(expected);
  });
});

describe("the event does not say it, so GitHub is asked", () => {
  const events: [string, unknown][] = [
    ["a schedule without a repository", { schedule: "0 0 * * *" }],
    ["a repository without that field", { repository: { name: "r" } }],
    ["a repository that is none", { repository: null }],
    ["a field that is no answer", { repository: { private: "false" } }],
    ["an event that is no object", "[]"],
    ["an event that is no JSON", "{"],
    ["no event", undefined],
  ];
  const answers: [string, () => HttpAnswer, string][] = [
    ["it shows a public one", () => answer(200, { private: false }), "refused"],
    ["it shows a private one", () => answer(200, { private: true }), "fine"],
    ["it shows none to strangers (404)", () => answer(404, { message: "Not Found" }), "fine"],
    ["it shows nothing to strangers (401)", () => answer(401, { message: "Requires authentication" }), "fine"],
    ["its limit is reached", () => answer(403, { message: "API rate limit exceeded" }), "warned"],
    ["it fails", () => answer(502, "<html>"), "warned"],
    ["it answers something else", () => answer(200, "<html>"), "warned"],
    ["it answers without that field", () => answer(200, {}), "warned"],
    ["it cannot be reached", failing, "warned"],
  ];
  test.each(events.flatMap(([event, text]) => answers.map(([api, ...more]) => [event, api, text, ...more] as const)))(
    "%s; %s",
    async (_event, _api, event, api, expected) => {
      expect(await verdict({ event, api })).toBe(expected);
    },
  );

  test("an event file that is not there is no error", async () => {
    const world = fakeWorld({
      env: { GITHUB_EVENT_PATH: join(tempFolder(), "missing") },
      http: async () => answer(404, {}),
    });
    await refusePublic(world, inputsOf());
    expect(world.requests).toHaveLength(1);
  });

  test("once, without a token, at this server's own address", async () => {
    const env = { GITHUB_API_URL: "https://ghe.example/api/v3/" };
    const settings = { "rotate-to": "A", "secrets-token": "github_pat_x" };
    const { world, asked } = await look({ api: () => answer(404, {}), settings, env });
    await asked;
    expect(world.requests).toMatchObject([{ method: "GET", url: "https://ghe.example/api/v3/repos/o/r" }]);
    const [{ headers, timeoutMs }] = world.requests as [HttpRequest];
    expect(Object.keys(headers).map((name) => name.toLowerCase())).not.toContain("authorization");
    expect(JSON.stringify(world.requests)).not.toContain("github_pat");
    expect(headers["user-agent"]).toMatch(/^oauth-creds\//);
    expect(timeoutMs).toBeLessThanOrEqual(10_000);
  });
});

describe("an unclear answer to a stranger: GitHub is asked again, with `github-token`", () => {
  const TOKEN = "ghs_0123456789abcdefghijklmnopqrstuvwxyz";
  /** The answers to the stranger, and to the token. */
  const ask = async (stranger: () => HttpAnswer, known: () => HttpAnswer, token = TOKEN) => {
    const asked: (string | undefined)[] = [];
    const world = fakeWorld({
      http: async ({ headers }) => {
        asked.push(headers["authorization"]);
        return headers["authorization"] === undefined ? stranger() : known();
      },
    });
    const outcome = await refusePublic(world, inputsOf({ "github-token": token })).then(
      () => (world.recorded.events.length > 0 ? "warned" : "fine"),
      (error: { code?: string }) => error.code,
    );
    expect(world.recorded.text()).not.toContain(TOKEN);
    return { outcome, asked };
  };
  const limited = () => answer(403, { message: "API rate limit exceeded" });
  const wrong = () => {
    throw new Error("not to be asked");
  };
  const both = [undefined, `Bearer ${TOKEN}`];

  test.each<[string, () => HttpAnswer]>([
    ["its limit is reached (403)", limited],
    ["its limit is reached (429)", () => answer(429, {})],
    ["it fails", () => answer(502, "<html>")],
    ["it answers without that field", () => answer(200, {})],
    ["it cannot be reached", failing],
  ])("%s", async (_, stranger) => {
    expect(await ask(stranger, () => answer(200, { private: false }))).toEqual({
      outcome: "public-repository",
      asked: both,
    });
    expect(await ask(stranger, () => answer(200, { private: true }))).toEqual({ outcome: "fine", asked: both });
    // A token of another repository is told nothing: this is no sign that the repository is private.
    for (const status of [401, 403, 404, 500]) {
      expect(await ask(stranger, () => answer(status, {}))).toEqual({ outcome: "warned", asked: both });
    }
    expect(await ask(stranger, failing)).toEqual({ outcome: "warned", asked: both });
    expect(await ask(stranger, wrong, "")).toEqual({ outcome: "warned", asked: [undefined] });
  });

  test("a clear answer needs no token", async () => {
    expect(await ask(() => answer(404, {}), wrong)).toEqual({ outcome: "fine", asked: [undefined] });
    expect((await ask(() => answer(200, { private: false }), wrong)).outcome).toBe("public-repository");
  });
});

describe("a job of GitLab says it by itself", () => {
  test.each([
    ["public", "refused"],
    ["internal", "fine"],
    ["private", "fine"],
    ["", "warned"],
  ])("%j", async (visibility, expected) => {
    const env = { GITLAB_CI: "true", CI_PROJECT_PATH: "group/name", CI_PROJECT_VISIBILITY: visibility };
    const world = fakeWorld({ env });
    const inputs = inputsOf({}, { GITHUB_REPOSITORY: "", ...env });
    const failure = await refusePublic(world, inputs).then(
      () => undefined,
      (error: { code?: string; message: string }) => error,
    );
    const [warning] = world.recorded.of("warning");
    expect(failure ? "refused" : warning ? "warned" : "fine").toBe(expected);
    if (failure ?? warning) expect(failure?.message ?? warning).toContain("group/name");
    expect(await refusePublic(world, inputsOf({ "allow-public-repository": "true" }, env))).toBeUndefined();
  });
});

test("what is said: which repository, and what to do instead", async () => {
  const { asked } = await look({ event: { repository: { private: false } } });
  const failure = await failureIn(() => asked);
  expect(failure.message).toMatch(/^o\/r is public/);
  expect(failure.advice).toMatch(/CODEX_API_KEY.*allow-public-repository: true/);
  const unsure = await look({ api: failing });
  await unsure.asked;
  expect(unsure.world.recorded.of("warning")).toEqual([expect.stringContaining("o/r")]);
});

describe("nobody is asked, and nothing is said", () => {
  test("where the user answers for it", async () => {
    const settings = { "allow-public-repository": "true" };
    expect(await verdict({ event: { repository: { private: false } }, settings })).toBe("fine");
  });

  test("outside of Actions", async () => {
    expect(await verdict({ env: { GITHUB_REPOSITORY: "" } })).toBe("fine");
  });
});

describe("a whole step", () => {
  const step = async (credential: string, more: Record<string, string> = {}) => {
    const env = {
      ...GITHUB,
      ...eventFile({ repository: { private: false } }),
      HOME: join(tempFolder(), "home"),
      ...inputEnv({ credential, targets: "output", ...more }),
    };
    const world = fakeWorld({ env });
    return { code: await run(world), world };
  };
  const chatGpt = () => sealEnvelope(newChatGpt(), undefined);

  test("with a ChatGPT login in a public repository fails before anything is asked or given out", async () => {
    const { code, world } = await step(chatGpt());
    expect(code).toBe(1);
    expect(world.recorded.events.filter(({ kind }) => kind === "error").map(({ args }) => args[1])).toEqual([
      "oauth-creds: public-repository",
    ]);
    expect([world.requests, world.recorded.outputs]).toEqual([[], {}]);
  });

  test("goes on if the user allows it", async () => {
    expect((await step(chatGpt(), { "allow-public-repository": "true" })).code).toBe(0);
  });

  test("with a Claude login does not care", async () => {
    expect((await step(sealEnvelope(newLogin(), undefined))).code).toBe(0);
  });
});
