/** A port of this machine from which every connection goes on to the proxy, as if its client knew of one. */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { TlsProxy } from "./tls-proxy.ts";

export type Gate = { port: number; close: () => Promise<void> };

export async function openGate({ proxyUrl }: Pick<TlsProxy, "proxyUrl">): Promise<Gate> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const proxy = connect(Number(new URL(proxyUrl).port), "127.0.0.1");
    for (const socket of [client, proxy]) {
      sockets.add(socket);
      socket.on("error", () => socket.destroy()).on("close", () => sockets.delete(socket));
    }
    client.on("close", () => proxy.destroy());
    proxy.on("close", () => client.destroy());
    // Which host is meant stands in the TLS that follows.
    proxy.write("CONNECT gate:443 HTTP/1.1\r\nHost: gate:443\r\n\r\n");
    proxy.once("data", () => client.pipe(proxy).pipe(client));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
