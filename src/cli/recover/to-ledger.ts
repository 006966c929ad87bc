import { type Credential, tokensOf } from "../../credential/credential.ts";
import { sayTime } from "../../duration.ts";
import { Failure } from "../../errors.ts";
import { readInputs } from "../../inputs.ts";
import { isRoot, lookOnward, openSession, saying, type Seen, type Session } from "../../ledger/session.ts";
import { openShared } from "../../ledger/shared-envelope.ts";
import { isOvertaken, publishLeft } from "../../ledger/take-over.ts";
import type { TurnState } from "../../ledger/turn.ts";
import { LONGEST_WAIT_MS, Waiting } from "../../ledger/waiting.ts";
import { maskInputs, recognise } from "../../recognise/recognise.ts";
import { type CopyHeader, type CopyRefusal, openCopy } from "../../recovery/copy.ts";
import { asRenewed, keysOf, type Renewed, siteOf } from "../../recovery/unpublished.ts";
import { maskSecrets } from "../../runner/mask.ts";
import { Secret } from "../../secret.ts";
import type { World } from "../../world/world.ts";
import { usage } from "../arguments.ts";

/** How often others may write the record meanwhile. */
const ROUNDS = 5;

/** What a login in a ledger has become. */
export interface Recovered {
  readonly generation: number;
  readonly label: string;
}

/**
 * Publishes the generation that a copy sealed under the ledger's root key holds. The token that was spent is the
 * record's, or where a fresh sign-in was renewed that in `credential`. Nothing is sent to the provider, and a secret
 * beside the ledger is left to the next run that names it. Throws a Failure.
 */
export async function recoverToLedger(world: World, text: string, header: CopyHeader): Promise<Recovered> {
  // Of the settings only those of the ledger count, and the copy names its provider itself.
  const named = world.env["INPUT_PROVIDER"] || header.provider;
  const masked = await maskInputs(world);
  const inputs = readInputs({ ...world.env, INPUT_PROVIDER: named }, "post");
  if (!inputs.ledgerKey) {
    throw usage("This copy was sealed under a ledger's root key: `recover` needs `ledger-key` (`ocr1_…`).");
  }
  const detected = inputs.credential ? await recognise(world, inputs, masked) : undefined;
  const provider = detected?.credential.provider ?? (named === "auto" ? header.provider : inputs.provider);
  const session = await openSession(world, inputs, provider as Credential["provider"]);
  if (session.keys.root.length === 0) {
    throw usage("An access key (`oca1_…`) opens no recovery copy: `recover` needs the root key (`ocr1_…`).");
  }
  refuseEarly(text, session, header);
  const waiting = new Waiting(session);
  for (let round = 1; ;) {
    const seen = await lookOnward(session);
    const snapshot = detected && openShared(detected.credential, session.keys, session.site);
    const { what, fresh, left } = open(text, session, seen, snapshot, header);
    if (isOvertaken(what, seen, left)) throw sayOvertaken(session);
    const { lease } = seen.record ?? {};
    // What a job's program has checked out is spent: this copy came of it.
    if (lease?.phase === "intent" && seen.leaseLeftMs > 0) {
      if (waiting.waitedMs > LONGEST_WAIT_MS) throw (await saying()).sayBusy(lease, waiting.waitedMs);
      await waiting.wait(seen);
      continue;
    }
    const copy = { stored: undefined, replaceable: false };
    const { published } = (await publishLeft({ world, inputs, session, seen }, what, fresh, copy, left)) ?? {};
    if (published?.type === "failed") throw published.failure;
    if (published?.type === "published")
      return { generation: published.record.generation, label: session.ledger.label };
    if (round++ === ROUNDS) throw (await saying()).sayBusy(lease, waiting.waitedMs);
  }
}

