/**
 * Sign-ins as Anthropic and OpenAI publish them, on loopback: the authorization request, the code's exchange, OpenAI's
 * device codes, and the revocation. Whatever differs from what their own programs send is noted and refused.
 */
import { createHash, randomBytes } from "node:crypto";
import { listenOnLoopback, readBody } from "../net/loopback.ts";
import * as anthropicFacts from "../oauth/anthropic-facts.ts";
import { answer, beginRecord, completeRecord, type RecordedRequest, type Reply } from "../oauth/exchange.ts";
import * as openaiFacts from "../oauth/openai-facts.ts";

export interface StrictSignIn {
  readonly origin: string;
  readonly authorizeUrl: string;
  readonly tokenUrl: string;
  readonly requests: RecordedRequest[];
  /** Every difference from what is published. Expect it to be empty. */
  readonly deviations: string[];
  /** Tokens of the logins that were given out, in their order. */
  readonly issued: Issued[];
  /** Tokens that were revoked, with the hint that came with them. */
  readonly revoked: { token: string; hint: string }[];
  /** The person types the device's code; false if it is none. */
  approve(userCode: string): boolean;
  /** The next answers to polls, instead of "not yet". */
  readonly polls: Reply[];
  /** The next answers to revocations. */
  readonly revocations: Reply[];
  close(): Promise<void>;
}

export interface Issued {
  readonly access: string;
  readonly refresh: string;
  readonly scope: string;
  /** Seconds. */
  readonly expiresIn: number;
}

interface Code {
  readonly challenge: string;
  readonly redirectUri: string;
  readonly state: string | undefined;
  readonly scope: string;
}

type Deviate = (text: string) => void;

