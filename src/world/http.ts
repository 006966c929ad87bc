import type { Agent, ClientRequest, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Http, HttpAnswer, HttpRequest } from "./world.ts";
import { HttpFailure } from "./world.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** More than any answer we read; a server that sends more is not the one we think. */
const LARGEST_ANSWER = 1024 * 1024;

/**
 * HTTP by `node:https`, because it tells whether a byte of the request left (fetch does not), and starts
 * 30-80 ms faster. `import "node:https"` would cost 26 ms more than this way of loading it.
 */
export function nodeHttp(env: Env): Http {
  return async (request) => {
    try {
      return await send(request, await proxyAgent(env, request.url));
    } catch (error) {
      if (error instanceof HttpFailure) throw error;
      // An address or a header that is none: refused before anything could leave.
      throw new HttpFailure(false, (error as { code?: string }).code ?? "not a valid request");
    }
  };
}

function send(request: HttpRequest, proxy: Agent | undefined): Promise<HttpAnswer> {
  const secure = request.url.startsWith("https:");
  const client = secure ? process.getBuiltinModule("node:https") : process.getBuiltinModule("node:http");
  return new Promise((resolve, reject) => {
    let sent = false;
    let answered = false;
    const outgoing: ClientRequest = client.request(request.url, {
      method: request.method,
      headers: {
        ...request.headers,
        ...(request.body && { "content-length": String(Buffer.byteLength(request.body)) }),
      },
      agent: proxy ?? (request.fresh ? false : undefined),
      ...(proxy && { timeout: request.timeoutMs }), // the agent's own, for a proxy that does not answer
    });
    const fail = (reason: string) => {
      clearTimeout(timer);
      reject(new HttpFailure(sent, reason));
      outgoing.destroy();
    };
    const timer = setTimeout(() => fail(answered ? "answer cut off" : "timeout"), request.timeoutMs);
    // Nothing is written before the connection stands: until then certainly no byte has left.
    const begin = () => {
      if (request.stillWanted?.() === false) return fail("cancelled");
      sent = true;
      outgoing.end(request.body);
    };
    outgoing.on("socket", (socket: Socket) => {
      const opening = socket.connecting || (socket as { secureConnecting?: boolean }).secureConnecting === true;
      if (opening) socket.once(secure ? "secureConnect" : "connect", begin);
      else begin();
    });
    outgoing.on("error", (error) => fail((error as { code?: string }).code ?? "connection failed"));
    outgoing.on("response", (incoming) => {
      answered = true;
      const parts: Buffer[] = [];
      let size = 0;
      incoming.on("data", (part: Buffer) => {
        parts.push(part);
        if ((size += part.length) > LARGEST_ANSWER) fail("answer too large");
      });
      incoming.on("error", () => fail("answer cut off"));
      incoming.on("end", () => {
        if (!incoming.complete) return fail("answer cut off");
        clearTimeout(timer);
        resolve(readAnswer(incoming, Buffer.concat(parts).toString(request.encoding)));
      });
    });
  });
}

function readAnswer(incoming: IncomingMessage, body: string): HttpAnswer {
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    headers[name] = Array.isArray(value) ? value[0] : value;
  }
  const date = Date.parse(headers["date"] ?? "");
  return { status: incoming.statusCode ?? 0, headers, body, date: Number.isNaN(date) ? undefined : date };
}

/** An agent that tunnels, where HTTPS_PROXY and NO_PROXY ask for one. The code for it is loaded only then. */
async function proxyAgent(env: Env, url: string): Promise<Agent | undefined> {
  const named = ["https_proxy", "all_proxy"].some((name) => env[name] || env[name.toUpperCase()]);
  // Plain http is for loopback addresses alone: a proxy would see the token.
  return named && url.startsWith("https:") ? (await import("./proxy.ts")).agentFor(url) : undefined;
}
