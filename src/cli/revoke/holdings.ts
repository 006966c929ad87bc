import type { Credential, ProviderName } from "../../credential/credential.ts";
import { Failure } from "../../errors.ts";
import type { Inputs } from "../../inputs.ts";
import { openSession, type Session } from "../../ledger/session.ts";
import { openShared } from "../../ledger/shared-envelope.ts";
import { type Detected, detect } from "../../recognise/detect.ts";
import type { Secret } from "../../secret.ts";
import type { World } from "../../world/world.ts";
import { usage } from "../arguments.ts";
import { type ProgramFile, programFileAt, programFiles } from "./files.ts";
import { type LedgerLogin, openLedgerLogin } from "./ledger.ts";

/** Every copy of the login that can be reached from here. */
export interface Holdings {
  readonly provider: ProviderName;
  readonly credentials: readonly Credential[];
  /** What the given credential said of where it is stored. */
  readonly detected: Detected | undefined;
  /** To be removed afterwards. */
  readonly path: string | undefined;
  /** How, if it is a program's file with other things in it; it may be one of `files` as well. */
  readonly own: ProgramFile | undefined;
  readonly ledger: LedgerLogin | undefined;
  readonly files: readonly ProgramFile[];
}

/** Throws a Failure if there is no login to end. */
export async function gather(world: World, inputs: Inputs, path: string | undefined): Promise<Holdings> {
  const text = path === undefined ? inputs.credential?.reveal() : readFile(world, path);
  const detected = text === undefined ? undefined : await recognise(world, inputs, text);
  const named = inputs.provider === "auto" ? undefined : inputs.provider;
  const provider = detected?.credential.provider ?? named;
  if (!provider && inputs.ledgerKey) throw usage("Say by `--provider` whose login in the ledger is meant.");
  const session = provider && inputs.ledgerKey ? await openSession(world, inputs, provider) : undefined;
  const ledger = session && (await openLedgerLogin(session));
  const given = detected && openForUs(detected.credential, session, ledger);
  const known = [given, ...(ledger?.credentials ?? [])].filter((credential) => credential !== undefined);
  const files = await programFiles(world, inputs, provider, known);
  const credentials = known.length > 0 ? known : files.map(({ credential }) => credential);
  const whose = provider ?? credentials[0]?.provider;
  if (!whose || credentials.length === 0) {
    throw new Failure(
      "credential-missing",
      "There is no login to end: nothing is in `--credential`, `--file`, the ledger, or the files of `--targets`.",
      "Name one of them. `oauth-creds help revoke` has examples.",
    );
  }
  if (credentials.some((other) => other.provider !== whose)) {
    throw usage("These are logins of several providers: end one at a time, by `--provider`.");
  }
  const own = given && path !== undefined ? await programFileAt(world, path, given, inputs.account, known) : undefined;
  return { provider: whose, credentials, detected, path, own, ledger, files };
}

/**
 * The same with what stands in the ledger by now: jobs renew the login while a person reads. Throws a Failure if that
 * is another login.
 */
export async function lookAgain(holdings: Holdings): Promise<Holdings> {
  const { ledger: before, credentials } = holdings;
  if (!before) return holdings;
  const ledger = await openLedgerLogin(before.session);
  if (ledger?.lineage !== before.lineage) {
    throw new Failure(
      "ledger-busy",
      `Another login stands in ${before.label} by now. Nothing was ended.`,
      "Run it again.",
    );
  }
  const elsewhere = credentials.filter((credential) => !before.credentials.includes(credential));
  return { ...holdings, ledger, credentials: [...elsewhere, ...ledger.credentials] };
}

function readFile(world: World, path: string): string {
  const text = world.files.read(path);
  if (text !== undefined) return text;
  throw usage("There is no such file as `--file` names.");
}

function recognise(world: World, inputs: Inputs, text: string): Promise<Detected> {
  const { provider, account, ledgerKey } = inputs;
  return detect(text, { provider, account, endsAt: undefined, ledgerKey }, world.now());
}

/** With what renews it: to end the access token alone would leave the login alive. Throws a Failure. */
function openForUs(credential: Credential, session: Session | undefined, ledger: LedgerLogin | undefined): Credential {
  const opened = session ? openShared(credential, session.keys, session.site) : credential;
  const { shared, refresh } = opened;
  if (!shared || refresh) return opened;
  // The record may hold the same login, written with a key that came after this copy's.
  const [present] = ledger?.credentials ?? [];
  if (ledger?.lineage === shared.lineage && present?.refresh) return opened;
  throw new Failure(
    "input-invalid",
    session
      ? "What renews this login is sealed for a ledger, and cannot be opened with this key, for this ledger. Nothing was done: the access token alone would not end the login."
      : "What renews this login is sealed for the ledger that it is kept in. Nothing was done: the access token alone would not end the login.",
    "Give the root key (ocr1_…) of its ledger by `--ledger-key`, and say where that is as the workflow does (`--ledger`, `--ledger-repository`, `--account`).",
  );
}

/** What the provider is to be told, each once: what renews a login ends with it what came of it (RFC 7009, 2.1). */
export interface Told {
  readonly token: Secret;
  readonly hint: "refresh_token" | "access_token";
  readonly of: Credential;
}

export function tokensToEnd(credentials: readonly Credential[]): Told[] {
  const told: Told[] = [];
  const add = (token: Secret | undefined, hint: Told["hint"], of: Credential) => {
    if (token && !told.some((other) => other.token.equals(token))) told.push({ token, hint, of });
  };
  for (const credential of credentials) {
    add(credential.refresh, "refresh_token", credential);
    add(credential.predecessor, "refresh_token", credential);
    if (!credential.refresh) add(credential.access, "access_token", credential);
  }
  return told;
}
