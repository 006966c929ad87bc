/**
 * The provider and GitHub's API, as lean as a measurement needs them, in a process of their own: what they
 * take must not be counted as the product's. Started and told what to do by `servers.ts`.
 */
import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { Call, Command, Scene } from "./servers.ts";

let scene: Scene = { secretUpdatedAt: 0, delayMs: { token: 0, store: 0, other: 0 } };
let calls: Call[] = [];
let connections = 0;
let publicKey = { key: "", key_id: "" };
/** When each secret was last written, ms. */
const writtenAt = new Map<string, number>();

interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

const SECRETS = /^\/repos\/[^/]+\/[^/]+\/actions\/secrets\/([A-Za-z0-9_-]+)$/;
const PROBE = "OAUTH_CREDS_PROBE";

function token(): Answer {
  const invent = (kind: string) => `sk-ant-${kind}01-${randomBytes(70).toString("base64url")}`;
  const body = {
    token_type: "Bearer",
    access_token: invent("oat"),
    expires_in: 28_800,
    refresh_token: invent("ort"),
    scope: "user:inference user:profile",
  };
  return { status: 200, body };
}

function github(method: string, path: string, sent: string): Answer {
  const name = SECRETS.exec(path)?.[1];
  if (method === "GET" && name === "public-key") return { status: 200, body: publicKey };
  if (method === "GET" && name) {
    const at = new Date(writtenAt.get(name) ?? scene.secretUpdatedAt).toISOString().replace(/\.\d+Z$/, "Z");
    return { status: 200, body: { name, created_at: at, updated_at: at } };
  }
  if (method === "PUT" && name) {
    writtenAt.set(name, Date.now());
    return { status: 204 };
  }
  if (path.startsWith("/twirp/")) return { status: 200, body: { ok: false } };
  return ledger(method, path, sent) ?? { status: 404, body: { message: "Not Found" } };
}

/** The calls of a ledger whose record nobody else changes. */
function ledger(method: string, path: string, sent: string): Answer | undefined {
  const commit = (sha: string, message: string) => {
    const date = new Date().toISOString().replace(/\.\d+Z$/, "Z");
    return { sha, message, tree: { sha: "1".repeat(40) }, parents: [], committer: { date } };
  };
  const { ledger: message } = scene;
  if (message === undefined) return undefined;
  if (method === "GET" && path.includes("/commits/refs/")) {
    const { sha, ...facts } = commit("2".repeat(40), message);
    return { status: 200, body: { sha, commit: facts } };
  }
  if (method === "POST" && path.endsWith("/git/commits")) {
    const { message: next } = JSON.parse(sent) as { message: string };
    return { status: 201, body: commit(randomBytes(20).toString("hex"), next) };
  }
  if (path === "/graphql") return { status: 200, body: { data: { updateRefs: { clientMutationId: null } } } };
  return method === "GET" && /^\/repos\/[^/]+\/[^/]+$/.test(path)
    ? { status: 200, body: { id: 1_296_269, node_id: "R_1296269" } }
    : undefined;
}

function serve(server: "provider" | "github") {
  return (request: IncomingMessage, response: ServerResponse) => {
    const begun = performance.now();
    const { method = "", url = "" } = request;
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const isStore = method === "PUT" && !url.includes(`/${PROBE}_`);
      const delay = server === "provider" ? scene.delayMs.token : isStore ? scene.delayMs.store : scene.delayMs.other;
      const answer = () => {
        const sent = Buffer.concat(parts).toString();
        const { status, body } = server === "provider" ? token() : github(method, url, sent);
        const ended = performance.now();
        calls.push({ server, method, path: url, status, begun, ended, sent, body });
        if (body !== undefined) response.setHeader("content-type", "application/json");
        response.writeHead(status).end(body === undefined ? undefined : JSON.stringify(body));
      };
      if (delay > 0) setTimeout(answer, delay);
      else answer();
    });
  };
}

async function listen(server: Server): Promise<number> {
  server.on("secureConnection", () => connections++);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

async function obey(command: Command): Promise<unknown> {
  if (command.type === "start") {
    const { key, cert } = command;
    publicKey = command.publicKey;
    const provider = await listen(createServer({ key, cert }, serve("provider")));
    return { provider, github: await listen(createServer({ key, cert }, serve("github"))) };
  }
  if (command.type === "begin") {
    scene = command.scene;
    calls = [];
    connections = 0;
    writtenAt.clear();
    return {};
  }
  return { calls, connections };
}

process.on("message", (command: Command) => void obey(command).then((reply) => process.send?.(reply)));
process.on("disconnect", () => process.exit());
