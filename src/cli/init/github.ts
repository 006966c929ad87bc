import { Failure } from "../../errors.ts";
import { ApiProblem, type Call, githubApi, patiently } from "../../rotation/github-api.ts";
import type { Secret } from "../../secret.ts";
import { jsonObject } from "../../world/answer.ts";
import type { HttpAnswer, World } from "../../world/world.ts";

/** A repository at GitHub's API, seen with one token. */
export interface GitHub {
  readonly repository: string;
  /** What paths of this repository begin with: `/repos/owner/name`. */
  readonly base: string;
  /** One call, tried again while GitHub is out of reach for a moment. Throws an ApiProblem for any other status. */
  readonly call: Call;
}

const PATIENCE_MS = 30_000;

export function github(world: World, apiUrl: string, repository: string, token: Secret, userAgent: string): GitHub {
  const once = githubApi(world, apiUrl, token, userAgent);
  return {
    repository,
    base: `/repos/${repository}`,
    call(method, path, expected, body) {
      const deadline = world.now() + PATIENCE_MS;
      return patiently(
        world,
        () => deadline,
        () => once(method, path, expected, body),
      );
    },
  };
}

/** What GitHub tells of a repository. */
export interface Facts {
  /** In GitHub's own spelling. */
  readonly fullName: string;
  readonly id: string;
  readonly defaultBranch: string;
  readonly public: boolean;
  readonly fork: boolean;
  /** For people: `private`, `internal`. */
  readonly visibility: string;
  /** Whether the token's owner administers it; undefined if GitHub does not say. */
  readonly admin: boolean | undefined;
  /** The page of its settings. */
  readonly settings: string;
  /** Scopes of a classic token or of a sign-in of gh; undefined for other kinds of token. */
  readonly scopes: readonly string[] | undefined;
  /** The end of the token in ms since 1970, as GitHub says it; undefined if it has none, or GitHub does not say. */
  readonly tokenEnds: number | undefined;
}

/**
 * Throws a Failure that says what is wrong with the token or the name.
 *
 * @param source where the token comes from
 * @param another how to get another one
 */
export async function readFacts(
  { call, base, repository }: GitHub,
  source: string,
  another = "Sign in again with `gh auth login`, or set GH_TOKEN to another one.",
): Promise<Facts> {
  const answer = await call("GET", base, [200, 301, 307, 401, 403, 404]).catch((error: unknown) => {
    throw error instanceof ApiProblem ? sayUnreachable(error) : error;
  });
  const fields = jsonObject(answer) ?? {};
  if (answer.status !== 200) throw sayRefused(answer, repository, source, another);
  const { full_name: fullName, id, default_branch: branch, html_url: page } = fields;
  if (typeof fullName !== "string" || typeof branch !== "string" || typeof fields["private"] !== "boolean") {
    throw sayUnreachable(new ApiProblem(502, true));
  }
  const { visibility, permissions } = fields as { visibility?: unknown; permissions?: { admin?: unknown } };
  return {
    fullName,
    id: String(id),
    defaultBranch: branch,
    public: !fields["private"],
    fork: fields["fork"] === true,
    visibility: typeof visibility === "string" ? visibility : fields["private"] ? "private" : "public",
    admin: typeof permissions?.admin === "boolean" ? permissions.admin : undefined,
    settings: `${typeof page === "string" ? page : fullName}/settings`,
    scopes: answer.headers["x-oauth-scopes"]?.split(",").map((scope) => scope.trim()),
    tokenEnds: tokenEnd(answer),
  };
}

/** `2027-01-31 12:00:00 UTC`, or with an offset instead of the zone's name. ms */
export function tokenEnd({ headers }: HttpAnswer): number | undefined {
  const text = headers["github-authentication-token-expiration"];
  const ms =
    text === undefined ? Number.NaN : Date.parse(text.replace(/ UTC$/, "Z").replace(" ", "T").replace(" ", ""));
  return Number.isNaN(ms) ? undefined : ms;
}

export const sayUnreachable = ({ status, waitMs }: ApiProblem): Failure =>
  new Failure(
    "github-unreachable",
    `GitHub's API ${status === 0 ? "did not answer" : `answered ${status}`}${waitMs === undefined ? "" : `, and asks to wait ${Math.ceil(waitMs / 1000)} s`}.`,
    "Try again later. Behind a proxy set HTTPS_PROXY; on a GitHub Enterprise Server check GITHUB_API_URL.",
  );

function sayRefused({ status, headers }: HttpAnswer, repository: string, source: string, another: string): Failure {
  const forbidden = (what: string, advice: string) => new Failure("secret-forbidden", what, advice);
  if (status === 301 || status === 307) {
    return new Failure(
      "input-invalid",
      `${repository} has another name now: it was renamed or moved.`,
      "Correct the remote (`git remote set-url`), or name it with `--repository`.",
    );
  }
  if (status === 401) {
    return forbidden(
      `GitHub does not accept the token of ${source} (401): it was revoked, cut off, or has ended.`,
      another,
    );
  }
  if (status === 403 && headers["x-github-sso"]) {
    return forbidden(
      `The organisation wants the token of ${source} to be authorised for its single sign-on.`,
      "Authorise it under “Settings → Developer settings → Personal access tokens → Configure SSO”, or sign in again with `gh auth login`.",
    );
  }
  return forbidden(
    `The token of ${source} does not see ${repository} (${status}): it has no access to it, or there is no such repository.`,
    "Check the name. A fine-grained token has to name this repository; one of another account does not see a private one.",
  );
}
