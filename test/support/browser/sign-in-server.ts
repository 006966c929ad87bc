/**
 * The authorization server `oidc-provider` on loopback as it is, with its own pages for the person. Everything that
 * comes to its token and revocation endpoints is recorded, and an exchange can be made to fail.
 */
import { generateKeyPairSync, randomBytes, randomUUID } from "node:crypto";
import { request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { Provider } from "oidc-provider";
import { listenOnLoopback, readBody } from "../net/loopback.ts";

export interface SignInServer {
  readonly origin: string;
  readonly authorizeUrl: string;
  readonly tokenUrl: string;
  readonly revokeUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Requests to the token and the revocation endpoint, in their order. */
  readonly requests: SeenRequest[];
  /** The next request to the token endpoint gets this answer, and never reaches the server. */
  answerNext(answer: PlannedAnswer): void;
  /** The next request to the token endpoint waits for `release`. */
  holdNext(): { readonly received: Promise<void>; release(): void };
  /** Refreshes, as a job would; undefined if the server refuses. */
  refresh(refreshToken: string): Promise<Record<string, unknown> | undefined>;
  isAccessTokenAlive(token: string): Promise<boolean>;
  close(): Promise<void>;
}

export interface SeenRequest {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly fields: Record<string, string>;
}

export interface PlannedAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers?: Record<string, string>;
}

export interface SignInSettings {
  /** What the client is registered with; default: any port of 127.0.0.1, /callback. */
  readonly redirectUris?: readonly string[];
  /** Default: a public client. */
  readonly auth?: "none" | "client_secret_basic" | "client_secret_post";
}

const SCOPES = ["openid", "offline_access", "models:use"];

export async function startSignInServer({
  redirectUris = ["http://127.0.0.1/callback"],
  auth = "none",
}: SignInSettings = {}): Promise<SignInServer> {
  const clientId = `ci-${randomUUID()}`;
  const clientSecret = randomBytes(24).toString("base64url");
  const requests: SeenRequest[] = [];
  const planned: PlannedAnswer[] = [];
  const gates: { received: () => void; released: Promise<void> }[] = [];
  let callback: (request: IncomingMessage, response: ServerResponse) => void = () => {};
  const inner = await listenOnLoopback((request, response) => callback(request, response));
  // The front has the issuer's address; the server behind it sees the same `Host`.
  const front = await listenOnLoopback(async (request, response) => {
    const path = (request.url ?? "").split("?")[0] ?? "";
    const body = (await readBody(request)) ?? "";
    if (path.startsWith("/token")) {
      requests.push({ path, headers: request.headers, fields: Object.fromEntries(new URLSearchParams(body)) });
      const answer = path === "/token" ? planned.shift() : undefined;
      const gate = path === "/token" ? gates.shift() : undefined;
      gate?.received();
      await gate?.released;
      if (answer) {
        response.writeHead(answer.status, { "content-type": "application/json", ...answer.headers }).end(answer.body);
        return;
      }
    }
    await forward(request, response, body, inner.port);
  });
  const key = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  const provider = quietly(
    () =>
      new Provider(front.origin, {
        clients: [
          {
            client_id: clientId,
            ...(auth !== "none" && { client_secret: clientSecret }),
            application_type: "native",
            token_endpoint_auth_method: auth,
            grant_types: ["authorization_code", "refresh_token"],
            response_types: ["code"],
            redirect_uris: [...redirectUris],
            id_token_signed_response_alg: "ES256",
          },
        ],
        cookies: { keys: [randomBytes(16).toString("hex")] },
        features: {
          devInteractions: { enabled: true },
          revocation: {
            enabled: true,
            allowedPolicy: (_: unknown, caller: { clientId: string }, token: { clientId: string }) =>
              caller.clientId === token.clientId,
          },
        },
        findAccount: (_: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
        issueRefreshToken: () => true,
        jwks: { keys: [{ ...key.export({ format: "jwk" }), use: "sig", alg: "ES256" }] },
        pkce: { required: () => true },
        rotateRefreshToken: () => true,
        scopes: SCOPES,
        ttl: {
          AccessToken: 3600,
          IdToken: 3600,
          Grant: 86_400,
          RefreshToken: 86_400,
          Interaction: 3600,
          Session: 3600,
        },
      }),
  );
  callback = provider.callback();

  return {
    origin: front.origin,
    authorizeUrl: `${front.origin}/auth`,
    tokenUrl: `${front.origin}/token`,
    revokeUrl: `${front.origin}/token/revocation`,
    clientId,
    clientSecret,
    requests,
    answerNext: (answer) => void planned.push(answer),
    holdNext() {
      const [received, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      gates.push({ received: received.resolve, released: released.promise });
      return { received: received.promise, release: released.resolve };
    },
    async refresh(refreshToken) {
      const fields = { grant_type: "refresh_token", refresh_token: refreshToken, client_id: clientId };
      const secret = auth === "none" ? {} : { client_secret: clientSecret };
      const answer = await fetch(`${inner.origin}/token`, {
        method: "POST",
        headers: { host: new URL(front.origin).host },
        body: new URLSearchParams({ ...fields, ...secret }),
      });
      return answer.ok ? ((await answer.json()) as Record<string, unknown>) : undefined;
    },
    isAccessTokenAlive: async (token) => (await provider.AccessToken.find(token)) !== undefined,
    close: async () => {
      await front.close();
      await inner.close();
    },
  };
}

/** Without its word that these pages are for development: they are for a test. */
function quietly<T>(make: () => T): T {
  const { warn } = console;
  console.warn = () => {};
  try {
    return make();
  } finally {
    console.warn = warn;
  }
}

function forward(request: IncomingMessage, response: ServerResponse, body: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const { method, url, headers } = request;
    const outgoing = httpRequest({ host: "127.0.0.1", port, method, path: url, headers, agent: false });
    outgoing.on("error", reject);
    outgoing.on("response", (incoming) => {
      response.writeHead(incoming.statusCode ?? 0, incoming.headers);
      incoming.pipe(response);
      incoming.on("end", resolve);
      incoming.on("error", reject);
    });
    outgoing.end(body);
  });
}
