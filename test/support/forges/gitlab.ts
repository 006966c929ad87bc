/**
 * A GitLab on loopback, as far as CI/CD variables of projects and groups go: its REST API, version 4, by its own pages
 * (api/project_level_variables, api/group_level_variables, ci/variables) and, for what they leave out, by the models
 * Ci::Maskable and Ci::HidableVariable.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { listenOnLoopback } from "../net/loopback.ts";

export interface GitLabToken {
  readonly scope: "api" | "read_api";
  /** Variables are for Maintainers of a project and Owners of a group. */
  readonly role: "developer" | "maintainer" | "owner";
}

export interface Variable {
  readonly key: string;
  readonly value: string;
  readonly variable_type: "env_var" | "file";
  readonly protected: boolean;
  readonly masked: boolean;
  readonly hidden: boolean;
  readonly raw: boolean;
  readonly environment_scope: string;
  readonly description: string | null;
}

export interface GitLabOptions {
  readonly tokens: Readonly<Record<string, GitLabToken>>;
  /** Path of the one project; the groups are those above it. Default `group/sub/project`. */
  readonly project?: string;
  /** False as before 17.4: variables cannot be hidden. */
  readonly hides?: boolean;
  /** Milliseconds since the epoch; default the system's clock. */
  readonly clock?: { now(): number };
}

export interface GitLabFault {
  readonly status: number | "drop";
  readonly headers?: Readonly<Record<string, string>>;
  /** After the commit. */
  readonly late?: boolean;
}

export interface GitLab {
  /** As CI_API_V4_URL is set in a job of it. */
  readonly apiUrl: string;
  /** Every variable that there is; `owner` is `projects/group/sub/project` or `groups/group`. */
  variables(owner?: string): Variable[];
  variable(key: string, scope?: string, owner?: string): Variable | undefined;
  /** A person types it into the settings. */
  set(key: string, value: string, more?: Partial<Variable>, owner?: string): void;
  remove(key: string, owner?: string): void;
  /** Every value that was ever written to a key, oldest first. */
  history(key: string): readonly string[];
  /** `METHOD /path?query keys of the body`, without the values. */
  readonly requests: readonly string[];
  readonly violations: readonly string[];
  /** Hits requests of this method (and path) after the first `skip`. */
  fault(match: { method: string; path?: RegExp; skip?: number; times?: number }, fault: GitLabFault): void;
  /** Runs when a request of this method and path is received, before it is carried out; once. */
  meanwhile(match: { method: string; path: RegExp; skip?: number }, act: () => void): void;
  close(): Promise<void>;
}

type Fields = Readonly<Record<string, unknown>>;
type Answer = [status: number, body?: unknown];

const SETTABLE = ["value", "variable_type", "protected", "masked", "raw", "environment_scope", "description"] as const;
/** What a mask takes if the variable is expanded (Ci::Maskable); a raw one may hold anything without white space. */
const MASKABLE = /^[a-zA-Z0-9_+=/@:.~-]{8,}$/;

