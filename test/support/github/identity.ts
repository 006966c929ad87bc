/** The service that tells a job who it is: identity tokens of OpenID Connect, for jobs with `id-token: write`. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { randomBytes } from "node:crypto";

export interface Identity {
  /** What the runner sets for a job that may ask. */
  readonly env: { readonly ACTIONS_ID_TOKEN_REQUEST_URL: string; readonly ACTIONS_ID_TOKEN_REQUEST_TOKEN: string };
  /** `METHOD path?query` of each request that came with the right token. */
  readonly requests: readonly string[];
  /** The tokens that were given out. */
  readonly tokens: readonly string[];
  close(): Promise<void>;
}

/** `environment` is left out of the claims for a job that names none, as by GitHub. */
export async function startIdentity(claims: { repository: string; environment?: string }): Promise<Identity> {
  const secret = randomBytes(24).toString("hex");
  const requests: string[] = [];
  const tokens: string[] = [];
  const server = createServer((request, response) => {
    const told = (status: number, body: unknown): void => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    };
    if (request.headers.authorization !== `Bearer ${secret}`) return told(401, { message: "Unauthorized" });
    requests.push(`${request.method} ${request.url}`);
    const query = new URL(request.url ?? "/", "http://loopback").searchParams;
    const { environment } = claims;
    const subject = environment === undefined ? "ref:refs/heads/main" : `environment:${environment}`;
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
    const token = [
      part({ typ: "JWT", alg: "RS256" }),
      part({
        ...claims,
        aud: query.get("audience"),
        sub: `repo:${claims.repository}:${subject}`,
        jti: randomBytes(8).toString("hex"),
      }),
      randomBytes(256).toString("base64url"),
    ].join(".");
    tokens.push(token);
    return told(200, { count: token.length, value: token });
  });
  await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return {
    env: {
      // As GitHub's own, it has a query already.
      ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${port}/idtoken/1?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: secret,
    },
    requests,
    tokens,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((done) => void server.close(() => done()));
    },
  };
}
