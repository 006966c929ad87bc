/** A provider that takes a connection and never answers: who sits at a terminal is told what is being waited for. */
import { randomBytes } from "node:crypto";
import { createServer, type Socket } from "node:net";
import { once } from "node:events";
import { describe, expect, onTestFinished, test } from "vitest";
import { makeRootKey } from "../../src/ledger/keys.ts";
import { openTerminal, TMUX } from "../support/terminal/tmux.ts";
import { asVariables, CLI, machine } from "./machine.ts";

async function muteServer(): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => void sockets.add(socket.on("error", () => {})));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `127.0.0.1:${(server.address() as { port: number }).port}`;
}

async function desk() {
  const host = await muteServer();
  const here = machine();
  const login = {
    accessToken: "",
    refreshToken: `sk-ant-ort01-${randomBytes(60).toString("base64url")}`,
    expiresAt: 1,
  };
  const credential = JSON.stringify({ claudeAiOauth: { ...login, scopes: ["user:inference"] } });
  const inputs = { credential, "ledger-key": makeRootKey(randomBytes), "token-url": `http://${host}/`, timeout: "5s" };
  return { host, here, env: asVariables(inputs) };
}

describe.skipIf(!TMUX).each(["refresh", "write", "token"])("%s", (verb) => {
  test("says for whom it waits, at a terminal; again when it asks once more", async () => {
    const { host, here, env } = await desk();
    const terminal = openTerminal({
      command: process.execPath,
      args: [CLI, verb],
      cwd: here.home,
      env: { PATH: process.env["PATH"], HOME: here.home, NO_COLOR: "1", ...env },
    });
    onTestFinished(() => terminal.close());
    await terminal.sees(`Waiting for ${host} …`);
    await terminal.sees(`Waiting for ${host} …`, 2);
    expect(await terminal.ended()).toBe(4);
    expect(terminal.all().match(/Waiting for/g)).toHaveLength(2);
  });
});

test("nobody is told who does not sit at a terminal", async () => {
  const { here, env } = await desk();
  const ended = await here.run(["refresh"], { env });
  expect(ended.code).toBe(4);
  expect(ended.stderr).toContain("[answer-unclear]");
  expect(ended.stderr).not.toContain("Waiting");
});
