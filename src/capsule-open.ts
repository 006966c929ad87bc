import { CAPSULE_VERSION, deriveKey } from "./capsule.ts";
import type { Secret } from "./secret.ts";
import type { World } from "./world/world.ts";

/** What was saved at `path`, or undefined if there is nothing, or nothing that this key opens. */
export function readCapsule(world: World, key: Secret, path: string): string | undefined {
  const sealed = world.files.read(path);
  if (sealed === undefined) return undefined;
  try {
    return openText(key, sealed);
  } catch {
    return undefined;
  }
}

function openText(key: Secret, sealed: string): string {
  const { createDecipheriv } = process.getBuiltinModule("node:crypto");
  const bytes = Buffer.from(sealed, "base64");
  const [salt, iv, tag, body] = [
    bytes.subarray(0, 16),
    bytes.subarray(16, 28),
    bytes.subarray(28, 44),
    bytes.subarray(44),
  ];
  const decipher = createDecipheriv("aes-256-gcm", deriveKey(key, salt), iv, { authTagLength: 16 })
    .setAAD(Buffer.from(CAPSULE_VERSION))
    .setAuthTag(tag);
  return Buffer.concat([decipher.update(body), decipher.final()]).toString("utf8");
}
