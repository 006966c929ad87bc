import { type Credential, livesFor, type ProviderName } from "../../credential/credential.ts";
import type { Inputs } from "../../inputs.ts";
import { credentialOf } from "../../ledger/record.ts";
import { maskInputs } from "../../recognise/recognise.ts";
import { HttpFailure, type World } from "../../world/world.ts";
import { programFiles } from "../status/machine.ts";
import { fileLogins, variableLogins } from "../status/logins.ts";
import { awaiting } from "../status/outside.ts";
import type { Call } from "../verb.ts";
import { accessToken } from "./access-token.ts";
import type { Check, Subject } from "./check.ts";
import { watchClocks } from "./clock.ts";
import { credentialChecks } from "./credential.ts";
import { endChecks } from "./ends.ts";
import { secretChecks } from "./github.ts";
import { ledgerChecks, ledgerRecords } from "./ledger.ts";
import { cacheChecks, network, type Network } from "./network.ts";
import { programChecks } from "./programs.ts";
import { asData, asText, exitOf } from "./report.ts";
import { missingCredential, settingsChecks } from "./settings.ts";
import { tokenEndpoint } from "./token-endpoint.ts";
import { unstoredChecks } from "./kept-here.ts";

/**
 * Looks for what is wrong. No refresh token is sent, and nothing is written but, with `--write-probe`, the probe
 * secret. Gives the exit code of the worst class that fails, 0 if none does.
 */
export async function run({ world: given, terminal, flags }: Call): Promise<number> {
  const masked = await maskInputs(given);
  const settings = await settingsChecks(given.env);
  const outside = awaiting(given, terminal.log);
  const wanted = { writeProbe: flags["write-probe"] === true, programs: flags["programs"] !== false };
  try {
    const { inputs } = settings;
    const more = inputs ? await examine(outside, inputs, masked, wanted) : [];
    const checks = [...settings.checks, ...more];
    terminal.answer(asText(checks), asData(checks));
    return exitOf(checks);
  } finally {
    outside.end();
  }
}

interface Wanted {
  readonly writeProbe: boolean;
  /** False if the login is for another machine than this one. */
  readonly programs: boolean;
}

/** A login that is looked at for itself. */
interface Patient {
  readonly subject: Subject;
  readonly where: string;
  readonly credential: Credential;
}

async function examine(outside: World, inputs: Inputs, masked: ReadonlySet<string>, wanted: Wanted): Promise<Check[]> {
  const { world, checks: clocks } = watchClocks(outside);
  const net = network(inputs.request.timeoutMs);
  const found: Check[] = [];
  const files = wanted.programs ? await programFiles(world, inputs) : [];
  const local = wanted.programs ? [...(await variableLogins(world, inputs)), ...fileLogins(world, files)] : [];
  const pasted = inputs.credential ? await credentialChecks(world, inputs, masked) : undefined;
  const given = pasted?.detected?.credential;
  if (pasted) found.push(...pasted.checks);
  found.push(...unstoredChecks(world, inputs, wanted.programs));

  const seen = await ledgerRecords(world, inputs, net, given?.provider);
  found.push(...ledgerChecks(seen, given, inputs.rotateTo !== undefined && inputs.secretsToken !== undefined));

  const patients: Patient[] = given ? [{ subject: "Credential", where: "`credential`", credential: given }] : [];
  for (const { seen: record } of seen) {
    if (!record?.record || record.record.dead) continue;
    patients.push({ subject: "Ledger", where: "The record", credential: credentialOf(record.record) });
  }
  const locally = local.flatMap(({ credential, program, where }): Patient[] =>
    credential
      ? [{ subject: "Programs", where: program ? `${program} (${where})` : `The variable ${where}`, credential }]
      : [],
  );
  // A job that is given a login writes its programs' files anew.
  if (!inputs.credential && !inputs.ledgerKey) {
    patients.push(...locally);
    found.push(missingCredential(world, local.length > 0));
  }
  const now = world.now();
  const { warnBeforeMs } = inputs;
  for (const { subject, where, credential } of patients) {
    const shared = inputs.ledgerKey !== undefined && subject === "Credential";
    found.push(...endChecks(subject, where, credential, { now, warnBeforeMs, lean: shared }));
  }
  const copy = { credential: given, stored: pasted?.detected?.stored };
  const [asked, github, programs, cache] = await Promise.all([
    askProviders(world, inputs, net, patients),
    secretChecks(world, inputs, net, copy, wanted.writeProbe),
    wanted.programs ? programChecks(world, inputs, files, given) : [],
    cacheChecks(world.env, (url) => answers(world, inputs, url)),
  ]);
  return [...found, ...net.checks, ...clocks(), ...asked, ...github, ...cache, ...programs];
}

/** Each provider's endpoints once, and each access token that lives. */
async function askProviders(
  world: World,
  inputs: Inputs,
  net: Network,
  patients: readonly Patient[],
): Promise<Check[]> {
  const credentials = patients.map(({ credential }) => credential);
  const named = inputs.provider === "auto" ? [] : [inputs.provider];
  const providers = new Set<ProviderName>(credentials.length > 0 ? credentials.map(({ provider }) => provider) : named);
  const shows = inputs.validate === "online" || (world.env["INPUT_VALIDATE"] ?? "") === "";
  const found: Promise<Check[]>[] = [];
  for (const provider of providers) {
    const own = credentials.filter((credential) => credential.provider === provider);
    const login = own.find(({ kind }) => kind === "login");
    // A setup token is never renewed: whether that endpoint answers is nothing to it.
    if (login || own.length === 0) found.push(tokenEndpoint(world, inputs, provider, net, login));
    const alive = shows ? own.filter((credential) => livesFor({ ...credential, kind: "access" }, 0, world.now())) : [];
    const distinct = new Map(alive.map((credential) => [credential.access?.reveal(), credential]));
    if (distinct.size === 0) found.push(accessToken(world, inputs, net, { provider, credential: undefined }));
    for (const credential of distinct.values()) found.push(accessToken(world, inputs, net, { provider, credential }));
  }
  return (await Promise.all(found)).flat();
}

/** Why a server does not answer; undefined if it does, whatever it says. */
async function answers(world: World, { request }: Inputs, url: string): Promise<string | undefined> {
  try {
    const headers = { "user-agent": request.userAgent };
    await world.http({ method: "GET", url, headers, timeoutMs: Math.min(request.timeoutMs, 10_000) });
    return undefined;
  } catch (error) {
    if (error instanceof HttpFailure) return error.reason;
    throw error;
  }
}
