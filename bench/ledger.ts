import { randomBytes } from "node:crypto";
import { type Credential, EMPTY } from "../src/credential/credential.ts";
import { writeMessage } from "../src/ledger/git-message.ts";
import { deriveAccessKey, type Keyring, makeRootKey, parseKeys, type RootKey } from "../src/ledger/keys.ts";
import { recordOf } from "../src/ledger/record.ts";
import { sealRecord } from "../src/ledger/record-text.ts";
import { Secret } from "../src/secret.ts";
import { invent } from "./logins.ts";

const REF = "refs/oauth-creds/v1/anthropic/default";

/** A record as an earlier run would have published it, and the keys that open it. */
export interface LedgerLogin {
  readonly root: string;
  readonly key: string;
  readonly access: string;
  readonly refresh: string;
  /** The message of the commit in the ledger's ref. */
  readonly message: string;
}

/** @param ends the end of its access token, ms */
export function makeLedger(ends: number): LedgerLogin {
  const root = makeRootKey(randomBytes);
  const rootKey = (parseKeys(root) as Keyring).root[0] as RootKey;
  const [access, refresh] = [invent("oat"), invent("ort")];
  const login: Credential = {
    ...EMPTY,
    kind: "login",
    generation: 3,
    access: new Secret(access),
    accessExpiresAt: ends,
    refresh: new Secret(refresh),
    loginExpiresAt: Date.now() + 25 * 86_400_000,
    scopes: ["user:inference", "user:profile"],
    plan: "max",
  };
  const record = { ...recordOf(login, "default", randomBytes), epoch: 3, by: 3 };
  const text = sealRecord(record, rootKey, `github:1296269:${REF}`, randomBytes);
  const message = writeMessage({ text, depth: 5 }, randomBytes(12).toString("hex"));
  return { root, key: deriveAccessKey(rootKey), access, refresh, message };
}
