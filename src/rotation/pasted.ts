import { readIso, type SealedBody } from "../credential/envelope.ts";
import { parseObject } from "../json.ts";
import { jsonObject } from "../world/answer.ts";
import type { World } from "../world/world.ts";
import { ApiProblem, type Call } from "./github-api.ts";
import type { GitHubContext } from "./github-context.ts";
import type { Location } from "./location.ts";
import { asking, type Prepared, type Rules, type Staleness, told } from "./rotate.ts";
import type { Meta, SecretStore } from "./secret-store.ts";

/*
 * A login that a person has pasted says nothing of itself. Whether the copy in this job is the one that is stored, and
 * whether it comes from the place at all, is found out from what stands around it. A login is pasted once: this code
 * is not in the file that every job loads.
 */

/** A rotation writes its probe right after the login; no run starts that soon after a person's paste. */
const MARKED_WITHIN_MS = 3000;
/** An environment's secrets are read some time before the job's start is noted. */
const READ_BEFORE_START_MS = 60_000;

const PROBE_VALUE = "oauth-creds writes this to prove that it may write secrets here. It holds nothing.";

/** The body of a probe, where no envelope holds a ready-made one that GitHub can open. */
export async function newProbe(publicKey: SecretStore["publicKey"]): Promise<SealedBody> {
  const [key, { seal }] = await Promise.all([publicKey(), import("./sealed-box.ts")]);
  return seal(PROBE_VALUE, key);
}

/**
 * The time of a secret that was said not to be there: believed when it is said three times, since a secret that is
 * there after all would look as if somebody had made it meanwhile. Throws a Failure if it is not to be made.
 */
export async function missing(world: World, store: SecretStore, rules: Rules): Promise<number | undefined> {
  if (!rules.createSecrets) throw (await import("./say-problem.ts")).sayNotFound(store.location.label);
  const ask = asking(world);
  for (const pause of [1000, 2000]) {
    await world.sleep(pause);
    const { updatedAt } = await ask(store.meta);
    if (updatedAt !== undefined) return updatedAt;
  }
  return undefined;
}

/** What tells of the job and its repository. */
export interface Surroundings {
  readonly world: World;
  readonly location: Location;
  readonly github: GitHubContext;
  readonly call: Call;
}

/**
 * As `prepare` does for an envelope. The probe is written after the judgement: its time before is part of what tells,
 * and a copy that is refused leaves it alone.
 */
export async function preparePasted(world: World, store: SecretStore, rules: Rules): Promise<Prepared> {
  const problems = () => import("./say-problem.ts");
  const { location } = store;
  const ask = asking(world);
  try {
    const [meta, probed, since] = await Promise.all([
      ask(store.meta),
      ask(store.probeMeta),
      store.runCreatedAt(),
      store.refuseStranger?.(),
      store.ready && ask(store.ready),
    ]);
    const updatedAt = meta.updatedAt ?? (rules.createSecrets ? await missing(world, store, rules) : undefined);
    const stale = staleness(updatedAt, probed.updatedAt, since, rules.runAttempt);
    if (stale) throw (await problems()).sayStale(stale);
    const probe = await ask(() => store.probe(undefined));
    if (updatedAt === undefined && !rules.createSecrets) throw (await problems()).sayNotFound(location.label);
    return { baseline: updatedAt, probe };
  } catch (error) {
    throw await told(error, location);
  }
}

/** Why the copy that this job holds is not the one that is stored now; undefined if it is. Times in ms. */
function staleness(
  updatedAt: number | undefined,
  probedAt: number | undefined,
  since: number | undefined,
  runAttempt: number,
): Staleness | undefined {
  if (updatedAt === undefined) return undefined;
  if (since !== undefined && updatedAt > since) return { type: "written-after-run", updatedAt, since };
  if (probedAt !== undefined && probedAt >= updatedAt && probedAt - updatedAt <= MARKED_WITHIN_MS) {
    return { type: "written-by-rotation", updatedAt };
  }
  return since !== undefined || runAttempt === 1 ? undefined : { type: "re-run" };
}

/**
 * What was written into the place later than this, ms, may be missing in this job's copy: a run gets the secrets of
 * repositories and organizations when it is queued. Undefined if it cannot be known: the token may not read runs.
 * Throws an ApiProblem if nobody tells: an old copy would look like the present one.
 */
