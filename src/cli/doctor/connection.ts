import type { ClientRequest, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { getProxyForUrl } from "proxy-from-env";
import { decoded } from "../../world/userinfo.ts";
import { issuerOf, isPublic } from "./authority.ts";

/** How far one gets on the way to a server. Nothing of a request is sent. `reason`: the system's own code. */
export type Way =
  | {
      readonly type: "open";
      /** Host and port of the proxy that led there; undefined without one. */
      readonly proxy: string | undefined;
      /** Who has signed the certificate, and whether that is an authority that Node itself knows. */
      readonly issuer: string;
      readonly known: boolean;
    }
  | { readonly type: "proxy-unreachable"; readonly proxy: string; readonly reason: string }
  | { readonly type: "proxy-refused"; readonly proxy: string; readonly status: number }
  | { readonly type: "unreachable"; readonly reason: string }
  /** The certificate is not accepted. */
  | {
      readonly type: "untrusted";
      readonly reason: string;
      readonly issuer: string;
      readonly proxy: string | undefined;
    };

/** Opens a TLS connection to an https address as a request would, looks at the certificate, and closes it. */
export async function tryWay(url: URL, timeoutMs: number): Promise<Way> {
  const proxy = getProxyForUrl(url.href);
  const through = proxy && URL.canParse(proxy) ? new URL(proxy) : undefined;
  const tunnel = through && (await openTunnel(through, url, timeoutMs));
  if (tunnel && !("socket" in tunnel)) return tunnel;
  return shakeHands(url, tunnel, timeoutMs);
}

interface Tunnel {
  readonly type: "open";
  readonly socket: Socket;
  readonly proxy: string;
}

/** What a proxy says to CONNECT. */
function openTunnel(through: URL, url: URL, timeoutMs: number): Promise<Tunnel | Way> {
  const proxy = through.host;
  const target = `${url.hostname}:${url.port || 443}`;
  const user = `${decoded(through.username)}:${decoded(through.password)}`;
  const client =
    through.protocol === "https:" ? process.getBuiltinModule("node:https") : process.getBuiltinModule("node:http");
  return new Promise((resolve) => {
    const request: ClientRequest = client.request({
      method: "CONNECT",
      host: through.hostname,
      port: through.port,
      path: target,
      agent: false,
      timeout: timeoutMs,
      headers: {
        host: target,
        ...(user !== ":" && { "proxy-authorization": `Basic ${Buffer.from(user).toString("base64")}` }),
      },
    });
    const refused = (answer: IncomingMessage, socket: Socket) => {
      socket.destroy();
      resolve({ type: "proxy-refused", proxy, status: answer.statusCode ?? 0 });
    };
    request.on("connect", (answer: IncomingMessage, socket: Socket) => {
      if (answer.statusCode !== 200) return refused(answer, socket);
      socket.setTimeout(0);
      resolve({ type: "open", socket, proxy });
    });
    // A server that is no proxy answers as if it had been asked for a page.
    request.on("response", (answer) => refused(answer, answer.socket));
    request.on("timeout", () => request.destroy(Object.assign(new Error(), { code: "timeout" })));
    request.on("error", (error) => resolve({ type: "proxy-unreachable", proxy, reason: codeOf(error) }));
    request.end();
  });
}

function shakeHands(url: URL, tunnel: Tunnel | undefined, timeoutMs: number): Promise<Way> {
  const { connect } = process.getBuiltinModule("node:tls");
  const { isIP } = process.getBuiltinModule("node:net");
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const proxy = tunnel?.proxy;
  return new Promise((resolve) => {
    const socket: TLSSocket = connect({
      ...(tunnel ? { socket: tunnel.socket } : { port: Number(url.port || 443) }),
      host,
      ...(isIP(host) === 0 && { servername: host }),
      rejectUnauthorized: false, // to see whose certificate it is; nothing is sent
    });
    const end = (way: Way) => {
      resolve(way);
      socket.destroy();
      tunnel?.socket.destroy();
    };
    socket.setTimeout(timeoutMs, () => end({ type: "unreachable", reason: "timeout" }));
    socket.on("error", (error) => end({ type: "unreachable", reason: codeOf(error) }));
    // A proxy that breaks off behind its “200” gives no error.
    socket.on("close", () => end({ type: "unreachable", reason: "closed" }));
    socket.once("secureConnect", () => {
      const chain = socket.getPeerCertificate(true);
      const issuer = issuerOf(chain);
      const reason: unknown = socket.authorizationError;
      if (socket.authorized) return end({ type: "open", proxy, issuer, known: isPublic(chain) });
      end({ type: "untrusted", issuer, proxy, reason: typeof reason === "string" ? reason : codeOf(reason) });
    });
  });
}

const codeOf = (error: unknown): string => {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === "string" ? code : "connection failed";
};
