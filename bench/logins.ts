import { randomBytes } from "node:crypto";
import sodium from "libsodium-wrappers";
import { type Credential, EMPTY } from "../src/credential/credential.ts";
import { openEnvelope, sealEnvelope } from "../src/credential/envelope.ts";
import { Secret } from "../src/secret.ts";

export const HOUR_MS = 3_600_000;
export const SECRET = "CLAUDE_LOGIN";
const KEY_ID = "568250167242549743";

/** The secrets of a repository as GitHub keeps them: whoever has its public key may write one. */
export interface SecretBox {
  readonly publicKey: { readonly key: string; readonly key_id: string };
  seal(text: string): { encrypted_value: string; key_id: string };
  /** The text of a PUT's `encrypted_value`. Throws if it was not sealed for this repository. */
  open(encrypted: string): string;
}

export async function makeSecretBox(): Promise<SecretBox> {
  // oxlint-disable-next-line import/no-named-as-default-member -- CommonJS: Node finds no named exports in it
  await sodium.ready;
  const { publicKey, privateKey } = sodium.crypto_box_keypair();
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
  return {
    publicKey: { key: base64(publicKey), key_id: KEY_ID },
    seal: (text) => ({ encrypted_value: base64(sodium.crypto_box_seal(text, publicKey)), key_id: KEY_ID }),
    open: (encrypted) =>
      Buffer.from(sodium.crypto_box_seal_open(Buffer.from(encrypted, "base64"), publicKey, privateKey)).toString(),
  };
}

/** An access or a refresh token of the length and the look that the provider's have. */
export const invent = (kind: "oat" | "ort"): string => `sk-ant-${kind}01-${randomBytes(70).toString("base64url")}`;

/** The secret was last written an hour ago, by the rotation that made the envelope; ms, in whole seconds. */
export const savedAt = Math.floor(Date.now() / 1000) * 1000 - HOUR_MS;

export interface StoredLogin {
  readonly envelope: string;
  readonly access: string;
  readonly refresh: string;
}

/** What an earlier rotation would have stored: a login whose access token ends at `ends` (ms). */
export function makeStored(box: SecretBox, ends: number): StoredLogin {
  const [access, refresh] = [invent("oat"), invent("ort")];
  const credential: Credential = {
    ...EMPTY,
    kind: "login",
    generation: 3,
    access: new Secret(access),
    accessExpiresAt: ends,
    refresh: new Secret(refresh),
    loginExpiresAt: Date.now() + 25 * 24 * HOUR_MS,
    scopes: ["user:inference", "user:profile"],
    plan: "max",
    recovery: new Secret(randomBytes(32).toString("base64url")),
  };
  const location = {
    kind: "repository",
    name: SECRET,
    repository: "octo-org/octo-repo",
    repositoryId: "1296269",
  } as const;
  return { envelope: sealEnvelope(credential, { savedAt, location, probe: box.seal("a probe") }), access, refresh };
}

/** The refresh token inside what was stored. */
export const refreshTokenIn = (envelope: string): string | undefined =>
  openEnvelope(envelope).credential.refresh?.reveal();
