/** How a refresh request differs from those that are known to work with OpenAI's token endpoint. */
import type { RecordedRequest } from "./exchange.ts";
import { CLIENT_ID, LOGIN_SCOPES, REFRESH_PREFIX, REFRESH_REASONS } from "./openai-facts.ts";
import { admitsJson } from "./strict-rules.ts";

/** `json` is what Codex sends; other programs send a form. */
export type BodyFormat = "json" | "form";

const MEDIA_TYPE = {
  json: /^application\/json(; ?charset=utf-8)?$/i,
  form: /^application\/x-www-form-urlencoded(; ?charset=utf-8)?$/i,
};

/** Headers that would tell more than this endpoint should know. */
const FORBIDDEN = ["authorization", "proxy-authorization", "cookie", "x-api-key", "chatgpt-account-id"];

const REQUIRED_FIELDS = ["client_id", "grant_type", "refresh_token"];

/** Every difference, in words; never with the value of a token. */
export function openaiDeviationsOf(record: RecordedRequest, format: BodyFormat): string[] {
  return [...requestLine(record), ...headers(record, format), ...body(record)];
}

function requestLine({ method, path }: RecordedRequest): string[] {
  const found: string[] = [];
  if (method !== "POST") found.push(`method ${method}`);
  const [pathname, query] = path.split("?");
  if (pathname !== "/oauth/token") found.push(`path ${pathname}`);
  if (query !== undefined) found.push("a query");
  return found;
}

function headers(record: RecordedRequest, format: BodyFormat): string[] {
  const found: string[] = [];
  const type = record.headers["content-type"] ?? "none";
  if (!MEDIA_TYPE[format].test(type)) found.push(`content-type ${type}`);
  const accept = record.headers.accept ?? "*/*";
  if (!admitsJson(accept)) found.push(`accept ${accept}`);
  if ((record.headers["user-agent"] ?? "") === "") found.push("no user-agent");
  for (const name of FORBIDDEN) {
    if (record.headers[name] !== undefined) found.push(`header ${name}`);
  }
  return found;
}

function body({ body: fields, rawBody = "" }: RecordedRequest): string[] {
  if (fields === undefined) return ["the body has no fields"];
  const found: string[] = [];
  for (const name of REQUIRED_FIELDS) {
    if (typeof fields[name] !== "string") found.push(`field ${name} is missing or no text`);
  }
  for (const name of Object.keys(fields)) {
    if ([...REQUIRED_FIELDS, "refresh_reason", "scope"].includes(name)) continue;
    // A body of another kind, read as fields, can have a token in what looks like a name.
    found.push(/^\w{1,30}$/.test(name) ? `field ${name}` : "a field with a strange name");
  }
  // RFC 6749, section 3.2; read as fields only the last one is left.
  if (!rawBody.startsWith("{") && [...new URLSearchParams(rawBody)].length !== Object.keys(fields).length) {
    found.push("a field is there twice");
  }
  if (fields["grant_type"] !== "refresh_token") found.push("grant_type is not refresh_token");
  if (fields["client_id"] !== CLIENT_ID) found.push("another client_id");
  if (!new RegExp(`^${REFRESH_PREFIX}[\\w.-]+$`).test(String(fields["refresh_token"]))) {
    found.push("refresh_token has not the form of one");
  }
  if ("refresh_reason" in fields && !isOneOf(REFRESH_REASONS, fields["refresh_reason"])) {
    found.push("an unknown refresh_reason");
  }
  if ("scope" in fields && !isScopeList(fields["scope"])) found.push("scope is no list of scopes");
  return found;
}

const isOneOf = (known: readonly unknown[], value: unknown): boolean => known.includes(value);

function isScopeList(scope: unknown): boolean {
  if (typeof scope !== "string") return false;
  const names = scope.split(" ");
  return names.every((name) => isOneOf(LOGIN_SCOPES, name)) && new Set(names).size === names.length;
}
