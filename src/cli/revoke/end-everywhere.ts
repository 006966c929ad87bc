import { type Credential, sayKind } from "../../credential/credential.ts";
import { sayTime } from "../../duration.ts";
import { asFailure } from "../../as-failure.ts";
import { Failure } from "../../errors.ts";
import type { Inputs } from "../../inputs.ts";
import type { Lease } from "../../ledger/record.ts";
import { sameLocation } from "../../rotation/location.ts";
import { validate } from "../../validate.ts";
import type { World } from "../../world/world.ts";
import { type ProgramFile, real } from "./files.ts";
import { type Holdings, tokensToEnd } from "./holdings.ts";
import { markEnded } from "./ledger.ts";
import { endAtProvider } from "./provider.ts";
import { commandFor, deleteSecrets } from "./secrets.ts";

/** Whole sentences but for their capital letter. */
export interface Report {
  readonly done: string[];
  /** What was to be ended, and is not. */
  readonly left: string[];
  readonly notes: string[];
}

/**
 * The provider first: as long as it was not told, every copy here may be needed to tell it. Throws a Failure where
 * nothing was ended; from then on whatever fails stands in the report.
 */
export async function endEverywhere(
  world: World,
  inputs: Inputs,
  holdings: Holdings,
  revokeUrl: string | undefined,
  report: Report,
): Promise<void> {
  if (!(await endTokens(world, inputs, holdings, revokeUrl, report))) return;
  if (!(await endInLedger(holdings, report))) return;
  await endSecrets(world, inputs, holdings, report);
  await endFiles(world, holdings, report);
}

/** False if the provider has to be told once more: then nothing else is to be touched. */
async function endTokens(
  world: World,
  inputs: Inputs,
  { provider, credentials }: Holdings,
  revokeUrl: string | undefined,
  { done, left, notes }: Report,
): Promise<boolean> {
  const tokens = tokensToEnd(credentials);
  const { ends, failure } = await endAtProvider(world, provider, tokens, inputs.request, revokeUrl);
  for (const { told, left: word } of ends) {
    const name = told.hint === "refresh_token" ? `the ${sayKind(told.of)}` : sayToken(told.of);
    if (word === undefined) done.push(`the provider took the revocation of ${name}.`);
    else left.push(`${name} was not revoked, for the provider does not end such tokens (${word}).`);
  }
  if (failure) {
    left.push(`${ends.length} of ${tokens.length} tokens were told to the provider. ${failure.message} Run it again.`);
    return false;
  }
  const renewable = credentials.some(({ kind, refresh }) => kind === "setup-token" || refresh);
  if (!renewable && credentials.some(({ kind }) => kind === "login")) {
    left.push(
      "the login itself lives on: what renews it is not here. Run this where it is stored, or with its secret.",
    );
  } else if (!renewable) {
    notes.push("a login that this access token belongs to lives on. Run this where it is stored, or with its secret.");
  }
  notes.push(...(await sayAccess(world, inputs, credentials)));
  return true;
}

/** False if what stands there now is alive: then nothing else is to be touched. */
async function endInLedger({ ledger, credentials }: Holdings, { done, left, notes }: Report): Promise<boolean> {
  if (!ledger) return true;
  const { label } = ledger;
  const told = tokensToEnd(credentials).map(({ token }) => token);
  try {
    const end = await markEnded(ledger, told);
    if (end.type === "changed") {
      left.push(
        `${label} was not marked: a job has renewed the login meanwhile, or has taken over another one. Nothing else was touched: run it again.`,
      );
      return false;
    }
    if (end.type === "marked") done.push(`${label} says that the login is ended.`);
    else if (end.type === "gone") notes.push(`${label} was not there any more.`);
    else left.push(`${label} could not be marked: that takes a root key (ocr1_…).`);
    if (end.type === "marked" && end.lease) notes.push(sayHeld(end.lease));
  } catch (error) {
    left.push(`${label} could not be marked: ${asFailure(error).message}`);
  }
  return true;
}

/** What such a job publishes is marked as ended as well, but the provider has not been told of it. */
const sayHeld = ({ phase, owner }: Lease): string =>
  phase === "checked-out"
    ? `the program of ${owner} has this login, and may renew it. Run this once more when that job has ended.`
    : "a job is renewing this login just now. Run this once more in two minutes.";

async function endSecrets(
  world: World,
  inputs: Inputs,
  { detected }: Holdings,
  { done, left, notes }: Report,
): Promise<void> {
  for (const end of await deleteSecrets(world, inputs)) {
    if (end.type === "deleted") done.push(`${end.label} is deleted.`);
    else if (end.type === "left") left.push(`${end.label} is still there. ${end.why}`);
    else notes.push(`${end.label} was not there.`);
  }
  const stored = detected?.stored?.location;
  const named = [inputs.rotateTo ?? [], inputs.accessTo].flat();
  if (stored && !named.some((place) => sameLocation(stored, place))) {
    const of = [stored.kind === "environment" ? stored.within : [], stored.repository].flat().join(" of ");
    notes.push(
      `the ${stored.kind} secret ${stored.name} of ${of} holds a copy. ${commandFor(stored, inputs.github.forge)}`,
    );
  }
}

async function endFiles({ files: disk }: World, { files, own, path }: Holdings, report: Report): Promise<void> {
  for (const file of files) await endFile(file, report);
  if (path === undefined || files.some((file) => real(file.path) === real(path))) return;
  if (own) return endFile(own, report);
  const { lstatSync, realpathSync } = process.getBuiltinModule("node:fs");
  try {
    // Not the link to it; and what is no file at all (a pipe) cannot be removed.
    const file = realpathSync(path);
    if (!lstatSync(file).isFile()) throw new Failure("file-failed", "It is no file that could be removed.", "");
    disk.remove(file);
    report.done.push(`${path} is removed.`);
  } catch (error) {
    report.left.push(`${path} still holds the login. ${asFailure(error).message}`);
  }
}

async function endFile(file: ProgramFile, { done, left, notes }: Report): Promise<void> {
  try {
    if (await file.remove()) done.push(`${file.path} holds it no more.`);
    else notes.push(`${file.path} holds another login by now.`);
  } catch (error) {
    left.push(`${file.path} still holds the login. ${asFailure(error).message}`);
  }
}

const sayToken = (credential: Credential): string =>
  credential.kind === "login" ? `the access token of the ${sayKind(credential)}` : `the ${sayKind(credential)}`;

/** What gives access is often good until its end, whatever became of the login: providers need not look it up. */
async function sayAccess(world: World, inputs: Inputs, credentials: readonly Credential[]): Promise<string[]> {
  const said: string[] = [];
  for (const credential of credentials) {
    const { access, accessExpiresAt, kind } = credential;
    if (!access || (accessExpiresAt ?? Number.POSITIVE_INFINITY) <= world.now()) continue;
    if (inputs.validate === "online") {
      const verdict = await validate(world, credential, inputs.request).catch(() => undefined);
      if (verdict?.type === "refused") continue;
      if (verdict?.type === "valid" || verdict?.type === "limited") {
        said.push(`${sayToken(credential)} is still accepted${until(accessExpiresAt)}.`);
        continue;
      }
    }
    const page =
      kind === "setup-token"
        ? " See https://claude.ai/settings/claude-code, where the tokens of an account are listed."
        : "";
    said.push(`whether ${sayToken(credential)} still works is not known${until(accessExpiresAt)}.${page}`);
  }
  return [...new Set(said)];
}

const until = (end: number | undefined): string => (end === undefined ? "" : ` (it ends at ${sayTime(end)})`);
