/**
 * Every secrets endpoint. They differ in their path, their permission and, for organizations, in
 * the list of repositories that may read the secret.
 */
import { isoSeconds, problem, type Reply } from "./messages.ts";
import type { Call, Route, World } from "./routes.ts";
import { minimalRepository } from "./samples.ts";
import type { Change, SecretRow, Visibility } from "./secret-store.ts";
import type { Level, Permission } from "./tokens.ts";

interface Store {
  /** Template of the list of secrets. */
  readonly template: string;
  readonly permission: Permission;
  readonly organization: boolean;
}

function stores(): Store[] {
  const families = [
    { family: "actions", prefix: "" },
    { family: "dependabot", prefix: "dependabot_" },
    { family: "codespaces", prefix: "codespaces_" },
    { family: "agents", prefix: "agent_" },
  ] as const;
  const repo = "/repos/{owner}/{repo}";
  return [
    ...families.flatMap(({ family, prefix }): Store[] => [
      {
        template: `${repo}/${family}/secrets`,
        permission: `${prefix}secrets`,
        organization: false,
      },
      {
        template: `/orgs/{org}/${family}/secrets`,
        permission: `organization_${prefix}secrets`,
        organization: true,
      },
    ]),
    {
      template: `${repo}/environments/{environment_name}/secrets`,
      permission: "environments",
      organization: false,
    },
  ];
}

/** `[method and template, route]` of all of them. */
export function secretRoutes(): [string, Route][] {
  return stores().flatMap((store) => {
    const { template, permission, organization } = store;
    const one = `${template}/{secret_name}`;
    const route = (level: Level, act: (path: string, call: Call, world: World) => Reply): Route => ({
      need: { permission, level },
      handle(call, world) {
        const environment = call.parameters["environment_name"]?.toLowerCase();
        const there = world.environments?.some((name) => name.toLowerCase() === environment);
        if (environment !== undefined && there === false) return problem(404, "Not Found");
        return act(fill(template, call.parameters), call, world);
      },
    });
    const shared: [string, Route][] = [
      [`GET ${template}`, route("read", listSecrets)],
      [
        `GET ${template}/public-key`,
        route("read", (path, _call, { store: rows }) => ({
          status: 200,
          body: rows.publicKey(path),
        })),
      ],
      [`GET ${one}`, route("read", getSecret)],
      [`PUT ${one}`, route("write", organization ? putOrganizationSecret : putSecret)],
      [`DELETE ${one}`, route("write", deleteSecret)],
    ];
    if (!organization) return shared;
    const list = `${one}/repositories`;
    return [
      ...shared,
      [`GET ${list}`, route("read", listRepositories)],
      [`PUT ${list}`, route("write", setRepositories)],
      [`PUT ${list}/{repository_id}`, route("write", editRepositories(true))],
      [`DELETE ${list}/{repository_id}`, route("write", editRepositories(false))],
    ];
  });
}

function fill(template: string, parameters: Readonly<Record<string, string>>): string {
  return template.replaceAll(/\{(\w+)\}/g, (_all, name: string) => parameters[name] ?? "");
}

function nameOf({ parameters }: Call): string {
  return parameters["secret_name"] ?? "";
}

/** What GitHub shows of a secret: never its value. */
export function publicFields(row: SecretRow, url: string): Record<string, string> {
  const { name, createdAt, updatedAt, visibility } = row;
  const times = { created_at: isoSeconds(createdAt), updated_at: isoSeconds(updatedAt) };
  if (visibility === undefined) return { name, ...times };
  if (visibility !== "selected") return { name, ...times, visibility };
  const selected_repositories_url = `${url}/${name}/repositories`;
  return { name, ...times, visibility, selected_repositories_url };
}

function listSecrets(path: string, call: Call, { store, repository }: World): Reply {
  const url = `${repository.apiUrl}${path}`;
  const all = store.list(path).map((row) => publicFields(row, url));
  const { items, headers } = page(all, call, url);
  return { status: 200, headers, body: { total_count: all.length, secrets: items } };
}

function getSecret(path: string, call: Call, { store, repository }: World): Reply {
  const row = store.get(path, nameOf(call));
  if (row === undefined) return problem(404, "Not Found");
  return { status: 200, body: publicFields(row, `${repository.apiUrl}${path}`) };
}

function deleteSecret(path: string, call: Call, { store }: World): Reply {
  return store.remove(path, nameOf(call)) ? { status: 204 } : problem(404, "Not Found");
}

function putSecret(path: string, call: Call, world: World): Reply {
  const body = fieldsOf(call.body);
  const entry = openEntry(path, call, body, world);
  return "status" in entry ? entry : write(path, call, world, { entry });
}

