/** How a refresh request differs from the one that the official client sends. */
import { CLIENT_ID, LOGIN_SCOPES, REFRESH_PREFIX } from "./anthropic-facts.ts";
import type { RecordedRequest } from "./exchange.ts";

/** Headers that would tell more than this endpoint should know, or that it does not expect. */
const FORBIDDEN = [
  "authorization",
  "proxy-authorization",
  "x-api-key",
  "cookie",
  "anthropic-beta",
  "anthropic-version",
];

const REQUIRED_FIELDS = ["grant_type", "refresh_token", "client_id"];

/** Every difference, in words; never with the value of a token. */
export function deviationsOf(record: RecordedRequest): string[] {
  return [...requestLine(record), ...headers(record), ...body(record)];
}

function requestLine({ method, path }: RecordedRequest): string[] {
  const found: string[] = [];
  if (method !== "POST") found.push(`method ${method}`);
  const [pathname, query] = path.split("?");
  if (pathname !== "/v1/oauth/token") found.push(`path ${pathname}`);
  if (query !== undefined) found.push("a query");
  return found;
}

function headers(record: RecordedRequest): string[] {
  const found: string[] = [];
  const type = record.headers["content-type"] ?? "none";
  if (!/^application\/json(; ?charset=utf-8)?$/i.test(type)) found.push(`content-type ${type}`);
  const accept = record.headers.accept ?? "none";
  if (!admitsJson(accept)) found.push(`accept ${accept}`);
  if ((record.headers["user-agent"] ?? "") === "") found.push("no user-agent");
  for (const name of FORBIDDEN) {
    if (record.headers[name] !== undefined) found.push(`header ${name}`);
  }
  return found;
}

/** Whether an `Accept` header lets an answer be JSON. */
export function admitsJson(accept: string): boolean {
  return accept.split(",").some((entry) => {
    const [type = "", ...parameters] = entry.split(";").map((part) => part.trim().toLowerCase());
    const excluded = parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
    return !excluded && ["application/json", "application/*", "*/*"].includes(type);
  });
}

function body(record: RecordedRequest): string[] {
  const fields = record.body;
  if (fields === undefined) return ["the body is no JSON object"];
  const found: string[] = [];
  for (const name of REQUIRED_FIELDS) {
    if (typeof fields[name] !== "string") found.push(`field ${name} is missing or no text`);
  }
  for (const name of Object.keys(fields)) {
    if ([...REQUIRED_FIELDS, "scope"].includes(name)) continue;
    // A body of another kind, read as fields, can have a token in what looks like a name.
    found.push(/^\w{1,30}$/.test(name) ? `field ${name}` : "a field with a strange name");
  }
  if (fields["grant_type"] !== "refresh_token") found.push("grant_type is not refresh_token");
  if (fields["client_id"] !== CLIENT_ID) found.push("another client_id");
  if (!new RegExp(`^${REFRESH_PREFIX}[\\w-]+$`).test(String(fields["refresh_token"]))) {
    found.push("refresh_token has not the form of one");
  }
  if ("scope" in fields && !isScopeList(fields["scope"])) found.push("scope is no list of scopes");
  return found;
}

function isScopeList(scope: unknown): boolean {
  if (typeof scope !== "string") return false;
  const names = scope.split(" ");
  const known: readonly string[] = LOGIN_SCOPES;
  return names.every((name) => known.includes(name)) && new Set(names).size === names.length;
}
