import type { Credential } from "../../credential/credential.ts";
import type { Stored } from "../../credential/envelope.ts";
import type { Failure } from "../../errors.ts";
import type { Inputs } from "../../inputs.ts";
import { type Location, sameLocation } from "../../rotation/location.ts";
import type { Meta, SecretStore } from "../../rotation/secret-store.ts";
import type { World } from "../../world/world.ts";
import { isApiProblem, type SecretSeen, secrets } from "../status/places.ts";
import { sayWhen } from "../status/times.ts";
import { type Check, info, ok, wrong } from "./check.ts";
import type { Network } from "./network.ts";

/** As rotation has them: `updated_at` has whole seconds, and a rotation writes its probe right after the login. */
const STALE_AFTER_MS = 10_000;
const MARKED_WITHIN_MS = 3000;

export interface Copy {
  /** Undefined if `credential` could not be recognised, or is empty. */
  readonly credential: Credential | undefined;
  readonly stored: Stored | undefined;
}

/** The secrets in `rotate-to`: whether the token may write them, and whether this job's copy is the present one. */
export async function secretChecks(
  world: World,
  inputs: Inputs,
  net: Network,
  copy: Copy,
  writeProbe: boolean,
): Promise<Check[]> {
  const { rotateTo, accessTo, secretsToken, github } = inputs;
  const places = rotateTo ? [rotateTo, ...accessTo] : accessTo;
  if (!secretsToken || places.length === 0) {
    if (writeProbe) return [info("GitHub", "`--write-probe` needs `rotate-to` and `secrets-token`.")];
    return places.map(({ label }) =>
      info("GitHub", `${capital(label)} was not looked at: \`secrets-token\` is not given.`),
    );
  }
  if (places.some(({ forge }) => !forge) && !(await net.reach(github.apiUrl, "github"))) return [];
  let scopes: string | undefined;
  const http: World["http"] = async (request) => {
    const answer = await world.http(request);
    scopes ??= answer.headers["x-oauth-scopes"];
    return answer;
  };
  const seen = await secrets({ ...world, http }, inputs);
  // Of other kinds of tokens GitHub tells permissions, and only where it refuses.
  const told = /^gh[op]_/.test(secretsToken.reveal()) ? scopes : undefined;
  const found = await Promise.all(
    seen.map(async (secret) => {
      const scopeless = await scopeCheck(told, secret.location);
      return secretCheck(world, inputs, secret, copy, scopeless, writeProbe);
    }),
  );
  return found.flat();
}

async function scopeCheck(scopes: string | undefined, location: Location): Promise<Check | undefined> {
  if (scopes === undefined || location.forge) return undefined;
  const { sayScopeless } = await import("../../rotation/say-problem.ts");
  const failure = sayScopeless(scopes, location);
  return failure && sayFailure(failure);
}

async function secretCheck(
  world: World,
  inputs: Inputs,
  { location, store, meta, failure }: SecretSeen,
  copy: Copy,
  scopeless: Check | undefined,
  writeProbe: boolean,
): Promise<Check[]> {
  if (failure) return [scopeless ?? sayFailure(failure)];
  if (!store || !meta) return [info("GitHub", `${capital(location.label)} ${whyNotSeen(location)}`)];
  if (meta.updatedAt === undefined) {
    // A token that does not see the repository is told the same.
    const blind = location.forge ? undefined : (scopeless ?? (await attempt(() => store.publicKey(), location)));
    if (blind) return [blind];
    if (!inputs.createSecrets) {
      const { sayNotFound } = await import("../../rotation/say-problem.ts");
      const { message, advice } = sayNotFound(location.label);
      return [wrong("GitHub", "secret-not-found", message, advice)];
    }
  }
  // GitLab's variables have no time.
  const written = meta.updatedAt === 0 ? "is there" : `was written ${sayWhen(meta.updatedAt, world.now())}`;
  const when = meta.updatedAt === undefined ? "does not exist yet" : written;
  const shown = ok("GitHub", `${capital(location.label)} ${when}.`);
  const own = await copyCheck(world, inputs, location, store, meta, copy);
  return [shown, ...own, scopeless ?? (await mayWrite(world, location, store, meta, writeProbe))];
}

