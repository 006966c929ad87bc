import type { ProviderName } from "../credential/credential.ts";
import { isoTime, MINUTE_MS, sayTime } from "../duration.ts";
import { parseObject } from "../json.ts";

/** `forbidden`: the token may not. `disabled`: the repository has no issues. */
export type Trouble = "forbidden" | "disabled" | "throttled" | "unreachable";

/** A login as an issue tells of it. Times in ms. */
export interface ReportedLogin {
  readonly provider: ProviderName;
  readonly account: string;
  readonly kind: "login" | "setup-token";
  /** Where it is kept (`placeOfSecret`, a ledger's label), or which job reads it: the same in every run. */
  readonly place: string;
  /** The same for people. */
  readonly label: string;
  /** `ending`: within `warn-before`. `ended`: only a new sign-in helps. */
  readonly state: "fine" | "ending" | "ended";
  /** Undefined if it is not known. */
  readonly endsAt: number | undefined;
  /** This run has renewed it. */
  readonly renewed?: boolean;
}

/** What the hidden line at the beginning of an issue says. */
export interface Marker extends Pick<ReportedLogin, "provider" | "account" | "place" | "state" | "endsAt"> {
  /** Of the line, with its end. */
  readonly length: number;
}

/** The line by which the issue is found again, as an HTML comment: nobody sees it. */
export function markerOf({ provider, account, place, state, endsAt }: ReportedLogin): string {
  const json = JSON.stringify({ provider, account, place, state, endsAt: endsAt && isoTime(endsAt) });
  // Nothing in it may end the comment.
  return `<!-- oauth-creds login ${json.replaceAll("-", String.raw`\u002d`).replaceAll(">", String.raw`\u003e`)} -->\n`;
}

/** Undefined if the text does not begin with such a line. */
export function readMarker(body: string): Marker | undefined {
  const [line, json] = /^<!-- oauth-creds login (\{[^\r\n>]*\}) -->(?:\r?\n|$)/.exec(body) ?? [];
  const fields = json === undefined ? undefined : parseObject(json);
  if (line === undefined || !fields) return undefined;
  const { provider, account, place, state, endsAt } = fields;
  const end = typeof endsAt === "string" ? Date.parse(endsAt) : undefined;
  return { provider, account, place, state, endsAt: end, length: line.length } as Marker;
}

export const sameLogin = (one: Omit<Marker, "length">, other: ReportedLogin): boolean =>
  one.provider === other.provider && one.account === other.account && one.place === other.place;

/** Each answer tells it anew, in whole seconds from its own time: no two agree to the second. */
export const sameEnd = (one: Pick<Marker, "endsAt">, other: Pick<Marker, "endsAt">): boolean =>
  Math.abs((one.endsAt ?? 0) - (other.endsAt ?? 0)) < 10 * MINUTE_MS;

/** By its end: no renewal moves that of a login away, and a setup token has one alone. */
export function isAnother(one: Pick<Marker, "endsAt">, { kind, endsAt }: ReportedLogin): boolean {
  if (sameEnd(one, { endsAt })) return false;
  return kind === "setup-token" || (one.endsAt !== undefined && endsAt !== undefined && endsAt > one.endsAt);
}

const NAMES = { anthropic: "Claude", openai: "ChatGPT", custom: "OAuth" } as const;

const nameOf = ({ provider, account, kind }: ReportedLogin): string => {
  const what = `${NAMES[provider]} ${kind === "login" ? "login" : "setup token"}`;
  return account === "default" ? what : `${what} (account ${plain(account)})`;
};

export function sayTitle(login: ReportedLogin): string {
  const { state, endsAt } = login;
  const when =
    state === "ended" ? "has ended" : endsAt === undefined ? "ends soon" : `ends on ${isoTime(endsAt).slice(0, 10)}`;
  return `Sign in again for CI: the ${nameOf(login)} ${when}`;
}

const SIGN_IN = {
  anthropic:
    "Run `claude setup-token` (good for about a year), or `CLAUDE_CONFIG_DIR=$(mktemp -d) claude auth login` for a login of its own",
  openai: "Run `CODEX_HOME=$(mktemp -d) codex login` for a login of its own",
  custom: "Sign in once more for CI",
} as const;

/** @param runUrl of the run that says so, if it is one */
export function sayBody(login: ReportedLogin, runUrl: string | undefined): string {
  const { provider, state, endsAt, label } = login;
  const end = endsAt === undefined ? "not known" : sayTime(endsAt);
  const fact =
    state === "ended"
      ? "It does not work any more, and jobs that need it fail."
      : "Jobs can use it until then. Renewing it does not move this end.";
  return [
    `The ${nameOf(login)} that CI uses ${state === "ended" ? "has ended" : "ends soon"}. ${fact}`,
    "",
    `- **Kept in:** ${plain(label)}`,
    `- **End:** ${end}`,
    ...(runUrl ? [`- **Found by:** ${runUrl}`] : []),
    "",
    `**What to do:** ${SIGN_IN[provider]}, and store the result in the secret that \`credential\` names. Do not share one login between CI and your own machine.`,
    "",
    "This issue is kept by oauth-creds (`report: issue`): it changes only when the state does, and is closed after a new sign-in. Once a login has ended, a later end or its first renewal tells the new one. If you close it yourself, it stays closed until the state changes.",
    "",
  ].join("\n");
}

/** @param before what the issue says of the login */
export function sayClosed(login: ReportedLogin, before: Pick<Marker, "state" | "endsAt">): string {
  const { endsAt } = login;
  // That it had ended may have been a mistake of its provider.
  const unsure = before.state === "ended" && !isAnother(before, login);
  const what = unsure ? "The login works: it was renewed" : "A new sign-in is in use";
  return `${what}${endsAt === undefined ? "" : `; it ends at ${sayTime(endsAt)}`}.`;
}

const TROUBLE: Readonly<Record<Trouble, string>> = {
  forbidden:
    "`github-token` may not write issues here. Add the line `issues: write` to the `permissions:` of this job.",
  disabled: "this repository has no issues. Enable them in its settings, or leave `report` out.",
  throttled: "GitHub's rate limit does not allow it now. The next run tries again.",
  unreachable: "GitHub did not take it. The next run tries again.",
};

export function sayTrouble(why: Trouble, { state }: ReportedLogin): string {
  const what = state === "fine" ? "look for an issue that is settled" : "say in an issue that a new sign-in is needed";
  return `\`report: issue\` could not ${what}: ${TROUBLE[why]}`;
}

/** Without what means something in Markdown, and without names that GitHub would call. */
const plain = (text: string): string => text.replaceAll(/[^\w ./:()-]/g, "?");
