/**
 * Judges recorded exchanges against GitHub's own description of its REST API (the cut in
 * `openapi/`, made by `scripts/cut-openapi.ts`). Both sides are judged: what our code sends, and
 * what the loopback server in this folder answers.
 */
import { readFileSync } from "node:fs";
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";

/** One request and, unless it was never answered, its answer. Paths are as sent (URL-encoded). */
export interface Exchange {
  readonly method: string;
  /** Without scheme, host, `/api/v3` and query. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Parsed JSON; left out when the request had no body. */
  readonly requestBody?: unknown;
  /** Left out: only the request is judged. */
  readonly status?: number;
  /** Parsed JSON; left out when the answer had no body. */
  readonly responseBody?: unknown;
}

export interface Judgement {
  /** The template that the path belongs to, such as `/repos/{owner}/{repo}`. */
  readonly template?: string;
  /** What contradicts the description; empty when nothing does. Never contains a body's values. */
  readonly violations: readonly string[];
  /** Error statuses that GitHub answers without describing them (most of 401, 403, 404, 422, 429). */
  readonly undescribed: readonly string[];
}

type Schema = Record<string, unknown>;
type Content = Record<string, { schema?: Schema; examples?: Record<string, { $ref?: string }> }>;
interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  schema: Schema;
  "x-multi-segment"?: boolean;
}
type OrReference<T> = T | { $ref: string };
export interface Operation {
  operationId: string;
  parameters?: OrReference<Parameter>[];
  requestBody?: { required?: boolean; content: Content };
  responses: Record<string, OrReference<{ content?: Content }>>;
}
interface Description {
  paths: Record<string, Record<string, Operation>>;
  components: { examples: Record<string, { value: unknown }>; [kind: string]: unknown };
}

const file = new URL("./openapi/api.github.com.cut.json", import.meta.url);

/** The description as it lies in the file. */
export const description = JSON.parse(readFileSync(file, "utf8")) as Description;

const ajv = new Ajv({
  strict: false,
  allErrors: true,
  formats: {
    "date-time": /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/,
    timestamp: /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/,
    uri: (text: string) => URL.canParse(text),
    email: /^[^@\s]+@[^@\s]+$/,
    int64: { type: "number", validate: (value: number) => Number.isInteger(value) },
  },
});

/** OpenAPI 3.0 allows `nullable` beside `oneOf`, and an `enum` without null beside it; ajv takes neither. */
function forAjv(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(forAjv);
  if (!(value instanceof Object)) return value;
  const { nullable, ...rest } = Object.fromEntries(Object.entries(value).map(([key, child]) => [key, forAjv(child)]));
  if (nullable !== true) return { ...rest, ...(nullable === undefined ? {} : { nullable }) };
  if (!("type" in rest)) return { anyOf: [rest, { type: "null" }] };
  const values = rest["enum"];
  return { ...rest, nullable, ...(Array.isArray(values) && { enum: [...new Set([...(values as unknown[]), null])] }) };
}

const components = forAjv(description.components);
const validators = new Map<Schema, ValidateFunction>();

function errorsOf(schema: Schema, value: unknown): readonly ErrorObject[] {
  let validate = validators.get(schema);
  if (validate === undefined) {
    // References are local (`#/components/…`), so the components have to be in the same document.
    validate = ajv.compile({ ...(forAjv(schema) as Schema), components });
    validators.set(schema, validate);
  }
  return validate(value) ? [] : (validate.errors ?? []);
}

function follow<T extends object>(value: OrReference<T>): T {
  if (!("$ref" in value)) return value;
  const [, kind, name] = value.$ref.slice(2).split("/") as [string, string, string];
  return (description.components[kind] as Record<string, T>)[name] as T;
}

interface Template {
  readonly text: string;
  readonly pattern: RegExp;
  readonly names: readonly string[];
  readonly literals: number;
}

/** `{ref}` is marked in the description as spanning several segments; others take exactly one. */
function compileTemplate(text: string): Template {
  const names: string[] = [];
  let literals = 0;
  const parts = text.split("/").map((part) => {
    const name = /^\{(.+)\}$/.exec(part)?.[1];
    if (name === undefined) {
      literals += 1;
      return part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
    }
    names.push(name);
    return spansSegments(text, name) ? "(.+)" : "([^/]+)";
  });
  return { text, pattern: new RegExp(`^${parts.join("/")}$`), names, literals };
}

function spansSegments(template: string, name: string): boolean {
  return Object.values(description.paths[template] ?? {}).some((operation) =>
    (operation.parameters ?? []).some((parameter) => {
      const { name: found, "x-multi-segment": multi } = follow(parameter);
      return found === name && multi === true;
    }),
  );
}

// The template with the most literal segments wins: `public-key` is not a secret's name.
const templates = Object.keys(description.paths)
  .map(compileTemplate)
  .toSorted((a, b) => b.literals - a.literals);

