import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { primaryLimit, secondaryLimit } from "../../support/github/faults.ts";
import { startGitHub, type GitHub } from "../../support/github/server.ts";
import { call, sealed, writeSecret, type Answer, type PublicKey } from "./client.ts";

const LIST = "/repos/octo/demo/actions/secrets";
const PUT = { method: "PUT", path: /\/secrets\/TOKEN$/ };
const ASK = { token: "t" };

let github: GitHub;
beforeEach(async () => {
  github = await startGitHub({ tokens: { t: { permissions: { secrets: "write" } } } });
});
afterEach(() => github.close());

const write = (plaintext: string): Promise<Answer> =>
  writeSecret(github.apiUrl, { list: LIST, name: "TOKEN", plaintext }, ASK);
const values = (): string[] => github.history("TOKEN").map((entry) => entry.plaintext);

describe("before or after the commit", () => {
  it("a 502 before it: nothing stored", async () => {
    github.fault(PUT, { do: "answer", status: 502 });
    const answer = await write("one");
    expect(answer.status).toBe(502);
    expect(answer.headers["content-type"]).toBe("text/html");
    expect(values()).toEqual([]);
    expect(github.requests.at(-1)).toMatchObject({ status: 502, handled: false });
    expect((await write("one")).status).toBe(201);
    expect(github.violations).toEqual([]);
  });

  it("a 502 after it: stored all the same", async () => {
    github.fault(PUT, { do: "answer", when: "after-commit", status: 502 });
    expect((await write("one")).status).toBe(502);
    expect(values()).toEqual(["one"]);
    expect(github.requests.at(-1)).toMatchObject({ status: 502, handled: true });
    expect((await write("one")).status).toBe(204);
    expect(github.violations).toEqual([]);
  });

  it("a connection dropped before it: nothing stored", async () => {
    github.fault(PUT, { do: "drop" });
    await expect(write("one")).rejects.toThrow(/hang up|ECONNRESET/);
    expect(values()).toEqual([]);
    expect(github.requests.at(-1)).toMatchObject({ status: "dropped", handled: false });
  });

  it("a connection dropped after it: stored all the same", async () => {
    github.fault(PUT, { do: "drop", when: "after-commit" });
    await expect(write("one")).rejects.toThrow(/hang up|ECONNRESET/);
    expect(values()).toEqual(["one"]);
    expect(github.requests.at(-1)).toMatchObject({ status: "dropped", handled: true });
  });

  it("a short delay only delays", async () => {
    const fault = github.fault(PUT, { do: "delay", ms: 20 });
    expect((await write("one")).status).toBe(201);
    expect(fault.hits).toBe(1);
    expect(values()).toEqual(["one"]);
  });

  it.each([
    ["before-commit", []],
    ["after-commit", ["one"]],
  ] as const)("a delay %s: stored while the client still waits: %j", async (when, stored) => {
    github.fault(PUT, { do: "delay", when, ms: 60_000 });
    const gaveUp = new AbortController();
    const key = (await call(github.apiUrl, `GET ${LIST}/public-key`, ASK)).body as PublicKey;
    const ask = { ...ASK, body: await sealed("one", key), signal: gaveUp.signal };
    const waiting = call(github.apiUrl, `PUT ${LIST}/TOKEN`, ask);
    await until(() => github.requests.length === 2 && values().length === stored.length);
    // Whatever happens at once on arrival has happened after another whole exchange.
    await call(github.apiUrl, `GET ${LIST}`, ASK);
    expect(values()).toEqual(stored);
    gaveUp.abort();
    await expect(waiting).rejects.toThrow(/abort/);
  });
});

describe("the answers", () => {
  it.each([500, 503, 404, 409, 422, 429])("%i with the headers given", async (status) => {
    github.fault(PUT, { do: "answer", status, headers: { "Retry-After": "7" } });
    const answer = await write("one");
    expect(answer.status).toBe(status);
    expect(answer.headers["retry-after"]).toBe("7");
    expect(values()).toEqual([]);
  });

  it("a primary limit says when it ends", async () => {
    github.fault(PUT, primaryLimit(1_800_000_000, 429));
    const answer = await write("one");
    expect(answer.status).toBe(429);
    expect(answer.headers).toMatchObject({
      "x-ratelimit-remaining": "0",
      "x-ratelimit-reset": "1800000000",
    });
  });

  it("a secondary limit says how long to wait, or nothing", async () => {
    github.fault(PUT, secondaryLimit(60));
    github.fault(PUT, secondaryLimit());
    const [timed, open] = [await write("one"), await write("one")];
    expect(timed).toMatchObject({ status: 403, headers: { "retry-after": "60" } });
    expect((open.body as { message: string }).message).toContain("secondary rate limit");
    expect(open.headers["retry-after"]).toBeUndefined();
  });

  it("a body of the test's own", async () => {
    github.fault(PUT, { do: "answer", status: 403, body: { message: "by the test" } });
    expect((await write("one")).body).toEqual({ message: "by the test" });
  });
});

