import type { Credential } from "../credential/credential.ts";
import { openHandOver } from "../ledger/handover.ts";
import { type Keyring, parseKeys } from "../ledger/keys.ts";
import type { Secret } from "../secret.ts";
import { unusable } from "./strangers.ts";

/** What a mint job has sealed for this one. Throws a Failure if it cannot be opened. */
export function readHandOver(text: string, ledgerKey: Secret): Credential {
  const keys: Keyring | string = parseKeys(ledgerKey.reveal());
  const opened = typeof keys === "string" ? keys : openHandOver(text, keys);
  if (typeof opened !== "string") return opened;
  throw unusable(opened, "Pass the mint job's output on as it is, and give both jobs keys of the same ledger.");
}
