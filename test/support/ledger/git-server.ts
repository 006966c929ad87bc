/**
 * Real git behind real HTTP: `git http-backend` as CGI on 127.0.0.1, with the logins that a forge would ask for and
 * the ways in which its network and its front ends fail.
 */
import { execFileSync, spawn } from "node:child_process";
import type { IncomingMessage, ServerResponse } from "node:http";
import { listenOnLoopback } from "../net/loopback.ts";

export interface GitServerOptions {
  /** The folder that holds the bare repositories. */
  readonly root: string;
  /** `user:token` to what it may do; undefined: everybody may do everything. */
  readonly logins?: Readonly<Record<string, "read" | "write">>;
}

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly authorization: string | undefined;
}

export interface GitServer {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  readonly requests: readonly SeenRequest[];
  /** The connection of the next push breaks: before it reaches git, or when git has done it. */
  breakPush(how: "before" | "after"): void;
  /** Until undone, all of these (`/info/refs` of any kind, or what follows) get this answer. */
  answer(what: "discovery" | "call" | undefined, status?: number, headers?: Record<string, string>): void;
  refuse(): Promise<void>;
  accept(): Promise<void>;
  close(): Promise<void>;
}

export async function startGitServer({ root, logins }: GitServerOptions): Promise<GitServer> {
  const requests: SeenRequest[] = [];
  let broken: "before" | "after" | "all" | undefined;
  let canned: { what: "discovery" | "call"; status: number; headers: Record<string, string> } | undefined;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", url = "", headers } = request;
    requests.push({ method, url, authorization: headers.authorization });
    const discovery = method === "GET";
    if (discovery && broken === "all") broken = undefined;
    if (canned && (canned.what === "discovery") === discovery) {
      response.writeHead(canned.status, canned.headers).end("<html>a page for people</html>");
      return;
    }
    const pushes = url.includes("git-receive-pack");
    const [, encoded] = /^Basic (\S+)$/.exec(headers.authorization ?? "") ?? [];
    const may = logins?.[Buffer.from(encoded ?? "", "base64").toString()];
    if (logins && !may) {
      response.writeHead(401, { "www-authenticate": 'Basic realm="git"' }).end("who are you?");
      return;
    }
    if (pushes && may === "read") {
      response.writeHead(403).end("you may not push");
      return;
    }
    const how = pushes && !discovery ? broken : undefined;
    if (how === "before" || how === "all") {
      broken = "all"; // curl sends a request again when the connection breaks
      request.socket.destroy();
      return;
    }
    const answer = await backend(root, request);
    if (how === "after") {
      broken = "all";
      request.socket.destroy();
      return;
    }
    response.writeHead(answer.status, answer.headers).end(answer.body);
  }

  const loopback = await listenOnLoopback(handle);
  return {
    origin: loopback.origin,
    requests,
    breakPush: (how) => void (broken = how),
    answer: (what, status = 200, headers = {}) => void (canned = what && { what, status, headers }),
    refuse: loopback.refuse,
    accept: loopback.accept,
    close: loopback.close,
  };
}

interface CgiAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

function backend(root: string, request: IncomingMessage): Promise<CgiAnswer> {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://x");
  const { headers } = request;
  return new Promise((resolve, reject) => {
    const child = spawn("git", ["http-backend"], {
      env: {
        PATH: process.env["PATH"],
        GIT_PROJECT_ROOT: root,
        GIT_HTTP_EXPORT_ALL: "1",
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_CONFIG_GLOBAL: "/dev/null",
        PATH_INFO: decodeURIComponent(pathname),
        QUERY_STRING: searchParams.toString(),
        REQUEST_METHOD: request.method,
        CONTENT_TYPE: headers["content-type"],
        CONTENT_LENGTH: headers["content-length"],
        HTTP_CONTENT_ENCODING: headers["content-encoding"],
        GIT_PROTOCOL: headers["git-protocol"] as string | undefined,
        REMOTE_USER: "somebody",
        REMOTE_ADDR: "127.0.0.1",
      },
      stdio: ["pipe", "pipe", "ignore"],
    });
    const parts: Buffer[] = [];
    child.stdout.on("data", (part: Buffer) => parts.push(part));
    child.stdin.on("error", () => {}); // it may answer without reading
    child.on("error", reject);
    child.on("close", () => resolve(parseCgi(Buffer.concat(parts))));
    request.pipe(child.stdin);
  });
}

function parseCgi(output: Buffer): CgiAnswer {
  const end = output.indexOf("\r\n\r\n");
  const lines = output.subarray(0, Math.max(0, end)).toString("latin1").split("\r\n");
  const headers = Object.fromEntries(lines.map((line) => line.split(/: (.*)/).slice(0, 2) as [string, string]));
  const { Status: status = "200", ...rest } = headers;
  return { status: Number.parseInt(status, 10), headers: rest, body: output.subarray(end + 4) };
}

/** Runs git for a test, without the settings of this machine. Gives its stdout without the line break. */
export function git(folder: string, args: readonly string[], input = ""): string {
  const env = { PATH: process.env["PATH"], HOME: folder, GIT_CONFIG_NOSYSTEM: "1", LC_ALL: "C" };
  const stdio = ["pipe", "pipe", "pipe"] as const;
  return execFileSync("git", ["-C", folder, ...args], { env, input, stdio: [...stdio], encoding: "utf8" }).trimEnd();
}
