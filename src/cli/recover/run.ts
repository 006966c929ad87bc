import { Failure } from "../../errors.ts";
import { readInputs } from "../../inputs.ts";
import { maskInputs, recognise } from "../../recognise/recognise.ts";
import { type CopyRefusal, describeCopy, openCopy } from "../../recovery/copy.ts";
import { placeOfSecret } from "../../recovery/place.ts";
import { findPlace, keepInSecret } from "../../refresh/index.ts";
import { storedLocation } from "../../rotation/location.ts";
import { sayMoved } from "../../rotation/rotate.ts";
import { usage } from "../arguments.ts";
import { EXIT } from "../exit-code.ts";
import { readSecret } from "../read-secret.ts";
import { withScratch } from "../scratch.ts";
import type { Call } from "../verb.ts";

/** How long storing may take, ms. */
const STORE_MS = 180_000;

/**
 * Stores the generation that a recovery copy holds. The copy comes by stdin. One of a login in a secret: `credential`
 * is what the secret holds now, which carries the key and the token that was spent. One of a login in a ledger:
 * `ledger-key` opens both. Nothing is sent to the provider.
 */
export async function run({ world, terminal }: Call): Promise<number> {
  if (!world.env["INPUT_CREDENTIAL"] && !world.env["INPUT_LEDGER-KEY"]) {
    throw usage("`recover` needs `ledger-key`, or `credential` (what the secret holds) and `rotate-to`.");
  }
  const text = readSecret("-");
  if (typeof text !== "string") throw usage(`\`recover\` reads the recovery copy from stdin: ${text.problem}.`);
  const header = describeCopy(text);
  if (!header) throw sayRefused(whyNone(text));
  if (header.from === "ledger") {
    const { recoverToLedger } = await import("./to-ledger.ts");
    const { generation, label } = await withScratch(world, (own) => recoverToLedger(own, text, header));
    terminal.answer(`Generation ${generation} of the login now stands in ${label}.`, { stored: true, generation });
    return EXIT.done;
  }
  const masked = await maskInputs(world);
  const inputs = readInputs(world.env);
  const { rotateTo: location, account } = inputs;
  if (!inputs.credential || !location) {
    throw usage("`recover` needs `credential` (what the secret holds) and `rotate-to`.");
  }
  const detected = await recognise(world, inputs, masked);
  const login = detected.credential;
  if (!login.recovery || !login.refresh) throw sayKeyless(location.label);

  const site = { provider: login.provider, account, place: placeOfSecret(storedLocation(location)) };
  const opened = openCopy(text, { from: "envelope", key: login.recovery }, site, login.refresh);
  if (opened.type === "refused") throw sayRefused(opened.why);
  const place = await findPlace(world, inputs, detected.stored);
  if (!place) throw usage("`recover` needs `secrets-token`.");
  const until = world.now() + STORE_MS;
  const result = await keepInSecret(world, place, { login, account }).store(opened.credential, () => until);
  if (result.type === "failed") throw result.failure;
  if (result.type === "moved") {
    throw new Failure("could-not-store", sayMoved(result.deleted, location.label), "The copy is not needed any more.");
  }
  const { generation } = opened.credential;
  terminal.answer(`Generation ${generation} of the login is now stored in ${location.label}.`, {
    stored: true,
    generation,
  });
  return EXIT.done;
}

/** Without its header: with no key a copy that is whole would tell more. */
function whyNone(text: string): CopyRefusal {
  const [, version] = /^\s*ocrec(\d+)\./.exec(text) ?? [];
  return version === undefined ? "not-a-copy" : version === "1" ? "damaged" : "newer-format";
}

const sayKeyless = (label: string): Failure =>
  new Failure(
    "credential-unusable",
    `\`credential\` is not what a rotation has written into ${label}: it carries no key for recovery copies.`,
    "Run `recover` in a workflow step that gets this very secret. If a person has pasted a login since, the copy is worthless.",
  );

function sayRefused(why: CopyRefusal): Failure {
  const WHY: Partial<Record<CopyRefusal, string>> = {
    "not-a-copy": "What came by standard input is no recovery copy (a line that begins with `ocrec1.`).",
    "newer-format": "A later release of oauth-creds has made this copy.",
    damaged: "The copy was cut off or altered.",
    "no-successor": "The copy holds nothing that renews the login but what is stored already.",
  };
  return new Failure(
    "credential-unusable",
    WHY[why] ?? "The copy belongs to another login, another secret, or another generation of this one.",
    "Copy the whole line again from the summary of the newest run that could not store the login. Otherwise sign in again.",
  );
}
