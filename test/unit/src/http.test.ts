/** The network as it is: what a connection on the loopback address tells about whether a request was sent. */
import { createServer, type RequestListener } from "node:http";
import { createServer as createTcp, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { nodeHttp } from "../../../src/world/http.ts";
import { HttpFailure, type HttpRequest } from "../../../src/world/world.ts";

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  open.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((done) => server.close(done));
  });
  return (server.address() as { port: number }).port;
}

const http = nodeHttp({});
const ask = (port: number, more: Partial<HttpRequest> = {}) =>
  http({
    method: "POST",
    url: `http://127.0.0.1:${port}/t`,
    headers: { accept: "x" },
    body: "b=ü",
    timeoutMs: 3000,
    fresh: true,
    ...more,
  });
const serve = (listener: RequestListener) => listen(createServer(listener));
const accept = (onSocket: (socket: Socket) => void) => listen(createTcp(onSocket));

async function failureTo(asked: Promise<unknown>): Promise<HttpFailure> {
  const error: unknown = await asked.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(HttpFailure);
  return error as HttpFailure;
}

describe("not sent", () => {
  test("nobody listens", async () => {
    const port = await accept(() => {});
    for (const close of open.splice(0)) await close();
    expect(await failureTo(ask(port))).toMatchObject({ sent: false, reason: "ECONNREFUSED" });
  });

  test("a name that does not exist", async () => {
    expect(await failureTo(ask(1, { url: "http://no-such-host.invalid/" }))).toMatchObject({ sent: false });
  });

  test("the other side does not speak TLS", async () => {
    const port = await accept((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    expect(await failureTo(ask(port, { url: `https://127.0.0.1:${port}/` }))).toMatchObject({ sent: false });
  });

  test("the other side is silent about TLS", async () => {
    const port = await accept(() => {});
    const failure = await failureTo(ask(port, { url: `https://127.0.0.1:${port}/`, timeoutMs: 150 }));
    expect(failure).toMatchObject({ sent: false, reason: "timeout" });
  });
});

describe("sent, and no whole answer", () => {
  test.each<[string, (socket: Socket) => void]>([
    ["cut before the request was read", (socket) => socket.destroy()],
    ["cut after it", (socket) => socket.once("data", () => socket.destroy())],
    ["reset after it", (socket) => socket.once("data", () => socket.resetAndDestroy())],
    ["cut in the headers", (socket) => socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nconte"))],
    [
      "cut in the body",
      (socket) => socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{")),
    ],
    [
      "cut in a chunk",
      (socket) => socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{")),
    ],
    ["not HTTP", (socket) => socket.once("data", () => socket.end("hello\r\n\r\n"))],
  ])("%s", async (_, onSocket) => {
    const port = await accept(onSocket);
    const failure = await failureTo(ask(port));
    expect(failure.sent).toBe(true);
  });

  test("silence, and an answer that never ends, are cut off in time", async () => {
    const silent = await accept(() => {});
    expect(await failureTo(ask(silent, { timeoutMs: 100 }))).toMatchObject({ sent: true, reason: "timeout" });
    const endless = await serve((_, response) => void response.write("{"));
    expect(await failureTo(ask(endless, { timeoutMs: 2000 }))).toMatchObject({ sent: true, reason: "answer cut off" });
  });

  test("an answer larger than any that we read", async () => {
    const port = await serve((_, response) => response.end("x".repeat(1024 * 1024 + 1)));
    expect(await failureTo(ask(port))).toMatchObject({ sent: true, reason: "answer too large" });
  });
});

describe("an answer", () => {
  test("is whole: status, headers, clock, body", async () => {
    const port = await serve((request, response) => {
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => parts.push(part));
      request.on("end", () => {
        response.writeHead(201, {
          date: "Tue, 06 May 2031 07:08:09 GMT",
          "x-seen": String(request.headers["content-length"]),
          "set-cookie": ["a", "b"],
        });
        response.end(`${request.method} ${Buffer.concat(parts).toString()} é`);
      });
    });
    const answer = await ask(port);
    expect(answer).toMatchObject({ status: 201, body: "POST b=ü é", date: Date.UTC(2031, 4, 6, 7, 8, 9) });
    expect(answer.headers).toMatchObject({ "x-seen": "4", "set-cookie": "a" });
  });

  test("without a clock that can be read has none", async () => {
    const port = await serve((_, response) => {
      response.setHeader("date", "today");
      response.end();
    });
    expect(await ask(port)).toMatchObject({ status: 200, date: undefined, body: "" });
  });

  test("is not followed elsewhere", async () => {
    let seen = 0;
    const port = await serve((_, response) => {
      seen++;
      response.writeHead(307, { location: "/other" }).end();
    });
    expect((await ask(port)).status).toBe(307);
    expect(seen).toBe(1);
  });

  test("to a fresh request comes over a connection of its own", async () => {
    const ports = new Set<number | undefined>();
    const port = await serve((request, response) => {
      ports.add(request.socket.remotePort);
      response.end();
    });
    await ask(port);
    await ask(port);
    expect(ports.size).toBe(2);
  });
});
