/** From a request to its answer: who asks, may they, which endpoint, what does it do. */
import { createHash } from "node:crypto";
import { matchPath } from "./contract.ts";
import { problem, type Reply } from "./messages.ts";
import { createRateLimits, rateLimitHeaders, type RateLimits, type Resource } from "./rate-limit.ts";
import { routes, type Route, type World } from "./routes.ts";
import { authenticate, permissionHeaders, refuse, type Identity, type TokenSpec } from "./tokens.ts";
import { GRAPHQL, type Received } from "./wire.ts";

export const API_VERSIONS: readonly string[] = ["2022-11-28", "2026-03-10"];

export interface Responder {
  /** Acts on the request (this is the commit) and answers. */
  respond(received: Received): Promise<Reply>;
  /** Whether the server has an endpoint for it at all. */
  serves(received: Received): boolean;
}

export function createResponder(world: World, tokens: ReadonlyMap<string, TokenSpec>): Responder {
  const limits = createRateLimits(() => world.now());
  return {
    serves: (received) => isGraphql(received) || endpointOf(received) !== undefined,
    async respond(received) {
      if (received.recorded.headers["user-agent"] === undefined) {
        return { status: 403, body: "Request forbidden by administrative rules: no User-Agent." };
      }
      const identity = authenticate(received.authorization, tokens, world.now());
      if ("status" in identity) return identity;
      const endpoint = endpointOf(received);
      const resource = isGraphql(received) ? "graphql" : "core";
      const full = await answer(received, identity, endpoint, limits, world);
      const reply = conditional(received, full, identity);
      if (reply.status === 304) limits.giveBack(identity);
      const headers = {
        ...rateLimitHeaders(limits.budget(identity, resource), resource),
        ...permissionHeaders(identity, endpoint?.route.need),
        "X-GitHub-Api-Version-Selected": received.recorded.headers["x-github-api-version"] ?? "2022-11-28",
        ...reply.headers,
      };
      return { ...reply, headers };
    },
  };
}

const isGraphql = ({ recorded, inside }: Received): boolean =>
  inside && recorded.method === "POST" && recorded.path === GRAPHQL;

/** Every answer to a GET has a tag; who sends it along gets no body unless something has changed. */
function conditional({ recorded }: Received, reply: Reply, { token }: Identity): Reply {
  if (recorded.method !== "GET" || reply.status !== 200) return reply;
  // Another token, another tag: as on GitHub.
  const hash = createHash("sha256")
    .update(`${token}\n${JSON.stringify(reply.body)}`)
    .digest("hex");
  const tag = `W/"${hash}"`;
  const headers = { ...reply.headers, ETag: tag };
  return recorded.headers["if-none-match"] === tag ? { status: 304, headers } : { ...reply, headers };
}

interface Endpoint {
  readonly label: string;
  readonly route: Route;
  readonly parameters: Readonly<Record<string, string>>;
}

function endpointOf({ recorded, inside }: Received): Endpoint | undefined {
  const match = inside ? matchPath(recorded.path) : undefined;
  if (match === undefined) return undefined;
  const label = `${recorded.method} ${match.template}`;
  const route = routes.get(label);
  return route && { label, route, parameters: match.parameters };
}

async function answer(
  received: Received,
  identity: Identity,
  endpoint: Endpoint | undefined,
  limits: RateLimits,
  world: World,
): Promise<Reply> {
  const { recorded, json, malformed } = received;
  const resource: Resource = isGraphql(received) ? "graphql" : "core";
  // Asking how much is left costs nothing.
  const exhausted = endpoint?.label === "GET /rate_limit" ? undefined : limits.take(identity, resource);
  if (exhausted !== undefined) return exhausted;
  const version = recorded.headers["x-github-api-version"];
  if (version !== undefined && !API_VERSIONS.includes(version)) {
    return problem(400, "The API version is not supported");
  }
  if (resource === "graphql") {
    if (malformed) return problem(400, "Problems parsing JSON");
    // Loaded here alone: the tests of secrets need no GraphQL.
    return (await import("./git-graphql.ts")).answerGraphql(json, world, identity);
  }
  if (endpoint === undefined) return problem(404, "Not Found");
  const refusal = refuseEndpoint(endpoint, identity, world);
  if (refusal !== undefined) return refusal;
  if (malformed) return problem(400, "Problems parsing JSON");
  const { parameters, route } = endpoint;
  const budgets = { budget: limits.budget(identity, "core"), graphqlBudget: limits.budget(identity, "graphql") };
  const call = { parameters, query: recorded.query, body: json, by: identity.kind, ...budgets };
  return route.handle(call, world);
}

function refuseEndpoint({ route, parameters }: Endpoint, identity: Identity, { repository }: World): Reply | undefined {
  if (route.need === undefined) return undefined;
  const { org, owner, repo } = parameters;
  const [organization] = repository.fullName.split("/");
  const asked = org ?? `${owner}/${repo}`;
  const there = org === undefined ? repository.fullName : organization;
  if (asked.toLowerCase() !== there?.toLowerCase()) return problem(404, "Not Found");
  const resource =
    org === undefined
      ? { fullName: repository.fullName, public: repository.public }
      : { fullName: undefined, public: false };
  return refuse(identity, route.need, resource);
}
