/**
 * A GitHub API on loopback that behaves like the real one for secrets, a repository, its runs and its git
 * database: it opens every sealed box with libsodium, keeps commits and refs in a real git repository, and
 * checks every exchange against GitHub's own description. Faults can be planted before and after the commit.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { type Exchange, judgeExchange } from "./contract.ts";
import { createFaults, type Fault, type FaultHandle, type FaultMatch, type Hold, type Moment } from "./faults.ts";
import { createGitSide, gitForTests, type GitHubGit } from "./git-side.ts";
import { createIssues, type Issues } from "./issues.ts";
import { locate } from "./locations.ts";
import type { Recorded, Reply } from "./messages.ts";
import { API_VERSIONS, createResponder } from "./respond.ts";
import type { World } from "./routes.ts";
import type { RepositoryFacts, RunFacts } from "./samples.ts";
import { publicFields } from "./secret-routes.ts";
import { createSecretStore, type HistoryEntry, type Visibility } from "./secret-store.ts";
import type { TokenSpec } from "./tokens.ts";
import { GRAPHQL, receive, send, type Received } from "./wire.ts";

export interface GitHubOptions {
  /** PEM texts; given, the API speaks https. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** The one repository there is; its owner is the one organization. Default "octo/demo". */
  readonly repository?: string;
  /** Default 1296269. */
  readonly repositoryId?: number;
  /** Default "private". */
  readonly visibility?: "public" | "private";
  /** Environments that exist; default: every one that is named. */
  readonly environments?: readonly string[];
  /** A repository without any commit, as one that was made without a README. */
  readonly empty?: boolean;
  /** Milliseconds since the epoch; default the system's clock. */
  readonly clock?: { now(): number };
  /** "/api/v3" as on GitHub Enterprise Server. */
  readonly basePath?: "" | "/api/v3";
  /** By the token's text. Without any, every call is answered 401. */
  readonly tokens?: Readonly<Record<string, TokenSpec>>;
  /** Keeps headers (the token included) and bodies of requests. */
  readonly fullRequestLog?: boolean;
}

/** Options of a person's paste. */
export interface Paste {
  /** Milliseconds since the epoch; default now by the server's clock. */
  readonly at?: number;
  /** Only of an organization's secret; default "all". */
  readonly visibility?: Visibility;
  readonly selectedRepositoryIds?: readonly number[];
}

/** Secrets are named as in `locations.ts`. */
export interface GitHub {
  /** With the base path, without a slash at the end. */
  readonly apiUrl: string;
  readonly repository: RepositoryFacts;
  /** May be changed at any time: a token can end or lose a permission in the middle of a job. */
  readonly tokens: Map<string, TokenSpec>;
  /** The present value, opened; undefined when there is none. */
  secret(name: string): string | undefined;
  /** Every value ever written, oldest first, whatever was deleted since. */
  history(name: string): readonly HistoryEntry[];
  /** What GET answers: name, created_at, updated_at, and an organization's visibility. */
  metadata(name: string): Readonly<Record<string, string>> | undefined;
  /** Repositories that may read an organization's secret. */
  selectedRepositoryIds(name: string): readonly number[];
  /** A person types the secret into the web page. */
  setSecretByUser(name: string, plaintext: string, paste?: Paste): void;
  rotatePublicKey(): void;
  fault(match: FaultMatch, fault: Fault): FaultHandle;
  /** Keeps the next fitting request in flight, before the commit unless told. */
  hold(match: FaultMatch, when?: Moment): Hold;
  /** In the order of their arrival. */
  readonly requests: readonly Recorded[];
  /** What contradicts GitHub's description or its demands on a client; empty when all is well. */
  readonly violations: readonly string[];
  /** Error statuses answered that the description does not list. */
  readonly undescribed: readonly string[];
  createRun(run: RunFacts): void;
  readonly git: GitHubGit;
  /** Of the repository. */
  readonly issues: Issues;
  /** Closes every connection; a request still held is never committed. */
  close(): Promise<void>;
}

