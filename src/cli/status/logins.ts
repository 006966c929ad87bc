import { type Credential, livesFor, tokensOf } from "../../credential/credential.ts";
import type { Stored } from "../../credential/envelope.ts";
import { Failure } from "../../errors.ts";
import type { Inputs } from "../../inputs.ts";
import { credentialOf } from "../../ledger/record.ts";
import { recognise } from "../../recognise/recognise.ts";
import { maskSecrets } from "../../runner/mask.ts";
import { secretOf } from "../../secret.ts";
import type { ProgramName } from "../../targets/names.ts";
import type { World } from "../../world/world.ts";
import type { ProgramFile } from "./machine.ts";
import type { RecordSeen } from "./records.ts";

/** A login, wherever it was found. */
export interface Login {
  readonly place: "credential" | "variable" | "file" | "ledger";
  /** What names the place: an input, a variable, a path, a ledger. */
  readonly where: string;
  readonly program: ProgramName | undefined;
  /** Which login of a file with several, as far as it can be shown. */
  readonly profile: string | undefined;
  /** Undefined if what is there is no login that can be used: `note` says why. */
  readonly credential: Credential | undefined;
  readonly note: string | undefined;
}

/** What stands in `credential`, and where and when it was stored; undefined if it is empty. */
export async function givenLogin(
  world: World,
  inputs: Inputs,
  masked: ReadonlySet<string>,
): Promise<{ readonly login: Login; readonly stored: Stored | undefined } | undefined> {
  if (!inputs.credential) return undefined;
  const place = { place: "credential", where: "credential", program: undefined, profile: undefined } as const;
  try {
    const { credential, stored } = await recognise(world, inputs, masked);
    return { login: { ...place, credential, note: undefined }, stored };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { login: { ...place, credential: undefined, note: `${error.message} [${error.code}]` }, stored: undefined };
  }
}

/** Variables that hold a token for a program. */
const TOKEN_VARIABLES = ["CLAUDE_CODE_OAUTH_TOKEN", "ANTHROPIC_OAUTH_TOKEN"];

export async function variableLogins(world: World, inputs: Inputs): Promise<Login[]> {
  const logins: Login[] = [];
  for (const where of TOKEN_VARIABLES) {
    const credential = secretOf(world.env[where]?.trim());
    if (!credential) continue;
    const place = { place: "variable", where, program: undefined, profile: undefined } as const;
    try {
      const asGiven = { ...inputs, credential, provider: "auto", credentialExpiresAt: undefined } as const;
      const found = await recognise(world, asGiven, new Set());
      logins.push({ ...place, credential: found.credential, note: undefined });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      logins.push({ ...place, credential: undefined, note: `it holds no token that we know [${error.code}]` });
    }
  }
  return logins;
}

/** The logins in the programs' files, and the files in which none can be read. */
export function fileLogins(world: World, files: readonly ProgramFile[]): Login[] {
  return files.flatMap(({ program, path, state, logins }): Login[] => {
    const place = { place: "file", where: path, program } as const;
    const none = { ...place, profile: undefined, credential: undefined };
    if (state === "closed") return [{ ...none, note: "it cannot be read by this user" }];
    if (state === "broken") return [{ ...none, note: "it is damaged: its program cannot read it either" }];
    return logins.map(({ slot, credential, ended }) => {
      if (credential) maskSecrets(world.runner, tokensOf(credential));
      const profile = slot.account === "default" && logins.length === 1 ? undefined : shown(slot.account);
      const note = credential ? undefined : ended ? "its program has marked it as ended" : "it holds no token";
      return { ...place, profile, credential, note };
    });
  });
}

/** The ledger's records as logins. One that is not there is none. */
export function recordLogins(records: readonly RecordSeen[]): Login[] {
  return records.flatMap(({ label = "ledger", seen, failure }): Login[] => {
    const place = { place: "ledger", where: label, program: undefined, profile: undefined } as const;
    if (failure) return [{ ...place, credential: undefined, note: `${failure.message} [${failure.code}]` }];
    const record = seen?.record;
    if (!record) return [];
    const held = record.lease && seen.leaseLeftMs > 0 ? `held by ${record.lease.owner}` : undefined;
    const note = record.dead ? `its provider no longer takes it (${record.dead.why})` : held;
    const credential = credentialOf(record);
    // What renews a dead login is worth nothing; its last access token may live on.
    const alive = record.dead ? { ...credential, refresh: undefined } : credential;
    return [{ ...place, profile: record.account, credential: alive, note }];
  });
}

/**
 * What can be said without asking anybody. `renewable`: the access token has ended, and there is what renews it.
 */
export type State = "usable" | "renewable" | "ended" | "unusable";

export function stateOf({ credential }: Pick<Login, "credential">, now: number): State {
  if (!credential) return "unusable";
  if (livesFor(credential, 0, now)) return "usable";
  const over = credential.loginExpiresAt !== undefined && credential.loginExpiresAt <= now;
  return (credential.refresh || credential.shared) && !over ? "renewable" : "ended";
}

/** The provider's id of the account, never a name or an address; undefined if it is not known. */
export function accountOf({ accountId, other }: Credential): string | undefined {
  const id = accountId ?? other["accountUuid"];
  return typeof id === "string" && /^[\w-]{1,64}$/.test(id) ? id : undefined;
}

/** A word from a file: shown only if it is one. A profile may be named after somebody's address. */
export const shown = (word: string): string => (/^[\w. -]{1,40}$/.test(word) ? word : "…");
