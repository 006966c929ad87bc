/*
 * What takes most of the time of a schedule is arithmetic that was done a moment ago: each look at a record proves
 * the same signature, derives the same keys, and opens the same texts. In the simulation node:crypto remembers what
 * it has worked out. Every answer is its own; what it has not worked out itself (whatever was altered, moved, or
 * sealed under another key) it works out, and refuses. Its randomness is no one's: one key pair serves all boxes.
 */
import type { CipherGCM, DecipherGCM, KeyObject } from "node:crypto";

type Bytes = Uint8Array;
type Algorithm = "aes-256-gcm";

const real = { ...process.getBuiltinModule("node:crypto") };

/** What follows from keys that are the same in every schedule. */
const lasting = new Map<string, ArrayBuffer>();
const privateKeys = new Map<string, KeyObject>();
const publicKeys = new Map<string, KeyObject>();
const halves = new WeakMap<KeyObject, KeyObject>();
const names = new WeakMap<KeyObject, string>();
const agreed = new WeakMap<KeyObject, WeakMap<KeyObject, Buffer>>();
let ephemeral: { readonly publicKey: KeyObject; readonly privateKey: KeyObject } | undefined;

/** What one schedule has worked out. */
const derived = new Map<string, ArrayBuffer>();
const secretKeys = new Map<string, KeyObject>();
const opened = new Map<string, Sealed[]>();
const proved = new Set<string>();
const hashed = new Map<string, Buffer>();

interface Sealed {
  readonly key: string;
  readonly bound: Buffer;
  readonly body: Buffer;
  readonly text: Buffer;
}

/** The texts of one schedule are of no use in the next. */
export function forgetTexts(): void {
  for (const texts of [derived, secretKeys, opened, proved, hashed]) texts.clear();
}

/** Puts it in the place of node:crypto, as the product gets that. */
export function rememberCrypto(): void {
  Object.assign(process.getBuiltinModule("node:crypto"), {
    hkdfSync,
    createCipheriv,
    createDecipheriv,
    createHmac,
    sign,
    verify,
    createPrivateKey: (input: { readonly key: Bytes }) =>
      remembered(privateKeys, text(input.key), () => real.createPrivateKey(input as never)),
    createPublicKey,
    generateKeyPairSync: (type: "x25519") => (ephemeral ??= real.generateKeyPairSync(type)),
    diffieHellman,
  });
}

interface Memory<K, V> {
  get(key: K): V | undefined;
  set(key: K, value: V): unknown;
}

function remembered<K, V>(memory: Memory<K, V>, key: K, work: () => V): V {
  let value = memory.get(key);
  if (value === undefined) memory.set(key, (value = work()));
  return value;
}

/** The same for the same bytes. */
const text = (bytes: Bytes | string): string =>
  typeof bytes === "string" ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");

const secretKey = (bytes: Bytes): KeyObject => remembered(secretKeys, text(bytes), () => real.createSecretKey(bytes));

function hkdfSync(digest: string, key: Bytes | string, salt: Bytes | string, info: string, size: number): ArrayBuffer {
  // A salt is random: only the post step derives the same once more.
  return remembered(salt === "" ? lasting : derived, `${text(key)} ${text(salt)} ${info} ${size}`, () =>
    real.hkdfSync(digest, key, salt, info, size),
  );
}

/** As far as it is used: for a text in one piece. */
function createCipheriv(algorithm: Algorithm, key: Bytes, iv: Bytes) {
  const cipher: CipherGCM = real.createCipheriv(algorithm, secretKey(key), iv);
  let bound: Buffer = Buffer.alloc(0);
  let clear: Buffer = bound;
  let body: Buffer = bound;
  const own = {
    setAAD(aad: Buffer) {
      bound = aad;
      cipher.setAAD(aad);
      return own;
    },
    update(plain: string) {
      clear = Buffer.from(plain);
      return (body = cipher.update(clear));
    },
    final: () => cipher.final(),
    getAuthTag() {
      const tag = cipher.getAuthTag();
      remembered(opened, text(iv) + text(tag), (): Sealed[] => []).push({ key: text(key), bound, body, text: clear });
      return tag;
    },
  };
  return own;
}

function createDecipheriv(algorithm: Algorithm, key: Bytes, iv: Bytes, options: { authTagLength: number }) {
  let bound: Buffer = Buffer.alloc(0);
  let tag: Buffer = bound;
  let decipher: DecipherGCM | undefined;
  const own = {
    setAAD(aad: Buffer) {
      bound = aad;
      return own;
    },
    setAuthTag(given: Buffer) {
      tag = given;
      return own;
    },
    update(body: Buffer): Buffer {
      const same = (one: Sealed) => one.body.equals(body) && one.bound.equals(bound) && one.key === text(key);
      const known = opened.get(text(iv) + text(tag))?.find(same);
      if (known) return Buffer.from(known.text);
      decipher = real.createDecipheriv(algorithm, secretKey(key), iv, options).setAAD(bound).setAuthTag(tag);
      return decipher.update(body);
    },
    final: () => decipher?.final() ?? Buffer.alloc(0),
  };
  return own;
}

function createHmac(algorithm: string, key: Bytes | string) {
  let what = "";
  const own = {
    update(data: string) {
      what = data;
      return own;
    },
    digest(encoding?: BufferEncoding): string | Buffer {
      const mac = () => real.createHmac(algorithm, typeof key === "string" ? key : secretKey(key));
      const bytes = remembered(hashed, `${text(key)} ${what}`, () => mac().update(what).digest());
      return encoding ? bytes.toString(encoding) : Buffer.from(bytes);
    },
  };
  return own;
}

function createPublicKey(input: KeyObject | { readonly key: Bytes | { readonly x: string } }): KeyObject {
  if (input instanceof real.KeyObject) return remembered(halves, input, () => real.createPublicKey(input));
  const { key } = input;
  return remembered(publicKeys, key instanceof Uint8Array ? text(key) : key.x, () =>
    real.createPublicKey(input as never),
  );
}

/** Tells which key has to prove which text with which signature. */
function proofOf(data: Bytes, key: KeyObject, signature: Bytes): string {
  const owner = remembered(names, key, () => {
    const half = key.type === "private" ? createPublicKey(key) : key;
    return String(half.export({ format: "jwk" }).x);
  });
  return `${text(signature)} ${owner} ${text(data)}`;
}

function sign(algorithm: null, data: Bytes, key: KeyObject): Buffer {
  const signature = real.sign(algorithm, data, key);
  proved.add(proofOf(data, key, signature));
  return signature;
}

function verify(algorithm: null, data: Bytes, key: KeyObject, signature: Bytes): boolean {
  const proof = proofOf(data, key, signature);
  if (!proved.has(proof) && !real.verify(algorithm, data, key, signature)) return false;
  proved.add(proof);
  return true;
}

function diffieHellman(keys: { readonly privateKey: KeyObject; readonly publicKey: KeyObject }): Buffer {
  const ofOurs = remembered(agreed, keys.privateKey, () => new WeakMap<KeyObject, Buffer>());
  return remembered(ofOurs, keys.publicKey, () => real.diffieHellman(keys));
}
