import type { Credential } from "../credential/credential.ts";
import type { Stored } from "../credential/envelope.ts";
import { asFailure } from "../as-failure.ts";
import { Failure } from "../errors.ts";
import type { Inputs } from "../inputs.ts";
import { parseObject } from "../json.ts";
import { openStore } from "../refresh/index.ts";
import type { Kept, Renewed } from "../recovery/unpublished.ts";
import type { Keeping } from "../refresh/keeping.ts";
import { prepare, type Prepared, storeGeneration, type StoreResult, told } from "../rotation/rotate.ts";
import type { SecretStore } from "../rotation/secret-store.ts";
import { type Secret, secretOf } from "../secret.ts";
import { noteForPost } from "../world/note.ts";
import type { World } from "../world/world.ts";
import type { GitRefLedger } from "./git-ref.ts";
import type { RootKey } from "./keys.ts";
import { atFirst, mayGoOn, type Published } from "./publish.ts";
import { seal, unseal } from "./seal.ts";
import { type OwnWriting, saying, type Seen, type Session } from "./session.ts";
import { type CameOf, sealShared } from "./shared-envelope.ts";
import type { Turn, TurnState } from "./turn.ts";

/** Where a shared login is kept: in the ledger, which is the truth, and then in the secret of `rotate-to`. */
export interface SharedKeeping extends Keeping {
  /** What became of a renewed login in the ledger; undefined as long as there is none. */
  readonly published: Published | undefined;
  /** What became of the secret; undefined if there is none to be written. */
  readonly beside: StoreResult | undefined;
}

/** What the second sink needs to know of the copy that this job has. */
export interface Copy {
  readonly stored: Stored | undefined;
  /** What was found out of its secret before the login was spent, in this step or in main. */
  readonly proved?: Prepared | undefined;
  /** Whether the secret may be overwritten: not if it holds a sign-in that this turn does not renew. */
  readonly replaceable: boolean;
}

/**
 * @param by the lease under which the login was renewed, where that was not in this turn: then what is to be stored
 *   lies somewhere else already
 */
export function keepShared(
  world: World,
  inputs: Inputs,
  session: Session,
  turn: Turn,
  copy: Copy,
  by?: number,
): SharedKeeping {
  const now: { published: Published | undefined; beside: StoreResult | undefined } = {
    published: undefined,
    beside: undefined,
  };
  return {
    get published() {
      return now.published;
    },
    get beside() {
      return now.beside;
    },
    async beforeSend() {
      await turn.intend();
      const more = { replaceable: copy.replaceable, proved: copy.proved, spent: sealSpent(session, turn) };
      world.runner.state("turn", JSON.stringify({ ...turn.state, ...more }));
      session.hasSent = true;
    },
    stillWanted: () => turn.mayStillSend(),
    unclear: () => void (session.unclear = turn.spends),
    async store(next, deadline) {
      const state = turn.state as TurnState; // the intent was written before
      const { epoch, lineage: over, nextLineage } = state;
      const how = { epoch: by ?? epoch, over };
      const spent = by === undefined ? turn.spends : undefined;
      const failed = copying(session, spent, { next, lineage: nextLineage, how }, deadline);
      let published = await turn.publish(next, atFirst(world, deadline), by, failed);
      if (published.type === "failed") {
        const cameOf = { ...how, spent: turn.spends };
        now.beside = await storeBeside(world, inputs, session, next, nextLineage, copy, deadline, cameOf);
        // The secret is the only copy then.
        if (now.beside?.type === "stored") noteForPost(world, "beside", state.nonce);
        else {
          const kept = await failed();
          kept?.tell();
          // Post need not make another, nor tell it once more.
          if (kept) noteForPost(world, "copied", `${state.nonce} ${kept.inCache ? "cache" : "summary"}`);
        }
        // Post may come hours later. As long as nobody else may take over, nobody sends what was spent.
        const until = () => Math.min(deadline(), turn.publishUntil);
        if (by === undefined && mayGoOn(world, until)) published = await turn.publish(next, until, by, failed);
        if (published.type === "published") {
          world.runner.notice(`The renewed login now stands in ${session.ledger.label} after all.`);
        }
      }
      now.published = published;
      if (published.type === "superseded") return { type: "moved", deleted: false };
      if (published.type === "failed") {
        return now.beside?.type === "stored" ? now.beside : { type: "failed", failure: published.failure };
      }
      noteForPost(world, "published", (turn.state as TurnState).nonce);
      const { lineage, generation } = published.record;
      // The secret's copy may say that it was not published: it is of the record's own generation now, and only a copy.
      if (now.beside?.type !== "stored") {
        now.beside = await storeBeside(world, inputs, session, { ...next, generation }, lineage, copy, deadline);
      }
      if (now.beside?.type === "failed") {
        world.runner.warning(
          `The renewed login stands in the ledger, but not in ${inputs.rotateTo?.label}: ${now.beside.failure.explain()} The next run that names it stores it there.`,
        );
      }
      await tidyUp(session, published.entry.version, deadline);
      return { type: "stored", confirmed: true, updatedAt: undefined };
    },
  };
}

/**
 * To be called when a generation could not be published, as often as that is: the first time makes the recovery copy,
 * beside the further tries, whose end the job may not live to see. Undefined where there is nobody to give one to.
 */
