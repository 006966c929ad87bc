/**
 * An HTTP CONNECT proxy on loopback that ends the TLS itself, with certificates of a throw-away
 * authority, and answers every host from one handler. Nothing is ever forwarded.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSecureContext, type SecureContext } from "node:tls";
import { generate } from "selfsigned";

/** One request as it arrived; `host` is the name that the client asked for, without a port. */
export type RecordedRequest = {
  host: string;
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
};

export type TlsProxy = {
  /** For HTTPS_PROXY. */
  proxyUrl: string;
  /** PEM of the authority, for NODE_EXTRA_CA_CERTS. */
  caFile: string;
  /** Every CONNECT, as `host:port`, also when no request followed. */
  tunnels: string[];
  requests: RecordedRequest[];
  close: () => Promise<void>;
};

/** Starts the proxy; `answer` gets each request after its body was read whole. */
export async function startTlsProxy(
  answer: (request: RecordedRequest, response: ServerResponse) => void,
): Promise<TlsProxy> {
  const authority = await createAuthority();
  const folder = await mkdtemp(join(tmpdir(), "readers-ca-"));
  const caFile = join(folder, "ca.pem");
  await writeFile(caFile, authority.pem);

  const requests: RecordedRequest[] = [];
  const tunnels: string[] = [];
  const sockets = new Set<Socket>();

  const inner = createHttpsServer({
    SNICallback: (name, done) => {
      authority.contextFor(name).then((context) => done(null, context), done);
    },
  });
  const outer = createServer();
  for (const server of [inner, outer]) {
    server.on("request", (incoming, response) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("end", () => {
        const request = {
          host: (incoming.headers.host ?? "").replace(/:\d+$/, ""),
          method: incoming.method ?? "",
          path: incoming.url ?? "",
          headers: incoming.headers,
          body: Buffer.concat(chunks).toString("utf8"),
        };
        requests.push(request);
        answer(request, response);
      });
    });
  }
  outer.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy()); // a killed client resets; that is no failure
    socket.on("close", () => sockets.delete(socket));
  });
  outer.on("connect", (request, socket, head) => {
    tunnels.push(request.url ?? "");
    socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
    if (head.length > 0) socket.unshift(head);
    inner.emit("connection", socket);
  });
  await new Promise<void>((resolve) => outer.listen(0, "127.0.0.1", resolve));

  return {
    proxyUrl: `http://127.0.0.1:${(outer.address() as AddressInfo).port}`,
    caFile,
    tunnels,
    requests,
    close: async () => {
      const closed = new Promise((resolve) => outer.close(resolve)); // also if closed already
      for (const socket of sockets) socket.destroy();
      await closed;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

type Authority = { pem: string; contextFor: (host: string) => Promise<SecureContext> };

/** Makes the authority; its key stays in memory. Hosts get their certificate when first asked. */
async function createAuthority(): Promise<Authority> {
  const kind = { keyType: "ec", curve: "P-256", algorithm: "sha256" } as const;
  const root = await generate([{ name: "commonName", value: "Readers test authority" }], {
    ...kind,
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const issue = async (host: string): Promise<SecureContext> => {
    const leaf = await generate([{ name: "commonName", value: host }], {
      ...kind,
      ca: { key: root.private, cert: root.cert },
      extensions: [
        { name: "basicConstraints", cA: false },
        { name: "keyUsage", digitalSignature: true },
        { name: "extKeyUsage", serverAuth: true },
        { name: "subjectAltName", altNames: [{ type: 2, value: host }] },
      ],
    });
    return createSecureContext({ key: leaf.private, cert: leaf.cert });
  };
  const issued = new Map<string, Promise<SecureContext>>();
  return {
    pem: root.cert,
    contextFor: (host) => {
      const context = issued.get(host) ?? issue(host);
      issued.set(host, context);
      return context;
    },
  };
}
