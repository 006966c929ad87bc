/**
 * One HTTP or HTTPS server on 127.0.0.1 with a port of its own, which a test can make deaf for a
 * while and which closes at once whatever its clients still hold open.
 */
import { createServer, type IncomingMessage, type Server as HttpServer, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type Server as HttpsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";

export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void;

/** PEM strings; `makeTls` makes them. */
export type ServerTls = { key: string; cert: string };

export type Loopback = {
  server: HttpServer | HttpsServer;
  port: number;
  /** `http://127.0.0.1:PORT`, or https. */
  origin: string;
  /** Ends all connections and stops listening: whoever connects is refused, until `accept`. */
  refuse: () => Promise<void>;
  /** Listens again, on the same port. */
  accept: () => Promise<void>;
  /** Ends everything; rejects if a handler had thrown, so that a broken server fails the test. */
  close: () => Promise<void>;
};

/** Starts listening. A handler that throws has its connection ended and the error kept for `close`. */
export async function listenOnLoopback(handler: Handler, tls?: ServerTls): Promise<Loopback> {
  const failures: unknown[] = [];
  const sockets = new Set<Socket>();
  const onRequest = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      await handler(request, response);
    } catch (error) {
      failures.push(error);
      response.destroy();
    }
  };
  const server = tls === undefined ? createServer(onRequest) : createTlsServer(tls, onRequest);
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy()); // a killed client resets; that is no failure
    socket.on("close", () => sockets.delete(socket));
  });
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", () => {
        server.off("error", reject);
        resolve();
      });
    });
  await listen(0);
  const { port } = server.address() as AddressInfo;

  const refuse = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve)); // also if closed already
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return {
    server,
    port,
    origin: `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}`,
    refuse,
    accept: () => listen(port),
    close: async () => {
      await refuse();
      if (failures.length > 0) throw new AggregateError(failures, "a test server failed");
    },
  };
}

/** The whole body as text; undefined if the client went away before it was complete. */
export async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  try {
    for await (const part of request) parts.push(part as Buffer);
  } catch {
    return undefined;
  }
  return Buffer.concat(parts).toString("utf8");
}
