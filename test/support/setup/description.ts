/**
 * What GitHub's own description says of environments: every exchange about one is held against it, both what our code
 * sends and what `front.ts` answers.
 */
import { readFileSync } from "node:fs";
import { Ajv, type ValidateFunction } from "ajv";

type Schema = Readonly<Record<string, unknown>>;
interface Operation {
  readonly requestBody?: { readonly content: { readonly "application/json": { readonly schema: Schema } } };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Schema }>> }>
  >;
}
interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: unknown;
}

const text = readFileSync(new URL("./environments.cut.json", import.meta.url), "utf8");
const description = JSON.parse(text) as Description;
const ajv = new Ajv({ strict: false, formats: { "date-time": true, int64: true, uri: true, email: true } });
const compiled = new Map<Schema, ValidateFunction>();

const REPO = "/repos/{owner}/{repo}/environments";
const TEMPLATES: readonly (readonly [RegExp, string])[] = [
  [/^\/repos\/[^/]+\/[^/]+\/environments$/, REPO],
  [/^\/repos\/[^/]+\/[^/]+\/environments\/[^/]+$/, `${REPO}/{environment_name}`],
  [
    /^\/repos\/[^/]+\/[^/]+\/environments\/[^/]+\/deployment-branch-policies$/,
    `${REPO}/{environment_name}/deployment-branch-policies`,
  ],
];

/** What contradicts the description; nothing for a path that it does not have. */
export function contradictions(method: string, path: string, body: unknown, status: number, answer: unknown): string[] {
  const template = TEMPLATES.find(([pattern]) => pattern.test(path))?.[1];
  if (template === undefined) return [];
  const operation = description.paths[template]?.[method.toLowerCase()];
  const label = `${method} ${template}`;
  if (operation === undefined) return [`${label}: no such method`];
  const found: string[] = [];
  const sent = operation.requestBody?.content["application/json"].schema;
  if (sent && !fits(sent, body ?? null)) found.push(`${label}: the request body does not fit`);
  if (!sent && body !== undefined) found.push(`${label}: a request body is not described`);
  const described = operation.responses[String(status)];
  if (described === undefined && status < 400) found.push(`${label}: status ${status} is not described`);
  const schema = described?.content?.["application/json"]?.schema;
  if (schema && !fits(schema, answer)) found.push(`${label}: the answer with status ${status} does not fit`);
  return found;
}

function fits(schema: Schema, value: unknown): boolean {
  const validate =
    compiled.get(schema) ?? ajv.compile({ ...forAjv(schema), components: forAjv(description.components) });
  compiled.set(schema, validate);
  return validate(value) as boolean;
}

/** OpenAPI 3.0 says `nullable` where JSON schema has a type `null`. */
function forAjv<T>(value: T): T {
  if (Array.isArray(value)) return value.map(forAjv) as T;
  if (!(value instanceof Object)) return value;
  const { nullable, ...rest } = Object.fromEntries(Object.entries(value).map(([key, child]) => [key, forAjv(child)]));
  return (nullable === true ? { anyOf: [rest, { type: "null" }] } : rest) as T;
}
