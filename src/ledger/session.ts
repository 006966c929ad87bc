import { type Credential, tokensOf } from "../credential/credential.ts";
import { Failure } from "../errors.ts";
import type { Inputs } from "../inputs.ts";
import { deadlineFor } from "../refresh/deadline.ts";
import type { Prepared } from "../rotation/rotate.ts";
import { maskSecrets } from "../runner/mask.ts";
import type { Secret } from "../secret.ts";
import type { SignalHold, World } from "../world/world.ts";
import { type Keyring, parseKeys, type RootKey } from "./keys.ts";
import { type FirstSeen, leftOf } from "./lease.ts";
import { type Entry, type Ledger, LedgerProblem, type Swap } from "./ledger.ts";
import { openLedger } from "./open.ts";
import { credentialOf, type LedgerRecord, type RootRecord } from "./record.ts";
import { openRecord, sealRecord, type Site } from "./record-text.ts";

/** `sentAt`: a PUT may have come later than what was proved, ms by the server's clock. */
export type OwnWriting = Prepared & { readonly sentAt?: number | undefined };

/** One job's dealings with the record of one login. */
export interface Session {
  readonly world: World;
  readonly ledger: Ledger & { readonly budget?: () => number | undefined };
  readonly keys: Keyring;
  readonly site: Site;
  /** This job, for people who wait for it. */
  readonly owner: string;
  readonly seen: FirstSeen;
  /** Tokens that the log's masker knows. */
  readonly masked: Set<string>;
  /** Of the newest record that this job has seen or written: its number of leases, and whether one is held. */
  readonly latest: { epoch: number; held: boolean };
  /** This job has begun to send a refresh token, in whatever turn: it cannot say that nothing was spent. */
  hasSent?: boolean;
  /** The last token that this job has sent without a clear answer, in whatever turn. */
  unclear?: Secret | undefined;
  /** What its secret was proved to hold when this job has written it, beside the ledger; or has begun to. */
  beside?: OwnWriting | undefined;
}

/** The dealings of this job with the ledger that its settings name. `place`: where it is, if that is known already. */
export async function openSession(
  world: World,
  inputs: Inputs,
  provider: Site["provider"],
  place?: string,
): Promise<Session> {
  const keys = parseKeys(inputs.ledgerKey?.reveal() ?? "");
  if (typeof keys === "string") throw new Failure("input-invalid", keys, "`oauth-creds key` makes one.");
  const ledger = await openLedger(world, inputs, provider);
  const { runId, runAttempt } = inputs.github;
  const job = world.env["GITHUB_JOB"] ?? "a job";
  const owner = runId ? `${job} of run ${runId}, attempt ${runAttempt}` : job;
  const site = {
    get place() {
      return place ?? ledger.place; // some ledgers know it only after they have been asked
    },
    provider,
    account: inputs.account,
  };
  return { world, ledger, keys, site, owner, seen: new Map(), masked: new Set(), latest: { epoch: 0, held: true } };
}

/** The record as it was seen. */
export interface Seen {
  readonly entry: Entry | undefined;
  /** Undefined if there is none. */
  readonly record: LedgerRecord | RootRecord | undefined;
  /** How much longer its lease is held, ms; 0 if there is none. */
  readonly leaseLeftMs: number;
  /** It is older than one that this job knows: a server that lags, or somebody has put it back. */
  readonly behind: boolean;
}

/** How long a ledger that does not answer is asked again. */
const PATIENCE_MS = 20_000;
/** How long the record is tried to be changed once the runner has asked us to stop. */
const AFTER_SIGNAL_MS = 7000;

/** What is said of failures, which most runs never need. */
export const saying = () => import("./say.ts");

/** Reads the record. Throws a Failure if it cannot be read, or is not to be trusted. */
export async function look(session: Session, patienceMs = PATIENCE_MS): Promise<Seen> {
  const { world, ledger, keys, site } = session;
  const reading = await patiently(session, patienceMs, () => ledger.load());
  const { entry } = reading;
  if (!entry) return { entry, record: undefined, leaseLeftMs: 0, behind: false };
  const opened = openRecord(entry.text, site, keys);
  if (opened.type === "refused") throw (await saying()).sayUnreadable(opened.why, ledger.label);
  const { record } = opened;
  maskOnce(session, credentialOf(record));
  const times = { server: reading.now, local: world.now(), seen: session.seen };
  const leaseLeftMs = record.lease ? leftOf(record.lease, entry, times) : 0;
  return { entry, record, leaseLeftMs, behind: !isLatest(session, record) };
}

