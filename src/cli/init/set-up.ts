import type { Credential } from "../../credential/credential.ts";
import { isoTime } from "../../duration.ts";
import type { World } from "../../world/world.ts";
import type { Ask } from "./ask.ts";
import { type Change, makeEnvironment, writeSecret, writeWorkflow } from "./change.ts";
import { prefixOf, SECRETS } from "./choices.ts";
import { takeCredential } from "./credential.ts";
import { type Decided, decide, settle, type Wishes } from "./decide.ts";
import { endInWorkflows, placeFiles } from "./files.ts";
import { type Fresh, storing } from "./fresh.ts";
import { keep } from "./keep.ts";
import { lookAtSecrets } from "./inventory.ts";
import { prove, sayMissing } from "./permissions.ts";
import type { Place } from "./repository.ts";
import { findRootKey, saveRootKey, wantsCopy } from "./root-key-file.ts";
import { refuseWeak, type SecretsToken, takeSecretsToken } from "./secrets-token.ts";
import { anotherSession, openSession, type Session } from "./session.ts";
import { valuesOf } from "./values.ts";
import { type Blueprint, PROGRAMS } from "./workflow-parts.ts";
import { workflowFiles } from "./workflows.ts";

const DAY_MS = 86_400_000;

/** Everything that was decided, and what is to be done for it. */
export interface Plan {
  readonly session: Session;
  readonly blueprint: Blueprint;
  readonly changes: readonly Change[];
  /** What is there already, and stays. */
  readonly kept: readonly string[];
  /** The workflow that has to be run once by hand. */
  readonly renewing: string | undefined;
  /** The one with a job that uses the login. */
  readonly using: string | undefined;
  /** As stored, for `doctor`; undefined where it was there before. */
  readonly credential: Credential | undefined;
  readonly secretsToken: SecretsToken | undefined;
  /** Refs of ledgers that the new keys cannot open; undefined if it is not known which there are. */
  readonly sealed: readonly string[] | undefined;
}

/** From a clone to a plan. Changes nothing. `fresh` is told of a sign-in, and that it was stored. */
export async function plan(world: World, ask: Ask, wishes: Wishes, place: Place, fresh: Fresh): Promise<Plan> {
  let session = await openSession(world, ask, place);
  const { facts } = session;
  let decided = await decide(world, ask, wishes, facts, session.github);
  if (!wishes.dryRun) [session, decided] = await permitted(world, ask, wishes, place, session, decided);
  const { github } = session;
  const { provider, topology, environment, publicRepository } = decided;

  const program = PROGRAMS[provider];
  const prefix = prefixOf(program.id, wishes.account);
  const there = environment !== undefined && environment.state.type !== "absent";
  const within = environment && { name: environment.name, there };
  const seen = await lookAtSecrets(world, github, facts, SECRETS[topology](prefix, within !== undefined), within);
  const own = findRootKey(world, ask, wishes, facts, place.root, seen);
  const { replaced, sealed } = await keep(ask, seen, wishes, own.key, github);
  const written = seen.filter((secret) => secret.updatedAt === undefined || replaced.has(secret));
  const holds = new Set(written.map((secret) => secret.holds));
  const unused = seen.find((secret) => secret.holds === "credential" && !written.includes(secret));
  if (unused && world.env["INPUT_CREDENTIAL"]?.trim()) {
    ask.say.warn(`The ${unused.label} is there, so \`credential\` is not stored. \`--force\` replaces it.`);
  }
  if (topology === "ledger" && !holds.has("access-key") && own.key !== undefined) {
    ask.say.warn("The ledger's keys are there, so `ledger-key` is not stored. `--new-keys` replaces them.");
  }
  const made = holds.has("root-key") && own.key === undefined;
  const copy = made && (await wantsCopy(ask, wishes, own.path)) ? own.path : undefined;

  const credential =
    !wishes.dryRun && holds.has("credential")
      ? await takeCredential(world, ask, {
          provider,
          topology,
          account: wishes.account,
          signIn: wishes.signIn,
          force: wishes.force,
          signedIn: (login) => void (fresh.login = login),
          online: world.env["INPUT_VALIDATE"] !== "none",
          endsAt: Date.parse(world.env["INPUT_CREDENTIAL-EXPIRES"] ?? "") || undefined,
        })
      : undefined;
  const secretsToken =
    !wishes.dryRun && holds.has("secrets-token")
      ? await takeSecretsToken(world, ask, session.connect, facts, isHosted(place), within)
      : undefined;
  const values = valuesOf(world, holds, credential, secretsToken?.token, own.key);
  // A login without an access token has nothing to show the other jobs yet: the first renewal makes that secret.
  const storable = written.filter(({ holds: what }) => wishes.dryRun || values[what] !== undefined);

  const blueprint: Blueprint = {
    topology,
    program,
    prefix,
    account: wishes.account,
    action: wishes.action,
    environment: environment?.name,
    expires: topology === "setup-token" ? await endOf(world, ask, credential, place.root, prefix) : undefined,
    ...moment(facts.fullName, prefix),
    createSecrets: written.some((secret) => secret.holds === "access-part" && !storable.includes(secret)),
    publicRepository,
  };
  const files = await placeFiles(ask, place.root, workflowFiles(blueprint, facts.fullName));
  const unmade = environment && (environment.state.type === "absent" || environment.state.type === "unfinished");
  return {
    session,
    blueprint,
    changes: [
      ...(copy && values["root-key"] ? [saveRootKey(world, copy, values["root-key"])] : []),
      ...(unmade ? [makeEnvironment(github, environment.name, facts.defaultBranch, there)] : []),
      ...(secretsToken ? [proven(world, secretsToken, environment?.name)] : []),
      ...storable.map((secret) => {
        const change = writeSecret(secret, values[secret.holds]);
        return secret.holds === "credential" ? storing(fresh, change) : change;
      }),
      ...files.toWrite.map(({ file, replace }) => writeWorkflow(place.root, file, replace)),
    ],
    kept: [
      ...(environment && !unmade ? [`environment ${environment.name}`] : []),
      ...seen
        .filter((secret) => !written.includes(secret))
        .map(({ label, updatedAt = 0 }) => `${label}, of ${isoTime(updatedAt).slice(0, 10)}`),
      ...files.kept,
    ],
    renewing: files.renewing,
    using: files.using,
    credential,
    secretsToken,
    sealed,
  };
}

