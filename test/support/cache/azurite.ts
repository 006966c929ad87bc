/** A real blob store: Azurite, as GitHub's caches lie in Azure. Unmodified, from npm, on 127.0.0.1. */
import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureProgram } from "../../readers/install.ts";
import { cleanAtExit } from "../runner/orphans.ts";

const VERSION = "3.37.0";
/** Azurite's own account: everybody has its key. */
const ACCOUNT = "devstoreaccount1";
const KEY = Buffer.from(
  "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
  "base64",
);
const CONTAINER = "actions-cache";
const API = "2021-12-02";
const STARTS_WITHIN_MS = 60_000;

export interface Azurite {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** Path and query of a blob, signed for an hour: `r` to read, `cw` to create and write. */
  signed(blob: string, permissions: "r" | "cw"): string;
  put(blob: string, bytes: Uint8Array): Promise<void>;
  /** Undefined if there is none. */
  size(blob: string): Promise<number | undefined>;
  close(): Promise<void>;
}

/** Installs it once, starts it on a free port, and makes the container. It keeps everything in memory. */
export async function startAzurite(): Promise<Azurite> {
  const { command } = await ensureProgram({
    name: "azurite",
    version: VERSION,
    packages: [`azurite@${VERSION}`],
    program: join("node_modules", "azurite", "dist", "src", "blob", "main.js"),
    // What it would report its use with: it is told not to, and so cannot.
    overrides: { applicationinsights: "file:./applicationinsights" },
    files: {
      "applicationinsights/package.json": `{ "name": "applicationinsights", "version": "3.17.0" }`,
      "applicationinsights/index.js": "",
    },
  });
  const folder = mkdtempSync(join(tmpdir(), "oauth-creds-azurite-"));
  const flags = ["--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry", "--silent"];
  const args = [...command.slice(1), ...flags, "--blobHost", "127.0.0.1", "--blobPort", "0"];
  const child = spawn(command[0] as string, args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  const orphan = cleanAtExit(() => child.kill("SIGKILL"));
  const ended = new Promise<void>((resolve) => void child.once("close", () => resolve()));
  const origin = await listening(child);

  const request = (path: string, init: RequestInit = {}) =>
    fetch(origin + path, { ...init, headers: { "x-ms-version": API, ...(init.headers as Record<string, string>) } });
  const made = await request(`/${ACCOUNT}/${CONTAINER}?restype=container&${accountSas()}`, { method: "PUT" });
  if (made.status !== 201) throw new Error(`Azurite answered ${made.status} to a new container`);

  const signed: Azurite["signed"] = (blob, permissions) =>
    `/${ACCOUNT}/${CONTAINER}/${blob}?${blobSas(blob, permissions)}`;
  return {
    origin,
    signed,
    async put(blob, bytes) {
      const headers = { "x-ms-blob-type": "BlockBlob" };
      const done = await request(signed(blob, "cw"), { method: "PUT", body: Buffer.from(bytes), headers });
      if (done.status !== 201) throw new Error(`Azurite answered ${done.status} to a blob`);
    },
    async size(blob) {
      const answer = await request(signed(blob, "r"), { method: "HEAD" });
      return answer.status === 200 ? Number(answer.headers.get("content-length")) : undefined;
    },
    async close() {
      child.kill("SIGKILL");
      await ended;
      orphan.release();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function listening(child: ReturnType<typeof spawn>): Promise<string> {
  let said = "";
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`Azurite ${why}: ${said.slice(-500)}`));
    const timer = setTimeout(() => fail("does not start"), STARTS_WITHIN_MS);
    const hear = (data: Buffer) => {
      said += data.toString();
      const found = /listens on (http:\/\/127\.0\.0\.1:\d+)/.exec(said)?.[1];
      if (!found) return;
      clearTimeout(timer);
      resolve(found);
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
    child.once("error", (error) => fail(error.message));
    child.once("close", () => fail("has ended"));
  });
}

const anHourFromNow = (): string => new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+Z$/, "Z");

/** Microsoft, “Create an account SAS”: the fields in their order, an empty one where there is none. */
function accountSas(): string {
  const fields = { sp: "rwdlac", ss: "b", srt: "co", st: "", se: anHourFromNow(), sip: "", spr: "", sv: API, ses: "" };
  return query(fields, [ACCOUNT, ...Object.values(fields), ""]);
}

/** Microsoft, “Create a service SAS”: the fields in their order, an empty one where there is none. */
function blobSas(blob: string, permissions: string): string {
  const se = anHourFromNow();
  const resource = `/blob/${ACCOUNT}/${CONTAINER}/${blob}`;
  const texts = [permissions, "", se, resource, "", "", "", API, "b", "", "", "", "", "", "", ""];
  return query({ sp: permissions, se, sv: API, sr: "b" }, texts);
}

function query(fields: Readonly<Record<string, string>>, texts: readonly string[]): string {
  const sig = createHmac("sha256", KEY).update(texts.join("\n")).digest("base64");
  const given = Object.entries(fields).filter(([, value]) => value !== "");
  return new URLSearchParams([...given, ["sig", sig]]).toString();
}
