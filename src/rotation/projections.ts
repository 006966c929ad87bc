import type { Credential } from "../credential/credential.ts";
import { openEnvelope, isEnvelope, sealEnvelope } from "../credential/envelope.ts";
import { asFailure } from "../as-failure.ts";
import type { Failure } from "../errors.ts";
import type { Inputs } from "../inputs.ts";
import { noteForPost } from "../world/note.ts";
import type { World } from "../world/world.ts";
import { accessPart } from "./access-part.ts";
import { ApiProblem, patiently } from "./github-api.ts";
import { type Location, sameLocation } from "./location.ts";
import { told } from "./rotate.ts";
import type { PublicKey } from "./sealed-box.ts";

/** What is said of failures, which most runs never need. */
const problems = () => import("./say-problem.ts");

/** What became of one place that takes the access token. */
export interface Projected {
  readonly location: Location;
  /** `kept`: what stands there was written later than this generation, or is as good. */
  readonly result: "written" | "kept" | "failed";
  readonly failure: Failure | undefined;
}

/** How long it may take in all, and once the runner has asked us to stop. */
const PROJECT_MS = 60_000;
const AFTER_SIGNAL_MS = 7_000;

/**
 * Writes the access token into every place of `accessTo`. All are tried; those that fail are told in one warning.
 * Never throws: a login is not lost by it, and what stands there is good until its own end.
 *
 * @param since the server's time at which this generation was stored, ms: what was written later is this one or a
 *   younger one, and stays
 */
export async function projectAccess(
  world: World,
  inputs: Inputs,
  credential: Credential,
  since?: number,
): Promise<Projected[]> {
  const { accessTo } = inputs;
  if (accessTo.length === 0 || !credential.access) return [];
  const hold = world.holdSignals();
  const begun = world.now();
  const deadline = () =>
    Math.min(begun + PROJECT_MS, (hold.signalledAt() ?? Number.POSITIVE_INFINITY) + AFTER_SIGNAL_MS);
  const part = accessPart(credential);
  try {
    const projected = await Promise.all(
      accessTo.map((location) => projectInto(world, inputs, { location, part, since, deadline })),
    );
    warn(world, projected);
    // Post tries once more.
    if (projected.some(({ result }) => result === "failed")) noteForPost(world, "unprojected", "true");
    return projected;
  } finally {
    hold.release();
  }
}

interface Task {
  readonly location: Location;
  readonly part: Credential;
  readonly since: number | undefined;
  readonly deadline: () => number;
}

async function projectInto(world: World, inputs: Inputs, task: Task): Promise<Projected> {
  const { location, deadline } = task;
  try {
    if (isCredentialOf(inputs, location)) throw (await problems()).sayHoldsLogin(location.label);
    const attempt = await attemptOf(world, inputs, task);
    // In slices, so that a signal is heard in the middle of a wait.
    const sleep = async (ms: number) => {
      for (let left = ms; left > 0 && world.now() <= deadline(); left -= 1000) await world.sleep(Math.min(left, 1000));
    };
    const result = await patiently({ now: () => world.now(), sleep }, deadline, attempt);
    return { location, result, failure: undefined };
  } catch (error) {
    return { location, result: "failed", failure: asFailure(await told(error, location)) };
  }
}

type Attempt = () => Promise<"written" | "kept">;

async function attemptOf(world: World, inputs: Inputs, task: Task): Promise<Attempt> {
  const { location, part } = task;
  if (location.forge === "gitlab") {
    const { projectIntoVariable } = await import("./gitlab.ts");
    return () => projectIntoVariable(world, inputs, location, part);
  }
  if (location.forge === "gitea") {
    const { projectIntoGitea } = await import("./gitea.ts");
    return () => projectIntoGitea(world, inputs, location, part);
  }
  return intoSecret(world, inputs, task);
}

/** Whether the login that this job was given is kept in this very place. */
function isCredentialOf({ credential }: Inputs, location: Location): boolean {
  const text = credential?.reveal().trim() ?? "";
  try {
    const opened = isEnvelope(text) ? openEnvelope(text) : undefined;
    return (
      opened?.stored !== undefined &&
      opened.credential.kind === "login" &&
      sameLocation(opened.stored.location, location)
    );
  } catch {
    return false;
  }
}

/** One attempt after another at a secret on GitHub. Each throws an ApiProblem or a Failure. */
async function intoSecret(world: World, inputs: Inputs, { location, part, since, deadline }: Task): Promise<Attempt> {
  const text = sealEnvelope(part, undefined);
  const [{ openPlace }, { seal }] = await Promise.all([import("./other-places.ts"), import("./sealed-box.ts")]);
  const store = await openPlace(world, inputs, location);
  const inTime = <T>(call: () => Promise<T>): Promise<T> => {
    if (world.now() > deadline()) throw new ApiProblem(0, false);
    return call();
  };
  const mayHoldLogin = ["repository", "environment", "organization"].includes(location.kind);
  let key: PublicKey | undefined;
  let baseline: number | undefined;
  let begun = false;
  /** A PUT had no clear answer, so the secret may hold what we write. */
  let unsure = false;

  const attempt = async (): Promise<"written" | "kept"> => {
    // First: its answer tells a secret that does not exist from a repository that the token does not see.
    key ??= await inTime(store.publicKey);
    const probed = begun || !mayHoldLogin ? undefined : await inTime(store.probeMeta);
    const ready = store.ready && (await inTime(store.ready));
    const { updatedAt } = await inTime(store.meta);
    if (ready?.absent && updatedAt !== undefined) throw new ApiProblem(502, true); // one of the two answers is wrong
    if (updatedAt === undefined && !inputs.createSecrets) throw (await problems()).sayNotThere(location, false);
    // The probe is written with every login, so a younger one tells that the secret holds one.
    const held = updatedAt !== undefined && (probed?.updatedAt ?? 0) >= updatedAt;
    if (held) throw (await problems()).sayHoldsLogin(location.label);
    if (!begun) baseline = updatedAt;
    begun = true;
    if ((updatedAt ?? 0) > (since ?? Number.POSITIVE_INFINITY)) return "kept";
    if ((updatedAt ?? 0) > (baseline ?? 0)) return unsure ? "written" : "kept";
    const body = seal(text, key);
    await inTime(() => store.put(body)).catch((error: unknown) => {
      if (error instanceof ApiProblem && error.sent && (error.status === 0 || error.status >= 500)) unsure = true;
      throw error;
    });
    return "written";
  };
  return () =>
    attempt().catch(async (error: unknown) => {
      // 422: sealed for a key that GitHub has replaced since.
      if (!(error instanceof ApiProblem) || error.status !== 422) throw error;
      key = await inTime(store.publicKey);
      return attempt();
    });
}

function warn({ runner }: World, projected: readonly Projected[]): void {
  const failed = projected.filter(({ result }) => result === "failed");
  if (failed.length === 0) return;
  const of = projected.length > 1 ? `${failed.length} of the ${projected.length} places` : "the one place";
  const each = failed.map(({ location, failure }) => `${location.label}: ${failure?.explain()}`);
  const list = each.length === 1 ? each.join("") : each.map((text, index) => `${index + 1}. ${text}`).join("\n");
  runner.warning(
    `The access token could not be written into ${of} that \`rotate-to\` names for it; what stands there is used until it ends. ${each.length > 1 ? "\n" : ""}${list}`,
  );
}
