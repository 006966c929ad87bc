/**
 * A place for secrets in memory, with GitHub's manners: times in whole seconds, sealed values, slow and failing
 * answers. What it stored is opened by libsodium, not by our code.
 */
import sodium, { ready as sodiumReady } from "libsodium-wrappers";
import { openEnvelope, type SealedBody } from "../../../src/credential/envelope.ts";
import { ApiProblem } from "../../../src/rotation/github-api.ts";
import { type Location, parseLocation } from "../../../src/rotation/location.ts";
import { seal } from "../../../src/rotation/sealed-box.ts";
import type { Meta, SecretStore } from "../../../src/rotation/secret-store.ts";
import { type FakeWorld, SECOND } from "./support.ts";

export const LOCATION = parseLocation("LOGIN", {
  apiUrl: "https://api.example",
  repository: "o/r",
  repositoryId: "42",
  runId: "7",
  runAttempt: 1,
}) as Location;

export type Step = "meta" | "probeMeta" | "runCreatedAt" | "publicKey" | "put" | "probe";

/** What befalls one call, besides its answer. */
export interface Fate {
  /** How long the call takes before and after it has its effect, ms. */
  readonly before?: number;
  readonly after?: number;
  /** Thrown before it has an effect. */
  readonly refuse?: ApiProblem;
  /** Thrown after it. */
  readonly lose?: ApiProblem;
  /** Runs when the call arrives. */
  readonly meanwhile?: () => void;
}

export interface FakeStore extends SecretStore {
  /** Every call in its order. */
  readonly steps: Step[];
  /** The envelope that is stored, `user` for a login that a person stored, undefined for no secret. */
  value: "user" | string | undefined;
  updatedAt: number | undefined;
  probedAt: number | undefined;
  createdAt: number | undefined;
  /** A person stores another login; not in a second in which we wrote, as GitHub's times cannot tell the two apart. */
  signIn(): void;
  /** GitHub replaces its key: what is sealed for the old one is refused with 422. */
  replaceKey(): void;
  /** The time in the envelope that is stored, ms. */
  savedAt(): number | undefined;
}

export async function fakeStore(
  world: FakeWorld,
  fate: (step: Step, index: number) => Fate = () => ({}),
): Promise<FakeStore> {
  await sodiumReady;
  let pair = sodium.crypto_box_keypair();
  let keyId = 1;
  const steps: Step[] = [];
  const wholeSecond = () => Math.floor(world.now() / SECOND) * SECOND;
  const open = ({ encrypted_value, key_id }: SealedBody): string => {
    if (key_id !== String(keyId)) throw new ApiProblem(422, true);
    const box = Buffer.from(encrypted_value, "base64");
    return Buffer.from(sodium.crypto_box_seal_open(box, pair.publicKey, pair.privateKey)).toString();
  };
  const call = async <T>(step: Step, act: () => T): Promise<T> => {
    const { before = 20, after = 20, refuse, lose, meanwhile } = fate(step, steps.length);
    steps.push(step);
    await Promise.resolve();
    meanwhile?.();
    world.pass(before);
    if (refuse) throw refuse;
    const result = act();
    world.pass(after);
    if (lose) throw lose;
    return result;
  };
  const publicKey = () => ({ key_id: String(keyId), key: Buffer.from(pair.publicKey).toString("base64") });
  const store: FakeStore = {
    steps,
    location: LOCATION,
    value: undefined,
    updatedAt: undefined,
    probedAt: undefined,
    createdAt: undefined,
    signIn() {
      world.pass(SECOND);
      store.value = "user";
      store.updatedAt = wholeSecond();
    },
    replaceKey() {
      pair = sodium.crypto_box_keypair();
      keyId++;
    },
    savedAt: () => (store.value?.startsWith("oc1.") ? openEnvelope(store.value).stored?.savedAt : undefined),
    meta: () => call("meta", (): Meta => ({ updatedAt: store.updatedAt, date: wholeSecond() })),
    probeMeta: () => call("probeMeta", (): Meta => ({ updatedAt: store.probedAt, date: wholeSecond() })),
    runCreatedAt: () => call("runCreatedAt", () => store.createdAt),
    publicKey: () => call("publicKey", publicKey),
    put: (body) =>
      call("put", () => {
        store.value = open(body);
        store.updatedAt = wholeSecond();
        return wholeSecond();
      }),
    probe: (ready) =>
      call("probe", () => {
        store.probedAt = wholeSecond();
        return ready ?? seal("probe", publicKey());
      }),
  };
  return store;
}
