import type { Credential, ProviderName } from "../../credential/credential.ts";
import type { Failure } from "../../errors.ts";
import type { Inputs } from "../../inputs.ts";
import { knows } from "../../ledger/fingerprints.ts";
import { UNPROVED } from "../../ledger/say.ts";
import { isRoot } from "../../ledger/session.ts";
import { openShared } from "../../ledger/shared-envelope.ts";
import type { World } from "../../world/world.ts";
import { records, type RecordSeen } from "../status/records.ts";
import { isoTime, sayDuration } from "../../duration.ts";
import { type Check, type ClassCode, info, ok, wrong } from "./check.ts";
import { signInAgain } from "./ends.ts";
import type { Network } from "./network.ts";

/** The shared record, if the settings name one. */
export async function ledgerRecords(
  world: World,
  inputs: Inputs,
  net: Network,
  provider: ProviderName | undefined,
): Promise<RecordSeen[]> {
  if (!inputs.ledgerKey) return [];
  const onGitHub =
    inputs.ledger === "git-ref" || (inputs.ledger === "auto" && (inputs.ledgerRepository ?? inputs.github.repository));
  if (onGitHub && !(await net.reach(inputs.github.apiUrl, "ledger"))) return [];
  return records(world, inputs, provider);
}

/** @param proves whether `rotate-to` can tell that the copy in `credential` is the present one */
export function ledgerChecks(seen: readonly RecordSeen[], given: Credential | undefined, proves: boolean): Check[] {
  const found = seen.flatMap((each) => (each.failure ? [sayFailure(each.failure)] : sayRecord(each, given, proves)));
  const here = seen.some(({ seen: record }) => record?.record);
  // Without a provider in the settings, one record of the two is enough.
  return here ? found.filter(({ code }) => code !== "ledger-empty") : dedupe(found);
}

/** The same trouble in both places is one. */
const dedupe = (checks: readonly Check[]): Check[] =>
  checks.filter(({ code }, at) => code === undefined || checks.findIndex((other) => other.code === code) === at);

const CODES: Partial<Record<Failure["code"], ClassCode>> = {
  "input-invalid": "input-invalid",
  "program-missing": "ledger-unreachable",
  "ledger-forbidden": "ledger-forbidden",
  "ledger-unreachable": "ledger-unreachable",
  "ledger-unreadable": "ledger-unreadable",
};

const sayFailure = ({ code, message, advice }: Failure): Check =>
  wrong("Ledger", CODES[code] ?? "ledger-unreadable", message, advice);

function sayRecord(
  { label = "", session, seen, provider }: RecordSeen,
  given: Credential | undefined,
  proves: boolean,
): Check[] {
  const record = seen?.record;
  if (!session || !seen) return [];
  // What a ledger has stored it proves itself.
  const passedOver = !proves && given !== undefined && given.generation > 0 && !given.shared;
  const why = `The login in \`credential\` was renewed before: ${UNPROVED}, so it is passed over.`;
  if (!record && passedOver && session.keys.root.length > 0) {
    const text = `There is no record in the ledger (${label}) yet. ${why}`;
    return [wrong("Ledger", "ledger-empty", text, "Give the step that renews `rotate-to` and `secrets-token` once.")];
  }
  if (!record) {
    const renews = session.keys.root.length > 0;
    const advice =
      renews && given?.refresh
        ? "Run the step that renews once, in a new run: it begins the record with the login in `credential`."
        : "Run the workflow that renews the login once; or check `account`, `provider` and `ledger-repository`.";
    const text = `There is no record in the ledger (${label}) yet.`;
    return [wrong("Ledger", "ledger-empty", text, advice, renews && given?.refresh ? "warn" : "fail")];
  }
  const copy = given && openShared(given, session.keys, session.site).refresh;
  const unknown = copy !== undefined && isRoot(record) && !knows(record, copy);
  const fresh = unknown && !passedOver;
  if (record.dead) {
    const since = record.dead.at > 0 ? ` since ${isoTime(record.dead.at)}` : "";
    const code = record.dead.why === "login-ended" ? "login-ended" : "login-refused";
    return [
      wrong(
        "Ledger",
        code,
        `The provider no longer takes the login in the ledger (${record.dead.why}${since}): it was revoked, has ended, or its refresh token was spent elsewhere. No job asks again.`,
        fresh
          ? "The login in `credential` is a fresh sign-in: the next run takes it over."
          : `${unknown ? `${why} ` : ""}${signInAgain({ provider })} Then start a new run.`,
        fresh ? "warn" : "fail",
      ),
    ];
  }
  const found = [ok("Ledger", `The record (${label}) is readable: generation ${record.generation}.`)];
  if (record.lease && seen.leaseLeftMs > 0) {
    const left = sayDuration(seen.leaseLeftMs);
    found.push(info("Ledger", `${record.lease.owner} is renewing the login, or has it checked out (${left} at most).`));
  }
  if (copy && isRoot(record) && !copy.equals(record.refresh)) {
    found.push(
      unknown
        ? info("Ledger", passedOver ? why : "The login in `credential` is a fresh sign-in: the next run takes it over.")
        : info("Ledger", "The copy of the login in `credential` is an older one, known as such: the record's is used."),
    );
  }
  return found;
}
