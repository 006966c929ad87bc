import type { Secret } from "./secret.ts";
import type { PendingFile } from "./world/files.ts";
import type { World } from "./world/world.ts";

const { join } = process.getBuiltinModule("node:path");

/**
 * A file in RUNNER_TEMP that only a process with the same `credential` input can open: our own post step.
 * It carries a renewed login over the death of main, without a readable copy on the disk.
 */
export interface Capsule {
  readonly path: string;
  /** Seals and flushes to the disk; once. What was cut off on the way opens as nothing. */
  save(text: string): void;
  discard(): void;
}

/** Opens the file now, so that a full disk or a missing folder is found before a token is spent. */
export function openCapsule(world: World, key: Secret, kind: string): Capsule {
  const name = `oauth-creds-${kind}-${Buffer.from(world.random(8)).toString("hex")}`;
  const path = join(world.env["RUNNER_TEMP"] || process.getBuiltinModule("node:os").tmpdir(), name);
  const file: PendingFile = world.files.openNew(path);
  return {
    path,
    save: (text) => file.commit(sealText(world, key, text)),
    discard: () => file.discard(),
  };
}

/**
 * Tells a token again without revealing it: 96 bits of an HMAC under the step's `credential`. Safe in STATE, which
 * the runner may print.
 */
export function fingerprint(key: Secret, token: Secret): string {
  const { createHmac } = process.getBuiltinModule("node:crypto");
  return createHmac("sha256", key.reveal()).update(token.reveal()).digest("hex").slice(0, 24);
}

export const CAPSULE_VERSION = "oauth-creds capsule v1";

/** AES-256-GCM under HKDF-SHA-256 of the step's `credential`: salt (16) ‖ iv (12) ‖ tag (16) ‖ text, base64. */
function sealText(world: World, key: Secret, text: string): string {
  const { createCipheriv } = process.getBuiltinModule("node:crypto");
  const salt = world.random(16);
  const iv = world.random(12);
  const cipher = createCipheriv("aes-256-gcm", deriveKey(key, salt), iv).setAAD(Buffer.from(CAPSULE_VERSION));
  const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return Buffer.concat([salt, iv, cipher.getAuthTag(), body]).toString("base64");
}

export function deriveKey(key: Secret, salt: Uint8Array): Buffer {
  const { hkdfSync } = process.getBuiltinModule("node:crypto");
  return Buffer.from(hkdfSync("sha256", key.reveal(), salt, CAPSULE_VERSION, 32));
}