/** Starts on a free port of 127.0.0.1. Whoever starts it closes it. */
export async function startGitHub(options: GitHubOptions = {}): Promise<GitHub> {
  const { repository: fullName = "octo/demo", basePath = "", environments, tls } = options;
  const now = (): number => (options.clock ?? Date).now();
  const tokens = new Map(Object.entries(options.tokens ?? {}));
  const store = await createSecretStore();
  const faults = createFaults();
  const runs = new Map<number, RunFacts>();
  const requests: Recorded[] = [];
  const violations: string[] = [];
  const undescribed: string[] = [];
  let closing = false;

  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    serve(request, response).catch((error: unknown) => {
      response.destroy();
      // While closing, whatever was still held is abandoned; otherwise this server has a fault.
      if (!closing) violations.push(`the server itself failed: ${String(error)}`);
    });
  };
  const server = tls ? createTlsServer(tls, onRequest) : createServer(onRequest);
  await new Promise<void>((done, fail) => {
    server.once("error", fail).listen(0, "127.0.0.1", done);
  });
  const { port } = server.address() as AddressInfo;
  const apiUrl = `${tls ? "https" : "http"}://127.0.0.1:${port}${basePath}`;

  const repository: RepositoryFacts = {
    fullName,
    id: options.repositoryId ?? 1296269,
    public: options.visibility === "public",
    apiUrl,
  };
  const git = createGitSide(now, options.empty === true);
  const issues = createIssues({ repository: fullName, apiUrl, now });
  const world: World = { store, repository, runs, environments, git, issues, now };
  const responder = createResponder(world, tokens);
  const kindOf = (authorization: string | undefined) => {
    const spec = tokens.get(authorization?.split(" ")[1] ?? "");
    return spec && (spec.kind ?? "fine-grained");
  };
  const reading = { basePath, keepAll: options.fullRequestLog === true, now, kindOf };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const received = await receive(request, reading);
    if (received === undefined) return;
    const { recorded } = received;
    requests.push(recorded);
    const outcome = await decide(received);
    recorded.status = outcome === "drop" ? "dropped" : outcome.status;
    if (outcome === "drop") response.destroy();
    else send(response, outcome, recorded.id, now());
  }

  /** The ordinary answer between what a planted fault does before it and after it. */
  async function decide(received: Received): Promise<Reply | "drop"> {
    const { recorded } = received;
    const armed = faults.take(recorded.method, recorded.path);
    violations.push(...headerViolations(recorded));
    const instead = await armed?.before(recorded);
    if (instead !== undefined) {
      await judge(received, undefined);
      return instead;
    }
    const reply = await responder.respond(received);
    recorded.handled = true;
    await judge(received, reply);
    return (await armed?.after(reply.status)) ?? reply;
  }

  /** A fault's own answer is the test's invention: then only the request is judged. */
  async function judge(received: Received, reply: Reply | undefined): Promise<void> {
    const { recorded, json, malformed } = received;
    const label = `${recorded.method} ${recorded.path}`;
    if (!responder.serves(received)) violations.push(`unexpected call: ${label}`);
    else if (malformed) violations.push(`${label}: the request body is not JSON`);
    else if (recorded.path === GRAPHQL) {
      const { judgeGraphql } = await import("./git-graphql.ts");
      violations.push(...judgeGraphql(json).map((text) => `${label}: ${text}`));
    } else {
      judgeRest({
        method: recorded.method,
        path: recorded.path,
        query: recorded.query,
        requestBody: json,
        ...(reply === undefined ? {} : { status: reply.status, responseBody: reply.body }),
      });
    }
  }

  function judgeRest(exchange: Exchange): void {
    const judgement = judgeExchange(exchange);
    violations.push(...judgement.violations);
    undescribed.push(...judgement.undescribed);
  }

  const rowOf = (text: string) => {
    const { store: list, name } = locate(text, fullName);
    return store.get(list, name);
  };

  return {
    apiUrl,
    repository,
    tokens,
    requests,
    violations,
    undescribed,
    secret: (name) => rowOf(name)?.plaintext,
    history(text) {
      const { store: list, name } = locate(text, fullName);
      return store.history(list, name);
    },
    metadata(text) {
      const row = rowOf(text);
      return row && publicFields(row, `${apiUrl}${locate(text, fullName).store}`);
    },
    selectedRepositoryIds: (name) => rowOf(name)?.selectedRepositoryIds ?? [],
    setSecretByUser(text, plaintext, paste = {}) {
      const { store: list, name } = locate(text, fullName);
      const { at = now(), visibility = "all", selectedRepositoryIds = [] } = paste;
      const shared = list.startsWith("/orgs/") ? { visibility, selectedRepositoryIds } : {};
      const entry = { plaintext, keyId: "web", by: "user" as const };
      store.put(list, name, at, { entry, ...shared });
    },
    rotatePublicKey: () => store.rotatePublicKeys(),
    fault: (match, fault) => faults.add(match, fault),
    hold: (match, when) => faults.hold(match, when),
    createRun: (run) => void runs.set(run.id, run),
    git: gitForTests(git),
    issues,
    async close() {
      closing = true;
      faults.abandon();
      server.closeAllConnections();
      await new Promise<void>((done) => server.close(() => done()));
      git.remove();
    },
  };
}

/** What GitHub asks of every client beside the description. */
function headerViolations({ method, path, headers }: Recorded): string[] {
  const found: string[] = [];
  const version = headers["x-github-api-version"];
  if (headers["user-agent"] === undefined) found.push("no User-Agent header");
  if (version === undefined) found.push("no X-GitHub-Api-Version header");
  else if (!API_VERSIONS.includes(version)) found.push("unsupported X-GitHub-Api-Version");
  return found.map((text) => `${method} ${path}: ${text}`);
}