export async function startStrictSignIn(kind: "anthropic" | "openai"): Promise<StrictSignIn> {
  const requests: RecordedRequest[] = [];
  const deviations: string[] = [];
  const issued: Issued[] = [];
  const revoked: StrictSignIn["revoked"] = [];
  const polls: Reply[] = [];
  const revocations: Reply[] = [];
  const codes = new Map<string, Code>();
  const devices = new Map<string, { userCode: string; approved: boolean }>();
  const rules = kind === "anthropic" ? ANTHROPIC : OPENAI;
  const deviate: Deviate = (text) => void deviations.push(text);

  const grantCode = (code: Code): string => {
    const name = randomBytes(24).toString("base64url");
    codes.set(name, code);
    return name;
  };

  function authorize(url: URL): Reply {
    const given = Object.fromEntries(url.searchParams);
    const before = deviations.length;
    if ([...url.searchParams].length !== Object.keys(given).length) deviate("a parameter is there twice");
    for (const [name, rule] of Object.entries(rules.authorize)) {
      if (!rule.test(given[name] ?? "")) deviate(`authorize: ${name} is not as published`);
    }
    for (const name of Object.keys(given)) if (!(name in rules.authorize)) deviate(`authorize: a parameter ${name}`);
    if (deviations.length > before) return { status: 400, body: "<html>invalid_request</html>" };
    const { redirect_uri = "", state = "", code_challenge: challenge = "", scope = "" } = given;
    const back = new URL(redirect_uri);
    back.searchParams.set("code", grantCode({ challenge, redirectUri: redirect_uri, state, scope }));
    back.searchParams.set("state", state);
    return { status: 302, headers: { location: back.href }, body: "" };
  }

  function exchange(record: RecordedRequest): Reply {
    const { body = {}, headers } = record;
    const before = deviations.length;
    if (!(headers["content-type"] ?? "").startsWith(rules.contentType)) deviate("token: content-type");
    for (const name of ["authorization", "cookie", "x-api-key"]) if (headers[name]) deviate(`token: header ${name}`);
    const known = codes.get(String(body["code"]));
    if (!known) return { status: 400, body: { error: "invalid_grant" } };
    codes.delete(String(body["code"]));
    const wanted: Record<string, unknown> = {
      grant_type: "authorization_code",
      code: body["code"],
      redirect_uri: known.redirectUri,
      client_id: rules.clientId,
      code_verifier: body["code_verifier"],
      ...(kind === "anthropic" && { state: known.state }),
      ...(kind === "anthropic" && known.scope === "user:inference" && { expires_in: 31_536_000 }),
    };
    for (const [name, value] of Object.entries(wanted)) if (body[name] !== value) deviate(`token: ${name}`);
    for (const name of Object.keys(body)) if (!(name in wanted)) deviate(`token: a field ${name}`);
    const verifier = String(body["code_verifier"]);
    if (!/^[\w.~-]{43,128}$/.test(verifier)) deviate("token: the verifier is not one (RFC 7636, section 4.1)");
    if (createHash("sha256").update(verifier).digest("base64url") !== known.challenge) {
      return { status: 400, body: { error: "invalid_grant" } };
    }
    if (deviations.length > before) return { status: 400, body: { error: "invalid_request" } };
    const login = rules.issue(known.scope);
    issued.push(login.issued);
    record.committed = true;
    return { status: 200, body: login.body };
  }

  function deviceCode({ body = {}, headers }: RecordedRequest): Reply {
    if (headers["content-type"] !== "application/json") deviate("usercode: content-type");
    if (body["client_id"] !== rules.clientId || Object.keys(body).length !== 1) deviate("usercode: its fields");
    const id = `deviceauth_${randomBytes(12).toString("hex")}`;
    const userCode = `${randomBytes(2).toString("hex")}-${randomBytes(2).toString("hex")}`.toUpperCase();
    devices.set(id, { userCode, approved: false });
    // The interval comes as text.
    return { status: 200, body: { device_auth_id: id, user_code: userCode, interval: "1" } };
  }

  function poll({ body = {} }: RecordedRequest): Reply {
    const device = devices.get(String(body["device_auth_id"]));
    if (!device || body["user_code"] !== device.userCode || Object.keys(body).length !== 2) deviate("poll: its fields");
    const planned = polls.shift();
    if (planned) return planned;
    if (!device?.approved) return { status: 403, body: { error: { code: "deviceauth_authorization_unknown" } } };
    devices.delete(String(body["device_auth_id"]));
    const verifier = randomBytes(32).toString("base64url");
    const challenge = createHash("sha256").update(verifier).digest("base64url");
    const redirectUri = `${loopback.origin}/deviceauth/callback`;
    const code = grantCode({ challenge, redirectUri, state: undefined, scope: openaiFacts.LOGIN_SCOPES.join(" ") });
    return { status: 200, body: { authorization_code: code, code_challenge: challenge, code_verifier: verifier } };
  }

  function revoke({ body = {}, headers }: RecordedRequest): Reply {
    if (headers["content-type"] !== "application/json") deviate("revoke: content-type");
    if (Object.keys(body).toSorted().join() !== "client_id,token,token_type_hint") deviate("revoke: its fields");
    if (body["client_id"] !== rules.clientId) deviate("revoke: client_id");
    const planned = revocations.shift();
    if (planned) return planned;
    revoked.push({ token: String(body["token"]), hint: String(body["token_type_hint"]) });
    return { status: 200, body: {} };
  }

  const loopback = await listenOnLoopback(async (request, response) => {
    const record = beginRecord(request);
    requests.push(record);
    completeRecord(record, (await readBody(request)) ?? "");
    const url = new URL(record.path, "http://localhost");
    const routes: Record<string, () => Reply> = {
      [`GET ${rules.authorizePath}`]: () => authorize(url),
      [`POST ${rules.tokenPath}`]: () => exchange(record),
      [`POST ${rules.revokePath}`]: () => revoke(record),
      ...(kind === "openai" && {
        "POST /api/accounts/deviceauth/usercode": () => deviceCode(record),
        "POST /api/accounts/deviceauth/token": () => poll(record),
      }),
    };
    const route = routes[`${record.method} ${url.pathname}`];
    if (!route) deviate(`${record.method} ${url.pathname}`);
    const reply = route?.() ?? { status: 404, body: {} };
    answer({ request, response, record, skewMs: 0 }, reply);
  });
  return {
    origin: loopback.origin,
    authorizeUrl: loopback.origin + rules.authorizePath,
    tokenUrl: loopback.origin + rules.tokenPath,
    requests,
    deviations,
    issued,
    revoked,
    polls,
    revocations,
    approve(userCode) {
      const device = [...devices.values()].find((one) => one.userCode === userCode);
      if (device) device.approved = true;
      return device !== undefined;
    },
    close: loopback.close,
  };
}

