import type { Stream } from "../core/random.ts";
import type { GitPlan, LoginLedger, LoginPlan, Mode, ProviderPlan } from "./plan.ts";
import { HOUR, MINUTE, SECOND } from "./times.ts";
import type { Load } from "./troubles.ts";

export function providerOf(random: Stream): ProviderPlan {
  return {
    reuse: random.weighted({ revokes: 6, rejects: 2, "same-again": 2, "newest-wins": 2, keeps: 1 }),
    graceMs: random.pick([30, 60, 300]) * SECOND,
    accessMs: random.pick([30 * MINUTE, HOUR, 8 * HOUR, 8 * HOUR]),
    endsAccess: random.chance(0.2),
  };
}

export const gitOf = (random: Stream, load: Load): GitPlan => ({
  graphql: random.weighted({ works: 6, absent: 1, refused: 1 }),
  customRefs: random.chance(0.85),
  commitsByRef: random.chance(0.85),
  budget: load.oddities && random.chance(0.2) ? 30 : random.pick([undefined, 900]),
});

export function loginsOf(random: Stream, mode: Mode, provider: ProviderPlan): LoginPlan[] {
  return mode === "secret" ? inSecrets(random, provider) : inLedger(random, provider);
}

const times = (random: Stream, { accessMs }: ProviderPlan) => ({
  accessLeftMs: Math.min(random.pick([-HOUR, -MINUTE, 3 * MINUTE, 40 * MINUTE, 5 * HOUR]), accessMs),
  writtenMs: random.chance(0.2) ? random.between(0, 20 * SECOND) : random.between(MINUTE, 9 * HOUR),
});

function inSecrets(random: Stream, provider: ProviderPlan): LoginPlan[] {
  const login = (secret: string, repository: string): LoginPlan => ({
    secret,
    repository,
    ledger: undefined,
    form: random.weighted({ file: 3, "refresh-token": 1, envelope: 5 }),
    ...times(random, provider),
  });
  const logins = [login("CLAUDE_A", "octo/one")];
  if (random.chance(0.15)) logins.push(login(random.pick(["CLAUDE_A", "CLAUDE_B"]), "octo/two"));
  else if (random.chance(0.15)) logins.push(login("CLAUDE_B", "octo/one"));
  return logins;
}

function inLedger(random: Stream, provider: ProviderPlan): LoginPlan[] {
  const login = (secret: string, account: string): LoginPlan => {
    const begun = random.chance(0.7);
    const ledger: LoginLedger = { account, repository: "octo/one", begun, copyOf: undefined };
    const form = random.weighted<LoginPlan["form"]>(
      begun ? { file: 3, envelope: 4, absent: 2 } : { file: 4, "refresh-token": 1, envelope: 1 },
    );
    return { secret, repository: "octo/one", ledger, form, ...times(random, provider) };
  };
  const logins = [login("CLAUDE_A", "default")];
  if (random.chance(0.2)) logins.push(login("CLAUDE_B", "second"));
  const first = logins[0] as LoginPlan;
  // What an earlier run had renewed before there was a ledger, the ledger does not know.
  const unknown = first.form === "envelope" && !first.ledger?.begun;
  if (random.chance(0.2) && !unknown) {
    // The same login in another repository: pasted there too, and kept in the first one's ledger.
    const ledger: LoginLedger = { ...(first.ledger as LoginLedger), copyOf: 0 };
    const form = first.form === "refresh-token" ? first.form : "file";
    logins.push({ ...first, repository: "octo/two", ledger, form });
  }
  return logins;
}
