import { Failure } from "../../errors.ts";
import { Secret } from "../../secret.ts";
import { VERSION } from "../../version.ts";
import type { World } from "../../world/world.ts";
import { usage } from "../arguments.ts";
import type { Ask } from "./ask.ts";
import { findToken, type FoundToken, sayKindOf } from "./github-token.ts";
import { type Facts, type GitHub, github, readFacts } from "./github.ts";
import { missingScope, sayMissing } from "./permissions.ts";
import type { Place } from "./repository.ts";

/** The repository as GitHub shows it to a token that may set it up, as far as that can be seen by reading. */
export interface Session {
  readonly found: FoundToken;
  readonly facts: Facts;
  readonly github: GitHub;
  /** The same repository, with another token. */
  readonly connect: (token: Secret) => GitHub;
}

/** Finds a token, or asks for one, until GitHub takes it. */
export async function openSession(world: World, ask: Ask, place: Place): Promise<Session> {
  const found = await findToken(world, place.host);
  if (found) {
    try {
      return await connect(world, ask, place, found);
    } catch (error) {
      if (!ask.interactive || !isRefusal(error)) throw error;
      ask.say.warn(`${error.message} ${error.advice}`);
    }
  } else if (!ask.interactive) {
    throw new Failure(
      "secret-forbidden",
      "There is no GitHub token: neither GH_TOKEN is set, nor is somebody signed in with `gh`.",
      "Sign in with `gh auth login`, or give one with `--github-token FILE`.",
    );
  }
  return anotherSession(world, ask, place);
}

/** With a token that is pasted, until GitHub takes one. */
export async function anotherSession(world: World, ask: Ask, place: Place): Promise<Session> {
  for (;;) {
    const text = await ask.paste(
      "Paste a GitHub token that may set secrets here",
      "not shown, and kept nowhere; or ctrl-C, and `gh auth login`",
    );
    try {
      const token = text?.replace(/\s+/g, "") ?? "";
      if (!/^[!-~]+$/.test(token)) throw usage("That is no token.");
      return await connect(world, ask, place, { token: new Secret(token), source: "what you pasted" });
    } catch (error) {
      if (!isRefusal(error)) throw error;
      ask.say.warn(`${error.message} ${error.advice}`);
    }
  }
}

const isRefusal = (error: unknown): error is Failure =>
  error instanceof Failure && (error.code === "secret-forbidden" || error.code === "input-invalid");

async function connect(world: World, ask: Ask, place: Place, found: FoundToken): Promise<Session> {
  const { token, source } = found;
  world.runner.mask([token.reveal()]);
  const userAgent = world.env["INPUT_USER-AGENT"] || `oauth-creds/${VERSION}`;
  const withToken = (other: Secret) => github(world, place.apiUrl, place.repository, other, userAgent);
  const own = withToken(token);
  const facts = await readFacts(own, source);
  const scope = missingScope(facts, token);
  if (scope) throw sayMissing([scope], facts, token, source);
  const admin = facts.admin === false ? "; its owner does not administer the repository" : "";
  ask.say.step(`${facts.fullName}: ${facts.visibility}, default branch ${facts.defaultBranch} (${place.source})`);
  ask.say.step(`GitHub token: ${source} (${sayKindOf(token)}${admin})`);
  return { found, facts, github: own, connect: withToken };
}