interface Rules {
  readonly clientId: string;
  readonly authorizePath: string;
  readonly tokenPath: string;
  readonly revokePath: string;
  readonly contentType: string;
  /** Every parameter of the authorization request, and what it may be. */
  readonly authorize: Readonly<Record<string, RegExp>>;
  issue(scope: string): { issued: Issued; body: object };
}

const PKCE = {
  response_type: /^code$/,
  code_challenge: /^[\w-]{43}$/,
  code_challenge_method: /^S256$/,
  state: /^[\w-]{43}$/,
};

const ANTHROPIC: Rules = {
  clientId: anthropicFacts.CLIENT_ID,
  authorizePath: "/cai/oauth/authorize",
  tokenPath: "/v1/oauth/token",
  revokePath: "/v1/oauth/token/revoke",
  contentType: "application/json",
  authorize: {
    ...PKCE,
    code: /^true$/,
    client_id: new RegExp(`^${anthropicFacts.CLIENT_ID}$`),
    redirect_uri: /^(http:\/\/localhost:\d+\/callback|https:\/\/platform\.claude\.com\/oauth\/code\/callback)$/,
    scope: new RegExp(`^(user:inference|${anthropicFacts.LOGIN_SCOPES.join(" ")})$`),
  },
  issue(scope) {
    const expiresIn = scope === "user:inference" ? 31_536_000 : anthropicFacts.ACCESS_SECONDS;
    const access = anthropicFacts.randomToken(anthropicFacts.ACCESS_PREFIX);
    const refresh = anthropicFacts.randomToken(anthropicFacts.REFRESH_PREFIX);
    const uuid = crypto.randomUUID();
    const body = {
      token_type: "Bearer",
      access_token: access,
      expires_in: expiresIn,
      refresh_token: refresh,
      refresh_token_expires_in: anthropicFacts.LOGIN_SECONDS,
      scope,
      account: anthropicFacts.accountOf(uuid),
      organization: { uuid: crypto.randomUUID(), name: "Example organization" },
    };
    return { issued: { access, refresh, scope, expiresIn }, body };
  },
};

const OPENAI: Rules = {
  clientId: openaiFacts.CLIENT_ID,
  authorizePath: "/oauth/authorize",
  tokenPath: "/oauth/token",
  revokePath: "/oauth/revoke",
  contentType: "application/x-www-form-urlencoded",
  authorize: {
    ...PKCE,
    client_id: new RegExp(`^${openaiFacts.CLIENT_ID}$`),
    redirect_uri: /^http:\/\/localhost:(1455|1457)\/auth\/callback$/,
    scope: /^openid profile email offline_access( api\.connectors\.read api\.connectors\.invoke)?$/,
    id_token_add_organizations: /^true$/,
    codex_cli_simplified_flow: /^true$/,
    originator: /^[\w-]+$/,
  },
  issue(scope) {
    const account = openaiFacts.newAccount();
    const life = { from: Date.now(), until: Date.now() + openaiFacts.ACCESS_SECONDS * 1000 };
    const access = openaiFacts.newAccessToken(account, life);
    const refresh = openaiFacts.newRefreshToken();
    const body = {
      id_token: openaiFacts.newIdToken(account, life),
      access_token: access,
      refresh_token: refresh,
      token_type: "Bearer",
      expires_in: openaiFacts.ACCESS_SECONDS,
      scope,
    };
    return { issued: { access, refresh, scope, expiresIn: openaiFacts.ACCESS_SECONDS }, body };
  },
};
