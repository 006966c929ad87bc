/**
 * A real browser without a window, driven over two pipes (Chrome's DevTools protocol): no port, no package. It reaches
 * loopback addresses only.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { unlessRequired } from "../required.ts";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

/** The program's name on this machine; undefined if there is none. CHROMIUM names another. */
export function findChromium(): string | undefined {
  const named = process.env["CHROMIUM"];
  const names = [...(named ? [named] : []), ...NAMES];
  return unlessRequired(
    "chromium",
    names.find((name) => spawnSync(name, ["--version"]).status === 0),
  );
}

export interface Browser {
  /** A tab of its own; all tabs share their cookies. */
  open(address: string): Promise<Tab>;
  close(): Promise<void>;
}

export interface Tab {
  /** The value of an expression, in the page. */
  evaluate<T>(expression: string): Promise<T>;
  /** Waits until the page is one for which this expression holds; pages come and go meanwhile. */
  until(expression: string): Promise<void>;
  /** Types into the field, as a keyboard does. */
  type(selector: string, text: string): Promise<void>;
  /** Clicks, as a mouse does. */
  click(selector: string): Promise<void>;
  goto(address: string): Promise<void>;
  address(): Promise<string>;
  text(): Promise<string>;
  title(): Promise<string>;
  /** Requests that the page made beside its own: a self-contained one makes none. */
  readonly requests: readonly string[];
}

/** How long a page may take on a slow machine. */
const PATIENCE_MS = 90_000;

type Params = Record<string, unknown>;
type Heard = (method: string, params: Params, session: string | undefined) => void;

export async function startChromium(program: string): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), "browser-"));
  const child = spawn(
    program,
    [
      "--headless=new",
      "--no-sandbox", // for root, in a container
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--no-first-run",
      "--no-default-browser-check",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--disable-extensions",
      "--no-proxy-server",
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
      `--user-data-dir=${profile}`,
      "--remote-debugging-pipe",
      "about:blank",
    ],
    {
      stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
      detached: true,
      env: { PATH: process.env["PATH"], HOME: profile },
    },
  );
  const killTree = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    } catch {
      // It is gone already.
    }
  };
  process.once("exit", killTree);
  const heard: Heard[] = [];
  const send = connect(child, (...event) => heard.forEach((hear) => hear(...event)));
  await send("Browser.getVersion");
  return {
    async open(address) {
      const { targetId } = (await send("Target.createTarget", { url: "about:blank" })) as { targetId: string };
      const attached = await send("Target.attachToTarget", { targetId, flatten: true });
      const tab = await makeTab(send, heard, (attached as { sessionId: string }).sessionId);
      await tab.goto(address);
      return tab;
    },
    async close() {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      await Promise.race([send("Browser.close").catch(() => {}), sleep(3000)]);
      killTree();
      await ended;
      process.off("exit", killTree);
      rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    },
  };
}

type Send = (method: string, params?: Params, session?: string) => Promise<unknown>;

/** Messages are JSON, each with a zero byte after it. */
function connect(child: ChildProcess, hear: Heard): Send {
  const [, , , input, output] = child.stdio as unknown as [null, null, null, Writable, Readable];
  const waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  let rest = "";
  output.setEncoding("utf8").on("data", (text: string) => {
    const parts = (rest + text).split("\0");
    rest = parts.pop() ?? "";
    for (const part of parts) {
      const { id, result, error, method, params, sessionId } = JSON.parse(part) as {
        id?: number;
        result?: unknown;
        error?: { message: string };
        method?: string;
        params?: Params;
        sessionId?: string;
      };
      if (method !== undefined) hear(method, params ?? {}, sessionId);
      const caller = id === undefined ? undefined : waiting.get(id);
      if (id !== undefined) waiting.delete(id);
      if (error) caller?.reject(new Error(error.message));
      else caller?.resolve(result);
    }
  });
  const broken = () => {
    for (const { reject } of waiting.values()) reject(new Error("the browser has ended"));
    waiting.clear();
  };
  child.once("exit", broken).once("error", broken);
  input.on("error", broken);
  let serial = 0;
  return (method, params = {}, sessionId) =>
    new Promise((resolve, reject) => {
      const id = ++serial;
      waiting.set(id, { resolve, reject });
      input.write(`${JSON.stringify({ id, method, params, ...(sessionId && { sessionId }) })}\0`);
    });
}

async function makeTab(send: Send, heard: Heard[], session: string): Promise<Tab> {
  const requests: string[] = [];
  heard.push((method, params, from) => {
    if (from !== session || method !== "Network.requestWillBeSent") return;
    const { request, type } = params as { request: { url: string }; type: string };
    if (type !== "Document") requests.push(request.url);
  });
  for (const domain of ["Page", "Network"]) await send(`${domain}.enable`, {}, session);

  const evaluate = async <T>(expression: string): Promise<T> => {
    const { result, exceptionDetails } = (await send(
      "Runtime.evaluate",
      { expression, returnByValue: true },
      session,
    )) as {
      result: { value: T };
      exceptionDetails?: unknown;
    };
    if (exceptionDetails) throw new Error(`the page refused: ${expression}`);
    return result.value;
  };
  const until = async (expression: string): Promise<void> => {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      // A page that goes away in the midst of it says an error.
      if (await evaluate<boolean>(`Boolean(${expression})`).catch(() => false)) return;
      if (Date.now() > deadline) {
        const there = await evaluate<string>("location.href.split('?')[0] + ' ' + document.body?.innerText").catch(
          String,
        );
        throw new Error(`The page did not become one where ${expression}. It is: ${there}`);
      }
      await sleep(50);
    }
  };
  const query = (selector: string) => `document.querySelector(${JSON.stringify(selector)})`;
  return {
    requests,
    evaluate,
    until,
    async type(selector, text) {
      await until(query(selector));
      await evaluate(`${query(selector)}.focus()`);
      await send("Input.insertText", { text }, session);
    },
    async click(selector) {
      await until(query(selector));
      const { x, y } = await evaluate<{ x: number; y: number }>(
        `(() => { const e = ${query(selector)}; e.scrollIntoView({ block: "center" }); const r = e.getBoundingClientRect(); ` +
          `return { x: r.x + r.width / 2, y: r.y + r.height / 2 }; })()`,
      );
      for (const type of ["mousePressed", "mouseReleased"]) {
        await send("Input.dispatchMouseEvent", { type, x, y, button: "left", clickCount: 1 }, session);
      }
    },
    async goto(address) {
      // It is answered only when the page has: a server may well hold that back.
      void send("Page.navigate", { url: address }, session).catch(() => {});
    },
    address: () => evaluate("location.href"),
    text: () => evaluate("document.body.innerText"),
    title: () => evaluate("document.title"),
  };
}
