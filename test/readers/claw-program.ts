/** Clawdbot and OpenClaw, which it became. */
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { openGate } from "./claw-gate.ts";
import { type Installed, ensureProgram } from "./install.ts";
import { type ProgramRun, type RunOptions, runProgram } from "./run-program.ts";
import type { TlsProxy } from "./tls-proxy.ts";

/** 2026.1.24-3 is the last release of this name; the one before it starts nowhere. */
export function ensureClawdbot(version: string): Promise<Installed> {
  // One comes from a git repository and is for WhatsApp, the other is built for each platform and is for terminals.
  const stub = (name: string) => ({ [`${name}/package.json`]: `{ "name": "${name}", "version": "0.0.0" }` });
  const exported = (...names: string[]) => names.map((name) => `exports.${name} = undefined;\n`).join("");
  return ensureProgram({
    name: "clawdbot",
    version,
    packages: [`clawdbot@${version}`, "strip-ansi@7"],
    program: join("node_modules", "clawdbot", "dist", "entry.js"),
    overrides: {
      libsignal: "file:./libsignal",
      "@mariozechner/clipboard": "file:./clipboard",
      linkedom: "0.18.12", // the one after it needs a package that was never published
    },
    files: {
      ...stub("libsignal"),
      "libsignal/index.js": "",
      "libsignal/src/curve.js": exported("generateKeyPair", "calculateSignature", "verifySignature"),
      "libsignal/src/crypto.js": exported("deriveSecrets", "decrypt", "encrypt", "calculateMAC"),
      ...stub("clipboard"),
      "clipboard/index.js": "",
    },
  });
}

export function ensureOpenclaw(version: string): Promise<Installed> {
  const packages = [`openclaw@${version}`];
  return ensureProgram({
    name: "openclaw",
    version,
    packages,
    program: join("node_modules", "openclaw", "openclaw.mjs"),
  });
}

/** The PATH of a job in which `openclaw` is this one. */
export const pathWith = ({ folder }: Installed): string =>
  [join(folder, "node_modules", ".bin"), dirname(process.execPath), process.env["PATH"]].join(":");

/** The first start with a new cache takes half a minute and a gigabyte. */
const LIMIT_MS = 400_000;

type ClawOptions = Omit<RunOptions, "command">;

const PRELOAD = pathToFileURL(join(import.meta.dirname, "claw-preload.mjs")).href;

/** Variables with which nothing of the program leaves this machine, and its runs share a cache. */
export async function caged(
  { folder }: Installed,
  world: Pick<TlsProxy, "proxyUrl" | "caFile">,
  port: number,
): Promise<Record<string, string>> {
  const cache = join(folder, "tmp");
  await mkdir(cache, { recursive: true });
  return {
    CLAW_GATE: String(port),
    // Without the second, OpenClaw would start itself anew with it.
    NODE_OPTIONS: `--import=${PRELOAD} --disable-warning=ExperimentalWarning`,
    HTTP_PROXY: world.proxyUrl,
    HTTPS_PROXY: world.proxyUrl,
    NO_PROXY: "127.0.0.1",
    NODE_EXTRA_CA_CERTS: world.caFile,
    TMPDIR: cache,
    NO_COLOR: "1",
  };
}

export async function runClaw(installed: Installed, { env, ...options }: ClawOptions): Promise<ProgramRun> {
  const { command } = installed;
  const gate = await openGate(options.world);
  try {
    const variables = { ...(await caged(installed, options.world, gate.port)), ...env };
    return await runProgram({ command, limitMs: LIMIT_MS, ...options, env: variables });
  } finally {
    await gate.close();
  }
}

/** One question to the model, which its settings name if nothing else does. */
export function askClaw(installed: Installed, options: Omit<ClawOptions, "args">, model?: string): Promise<ProgramRun> {
  const which = ["--session-id", crypto.randomUUID(), ...(model === undefined ? [] : ["--model", model])];
  return runClaw(installed, {
    ...options,
    args: ["agent", "--local", "--agent", "main", ...which, "-m", "hi", "--json"],
  });
}
