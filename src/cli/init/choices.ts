/** How jobs come by the login. */
export type Topology = "setup-token" | "rotation" | "ledger";
export type Issuer = "anthropic" | "openai";

/** One that a person may pick. */
export interface Option<T extends string> {
  readonly value: T;
  readonly label: string;
  /** One line. */
  readonly reason: string;
}

/** What is known of the repository that a recommendation depends on. */
export interface Circumstances {
  readonly provider: Issuer;
  readonly public: boolean;
  /** Undefined: not known before it is tried. */
  readonly environments: boolean | undefined;
}

/** The choices that there are, the recommended one first. */
export function topologies({ provider, public: open, environments }: Circumstances): Option<Topology>[] {
  const setup: Option<Topology> = {
    value: "setup-token",
    label: "Setup token",
    reason: "one secret, good for a year, nothing to renew; inference only",
  };
  const apart = environments === false ? "no personal access token needed" : "agents never see what renews it";
  const ledger: Option<Topology> = {
    value: "ledger",
    label: "Login, shared by a ledger",
    reason: open ? "many jobs; the record is public, as ciphertext" : `any number of jobs; ${apart}`,
  };
  const rotation: Option<Topology> = {
    value: "rotation",
    label: "Login, renewed in its secret",
    reason: "one workflow renews; needs a token that may write secrets",
  };
  // In a public repository everybody can read the ledger's ref, for ever.
  const logins = open ? [rotation, ledger] : [ledger, rotation];
  return provider === "anthropic" ? [setup, ...logins] : logins;
}

/** What serves better than any of them; undefined where nothing does, or where no login is allowed anyhow. */
export function instead({ provider, public: open }: Pick<Circumstances, "provider" | "public">): string | undefined {
  if (provider !== "openai" || open) return undefined;
  return (
    "With a ChatGPT Business or Enterprise plan, a Codex access token (in the variable CODEX_ACCESS_TOKEN) or an API " +
    "key (CODEX_API_KEY) is the recommended way: neither has to be renewed, and neither needs this set-up."
  );
}

export const PROVIDERS: readonly Option<Issuer>[] = [
  { value: "anthropic", label: "Claude", reason: "Claude Code, with a Claude subscription" },
  { value: "openai", label: "ChatGPT", reason: "Codex, with a ChatGPT plan; private repositories only" },
];

/** What a secret is to hold. */
export type Holds = "credential" | "access-part" | "secrets-token" | "root-key" | "access-key";

export interface PlannedSecret {
  readonly name: string;
  readonly place: "repository" | "environment";
  readonly holds: Holds;
  /** For the comment in the workflow and for the plan. */
  readonly what: string;
}

/** The secrets of a set-up, in the order in which they are written: what is worthless alone comes first. */
export const SECRETS: Readonly<Record<Topology, (prefix: string, environment: boolean) => PlannedSecret[]>> = {
  "setup-token": (prefix) => [
    { name: `${prefix}_SETUP_TOKEN`, place: "repository", holds: "credential", what: "the setup token" },
  ],
  rotation: (prefix, environment) => {
    const place = environment ? "environment" : "repository";
    return [
      {
        name: `${prefix}_SECRETS_TOKEN`,
        place,
        holds: "secrets-token",
        what: "a token that may write secrets",
      },
      ...(environment ? [accessPart(prefix)] : []),
      { name: `${prefix}_LOGIN`, place, holds: "credential", what: "the login, with what renews it" },
    ];
  },
  ledger: (prefix, environment) => {
    const place = environment ? "environment" : "repository";
    return [
      {
        name: "OAUTH_CREDS_ACCESS_KEY",
        place: "repository",
        holds: "access-key",
        what: "the ledger's access key, which reads",
      },
      { name: "OAUTH_CREDS_KEY", place, holds: "root-key", what: "its root key, which renews" },
      { name: `${prefix}_LOGIN`, place, holds: "credential", what: "the login; it only begins the ledger" },
    ];
  },
};

const accessPart = (prefix: string): PlannedSecret => ({
  name: `${prefix}_ACCESS`,
  place: "repository",
  holds: "access-part",
  what: "its access token, for all other jobs",
});

/** What the names of secrets begin with: `CLAUDE`, `CODEX_WORK`. */
export function prefixOf(id: string, account: string): string {
  const own = account === "default" ? "" : `_${account.replace(/[^A-Za-z0-9]/g, "_")}`;
  return `${id}${own}`.toUpperCase();
}
