import { readInputs } from "../../inputs.ts";
import { maskInputs } from "../../recognise/recognise.ts";
import { EXIT } from "../exit-code.ts";
import type { World } from "../../world/world.ts";
import type { Call } from "../verb.ts";
import { asker } from "./ask.ts";
import { fileLogins, givenLogin, type Login, recordLogins, stateOf, variableLogins } from "./logins.ts";
import { programFiles } from "./machine.ts";
import { awaiting, until } from "./outside.ts";
import { secrets } from "./places.ts";
import { records, type RecordSeen } from "./records.ts";
import { asData, asText, type Report, type Reported } from "./report.ts";
import { unstored } from "./kept-here.ts";

/**
 * What is stored where. Nothing is renewed, written or locked.
 *
 * Gives 0 if something can be used (or a secret or Keychain item that is not read is there), 3 if a sign-in is needed, 4 if that
 * cannot be told because somebody did not answer.
 */
export async function run({ world: given, terminal }: Call): Promise<number> {
  const masked = await maskInputs(given);
  // Tolerant, as after a run: what only matters for a refresh is none of our business.
  const inputs = readInputs(given.env, "post");
  const world = awaiting(until(given, given.now() + inputs.request.timeoutMs), terminal.log);
  try {
    const credential = await givenLogin(world, inputs, masked);
    const [files, keychain, variables, inLedger, places] = await Promise.all([
      programFiles(world, inputs),
      keychainOf(world),
      variableLogins(world, inputs),
      inputs.ledgerKey ? records(world, inputs, credential?.login.credential?.provider) : [],
      secrets(world, inputs),
    ]);
    const logins = [
      ...(credential ? [credential.login] : []),
      ...recordLogins(inLedger),
      ...variables,
      ...fileLogins(world, files),
    ];
    const ask = inputs.validate === "online" ? asker(world, inputs.request) : undefined;
    const now = world.now();
    const reported = await Promise.all(logins.map((login) => report(login, now, ask)));
    const found = { logins: reported, files, keychain, records: inLedger, secrets: places };
    const all: Report = { ...found, unstored: unstored(world, inputs), asked: ask !== undefined, now };
    terminal.answer(asText(all, world.env), asData(all));
    return exitOf(all, inLedger);
  } finally {
    world.end();
  }
}

async function report(login: Login, now: number, ask: ReturnType<typeof asker> | undefined): Promise<Reported> {
  const { credential } = login;
  return { ...login, state: stateOf(login, now), answer: credential && (await ask?.(credential)) };
}

/** What nobody looks into without asking the person: that it is there can be known. Only a Mac has one. */
async function keychainOf(world: World): Promise<string | undefined> {
  return world.platform === "darwin" ? (await import("../../targets/keychain.ts")).keychainItem(world) : undefined;
}

function exitOf({ logins, keychain, secrets: places }: Report, inLedger: readonly RecordSeen[]): number {
  const usable = logins.some(
    ({ state, answer }) => state === "renewable" || (state === "usable" && (!answer || answer.type === "validated")),
  );
  const unseen = keychain !== undefined || places.some(({ meta }) => meta?.updatedAt !== undefined);
  if (usable || (logins.length === 0 && unseen)) return EXIT.done;
  const untold =
    logins.some(({ state, answer }) => state === "usable" && answer?.type === "unknown") ||
    inLedger.some(({ failure }) => failure?.code === "ledger-unreachable") ||
    (logins.length === 0 && places.some(({ failure }) => failure?.code === "github-unreachable"));
  return untold ? EXIT.later : EXIT.signIn;
}
