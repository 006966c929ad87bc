/**
 * The real authorization server `oidc-provider` with rotation and reuse detection, on a loopback
 * port that only our front knows. Tokens here are bare: it never sees Anthropic's prefixes.
 */
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { request as httpRequest } from "node:http";
import { Provider } from "oidc-provider";
import { listenOnLoopback, readBody } from "../net/loopback.ts";
import { ProviderStore } from "./provider-store.ts";

export type OidcClient = {
  id: string;
  /** Needed for all but `none`. */
  secret?: string;
  /** The one way in which the client may prove itself (RFC 6749, section 2.3.1). */
  auth: "none" | "client_secret_basic" | "client_secret_post";
};

export type ProviderSettings = {
  client: OidcClient;
  /** All that may be asked for. */
  scopes: readonly string[];
  accessSeconds: number;
  /** From sign-in; a refresh does not move the end. */
  loginSeconds: number;
};

export type ProviderAnswer = { status: number; headers: Record<string, string>; body: Record<string, unknown> };

export type RealProvider = {
  provider: Provider;
  store: ProviderStore;
  /** Makes a login without a browser. */
  signIn: (accountId: string, scope: string) => Promise<{ access: string; refresh: string }>;
  /** One request to the token endpoint; `rotate` says whether a refresh token is replaced. */
  token: (form: Record<string, string>, rotate: boolean, authorization?: string) => Promise<ProviderAnswer>;
  /** One request to the revocation endpoint. */
  revoke: (form: Record<string, string>) => Promise<ProviderAnswer>;
  close: () => Promise<void>;
};

export async function startRealProvider(settings: ProviderSettings): Promise<RealProvider> {
  const store = new ProviderStore();
  const loopback = await listenOnLoopback((request, response) => listener(request, response));
  const provider = new Provider(loopback.origin, configuration(settings, store));
  const listener = provider.callback();
  const clientId = settings.client.id;
  const client = await provider.Client.find(clientId);

  const signIn = async (accountId: string, scope: string) => {
    const grant = new provider.Grant({ accountId, clientId });
    grant.addOIDCScope(scope);
    const grantId = await grant.save();
    const properties = { client, accountId, grantId, scope, gty: "authorization_code" };
    const access = await new provider.AccessToken(properties).save();
    const refresh = await new provider.RefreshToken({ ...properties, rotations: 0 }).save();
    return { access, refresh };
  };
  return {
    provider,
    store,
    signIn,
    token: (form, rotate, authorization) => {
      const proof = inTheOneWay(settings.client, form, authorization);
      return post(
        `${loopback.origin}/token`,
        { ...form, ...proof.fields },
        { ...proof.headers, [ROTATE]: String(rotate) },
      );
    },
    revoke: (form) => post(`${loopback.origin}/token/revocation`, form, {}),
    close: loopback.close,
  };
}

/**
 * The server takes a secret by HTTP Basic and in the body from any client that has one; ours takes it
 * in the client's own way only: a secret that comes in the other way becomes a wrong one.
 */
function inTheOneWay({ id, auth }: OidcClient, form: Record<string, string>, authorization: string | undefined) {
  const wrong = "not in this way";
  const basic = auth === "client_secret_post" ? `Basic ${btoa(`${id}:${encodeURIComponent(wrong)}`)}` : authorization;
  return {
    headers: authorization === undefined || basic === undefined ? {} : { authorization: basic },
    fields: auth === "client_secret_basic" && form["client_secret"] !== undefined ? { client_secret: wrong } : {},
  };
}

/** How the front tells the server, for one request, whether to rotate. */
const ROTATE = "x-test-rotate";

function configuration(settings: ProviderSettings, store: ProviderStore) {
  const { client, scopes, accessSeconds, loginSeconds } = settings;
  const key = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  const now = () => Math.floor(Date.now() / 1000);
  return {
    adapter: (kind: string) => store.adapter(kind),
    clients: [
      {
        client_id: client.id,
        ...(client.secret !== undefined && { client_secret: client.secret }),
        token_endpoint_auth_method: client.auth,
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
        redirect_uris: ["https://client.example/callback"],
        id_token_signed_response_alg: "ES256",
      },
    ],
    clockTolerance: 0, // an access token ends when its answer said so, not 15 s later
    cookies: { keys: [randomBytes(16).toString("hex")] },
    features: {
      devInteractions: { enabled: false },
      // A client may end its own tokens; that is what the default allows, without its notice.
      revocation: {
        enabled: true,
        allowedPolicy: (_: unknown, caller: { clientId: string }, token: { clientId: string }) =>
          caller.clientId === token.clientId,
      },
    },
    findAccount: (_: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
    // Having one at all is what makes the server offer refresh tokens to clients without OpenID.
    issueRefreshToken: () => true,
    jwks: { keys: [{ ...key.export({ format: "jwk" }), use: "sig", alg: "ES256" }] },
    pkce: { required: () => true },
    rotateRefreshToken: (ctx: { get(name: string): string }) => ctx.get(ROTATE) !== "false",
    scopes: [...scopes],
    ttl: {
      AccessToken: accessSeconds,
      Grant: loginSeconds,
      // `iiat` is when the first token of the family was issued.
      RefreshToken: (_: unknown, token: { iiat?: number }) =>
        Math.max(1, loginSeconds - (now() - (token.iiat ?? now()))),
    },
  };
}

function post(url: string, form: Record<string, string>, headers: Record<string, string>): Promise<ProviderAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(url, {
      method: "POST",
      headers: { ...headers, "content-type": "application/x-www-form-urlencoded" },
      agent: false,
    });
    outgoing.on("error", reject);
    outgoing.on("response", async (incoming) => {
      const text = (await readBody(incoming)) ?? "";
      const body = text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
      const challenge = incoming.headers["www-authenticate"];
      const told = challenge === undefined ? {} : { "www-authenticate": challenge };
      resolve({ status: incoming.statusCode ?? 0, headers: told, body });
    });
    outgoing.end(new URLSearchParams(form).toString());
  });
}