const isHosted = ({ host, apiUrl }: Place): boolean => host === "github.com" || apiUrl === "https://api.github.com";

/** Before anything is made, and before a person goes and signs in: may this token do it all? */
async function permitted(
  world: World,
  ask: Ask,
  wishes: Wishes,
  place: Place,
  first: Session,
  decided: Decided,
): Promise<[Session, Decided]> {
  let session = first;
  for (;;) {
    const { facts, github, found } = session;
    const proof = await prove(world, github, facts, { repositorySecrets: true, environment: decided.environment });
    if (proof.noEnvironments && decided.environment) {
      const environment = await settle(ask, wishes, decided.environment.name, { type: "unavailable" });
      return [session, { ...decided, environment }];
    }
    if (proof.missing.length === 0) return [session, decided];
    const failure = sayMissing(proof.missing, facts, found.token, found.source);
    if (!ask.interactive) throw failure;
    ask.say.warn(`${failure.message} ${failure.advice}`);
    session = await anotherSession(world, ask, place);
  }
}

/** Asked once the places are there; nothing is written by it. */
function proven(world: World, token: SecretsToken, environment: string | undefined): Change {
  return {
    type: "check",
    label: "`secrets-token`",
    title: "`secrets-token` may write there",
    name: "secrets-token",
    calls: [],
    async apply() {
      const failure = await refuseWeak(world, token, environment);
      if (failure) throw failure;
    },
  };
}

/** The day that the workflow warns before; undefined if nobody knows it. */
async function endOf(
  world: World,
  ask: Ask,
  credential: Credential | undefined,
  root: string,
  prefix: string,
): Promise<string | undefined> {
  const given = world.env["INPUT_CREDENTIAL-EXPIRES"]?.slice(0, 10);
  const known = credential?.accessExpiresAt;
  if (given || known !== undefined) return given || isoTime(known as number).slice(0, 10);
  if (!credential) return endInWorkflows(root, prefix);
  if (!ask.interactive) return undefined;
  const day = await ask.text({
    message: "When does the token end? (a year after it was made)",
    standard: isoTime(world.now() + 365 * DAY_MS).slice(0, 10),
    check: (value) =>
      /^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(Date.parse(value)) ? undefined : "A date, such as 2027-11-21.",
  });
  return day;
}

/** Schedules at the same minute everywhere would meet: each repository has its own, and keeps it. */
function moment(repository: string, prefix: string): { minute: number; hour: number } {
  const { createHash } = process.getBuiltinModule("node:crypto");
  const bytes = createHash("sha256").update(`${repository.toLowerCase()} ${prefix}`).digest();
  return { minute: 3 + (bytes.readUInt16BE(0) % 55), hour: bytes.readUInt8(2) % 24 };
}
