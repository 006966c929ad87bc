/** Who may do what: tokens, their permissions, and the refusals that GitHub answers. */
import { problem, type Reply, type TokenKind } from "./messages.ts";

export type Level = "read" | "write";
type Family = "" | "dependabot_" | "codespaces_" | "agent_";
export type Permission =
  | "metadata"
  | "actions"
  | "contents"
  | "environments"
  | "issues"
  | `${Family}secrets`
  | `organization_${Family}secrets`;

export interface TokenSpec {
  /** `metadata: "read"` is implied, as on GitHub. */
  readonly permissions: Readonly<Partial<Record<Permission, Level>>>;
  /** Default "fine-grained". */
  readonly kind?: TokenKind;
  /** Of a classic token, as GitHub tells them; default: `repo`, or none where there are no permissions. */
  readonly scopes?: string;
  /** Refused as if it had ended; same as an `expiresAt` in the past. */
  readonly expired?: boolean;
  /** Milliseconds since the epoch by the server's clock. Told in a header, as for real PATs. */
  readonly expiresAt?: number;
  /** Full names of the repositories it reaches; default: all there are. */
  readonly repositories?: readonly string[];
  /** Calls an hour; default 5000, of a "github-token" 1000. */
  readonly rateLimit?: number;
}

export interface Identity {
  readonly token: string;
  readonly kind: TokenKind;
  readonly spec: TokenSpec;
}

/** What an endpoint asks for. */
export interface Need {
  readonly permission: Permission;
  readonly level: Level;
}

/** Reads the `Authorization` header; a `Reply` is the 401 to send. */
export function authenticate(
  header: string | undefined,
  tokens: ReadonlyMap<string, TokenSpec>,
  now: number,
): Identity | Reply {
  if (header === undefined) return problem(401, "Requires authentication");
  const token = /^(?:bearer|token) (\S+)$/i.exec(header)?.[1];
  const spec = token === undefined ? undefined : tokens.get(token);
  const over = spec?.expired === true || (spec?.expiresAt ?? Infinity) <= now;
  if (token === undefined || spec === undefined || over) return problem(401, "Bad credentials");
  return { token, kind: spec.kind ?? "fine-grained", spec };
}

/**
 * Judges one need for one repository, or for the organization when there is no full name.
 * Undefined means allowed. GitHub hides what a token may not even see: 404 rather than 403.
 */
export function refuse(
  identity: Identity,
  need: Need,
  resource: { readonly fullName: string | undefined; readonly public: boolean },
): Reply | undefined {
  const { spec, kind } = identity;
  const fullName = resource.fullName?.toLowerCase();
  const reaches =
    fullName === undefined ||
    spec.repositories === undefined ||
    spec.repositories.some((name) => name.toLowerCase() === fullName);
  const granted = reaches ? levelOf(identity, need.permission) : undefined;
  // A classic token has scopes, not permissions: none at all means that a private repository,
  // metadata included, does not exist for it.
  const seesPrivate = reaches && (kind !== "classic" || Object.keys(spec.permissions).length > 0);
  if (!resource.public && !seesPrivate) return problem(404, "Not Found");
  const openToAll = need.level === "read" && ["metadata", "actions", "contents", "issues"].includes(need.permission);
  if (resource.public && openToAll) return undefined;
  if (granted === "write" || granted === need.level) return undefined;
  if (kind === "classic") return problem(403, "Must have admin rights to Repository.");
  const by = kind === "fine-grained" ? "personal access token" : "integration";
  return problem(403, `Resource not accessible by ${by}`);
}

/** A job's own token has no secrets or environments permission, whatever the workflow asks for. */
function levelOf({ kind, spec }: Identity, permission: Permission): Level | undefined {
  const never = permission.endsWith("secrets") || permission === "environments";
  if (kind === "github-token" && never) return undefined;
  return spec.permissions[permission] ?? (permission === "metadata" ? "read" : undefined);
}

/** Headers about the token and the endpoint's need that GitHub adds to refusals and successes. */
export function permissionHeaders(identity: Identity, need?: Need): Record<string, string> {
  const headers: Record<string, string> = {};
  if (identity.kind === "classic") {
    const usual = Object.keys(identity.spec.permissions).length > 0 ? "repo" : "";
    headers["X-OAuth-Scopes"] = identity.spec.scopes ?? usual;
  } else if (need !== undefined) {
    headers["X-Accepted-GitHub-Permissions"] = `${need.permission}=${need.level}`;
  }
  const end = identity.spec.expiresAt;
  if (end !== undefined) {
    const [day, time] = new Date(end).toISOString().split(/T|\./) as [string, string];
    headers["GitHub-Authentication-Token-Expiration"] = `${day} ${time} UTC`;
  }
  return headers;
}