const capital = (label: string): string => `${label[0]?.toUpperCase()}${label.slice(1)}`;

/** Continues a sentence about a place that cannot be asked for. */
function whyNotSeen({ forge, repository }: Location): string {
  if (forge === "gitea") {
    return (
      "was not looked at: Gitea's API does not tell when a secret was written, nor, by itself, which there are. Whether " +
      "`secrets-token` may write it shows when a run writes it."
    );
  }
  return repository === ""
    ? "was not looked at: GITHUB_REPOSITORY names no repository (`NAME@OWNER/REPO` does, too)."
    : "was not looked at.";
}

/** Without writing, nothing tells whether a token may write, but for the scopes of a classic one: see above. */
async function mayWrite(
  world: World,
  location: Location,
  store: SecretStore,
  { updatedAt = 0, date }: Meta,
  writeProbe: boolean,
): Promise<Check> {
  if (location.forge) return info("GitHub", "Whether `secrets-token` may write it is not tried on this server.");
  if (!writeProbe) {
    return info(
      "GitHub",
      "Whether `secrets-token` may write it is not known: `--write-probe` finds out, by a secret beside it.",
    );
  }
  // A probe right after the login is how a rotation marks what it wrote: this is none.
  const wait = updatedAt + MARKED_WITHIN_MS + 2000 - date;
  if (wait > 0) await world.sleep(wait);
  const refused = await attempt(() => store.probe(undefined), location);
  return refused ?? ok("GitHub", "`secrets-token` may write secrets there: the probe was written.");
}

async function attempt(call: () => Promise<unknown>, location: Location): Promise<Check | undefined> {
  try {
    await call();
    return undefined;
  } catch (problem) {
    if (!isApiProblem(problem)) throw problem;
    const { sayProblem } = await import("../../rotation/say-problem.ts");
    return sayFailure(sayProblem(problem, location));
  }
}

function sayFailure({ code, message, advice }: Failure): Check {
  const known = code === "secret-forbidden" || code === "secret-elsewhere" || code === "secret-not-found";
  return wrong("GitHub", known ? code : "github-unreachable", message, advice);
}

/** Whether the copy in `credential` is what stands in the secret now, as far as times tell. */
async function copyCheck(
  world: World,
  inputs: Inputs,
  location: Location,
  store: SecretStore,
  meta: Meta,
  { credential, stored }: Copy,
): Promise<Check[]> {
  const judged = credential?.kind === "login" && !location.accessOnly && !location.forge;
  if (!judged || meta.updatedAt === undefined) return [];
  if (stored && !sameLocation(stored.location, location)) {
    const { sayElsewhere } = await import("../../rotation/say-problem.ts");
    const { message, advice } = sayElsewhere(stored, location);
    return [wrong("GitHub", "secret-elsewhere", message, advice)];
  }
  const spent = (text: string, level: "warn" | "fail") =>
    // With a ledger an old copy is known as such, and the record's login is used.
    wrong(
      "GitHub",
      "spent",
      text,
      "Start a new run: it gets the present copy. A re-run may get this one again.",
      level,
    );
  const bad = inputs.ledgerKey ? "warn" : "fail";
  const written = sayWhen(meta.updatedAt, world.now());
  if (stored) {
    if (meta.updatedAt <= stored.savedAt + STALE_AFTER_MS) return [];
    return [spent(`This copy of the login is an old one: another job has renewed and stored it, ${written}.`, bad)];
  }
  const probed = await store.probeMeta().then(
    ({ updatedAt }) => updatedAt,
    () => undefined,
  );
  if (probed === undefined || probed < meta.updatedAt || probed - meta.updatedAt > MARKED_WITHIN_MS) return [];
  return [
    spent(`The secret was last written by a job that renewed the login, ${written}; this copy was pasted before.`, bad),
  ];
}