/** What can be told before the ledger is asked: with no token a good copy is that of another login. */
function refuseEarly(text: string, session: Session, header: CopyHeader): void {
  const { provider, account } = session.site;
  const whys = keysOf(session).map((key) => {
    const opened = openCopy(text, key, { provider, account, place: header.place }, new Secret(""));
    return opened.type === "refused" ? opened.why : "other-login";
  });
  const why = whys.find((one) => one !== "other-key") ?? "other-key";
  // The place is known when the ledger has been asked, and who spent which token then.
  if (why !== "other-login" && why !== "other-place") throw sayRefused(why, header, session);
}

interface Opened {
  readonly what: TurnState["what"];
  readonly fresh: Credential | undefined;
  readonly left: Renewed;
}

function open(
  text: string,
  session: Session,
  { record, entry }: Seen,
  snapshot: Credential | undefined,
  header: CopyHeader,
): Opened {
  const tokens: readonly [TurnState["what"], Credential | undefined, Secret | undefined][] = [
    ["record", undefined, isRoot(record) ? record.refresh : undefined],
    [record ? "sign-in" : "seed", snapshot, snapshot?.refresh],
  ];
  let worst: CopyRefusal = "other-login";
  for (const [what, fresh, spent] of tokens) {
    for (const key of spent ? keysOf(session) : []) {
      const opened = openCopy(text, key, siteOf(session), spent as Secret);
      const left = opened.type === "opened" ? asRenewed(opened.credential) : undefined;
      if (opened.type === "opened") maskSecrets(session.world.runner, tokensOf(opened.credential));
      if (left) return { what, fresh, left };
      if (opened.type === "refused" && opened.why !== "other-key") worst = opened.why;
    }
  }
  if (worst !== "other-login") throw sayRefused(worst, header, session);
  if (!record) {
    throw new Failure(
      "ledger-empty",
      `There is no record in the ledger (${session.ledger.label}), and with it the token is gone that opens the copy.`,
      "If the copy came of a login in `credential`, give that. Otherwise sign in again.",
    );
  }
  const { generation } = record;
  const since = entry?.writtenAt;
  const newer = since !== undefined && since > header.at ? `, and was written at ${sayTime(since)}` : "";
  throw new Failure(
    "credential-unusable",
    `The copy of ${sayTime(header.at)} is not the successor of what stands in the ledger (${session.ledger.label}): generation ${generation}${newer}.`,
    "If the post step of that job or a later run has published it, or somebody has signed in since, it is not needed any " +
      "more. If it came of a fresh sign-in, give that as `credential`. Otherwise take the line from the newest run that " +
      "could not publish the login.",
  );
}

const sayOvertaken = ({ ledger }: Session): Failure =>
  new Failure(
    "credential-unusable",
    `The copy came of a sign-in, and somebody has signed in anew since: theirs is the login in the ledger (${ledger.label}).`,
    "The copy is not needed any more.",
  );

function sayRefused(why: CopyRefusal, header: CopyHeader, { ledger, site }: Session): Failure {
  const WHY: Partial<Record<CopyRefusal, string>> = {
    "other-key": "The copy was sealed under another root key than `ledger-key` holds.",
    "other-provider": `The copy is of a login of ${header.provider}, not of ${site.provider}.`,
    "other-account": `The copy is of the account \`${header.account}\`, not of \`${site.account}\`.`,
    "other-place": `The copy belongs to another ledger (${header.label}) than the settings name (${ledger.label}).`,
    "newer-format": "A later release of oauth-creds has made this copy.",
    "no-successor": "The copy holds nothing that renews the login but what stands in the ledger already.",
  };
  const settings = ["other-key", "other-provider", "other-account", "other-place"].includes(why);
  return new Failure(
    "credential-unusable",
    WHY[why] ?? "The copy was cut off or altered.",
    settings
      ? "Give `recover` the `ledger-key`, `ledger-repository` and `account` of the step that has made the copy."
      : "Copy the whole line again from the summary of the newest run that could not publish the login. Otherwise sign in again.",
  );
}