describe("which requests", () => {
  it("n of them, after some were let through, in the order planted", async () => {
    const first = github.fault({ ...PUT, skip: 1, times: 2 }, { do: "answer", status: 500 });
    const second = github.fault({ ...PUT, skip: 3 }, { do: "answer", status: 503 });
    const statuses: number[] = [];
    for (let i = 0; i < 6; i += 1) statuses.push((await write(`${i}`)).status);
    expect(statuses).toEqual([201, 500, 500, 204, 204, 503]);
    expect([first.hits, second.hits]).toEqual([2, 1]);
  });

  it("only those of the method and the path", async () => {
    const fault = github.fault({ ...PUT, times: Infinity }, { do: "answer", status: 500 });
    expect((await call(github.apiUrl, `GET ${LIST}/TOKEN`, ASK)).status).toBe(404);
    const other = { list: LIST, name: "OTHER", plaintext: "x" };
    expect((await writeSecret(github.apiUrl, other, ASK)).status).toBe(201);
    expect((await write("one")).status).toBe(500);
    expect((await write("one")).status).toBe(500);
    expect(fault.hits).toBe(2);
    fault.cancel();
    expect((await write("one")).status).toBe(201);
  });
});

describe("a request held in flight", () => {
  it("goes on when it is released", async () => {
    const held = github.hold(PUT);
    const answer = write("one");
    expect(await held.received).toMatchObject({
      method: "PUT",
      bodyKeys: ["encrypted_value", "key_id"],
    });
    expect(values()).toEqual([]);
    held.release();
    expect(await held.committed).toBe(201);
    expect((await answer).status).toBe(201);
  });

  it("before the commit: a killed client's request is stored once it goes on", async () => {
    const held = github.hold(PUT);
    const client = await startClient("one");
    await held.received;
    await client.kill();
    expect(values()).toEqual([]);
    held.release();
    expect(await held.committed).toBe(201);
    expect(values()).toEqual(["one"]);
    expect(github.violations).toEqual([]);
  });

  it("after the commit: a killed client never hears that it was stored", async () => {
    const held = github.hold(PUT, "after-commit");
    const client = await startClient("one");
    expect(await held.committed).toBe(201);
    expect(values()).toEqual(["one"]);
    await client.kill();
    held.release();
    expect((await write("two")).status).toBe(204);
    expect(github.violations).toEqual([]);
  });

  it("is never stored when the server is closed first", async () => {
    const held = github.hold(PUT);
    const answer = write("one").catch(() => "no answer");
    await held.received;
    await github.close();
    held.release();
    expect(await answer).toBe("no answer");
    await expect(held.committed).rejects.toThrow(/closed/);
    expect(values()).toEqual([]);
    expect(github.violations).toEqual([]);
  });
});

/** A client in a process of its own, which writes `plaintext` and waits for the answer. */
async function startClient(plaintext: string): Promise<{ kill(): Promise<void> }> {
  const key = (await call(github.apiUrl, `GET ${LIST}/public-key`, ASK)).body as PublicKey;
  const body = JSON.stringify(await sealed(plaintext, key));
  const script = `
    const headers = { authorization: "Bearer t", "x-github-api-version": "2022-11-28" };
    fetch(process.env.URL, { method: "PUT", headers, body: process.env.BODY });
  `;
  const env = { ...process.env, URL: `${github.apiUrl}${LIST}/TOKEN`, BODY: body };
  const child = spawn(process.execPath, ["-e", script], { env, stdio: "ignore" });
  return {
    async kill() {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}

/** Waits for `condition`; the suite's own time limit ends it. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((done) => setTimeout(done, 5));
}