export async function copyTime(around: Surroundings): Promise<number | undefined> {
  const { world, location, github, call } = around;
  if (!github.runId) return undefined;
  const run = `/repos/${github.repository}/actions/runs/${github.runId}`;
  const ask = asking(world);
  const createdAt = await ask(async () => {
    const at = readIso(jsonObject(await call("GET", run, [200]))?.["created_at"]);
    if (at === undefined) throw new ApiProblem(502, true);
    return at;
  }).catch((error: unknown) => {
    if (!(error instanceof ApiProblem) || error.passing) throw error;
    return undefined; // needs “Actions: read”, which the token may well lack
  });
  // A re-run may get what its first attempt got, even of an environment.
  if (location.kind !== "environment" || createdAt === undefined || github.runAttempt > 1) return createdAt;
  const startedAt = await ask(() => jobStart(around, run)).catch(() => undefined);
  return Math.max(createdAt, (startedAt ?? 0) - READ_BEFORE_START_MS);
}

/** When the job on this runner began, ms; undefined if it is not found. An environment's secrets are as new as that. */
async function jobStart({ world, call }: Surroundings, run: string): Promise<number | undefined> {
  const runner = world.env["RUNNER_NAME"];
  if (!runner) return undefined;
  for (let page = 1; page <= 10; page++) {
    const answer = jsonObject(await call("GET", `${run}/attempts/1/jobs?per_page=100&page=${page}`, [200]));
    const jobs = (answer?.["jobs"] ?? []) as Readonly<Record<string, unknown>>[];
    const ours = jobs.filter(({ status, runner_name }) => status === "in_progress" && runner_name === runner);
    // Two runners of one name: the earlier start is the safe one.
    const starts = ours.map(({ started_at }) => readIso(started_at)).filter((start) => start !== undefined);
    if (starts.length > 0) return Math.min(...starts);
    if (jobs.length < 100) return undefined;
  }
  return undefined;
}

/**
 * A job reads a secret of its environment before one of the repository of the same name, and that before the
 * organization's. Throws a Failure where it can be known that the credential is not the one in `rotate-to`: the name
 * of the environment stands in no variable, but in the job's own identity token, for which it needs `id-token: write`.
 */
export async function refuseStranger({ world, location, github, call }: Surroundings): Promise<void> {
  const { kind, name, within } = location;
  const refuse = async (label: string, why: string) => {
    throw (await import("./say-problem.ts")).sayShadowed(location, label, why);
  };
  const exists = (path: string) =>
    call("GET", `${path}/${name}`, [200]).then(
      () => true,
      () => false,
    );
  if (location.repository !== github.repository && kind !== "organization") return;
  const repository = `/repos/${github.repository}`;
  const [environment, ofRepository] = await Promise.all([
    environmentOf(world, github),
    kind === "organization" && exists(`${repository}/actions/secrets`),
  ]);
  if (kind === "environment") {
    if (environment !== undefined && environment.toLowerCase() !== within?.toLowerCase()) {
      const named = environment === "" ? "no environment" : `the environment ${environment}`;
      await refuse(location.label, `this job names ${named} (\`environment:\`), so it does not read`);
    }
    return;
  }
  if (environment && (await exists(`${repository}/environments/${encodeURIComponent(environment)}/secrets`))) {
    await refuse(`the secret of that name of the environment ${environment}`, "this job reads");
  }
  if (ofRepository) await refuse("the repository's own secret of that name", "a job in this repository reads");
}

/** The environment that this job names, empty for none; undefined if the job may not ask who it is. */
async function environmentOf(world: World, { repository }: GitHubContext): Promise<string | undefined> {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = world.env;
  if (!url || !token) return undefined;
  try {
    const headers = { accept: "application/json", authorization: `Bearer ${token}`, "user-agent": "oauth-creds" };
    const asked = `${url}${url.includes("?") ? "&" : "?"}audience=oauth-creds`;
    const answer = await world.http({ method: "GET", url: asked, headers, timeoutMs: 5000 });
    const identity = String(jsonObject(answer)?.["value"] ?? "");
    if (identity) world.runner.mask([identity]);
    const claims = parseObject(Buffer.from(identity.split(".")[1] ?? "", "base64url").toString("utf8"));
    if (claims?.["repository"] !== repository) return undefined;
    const { environment = "" } = claims as { environment?: unknown };
    return typeof environment === "string" ? environment : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Somebody has stored theirs right after our probe, which would look as if a rotation had: the probe is written once
 * more, when that can no longer be.
 */
export async function unmark(
  world: World,
  store: SecretStore,
  { updatedAt = 0, date }: Meta,
  probe: SealedBody,
  deadline: () => number,
): Promise<void> {
  const wait = updatedAt + MARKED_WITHIN_MS + 2000 - date;
  if (wait <= 0 || world.now() + wait > deadline()) return;
  await world.sleep(wait);
  await store.probe(probe).catch(() => {});
}
