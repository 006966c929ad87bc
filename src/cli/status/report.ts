import { type ProviderName, sayKind } from "../../credential/credential.ts";
import type { Answer } from "./ask.ts";
import { accountOf, type Login, shown, type State } from "./logins.ts";
import type { ProgramFile } from "./machine.ts";
import type { SecretSeen } from "./places.ts";
import type { RecordSeen } from "./records.ts";
import { paint, type Row, table, type Tone, widthOf } from "./table.ts";
import { isoOrNull, sayWhen } from "./times.ts";
import { sayUnstored, STORE_IT, type unstored } from "./kept-here.ts";

export interface Reported extends Login {
  readonly state: State;
  /** Undefined if its provider was not asked. */
  readonly answer: Answer | undefined;
}

export interface Report {
  readonly logins: readonly Reported[];
  readonly files: readonly ProgramFile[];
  /** The name of Claude Code's item in the Keychain of a Mac; undefined if there is none. */
  readonly keychain: string | undefined;
  readonly records: readonly RecordSeen[];
  readonly secrets: readonly SecretSeen[];
  /** What this machine keeps until it can be stored. */
  readonly unstored: ReturnType<typeof unstored>;
  /** Whether providers were asked. */
  readonly asked: boolean;
  /** ms since 1970. */
  readonly now: number;
}

type Env = Readonly<Record<string, string | undefined>>;

const HEAD = ["WHERE", "WHAT", "ACCOUNT", "PLAN", "ACCESS TOKEN ENDS", "LOGIN ENDS", "STATE"];

export function asText(report: Report, env: Env): string {
  const width = widthOf(env);
  const parts = [
    report.logins.length > 0
      ? table(
          HEAD,
          report.logins.map((login) => rowOf(login, report.now, env["HOME"])),
          width,
        )
      : "No login was found.",
    ...sayKept(report.unstored),
    ...sayRecords(report.records),
    ...(report.secrets.length > 0
      ? [
          table(
            ["SECRET", "STATE"],
            report.secrets.map((secret) => secretRow(secret, report.now)),
            width,
          ),
        ]
      : []),
    ...sayMissing(report.files),
    ...sayKeychain(report.keychain),
    ...(report.asked
      ? [
          providersOf(report)
            .map(([name, state, tone]) => `${name.padEnd(9)}  ${paint(tone, state)}`)
            .join("\n"),
        ]
      : []),
    ...(report.logins.length > 0 || report.keychain !== undefined
      ? []
      : ["Sign in: `oauth-creds login anthropic` or `oauth-creds login openai`."]),
  ];
  return parts.join("\n\n");
}

function rowOf(login: Reported, now: number, home: string | undefined): Row {
  const { credential, profile } = login;
  const where = `${home && login.where.startsWith(`${home}/`) ? `~${login.where.slice(home.length)}` : login.where}`;
  const account = credential && accountOf(credential);
  const cells = [
    profile === undefined ? where : `${where} (${profile})`,
    credential ? sayKind(credential) : "",
    account === undefined ? "" : account.length > 12 ? `${account.slice(0, 8)}…` : account,
    planOf(login) ?? "",
    credential ? sayWhen(credential.accessExpiresAt, now) : "",
    credential?.kind === "login" ? sayWhen(credential.loginExpiresAt, now) : "",
    sayState(login),
  ];
  return { cells, tone: toneOf(login) };
}

const planOf = ({ credential, answer }: Reported): string | undefined => {
  const plan = answer?.plan ?? credential?.plan;
  return plan === undefined ? undefined : shown(plan);
};

const PLAIN: Record<State, string> = {
  usable: "stored",
  renewable: "stored, to be renewed",
  ended: "ended",
  unusable: "not usable",
};

function sayState({ state, answer, note }: Reported): string {
  const stored = answer && state === "usable" ? sayAnswer(answer) : PLAIN[state];
  return note === undefined ? stored : `${stored}: ${note}`;
}

function sayAnswer({ type, why }: Answer): string {
  if (type === "validated") return why === undefined ? "ready (validated)" : `ready (validated), but ${why}`;
  return `stored (validation failed: ${why})`;
}

function toneOf({ state, answer }: Reported): Tone {
  if (state === "ended" || state === "unusable" || answer?.type === "refused") return "red";
  if (answer?.type === "unknown" || answer?.why !== undefined || state === "renewable") return "yellow";
  return "green";
}

function sayKept({ logins, failure }: Report["unstored"]): string[] {
  if (failure) return [paint("yellow", failure.explain())];
  return logins.map((login) => `${paint("red", sayUnstored(login))} ${STORE_IT}`);
}