export interface Match {
  readonly template: string;
  /** Decoded values by parameter name. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** Finds the described template of a path as sent; undefined when there is none. */
export function matchPath(path: string): Match | undefined {
  for (const template of templates) {
    const found = template.pattern.exec(path);
    if (found === null) continue;
    const values = template.names.map((name, i) => [name, decode(found[i + 1] as string)]);
    return { template: template.text, parameters: Object.fromEntries(values) };
  }
  return undefined;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** What is wrong with an exchange; empty when GitHub's description has nothing against it. */
export function checkExchange(exchange: Exchange): readonly string[] {
  return judgeExchange(exchange).violations;
}

/** Like `checkExchange`, with the template found and the statuses that nobody described. */
export function judgeExchange(exchange: Exchange): Judgement {
  const method = exchange.method.toUpperCase();
  const match = matchPath(exchange.path);
  const label = `${method} ${match?.template ?? exchange.path}`;
  const operation = match && description.paths[match.template]?.[method.toLowerCase()];
  if (match === undefined || operation === undefined) {
    const reason = match === undefined ? "no such path" : "no such method";
    return { violations: [`${label}: ${reason} in the description`], undescribed: [] };
  }
  const answer = checkAnswer(operation, exchange);
  const violations = [
    ...checkParameters(operation, match.parameters, exchange.query ?? {}),
    ...checkRequestBody(operation, exchange.requestBody),
    ...answer.violations,
  ];
  return {
    template: match.template,
    violations: violations.map((text) => `${label}: ${text}`),
    undescribed: answer.undescribed.map((text) => `${label}: ${text}`),
  };
}

function checkParameters(
  operation: Operation,
  inPath: Readonly<Record<string, string>>,
  query: Readonly<Record<string, string>>,
): string[] {
  const found: string[] = [];
  const known = new Set<string>();
  for (const parameter of (operation.parameters ?? []).map((entry) => follow(entry))) {
    known.add(parameter.name);
    const value = parameter.in === "path" ? inPath[parameter.name] : query[parameter.name];
    if (value === undefined) {
      if (parameter.required) found.push(`parameter ${parameter.name} is missing`);
    } else if (errorsOf(parameter.schema, typed(value, parameter.schema["type"])).length > 0) {
      found.push(`parameter ${parameter.name} does not fit its schema`);
    }
  }
  for (const name of Object.keys(query)) {
    if (!known.has(name)) found.push(`query parameter ${name} is not described`);
  }
  return found;
}

/** Parameters travel as text; a number or boolean that reads as one is taken for one. */
function typed(value: string, type: unknown): unknown {
  if ((type === "integer" || type === "number") && value !== "") return Number(value);
  if (type === "boolean" && (value === "true" || value === "false")) return value === "true";
  return value;
}

function checkRequestBody(operation: Operation, body: unknown): string[] {
  const described = operation.requestBody;
  if (described === undefined) return body === undefined ? [] : ["a request body is not described"];
  if (body === undefined) return described.required ? ["the request body is missing"] : [];
  const schema = described.content["application/json"]?.schema ?? {};
  const found = errorsOf(schema, body).map((error) => describe("request body", error));
  // GitHub ignores unknown keys, so a misspelt optional one would go unnoticed for ever.
  const properties = schema["properties"];
  if (typeof properties === "object" && properties !== null && typeof body === "object" && body) {
    const unknown = Object.keys(body).filter((key) => !(key in properties));
    found.push(...unknown.map((key) => `request body: key ${key} is not described`));
  }
  return found;
}

function checkAnswer(
  operation: Operation,
  { method, status, responseBody }: Exchange,
): { violations: string[]; undescribed: string[] } {
  if (status === undefined) return { violations: [], undescribed: [] };
  // The answer to any conditional request; the description leaves it out.
  if (method.toUpperCase() === "GET" && status === 304 && responseBody === undefined)
    return { violations: [], undescribed: [] };
  const entry = operation.responses[String(status)] ?? operation.responses["default"];
  if (entry === undefined) {
    const text = `status ${status} is not described`;
    return status >= 400 ? { violations: [], undescribed: [text] } : { violations: [text], undescribed: [] };
  }
  const content = follow(entry).content;
  const violations: string[] = [];
  if (content === undefined) {
    // Many errors are described by their status alone; GitHub explains them in a body all the same.
    if (responseBody !== undefined && status < 400) violations.push(`status ${status} has no body`);
  } else if (responseBody === undefined) {
    violations.push(`status ${status}: the response body is missing`);
  } else {
    const schema = content["application/json"]?.schema ?? {};
    const errors = errorsOf(schema, responseBody);
    violations.push(...errors.map((error) => describe(`status ${status}: response body`, error)));
  }
  return { violations, undescribed: [] };
}

function describe(where: string, error: ErrorObject): string {
  return `${where}${error.instancePath.replaceAll("/", ".")} ${error.message ?? error.keyword}`;
}
