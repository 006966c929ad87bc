import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Callback } from "../../providers/authorize.ts";
import { ALREADY, FAILED, HEADERS, type Page, render, WRONG_SIGN_IN } from "./page.ts";

/** Waits on 127.0.0.1 for the browser to come back. */
export interface Listener {
  readonly redirectUri: string;
  /** The first answer that belongs to this sign-in; there is no second one. */
  readonly arrival: Promise<Arrival>;
  /** Says goodbye to a browser that still waits, and stops listening. */
  close(): Promise<void>;
}

export interface Arrival {
  readonly params: URLSearchParams;
  /** Shows the page; done when the browser has it, or is gone. */
  respond(page: Page): Promise<void>;
}

export interface Hooks {
  /** Whether an answer belongs to this sign-in. */
  readonly isOurs: (params: URLSearchParams) => boolean;
  /** An answer came that does not: it was turned away. */
  readonly onStranger: () => void;
}

/** Longer than the address of any answer. */
const LARGEST_HEADERS = 16 * 1024;

/**
 * Undefined if none of the ports is free. What is answered: GET of the one path, under a name of this machine (a web
 * page that had its own name resolve to 127.0.0.1 sends another one), with the state of this sign-in, once.
 */
export async function listen({ host, ports, path }: Callback, hooks: Hooks): Promise<Listener | undefined> {
  const { promise: arrival, resolve: arrive } = Promise.withResolvers<Arrival>();
  let answered = false;
  let waiting: ServerResponse | undefined;
  const names = () => new Set(["localhost", "127.0.0.1"].map((name) => `${name}:${port}`));

  const serve = (request: IncomingMessage, response: ServerResponse) => {
    const refuse = (status: number) => void response.writeHead(status, HEADERS).end();
    // A port of 80 is left out.
    const named = request.headers.host ?? "";
    if (!names().has(named.includes(":") ? named : `${named}:80`)) return refuse(421);
    const url = URL.canParse(request.url ?? "", "http://localhost")
      ? new URL(request.url ?? "", "http://localhost")
      : undefined;
    if (url?.pathname !== path || url.host !== "localhost") return refuse(404);
    if (request.method !== "GET") return refuse(405);
    if (!hooks.isOurs(url.searchParams)) {
      hooks.onStranger();
      return void show(response, WRONG_SIGN_IN);
    }
    if (answered) return void show(response, ALREADY);
    answered = true;
    waiting = response;
    arrive({ params: url.searchParams, respond: (page) => show(response, page) });
  };

  const server = process
    .getBuiltinModule("node:http")
    .createServer({ maxHeaderSize: LARGEST_HEADERS, headersTimeout: 10_000, requestTimeout: 10_000 }, serve);
  const port = await firstFree(server, ports);
  if (port === undefined) return undefined;
  return {
    redirectUri: `http://${host}${port === 80 ? "" : `:${port}`}${path}`,
    arrival,
    async close() {
      if (waiting && !waiting.writableEnded) await show(waiting, FAILED);
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
    },
  };
}

async function firstFree(server: import("node:http").Server, ports: readonly number[]): Promise<number | undefined> {
  for (const port of ports) {
    const free = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen({ port, host: "127.0.0.1", exclusive: true }, () => resolve(true));
    });
    server.removeAllListeners("error");
    if (free) return (server.address() as AddressInfo).port;
  }
  return undefined;
}

function show(response: ServerResponse, page: Page): Promise<void> {
  return new Promise((resolve) => {
    const slow = setTimeout(resolve, 3000);
    response.once("close", () => {
      clearTimeout(slow);
      resolve();
    });
    if (response.destroyed) return void response.emit("close");
    const headers = { ...HEADERS, "content-type": "text/html; charset=utf-8" };
    response.writeHead(page.status, headers).end(render(page));
  });
}