function sayRecords(records: readonly RecordSeen[]): string[] {
  const none = records.filter(({ seen }) => seen && !seen.record);
  // Without a provider in the settings two places were looked at: one record is enough.
  if (none.length === 0 || none.length < records.length) return [];
  return [`No record in the ledger: ${none.map(({ label }) => label).join(", ")}.`];
}

function sayMissing(files: readonly ProgramFile[]): string[] {
  const none = files.filter(({ state, logins }) => state === "missing" || (state === "read" && logins.length === 0));
  return none.length > 0
    ? [paint("dim", `No login in the file of: ${none.map(({ program }) => program).join(", ")}.`)]
    : [];
}

function sayKeychain(item: string | undefined): string[] {
  if (item === undefined) return [];
  return [
    paint(
      "yellow",
      `The Keychain of this Mac holds a login of Claude Code (“${item}”), which the program prefers to its file. It is not read here.`,
    ),
  ];
}

function secretRow({ location, meta, failure }: SecretSeen, now: number): Row {
  if (failure) return { cells: [location.label, `not known: ${failure.explain()}`], tone: "yellow" };
  if (!meta) {
    const needs =
      location.repository === ""
        ? "GITHUB_REPOSITORY names no repository"
        : location.forge === "gitea"
          ? "Gitea does not tell"
          : "`secrets-token` is not given";
    return { cells: [location.label, `not asked: ${needs}`], tone: "dim" };
  }
  if (meta.updatedAt === undefined) return { cells: [location.label, "missing"], tone: "red" };
  // GitLab's variables have no time.
  const written = meta.updatedAt > 0 ? `, written ${sayWhen(meta.updatedAt, now)}` : "";
  return { cells: [location.label, `stored${written}`], tone: "green" };
}

/** The best that was found of each provider. */
function providersOf({ logins }: Report): [ProviderName, string, Tone][] {
  const custom = logins.some(({ credential }) => credential?.provider === "custom") ? (["custom"] as const) : [];
  return (["anthropic", "openai", ...custom] as const).map((name) => {
    const own = logins.filter(({ credential }) => credential?.provider === name);
    const best = RANK.map((fits) => own.find(fits)).find((login) => login !== undefined);
    return best ? [name, sayState({ ...best, note: undefined }), toneOf(best)] : [name, "missing", "dim"];
  });
}

const RANK: readonly ((login: Reported) => boolean)[] = [
  ({ answer }) => answer?.type === "validated",
  ({ state }) => state === "renewable",
  ({ answer, state }) => answer?.type === "unknown" && state === "usable",
  ({ answer }) => answer?.type === "refused",
  () => true,
];

/** For scripts: times in ISO 8601, null for what is not known. */
export function asData(report: Report): Record<string, unknown> {
  return {
    logins: report.logins.map((login) => {
      const { credential, answer, place, where, program, profile, state, note } = login;
      return {
        place,
        where,
        program: program ?? null,
        profile: profile ?? null,
        provider: credential?.provider ?? null,
        kind: credential?.kind ?? null,
        account: (credential && accountOf(credential)) ?? null,
        plan: planOf(login) ?? null,
        generation: credential?.kind === "login" ? credential.generation : null,
        renewable: Boolean(credential?.refresh ?? credential?.shared),
        accessEndsAt: isoOrNull(credential?.accessExpiresAt),
        loginEndsAt: isoOrNull(credential?.loginExpiresAt),
        state,
        note: note ?? null,
        validation: answer ? { result: answer.type, why: answer.why ?? null } : null,
      };
    }),
    ledger: report.records.map(({ provider, label, seen, failure }) => ({
      provider,
      where: label ?? null,
      state: failure ? "unknown" : seen?.record ? "stored" : "missing",
      code: failure?.code ?? null,
      generation: seen?.record?.generation ?? null,
      heldBy: seen?.record?.lease && seen.leaseLeftMs > 0 ? seen.record.lease.owner : null,
      dead: seen?.record?.dead?.why ?? null,
    })),
    secrets: report.secrets.map(({ location, meta, failure }) => ({
      where: location.label,
      repository: location.repository || null,
      state: meta ? (meta.updatedAt === undefined ? "missing" : "stored") : "unknown",
      updatedAt: isoOrNull(meta?.updatedAt || undefined),
      code: failure?.code ?? null,
    })),
    unstored: report.unstored.logins.map(({ folder, account, begun, opens }) => ({
      folder,
      account: account ?? null,
      renewedAfter: isoOrNull(begun),
      opens,
    })),
    files: report.files.map(({ program, path, state }) => ({ program, path, state })),
    keychain: report.keychain ?? null,
    ...(report.asked && { providers: providersOf(report).map(([name, state]) => ({ name, state })) }),
  };
}