export function copying(
  session: Session,
  spent: Secret | undefined,
  renewed: Renewed,
  deadline: () => number,
): () => Promise<Kept | undefined> {
  const { env } = session.world;
  let made: Promise<Kept | undefined> | undefined;
  return async () => {
    if (!spent || !(env["ACTIONS_RUNTIME_TOKEN"] || env["GITHUB_STEP_SUMMARY"])) return undefined;
    made ??= import("../recovery/unpublished.ts")
      .then((it) => it.keepUnpublished(session, spent, renewed, deadline))
      .catch(() => undefined);
    return made;
  };
}

/** For post, which has what came of it and not what it came of. The record holds the same, sealed the same way. */
function sealSpent({ keys, site, world }: Session, { spends, state }: Turn): string | undefined {
  const [key] = keys.root;
  if (!key || !spends) return undefined;
  return seal(key.key, "spent sealing", [site.place, state?.nonce], spends.reveal(), (bytes) => world.random(bytes));
}

export function openSpent({ keys, site }: Session, { spent, nonce }: TurnState): Secret | undefined {
  const opened = keys.root.map(({ key }) => unseal(key, "spent sealing", [site.place, nonce], spent));
  return secretOf(opened.find((text) => text !== undefined));
}

/** The record as it stands after a publishing of ours. */
export const seenAfter = ({ record, entry }: Extract<Published, { type: "published" }>): Seen => ({
  record,
  entry,
  leaseLeftMs: 0,
  behind: false,
});

/**
 * The second sink. Never throws. Undefined if there is none, or if the secret was written since: by another rotation,
 * or by a person, whose sign-in must not be overwritten.
 *
 * @param cameOf how it came to be, if the ledger could not be written
 */
export async function storeBeside(
  world: World,
  inputs: Inputs,
  session: Session,
  credential: Credential,
  lineage: string,
  copy: Copy,
  deadline: () => number,
  cameOf?: CameOf,
): Promise<StoreResult | undefined> {
  const store = await openStore(world, inputs);
  const key = session.keys.root[0] as RootKey | undefined;
  if (!store || !key || !copy.replaceable) return undefined;
  try {
    const own = ownWriting(session);
    const prepared = own ?? copy.proved ?? (await prepareBeside(world, inputs, store, copy));
    if (!prepared) return undefined;
    const sealed = sealShared(credential, lineage, key, session.site, (bytes) => world.random(bytes), cameOf);
    const note = (writing: OwnWriting) => {
      session.beside = writing;
      noteForPost(world, OWN_STATE, JSON.stringify(writing));
    };
    // Should this process die before the answer, post must not take the PUT for somebody else's.
    const earlier = own?.sentAt === undefined ? undefined : { credential: sealed, at: own.sentAt };
    const begun = { earlier, tell: (sentAt: number) => note({ ...prepared, sentAt }) };
    const result = await storeGeneration(world, store, sealed, prepared, undefined, begun, deadline);
    if (result.type === "stored" && result.confirmed && result.updatedAt !== undefined) {
      note({ ...prepared, baseline: result.updatedAt, sentAt: undefined });
    }
    return result;
  } catch (error) {
    if (error instanceof Failure && error.code === "snapshot-stale") return undefined;
    return { type: "failed", failure: (await saying()).sayAfterwards(asFailure(await told(error, store.location))) };
  }
}

const OWN_STATE = "wrote-beside";

/** What this job has written there itself, in this step or in main, is nobody else's: nothing of its copy's age counts. */
function ownWriting({ world, beside }: Session): OwnWriting | undefined {
  return beside ?? (parseObject(world.env[`STATE_${OWN_STATE}`] ?? "") as OwnWriting | undefined);
}

/** Undefined if the copy does not tell whether the secret was written since, which is told. */
async function prepareBeside(
  world: World,
  inputs: Inputs,
  store: SecretStore,
  copy: Copy,
): Promise<Prepared | undefined> {
  // A pasted copy tells nothing of its time: without the run's own, a later paste could not be told from it.
  const createdAt = copy.stored ? undefined : await store.runCreatedAt();
  if (!copy.stored && createdAt === undefined) {
    world.runner.warning(
      `The login of the ledger is not written to ${store.location.label}, beside it: \`credential\` is a login as a person has pasted it, and this token cannot tell whether that still stands there. Give \`secrets-token\` “Actions: read”, or store the login with \`oauth-creds login --rotate-to\`.`,
    );
    return undefined;
  }
  const rules = { createSecrets: inputs.createSecrets, runAttempt: inputs.github.runAttempt };
  // Asked once: an answer that is lost the second time would make an old copy look like the present one.
  return prepare(world, { ...store, runCreatedAt: async () => createdAt }, copy, rules);
}

/** For both calls of it; less is left once the job was asked to stop. */
const TIDY_MS = 20_000;

/** Drops the ledger's old versions where they are many, so that the repository does not grow for ever. */
async function tidyUp({ world, ledger }: Session, version: string, deadline: () => number): Promise<void> {
  const { compactDue, compact } = ledger as Partial<GitRefLedger>;
  if (!compactDue?.() || deadline() - world.now() < TIDY_MS) return;
  await compact?.(version).catch(() => {}); // some other time
}
