/**
 * What a job does with the cache, as a program: built with the product's own settings, started with one order as JSON.
 * It prints what it did beside, and its result as the last line.
 */
import type { Credential } from "../../../src/credential/credential.ts";
import { openEnvelope, sealEnvelope } from "../../../src/credential/envelope.ts";
import { type Keyring, parseKeys, type RootKey } from "../../../src/ledger/keys.ts";
import type { Site } from "../../../src/ledger/record-text.ts";
import { accessEntry, loadAccess } from "../../../src/recovery/access.ts";
import { loadEntry, saveEntry } from "../../../src/recovery/cache.ts";
import { findCopy, keepCopy } from "../../../src/recovery/copies.ts";
import type { CopySite, RecoveryKey } from "../../../src/recovery/copy.ts";
import { Secret } from "../../../src/secret.ts";
import { nodeWorld } from "../../../src/world/node.ts";

export type Order =
  | { readonly do: "save"; readonly name: string; readonly text: string }
  | { readonly do: "load"; readonly name: string; readonly match?: "exact" | "prefix" }
  | {
      readonly do: "keep";
      readonly key: { readonly from: RecoveryKey["from"]; readonly key: string };
      readonly site: CopySite & { readonly label: string };
      readonly spent: string;
      /** As an envelope. */
      readonly next: string;
    }
  | {
      readonly do: "find";
      readonly keys: readonly { readonly from: RecoveryKey["from"]; readonly key: string }[];
      readonly site: CopySite;
      readonly spent: string;
    }
  | {
      readonly do: "save-access";
      readonly keys: string;
      readonly site: Site;
      readonly credential: string;
      readonly lineage: string;
    }
  | { readonly do: "load-access"; readonly keys: string; readonly site: Site; readonly minValidityMs: number };

/** A program that was told to stop gives up so much later, ms. */
const AFTER_SIGNAL_MS = 300;

async function carryOut(order: Order): Promise<unknown> {
  const world = nodeWorld();
  const hold = world.holdSignals();
  const deadline = () => (hold.signalledAt() ?? Number.POSITIVE_INFINITY) + AFTER_SIGNAL_MS;
  switch (order.do) {
    case "save":
      return saveEntry(world, order.name, order.text, deadline);
    case "load":
      return loadEntry(world, order.name, order.match, deadline);
    case "keep": {
      const next = opened(order.next);
      return keepCopy(world, keyOf(order.key), order.site, new Secret(order.spent), next, deadline);
    }
    case "find": {
      const found = await findCopy(world, order.keys.map(keyOf), order.site, new Secret(order.spent), deadline);
      return found.type === "found" ? { ...found, credential: sealEnvelope(found.credential, undefined) } : found;
    }
    case "save-access": {
      const [key] = ring(order.keys).root as [RootKey];
      const { name, text } = accessEntry(world, key, order.site, opened(order.credential), order.lineage);
      return saveEntry(world, name, text, deadline);
    }
    case "load-access": {
      const wanted = { minValidityMs: order.minValidityMs };
      const found = await loadAccess(world, ring(order.keys), order.site, wanted, deadline);
      return found ? { type: "found", access: found.access?.reveal() } : { type: "nothing" };
    }
  }
}

const opened = (envelope: string): Credential => openEnvelope(envelope).credential;

const keyOf = ({ from, key }: { from: RecoveryKey["from"]; key: string }): RecoveryKey => ({
  from,
  key: new Secret(key),
});

function ring(text: string): Keyring {
  const keys = parseKeys(text);
  if (typeof keys === "string") throw new Error(keys);
  return keys;
}

const order = JSON.parse(process.env["ORDER"] ?? "") as Order;
console.log(JSON.stringify(await carryOut(order)));
process.exit(0); // as the action does
