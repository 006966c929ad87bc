/**
 * GitHub's GraphQL endpoint, as far as the ledger and issues use it. Every call is validated against GitHub's own schema
 * (the cut in `graphql/`, made by `scripts/cut-graphql.ts`). As on GitHub, most refusals come with status 200.
 */
import { readFileSync } from "node:fs";
import {
  buildSchema,
  type DocumentNode,
  execute,
  getOperationAST,
  getVariableValues,
  GraphQLError,
  type GraphQLSchema,
  parse,
  validate,
} from "graphql";
import { isCustom } from "./git-routes.ts";
import { loginOf } from "./issue-routes.ts";
import { isRefName, type RefChange } from "./git-store.ts";
import { problem, type Reply } from "./messages.ts";
import type { World } from "./routes.ts";
import { repositoryNodeId } from "./samples.ts";
import { type Identity, type Level, refuse } from "./tokens.ts";

const text = readFileSync(new URL("./graphql/github.cut.graphql", import.meta.url), "utf8");
const schema = buildSchema(text);
/** As it was before `updateRefs`: there was only `updateRef`. */
const older = buildSchema(text.replace(/\bupdateRefs\(/, "updateRef("));

const ZEROS = "0".repeat(40);

interface Asked {
  readonly document: DocumentNode;
  readonly variables: Record<string, unknown>;
}

/** What is wrong with a request; empty if GitHub would carry it out. */
export function judgeGraphql(json: unknown): readonly string[] {
  const asked = read(json);
  if (Array.isArray(asked)) return asked.map(({ message }) => message);
  const operation = getOperationAST(asked.document);
  const errors = [
    ...validate(schema, asked.document),
    ...(getVariableValues(schema, operation?.variableDefinitions ?? [], asked.variables).errors ?? []),
  ];
  // GraphQL repeats the value of a variable in its message.
  return errors.map(({ message }) => message.replace(/ got invalid value .*?;/, ";"));
}

export async function answerGraphql(json: unknown, world: World, identity: Identity): Promise<Reply> {
  const { behaviour } = world.git;
  if (behaviour.graphql === "absent") return problem(404, "Not Found");
  const served: GraphQLSchema = behaviour.graphql === "older" ? older : schema;
  const asked = read(json);
  if (Array.isArray(asked)) return { status: 200, body: { errors: asked.map(say) } };
  const invalid = validate(served, asked.document);
  if (invalid.length > 0) return { status: 200, body: { errors: invalid.map(say) } };
  const { data, errors } = await execute({
    schema: served,
    document: asked.document,
    variableValues: asked.variables,
    rootValue: rootOf(world, identity),
  });
  return { status: 200, body: { ...(data === undefined ? {} : { data }), ...(errors && { errors: errors.map(say) }) } };
}

function read(json: unknown): Asked | GraphQLError[] {
  const { query, variables } = (json ?? {}) as Record<string, unknown>;
  if (typeof query !== "string") return [new GraphQLError("A query attribute must be specified and must be a string.")];
  try {
    return { document: parse(query), variables: (variables ?? {}) as Record<string, unknown> };
  } catch (error) {
    return [error as GraphQLError];
  }
}

/** As GitHub words an error: those of a field carry a `type`, those of the document a code. */
function say(error: GraphQLError): object {
  const { message, path, locations, extensions } = error;
  if (typeof extensions["type"] === "string") return { type: extensions["type"], path, locations, message };
  const unknown = /^Cannot query field "(\w+)" on type "(\w+)"/.exec(message);
  if (unknown === null) return { message, path, locations };
  const [, fieldName, typeName] = unknown;
  return {
    path: [typeName?.toLowerCase(), fieldName],
    extensions: { code: "undefinedField", typeName, fieldName },
    locations,
    message: `Field '${fieldName}' doesn't exist on type '${typeName}'`,
  };
}

const fail = (type: string, message: string): GraphQLError => new GraphQLError(message, { extensions: { type } });

interface RefUpdate {
  readonly name: string;
  readonly beforeOid?: string | null;
  readonly afterOid: string;
  readonly force?: boolean;
}

function rootOf(world: World, identity: Identity) {
  const { repository, git } = world;
  const nodeId = repositoryNodeId(repository);

  function demand(level: Level, notFound: string): void {
    const refused = refuse(identity, { permission: "contents", level }, repository);
    if (refused === undefined) return;
    if (refused.status === 404) throw fail("NOT_FOUND", notFound);
    if (identity.kind === "classic") throw fail("INSUFFICIENT_SCOPES", "Your token has not been granted the scopes.");
    throw fail("FORBIDDEN", (refused.body as { message: string }).message);
  }

  return {
    viewer: () => ({ login: loginOf(identity.kind) }),

    repository({ owner, name }: { owner: string; name: string }) {
      const asked = `${owner}/${name}`;
      const notFound = `Could not resolve to a Repository with the name '${asked}'.`;
      if (asked.toLowerCase() !== repository.fullName.toLowerCase()) throw fail("NOT_FOUND", notFound);
      demand("read", notFound);
      return { id: nodeId, databaseId: repository.id, nameWithOwner: repository.fullName };
    },

    async updateRefs({
      input,
    }: {
      input: { repositoryId: string; refUpdates: RefUpdate[]; clientMutationId?: string };
    }) {
      const notFound = `Could not resolve to a node with the global id of '${input.repositoryId}'`;
      if (input.repositoryId !== nodeId) throw fail("NOT_FOUND", notFound);
      demand("write", notFound);
      if (git.behaviour.graphql === "refused") throw fail("FORBIDDEN", "Resource not accessible by integration");
      const changes = input.refUpdates.map(changeOf);
      if ((await git.change(changes)) === "moved") throw fail("UNPROCESSABLE", git.behaviour.conflictWords);
      return { clientMutationId: input.clientMutationId };
    },
  };

  function changeOf({ name, beforeOid, afterOid, force = false }: RefUpdate): RefChange {
    const store = git.store();
    if (!isRefName(name)) throw fail("UNPROCESSABLE", `${name} is not a valid ref name`);
    if (git.behaviour.customRefs !== "allowed" && isCustom(name))
      throw fail("UNPROCESSABLE", "Reference update failed");
    const now = store.ref(name);
    const before = beforeOid === ZEROS ? undefined : (beforeOid ?? now);
    if (before !== now) throw fail("UNPROCESSABLE", git.behaviour.conflictWords);
    if (afterOid === ZEROS) return { name, from: before, to: undefined };
    if (git.missesObject() || store.typeOf(afterOid) === undefined) {
      throw fail("UNPROCESSABLE", `Object ${afterOid} does not exist`);
    }
    if (store.typeOf(afterOid) !== "commit") throw fail("UNPROCESSABLE", "Invalid object type, expected commit");
    if (!force && before !== undefined && !store.descends(afterOid, before)) {
      throw fail("UNPROCESSABLE", `Update of ${name} is not a fast forward`);
    }
    return { name, from: before, to: afterOid };
  }
}
