import type { Credential, ProviderName } from "../../credential/credential.ts";
import { Failure } from "../../errors.ts";
import type { Inputs } from "../../inputs.ts";
import { openShared } from "../../ledger/shared-envelope.ts";
import { type Detected, detect } from "../../recognise/detect.ts";
import type { Secret } from "../../secret.ts";
import type { World } from "../../world/world.ts";
import { usage } from "../arguments.ts";
import { type ProgramFile, programFiles } from "./files.ts";
import { type LedgerLogin, openLedgerLogin } from "./ledger.ts";

/** Every copy of the login that can be reached from here. */
export interface Holdings {
  readonly provider: ProviderName;
  readonly credentials: readonly Credential[];
  /** What the given credential said of where it is stored. */
  readonly detected: Detected | undefined;
  /** To be removed afterwards. */
  readonly path: string | undefined;
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
  const ledger = provider && inputs.ledgerKey ? await openLedgerLogin(world, inputs, provider) : undefined;
  const given = detected && openForUs(detected.credential, ledger);
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
  return { provider: whose, credentials, detected, path, ledger, files };
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

/** What renews it, if it was sealed for the ledger whose key we have. */
const openForUs = (credential: Credential, ledger: LedgerLogin | undefined): Credential =>
  ledger ? openShared(credential, ledger.session.keys, ledger.session.site) : credential;

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
