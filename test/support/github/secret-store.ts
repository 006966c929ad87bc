/** Rows of secrets, their key pairs and everything that ever was written to them. */
import { randomInt } from "node:crypto";
import sodium from "libsodium-wrappers";
import type { TokenKind } from "./messages.ts";

/** A secret holds at most 48 KB of plain text. */
export const MAX_SECRET_BYTES = 48 * 1024;

export type Visibility = "all" | "private" | "selected";

export interface SecretRow {
  /** Upper case, as GitHub stores it. */
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly plaintext: string;
  /** Only of an organization's secrets. */
  readonly visibility?: Visibility;
  readonly selectedRepositoryIds?: readonly number[];
}

export interface HistoryEntry {
  /** Milliseconds since the epoch by the server's clock. */
  readonly at: number;
  readonly plaintext: string;
  /** The key that the box was sealed for; "web" for a person's paste. */
  readonly keyId: string;
  readonly by: TokenKind | "user";
}

export type Opened = { readonly plaintext: string } | { readonly refused: string };

/** `store` is the URL path of a list of secrets, decoded: `/repos/o/r/actions/secrets`. */
export interface SecretStore {
  publicKey(store: string): { key_id: string; key: string };
  /** Every store gets a new key pair; boxes sealed for the old ones no longer open. */
  rotatePublicKeys(): void;
  open(store: string, keyId: string, box: string): Opened;
  get(store: string, name: string): SecretRow | undefined;
  list(store: string): SecretRow[];
  /** Writes a row; with `entry` the plaintext changes too and is added to the history. */
  put(store: string, name: string, at: number, change: Change): "created" | "updated";
  remove(store: string, name: string): boolean;
  history(store: string, name: string): readonly HistoryEntry[];
}

export interface Change {
  readonly entry?: Omit<HistoryEntry, "at">;
  readonly visibility?: Visibility;
  readonly selectedRepositoryIds?: readonly number[];
}

interface KeyPair {
  readonly id: string;
  readonly publicKey: Uint8Array;
  readonly privateKey: Uint8Array;
}

/** Waits for libsodium, the independent reader of the sealed boxes. */
export async function createSecretStore(): Promise<SecretStore> {
  await sodium.ready;
  const keys = new Map<string, KeyPair>();
  const rows = new Map<string, Map<string, SecretRow>>();
  const written = new Map<string, HistoryEntry[]>();

  const keyOf = (store: string): KeyPair => {
    const id = store.toLowerCase();
    const key = keys.get(id) ?? newKeyPair();
    keys.set(id, key);
    return key;
  };
  const rowsOf = (store: string): Map<string, SecretRow> => {
    const id = store.toLowerCase();
    const found = rows.get(id) ?? new Map<string, SecretRow>();
    rows.set(id, found);
    return found;
  };
  const historyOf = (store: string, name: string): HistoryEntry[] => {
    const id = `${store.toLowerCase()}/${name.toUpperCase()}`;
    const found = written.get(id) ?? [];
    written.set(id, found);
    return found;
  };

  return {
    publicKey(store) {
      const { id, publicKey } = keyOf(store);
      return { key_id: id, key: Buffer.from(publicKey).toString("base64") };
    },
    rotatePublicKeys: () => keys.clear(),
    open: (store, keyId, box) => openBox(keyOf(store), keyId, box),
    get: (store, name) => rowsOf(store).get(name.toUpperCase()),
    list: (store) => [...rowsOf(store).values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    put(store, givenName, at, { entry, ...change }) {
      const name = givenName.toUpperCase();
      const old = rowsOf(store).get(name);
      if (entry !== undefined) historyOf(store, name).push({ at, ...entry });
      const plaintext = entry?.plaintext ?? old?.plaintext ?? "";
      const createdAt = old?.createdAt ?? at;
      rowsOf(store).set(name, { ...old, ...change, name, createdAt, updatedAt: at, plaintext });
      return old === undefined ? "created" : "updated";
    },
    remove: (store, name) => rowsOf(store).delete(name.toUpperCase()),
    history: (store, name) => [...historyOf(store, name)],
  };
}

function newKeyPair(): KeyPair {
  const { publicKey, privateKey } = sodium.crypto_box_keypair();
  // Like GitHub's: digits only, too long for a number.
  const digits = Array.from({ length: 18 }, (_, i) => randomInt(i === 0 ? 1 : 0, 10));
  return { id: digits.join(""), publicKey, privateKey };
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/;

/** GitHub opens the box while it answers, so a box for another key is refused at once. */
function openBox(key: KeyPair, keyId: string, box: string): Opened {
  if (!BASE64.test(box)) return { refused: "Invalid request.\n\nencrypted_value is not base64." };
  const unreadable = "Bad request - validation failed due to an improperly encrypted secret";
  if (keyId !== key.id) return { refused: unreadable };
  let opened: Uint8Array;
  try {
    const sealed = Buffer.from(box, "base64");
    opened = sodium.crypto_box_seal_open(sealed, key.publicKey, key.privateKey);
  } catch {
    return { refused: unreadable };
  }
  if (opened.length > MAX_SECRET_BYTES) return { refused: "Secret value is larger than 48 KB" };
  return { plaintext: Buffer.from(opened).toString("utf8") };
}