/** An update that names no repositories clears the list of a "selected" secret. */
function putOrganizationSecret(path: string, call: Call, world: World): Reply {
  const body = fieldsOf(call.body);
  const visibility = body["visibility"] as Visibility | undefined;
  if (visibility === undefined) return notSupplied("visibility");
  const ids = body["selected_repository_ids"];
  if (ids !== undefined && visibility !== "selected") {
    return problem(422, "selected_repository_ids needs the visibility selected");
  }
  const selectedRepositoryIds = Array.isArray(ids) ? ids.map(Number) : [];
  const exists = world.store.get(path, nameOf(call)) !== undefined;
  if (exists && body["encrypted_value"] === undefined) {
    return write(path, call, world, { visibility, selectedRepositoryIds });
  }
  const entry = openEntry(path, call, body, world);
  if ("status" in entry) return entry;
  return write(path, call, world, { entry, visibility, selectedRepositoryIds });
}

function openEntry(
  path: string,
  call: Call,
  body: Record<string, unknown>,
  { store }: World,
): Reply | NonNullable<Change["entry"]> {
  const name = nameOf(call);
  if (!/^[A-Z_][A-Z0-9_]*$/i.test(name) || /^GITHUB_/i.test(name)) {
    return problem(422, "The name of the secret is not valid");
  }
  const { encrypted_value: box, key_id: keyId } = body;
  if (typeof box !== "string") return notSupplied("encrypted_value");
  if (typeof keyId !== "string") return notSupplied("key_id");
  const opened = store.open(path, keyId, box);
  if ("refused" in opened) return problem(422, opened.refused);
  return { plaintext: opened.plaintext, keyId, by: call.by };
}

function write(path: string, call: Call, { store, now }: World, change: Change): Reply {
  const outcome = store.put(path, nameOf(call), now(), change);
  return outcome === "created" ? { status: 201, body: {} } : { status: 204 };
}

function notSupplied(key: string): Reply {
  return problem(422, `Invalid request.\n\n"${key}" wasn't supplied.`);
}

function listRepositories(path: string, call: Call, { store, repository }: World): Reply {
  const row = store.get(path, nameOf(call));
  if (row === undefined) return problem(404, "Not Found");
  const ids = row.selectedRepositoryIds ?? [];
  const url = `${repository.apiUrl}${path}/${row.name}/repositories`;
  const { items, headers } = page(ids, call, url);
  const [owner] = repository.fullName.split("/");
  const repositories = items.map((id) =>
    id === repository.id
      ? minimalRepository(repository)
      : minimalRepository({ ...repository, id, fullName: `${owner}/repository-${id}` }),
  );
  return { status: 200, headers, body: { total_count: ids.length, repositories } };
}

function setRepositories(path: string, call: Call, world: World): Reply {
  const ids = fieldsOf(call.body)["selected_repository_ids"];
  if (!Array.isArray(ids)) return notSupplied("selected_repository_ids");
  return replaceRepositories(path, call, world, () => ids.map(Number));
}

function editRepositories(add: boolean) {
  return (path: string, call: Call, world: World): Reply => {
    const id = Number(call.parameters["repository_id"]);
    return replaceRepositories(path, call, world, (old) => {
      const others = old.filter((other) => other !== id);
      return add ? [...others, id] : others;
    });
  };
}

function replaceRepositories(
  path: string,
  call: Call,
  { store, now }: World,
  change: (old: readonly number[]) => number[],
): Reply {
  const row = store.get(path, nameOf(call));
  if (row === undefined) return problem(404, "Not Found");
  if (row.visibility !== "selected") return problem(409, "Conflict");
  const selectedRepositoryIds = change(row.selectedRepositoryIds ?? []);
  store.put(path, row.name, now(), { visibility: "selected", selectedRepositoryIds });
  return { status: 204 };
}

function fieldsOf(body: unknown): Record<string, unknown> {
  return typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
}

/** One page (30 entries unless asked, 100 at most) and the `Link` header to the next. */
export function page<T>(
  all: readonly T[],
  { query }: Call,
  url: string,
): { items: T[]; headers: Record<string, string> } {
  const size = Math.min(Number(query["per_page"] ?? 30), 100);
  const number = Number(query["page"] ?? 1);
  const items = all.slice((number - 1) * size, number * size);
  if (number * size >= all.length) return { items, headers: {} };
  const next = `${url}?per_page=${size}&page=${number + 1}`;
  return { items, headers: { Link: `<${next}>; rel="next"` } };
}