export async function startGitLab(options: GitLabOptions): Promise<GitLab> {
  const { tokens, project = "group/sub/project", hides = true, clock = Date } = options;
  const own = `projects/${project}`;
  const rows = new Map<string, Variable[]>();
  const written = new Map<string, string[]>();
  const requests: string[] = [];
  const violations: string[] = [];
  const faults: {
    match: { method: string; path?: RegExp };
    skip: number;
    left: number;
    act: GitLabFault | (() => void);
  }[] = [];

  const of = (owner: string): Variable[] => {
    const found = rows.get(owner) ?? [];
    rows.set(owner, found);
    return found;
  };
  const save = (owner: string, variable: Variable): void => {
    const list = of(owner).filter(
      (row) => !(row.key === variable.key && row.environment_scope === variable.environment_scope),
    );
    rows.set(owner, [...list, variable]);
    const past = written.get(variable.key) ?? [];
    if (past.at(-1) !== variable.value) written.set(variable.key, [...past, variable.value]);
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString("utf8");
    const url = new URL(request.url ?? "/", "http://loopback");
    const { method = "GET" } = request;
    const body = text === "" ? undefined : (JSON.parse(text) as Fields);
    requests.push([`${method} ${url.pathname}${decodeURIComponent(url.search)}`, ...Object.keys(body ?? {})].join(" "));
    const armed = faults.filter(
      ({ match, left }) => left > 0 && match.method === method && (match.path?.test(url.pathname) ?? true),
    );
    let planted: GitLabFault | undefined;
    for (const one of armed) {
      if (one.skip-- > 0) continue;
      one.left -= 1;
      if (typeof one.act === "function") one.act();
      else planted ??= one.act;
    }
    const end = (status: number, answer: unknown, headers: Readonly<Record<string, string>> = {}): void => {
      response.sendDate = false;
      response.writeHead(status, {
        "content-type": "application/json",
        date: new Date(clock.now()).toUTCString(),
        ...headers,
      });
      response.end(answer === undefined ? undefined : JSON.stringify(answer));
    };
    const fail = ({ status, headers }: GitLabFault): void => {
      if (status === "drop") response.destroy();
      else end(status, { message: `${status}` }, headers);
    };
    if (planted && !planted.late) return fail(planted);
    const [status, answer] = handle(method, url, body, request);
    return planted ? fail(planted) : end(status, answer);
  }

  function handle(method: string, url: URL, body: Fields | undefined, { headers }: IncomingMessage): Answer {
    const match = /^\/api\/v4\/(projects|groups)\/([^/]+)\/variables(?:\/([^/]+))?$/.exec(url.pathname);
    if (!match) {
      violations.push(`no such path: ${method} ${url.pathname}`);
      return [404, { error: "404 Not Found" }];
    }
    const [, kind = "", path = "", key] = match;
    if (headers.authorization !== undefined) violations.push("two ways to show the token");
    const token = tokens[String(headers["private-token"] ?? "")];
    if (!token) return [401, { message: "401 Unauthorized" }];
    const owner = `${kind}/${decodeURIComponent(path)}`;
    const there =
      kind === "projects" ? owner === own : `${own.replace("projects/", "groups/")}/`.startsWith(`${owner}/`);
    if (!there) return [404, { message: `404 ${kind === "projects" ? "Project" : "Group"} Not Found` }];
    if (token.scope === "read_api" && method !== "GET") {
      return [
        403,
        {
          error: "insufficient_scope",
          error_description: "The request requires higher privileges than provided by the access token.",
        },
      ];
    }
    const enough = token.role === "owner" || (kind === "projects" && token.role === "maintainer");
    if (!enough) return [403, { message: "403 Forbidden" }];
    if (key === undefined) return method === "POST" ? create(owner, body ?? {}) : [405, { error: "405 Not Allowed" }];
    const scope = url.searchParams.get("filter[environment_scope]");
    const found = of(owner).filter((row) => row.key === key && (scope === null || row.environment_scope === scope));
    const [row, second] = found;
    if (!row) return [404, { message: "404 Variable Not Found" }];
    if (second) {
      return [
        409,
        {
          message:
            "409 Conflict: There are multiple variables with provided parameters. Please use 'filter[environment_scope]'",
        },
      ];
    }
    if (method === "GET") return [200, shown(row)];
    if (method === "PUT") return update(owner, row, body ?? {});
    if (method === "DELETE") {
      const others = of(owner).filter((other) => other !== row);
      rows.set(owner, others);
      return [204];
    }
    return [405, { error: "405 Not Allowed" }];
  }

  /** A hidden one tells its value to nobody. */
  const shown = ({ hidden, ...row }: Variable): Fields => ({
    ...row,
    value: hidden ? null : row.value,
    ...(hides && { hidden }),
  });

  function create(owner: string, body: Fields): Answer {
    const { key, value, masked_and_hidden: both = false } = body;
    for (const name of Object.keys(body)) {
      const known = name === "key" || name === "masked_and_hidden" || (SETTABLE as readonly string[]).includes(name);
      if (!known) violations.push(`a key that is not described: ${name}`);
    }
    if (typeof key !== "string" || typeof value !== "string")
      return [400, { error: "key is missing, value is missing" }];
    if (!/^[a-zA-Z0-9_]{1,255}$/.test(key))
      return [400, { message: { key: ["can contain only letters, digits and '_'."] } }];
    const hidden = hides && both === true;
    const row: Variable = {
      ...fieldsOf(body, {
        value: "",
        variable_type: "env_var",
        protected: false,
        masked: false,
        raw: false,
        environment_scope: "*",
        description: null,
      }),
      key,
      ...(hidden && { masked: true }),
      hidden,
    };
    if (of(owner).some((other) => other.key === key && other.environment_scope === row.environment_scope)) {
      return [400, { message: { key: [`(${key}) has already been taken`] } }];
    }
    const refused = refusal(row);
    if (refused) return refused;
    save(owner, row);
    return [201, shown(row)];
  }

  function update(owner: string, row: Variable, body: Fields): Answer {
    for (const name of Object.keys(body)) {
      if (!(SETTABLE as readonly string[]).includes(name)) violations.push(`a key that is not described: ${name}`);
    }
    const next: Variable = { ...fieldsOf(body, row), key: row.key, hidden: row.hidden };
    if (row.hidden && next.masked !== row.masked) {
      return [
        400,
        { message: { base: ["Updating masked attribute is not allowed on updates for hidden variables."] } },
      ];
    }
    const refused = refusal(next);
    if (refused) return refused;
    save(owner, next);
    return [200, shown(next)];
  }

  const loopback = await listenOnLoopback(serve);
  return {
    apiUrl: `${loopback.origin}/api/v4`,
    variables: (owner = own) => [...of(owner)],
    variable: (key, scope = "*", owner = own) =>
      of(owner).find((row) => row.key === key && row.environment_scope === scope),
    set: (key, value, more = {}, owner = own) =>
      save(owner, {
        variable_type: "env_var",
        protected: false,
        masked: false,
        hidden: false,
        raw: false,
        environment_scope: "*",
        description: null,
        ...more,
        key,
        value,
      }),
    remove: (key, owner = own) =>
      void rows.set(
        owner,
        of(owner).filter((row) => row.key !== key),
      ),
    history: (key) => written.get(key) ?? [],
    requests,
    violations,
    fault: (match, fault) => void faults.push({ match, skip: match.skip ?? 0, left: match.times ?? 1, act: fault }),
    meanwhile: (match, act) => void faults.push({ match, skip: match.skip ?? 0, left: 1, act }),
    close: loopback.close,
  };
}

type Settable = Pick<Variable, (typeof SETTABLE)[number]>;

/** The named fields that are given, over those that were there. */
function fieldsOf(body: Fields, before: Settable): Settable {
  const picked = Object.fromEntries(SETTABLE.map((name) => [name, before[name]]));
  const given = Object.entries(body).filter(([name]) => (SETTABLE as readonly string[]).includes(name));
  return { ...picked, ...Object.fromEntries(given) } as Settable;
}

function refusal({ masked, raw, value }: Variable): Answer | undefined {
  const fits = raw ? /^\S{8,}$/.test(value) : MASKABLE.test(value);
  return masked && !fits ? [400, { message: { value: ["is invalid"] } }] : undefined;
}
