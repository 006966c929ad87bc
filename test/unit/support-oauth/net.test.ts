import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { request as httpRequest, type RequestOptions } from "node:http";
import { Agent } from "node:https";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { type ConnectProxy, type ProxySettings, startConnectProxy } from "../../support/net/connect-proxy.ts";
import { listenOnLoopback, type Loopback } from "../../support/net/loopback.ts";
import { makeTls, type TestTls } from "../../support/net/tls.ts";
import { send } from "./client.ts";

const started: { close: () => Promise<void> }[] = [];
afterEach(async () => {
  for (const server of started.splice(0)) await server.close();
});
const keep = <T extends { close: () => Promise<void> }>(server: T): T => {
  started.push(server);
  return server;
};

const proxyWith = async (settings?: ProxySettings): Promise<ConnectProxy> => keep(await startConnectProxy(settings));

/** Node's own way through a proxy. */
const agentFor = (proxyUrl: string): Agent => new Agent({ proxyEnv: { HTTPS_PROXY: proxyUrl } });

/** A server that answers with what it saw. */
const startEcho = async (tls?: TestTls): Promise<Loopback> =>
  keep(
    await listenOnLoopback((request, response) => {
      const { method, url, headers } = request;
      response.end(JSON.stringify({ method, url, headers }));
    }, tls),
  );