/** As look; but a server that shows what is older than what this job knows, or nothing any more, is asked again. */
export async function lookOnward(session: Session): Promise<Seen> {
  for (let tries = 1; ; tries++) {
    const seen = await look(session);
    const gone = !seen.record && session.latest.epoch > 0;
    if ((!seen.behind && !gone) || tries === 4) return seen;
    await session.world.sleep(1000 * tries);
  }
}

/** Nothing of a login is handled before the log's masker knows it. */
export function maskOnce({ world, masked }: Session, credential: Credential): void {
  const unknown = tokensOf(credential).filter((token) => token && !masked.has(token.reveal()));
  maskSecrets(world.runner, unknown);
  for (const token of unknown) if (token) masked.add(token.reveal());
}

/** Writes the record if it is still the one that was seen. Throws a LedgerProblem. */
export async function swap(session: Session, expected: Entry | undefined, record: RootRecord): Promise<Swap> {
  const { ledger, keys, site, world } = session;
  const text = sealRecord(record, keys.root[0] as RootKey, site.place, (bytes) => world.random(bytes));
  const done = await ledger.compareAndSwap(expected?.version, text);
  if (done.type === "swapped") isLatest(session, record);
  return done;
}

/**
 * Writes what `change` makes of the record as it stands now; after a conflict, and after what may pass, of the record
 * as it stands then. Nothing is written where `change` makes nothing of it. Throws a Failure in the end.
 *
 * @param hold a signal leaves a few seconds for it
 */
export async function amend(
  session: Session,
  change: (seen: Seen) => RootRecord | undefined,
  hold?: SignalHold,
): Promise<void> {
  const { world, ledger } = session;
  const deadline = deadlineFor(world, PATIENCE_MS, hold, AFTER_SIGNAL_MS);
  for (let pause = 500; ; pause *= 2) {
    const seen = await look(session, deadline() - world.now());
    const record = change(seen);
    if (!record) return;
    // Others have written meanwhile, an answer of ours was lost, or the server shows what is not the newest.
    let trouble = new LedgerProblem("unreachable", true);
    try {
      if ((await swap(session, seen.entry, record)).type === "swapped") return;
    } catch (error) {
      if (!(error instanceof LedgerProblem)) throw error;
      trouble = error;
    }
    const wait = Math.max(pause, trouble.retryAfterMs ?? 0);
    if (isFinal(trouble) || world.now() + wait > deadline()) throw await problem(trouble, ledger.label);
    await world.sleep(wait);
  }
}

/** Each lease has a higher number than any before it, and once it is given back nobody has it again. */
function isLatest({ latest }: Session, { epoch, lease }: LedgerRecord): boolean {
  const held = lease !== undefined;
  if (epoch < latest.epoch || (epoch === latest.epoch && held && !latest.held)) return false;
  Object.assign(latest, { epoch, held });
  return true;
}

export const isRoot = (record: LedgerRecord | RootRecord | undefined): record is RootRecord =>
  record?.root !== undefined;

/** Asks again what may pass: 1 s, 2 s, 4 s, or what the server asks for. Throws a Failure in the end. */
async function patiently<T>(session: Session, patienceMs: number, call: () => Promise<T>): Promise<T> {
  const { world, ledger } = session;
  const deadline = world.now() + patienceMs;
  for (let pause = 1000; ; pause *= 2) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof LedgerProblem)) throw error;
      const wait = Math.max(pause, error.retryAfterMs ?? 0);
      if (isFinal(error) || world.now() + wait > deadline) throw await problem(error, ledger.label);
      await world.sleep(wait);
    }
  }
}

export const isFinal = ({ kind }: LedgerProblem): boolean => kind !== "unreachable" && kind !== "throttled";

/** @param unspent whether that can be said: nothing was sent by then */
export const problem = async (error: LedgerProblem, label: string, unspent = false): Promise<Failure> =>
  (await saying()).sayProblem(error, label, unspent);