describe("tls", () => {
  test("the certificate is signed by the authority, for all names", async () => {
    const tls = await makeTls({ names: ["platform.claude.com"] });
    const cert = new X509Certificate(tls.cert);
    const authority = new X509Certificate(tls.ca);
    expect(cert.verify(authority.publicKey)).toBe(true);
    expect(authority.ca).toBe(true);
    expect(cert.ca).toBe(false);
    expect(cert.checkHost("localhost")).toBe("localhost");
    expect(cert.checkHost("platform.claude.com")).toBe("platform.claude.com");
    expect(cert.checkIP("127.0.0.1")).toBe("127.0.0.1");
    expect(cert.checkHost("api.anthropic.com")).toBeUndefined();
    const other = await makeTls();
    expect(cert.verify(new X509Certificate(other.ca).publicKey)).toBe(false);
  });

  test("caFile writes the authority", async () => {
    const folder = await mkdtemp(join(tmpdir(), "support-tls-"));
    try {
      const tls = await makeTls();
      expect(await readFile(tls.caFile(folder), "utf8")).toBe(tls.ca);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe("loopback", () => {
  test("closes at once with a connection open, and may be closed twice", async () => {
    const server = await startEcho();
    const socket = connect(server.port, "127.0.0.1");
    const ended = once(socket, "close");
    await once(socket, "connect");
    await server.close();
    await ended;
    expect(socket.destroyed).toBe(true);
    await server.close();
  });

  test("a handler that throws ends the connection, and close tells of it", async () => {
    const server = await listenOnLoopback(() => {
      throw new Error("broken handler");
    });
    await expect(send(server.origin, {})).rejects.toThrow("socket hang up");
    await expect(server.close()).rejects.toThrow("a test server failed");
  });
});

describe("CONNECT", () => {
  test("tunnels to where the name is mapped, and counts", async () => {
    const tls = await makeTls({ names: ["platform.claude.com"] });
    const server = await startEcho(tls);
    const proxy = await proxyWith({ mapHost: () => ({ host: "127.0.0.1", port: server.port }) });
    for (let round = 1; round <= 2; round++) {
      const options = { agent: agentFor(proxy.url), ca: tls.ca };
      const answer = await send("https://platform.claude.com/v1/oauth/token", options);
      expect(JSON.parse(answer.text)).toMatchObject({
        url: "/v1/oauth/token",
        headers: { host: "platform.claude.com" },
      });
      expect(proxy.connects).toHaveLength(round);
    }
    expect(proxy.connects[0]).toEqual({
      host: "platform.claude.com",
      port: 443,
      at: expect.any(Number),
      status: 200,
    });
    expect(proxy.forwards).toEqual([]);
  });

  test("a name that the certificate lacks is not trusted through the tunnel", async () => {
    const tls = await makeTls();
    const server = await startEcho(tls);
    const proxy = await proxyWith({ mapHost: () => ({ host: "127.0.0.1", port: server.port }) });
    const options = { agent: agentFor(proxy.url), ca: tls.ca };
    await expect(send("https://platform.claude.com/", options)).rejects.toThrow(/altnames/);
    expect(proxy.connects).toHaveLength(1);
  });

  test("refuses what is not allowed, not authorised, not loopback or not there", async () => {
    const tls = await makeTls();
    const server = await startEcho(tls);
    const gone = await listenOnLoopback(() => {});
    await gone.close();
    const proxy = await proxyWith({
      allow: (host) => host !== "forbidden.example",
      authRequired: "user:pass word",
    });
    const withAuth = proxy.url.replace("//", "//user:pass%20word@");
    const through = (proxyUrl: string, target: string) => send(target, { agent: agentFor(proxyUrl), ca: tls.ca });
    const refused = (proxyUrl: string, target: string) => expect(through(proxyUrl, target)).rejects.toThrow(/tunnel/i);
    await refused(proxy.url, server.origin);
    await refused(proxy.url.replace("//", "//user:wrong@"), server.origin);
    await refused(withAuth, "https://forbidden.example");
    await refused(withAuth, "https://unmapped.example");
    await refused(withAuth, `https://127.0.0.1:${gone.port}`);
    expect((await through(withAuth, server.origin)).status).toBe(200);
    expect(proxy.connects.map(({ status, auth }) => [status, auth])).toEqual([
      [407, undefined],
      [407, "user:wrong"],
      [403, "user:pass word"],
      [502, "user:pass word"],
      [502, "user:pass word"],
      [200, "user:pass word"],
    ]);
  });

  test("goes to loopback addresses only, even to ones that would answer", async () => {
    const server = await startEcho();
    // 0.0.0.0 leads to this machine on most systems, so only the rule can stop it.
    const proxy = await proxyWith({ mapHost: () => ({ host: "0.0.0.0", port: server.port }) });
    const answer = await send(proxy.url, { path: "http://real.example/", headers: { host: "x" } });
    expect(answer.status).toBe(502);
    await expect(send("https://real.example", { agent: agentFor(proxy.url) })).rejects.toThrow(/tunnel/i);
    expect([proxy.connects[0]?.status, proxy.forwards[0]?.status]).toEqual([502, 502]);
  });

  test("a server that breaks off looks so to the client", async () => {
    const tls = await makeTls();
    const server = keep(await listenOnLoopback((request) => void request.socket.destroy(), tls));
    const proxy = await proxyWith();
    const options = { agent: agentFor(proxy.url), ca: tls.ca };
    await expect(send(server.origin, options)).rejects.toThrow(/hang up|ECONNRESET/);
  });

  test("closing the proxy ends its tunnels on both sides", async () => {
    const server = await startEcho();
    const accepted = once(server.server, "connection") as Promise<[Socket]>;
    const proxy = await startConnectProxy();
    const outgoing = httpRequest({
      host: "127.0.0.1",
      port: new URL(proxy.url).port,
      method: "CONNECT",
      path: `127.0.0.1:${server.port}`,
    }).end();
    const [, socket] = (await once(outgoing, "connect")) as [unknown, Socket];
    const closed = once(socket.resume(), "close");
    const [serverSide] = await accepted;
    const serverClosed = once(serverSide, "close");
    await proxy.close();
    await closed;
    await serverClosed;
    expect([socket.destroyed, serverSide.destroyed]).toEqual([true, true]);
  });
});

describe("absolute form", () => {
  /** What a client sends that takes the proxy for http addresses. */
  const throughProxy = (proxy: ConnectProxy, url: string, options: RequestOptions = {}) =>
    send(proxy.url, { ...options, path: url, headers: { host: "x", ...options.headers } });

  test("is forwarded and recorded apart from tunnels, without the proxy's own headers", async () => {
    const server = await startEcho();
    const proxy = await proxyWith({
      authRequired: "u:p",
      mapHost: () => ({ host: "127.0.0.1", port: server.port }),
    });
    const headers = { "proxy-authorization": `Basic ${btoa("u:p")}`, accept: "text/x" };
    const answer = await throughProxy(proxy, "http://api.example/a?b=c", { headers });
    expect(answer.status).toBe(200);
    const seen = JSON.parse(answer.text) as { url: string; headers: Record<string, string> };
    expect(seen.url).toBe("/a?b=c");
    expect(seen.headers).toMatchObject({ host: "api.example", accept: "text/x" });
    expect(seen.headers).not.toHaveProperty("proxy-authorization");
    expect(proxy.forwards).toEqual([
      {
        method: "GET",
        url: "http://api.example/a?b=c",
        host: "api.example",
        port: 80,
        at: expect.any(Number),
        auth: "u:p",
        status: 200,
      },
    ]);
    expect(proxy.connects).toEqual([]);
  });

  test("is refused by the same rules", async () => {
    const proxy = await proxyWith({ allow: (host) => host !== "forbidden.example" });
    expect((await throughProxy(proxy, "http://forbidden.example/")).status).toBe(403);
    expect((await throughProxy(proxy, "http://unmapped.example/")).status).toBe(502);
    expect((await throughProxy(proxy, "/not-absolute")).status).toBe(400);
    const strict = await proxyWith({ authRequired: "u:p" });
    const answer = await throughProxy(strict, "http://127.0.0.1/");
    expect(answer.status).toBe(407);
    expect(answer.headers["proxy-authenticate"]).toMatch(/^Basic/);
  });
});
