import { isoTime, sayDuration } from "../../duration.ts";
import { Failure } from "../../errors.ts";
import { Secret } from "../../secret.ts";
import type { World } from "../../world/world.ts";
import { usage } from "../arguments.ts";
import type { Ask } from "./ask.ts";
import { environmentPath } from "./environment.ts";
import { type Facts, type GitHub, readFacts } from "./github.ts";
import { type Missing, missingScope, sayMissing, tryToWrite } from "./permissions.ts";

const SOURCE = "`secrets-token`";
const DAY_MS = 86_400_000;

/** What the workflow that renews writes its secrets with. */
export interface SecretsToken {
  readonly token: Secret;
  readonly facts: Facts;
  readonly github: GitHub;
}

/** How to make one, with the page already filled in where GitHub takes that. */
export function howToMake(facts: Facts, environment: string | undefined, hosted: boolean): string[] {
  const permissions = environment === undefined ? ["Secrets"] : ["Secrets", "Environments"];
  const [owner = "", name = ""] = facts.fullName.split("/");
  const query = new URLSearchParams({
    name: `oauth-creds ${name}`.slice(0, 40),
    description: `Renews the login in ${facts.fullName}`,
    target_name: owner,
    expires_in: "90",
    secrets: "write",
    ...(environment !== undefined && { environments: "write" }),
  });
  const page = hosted ? `https://github.com/settings/personal-access-tokens/new?${query}` : undefined;
  return [
    "GITHUB_TOKEN can never write secrets, so the workflow needs a token of its own:",
    "a fine-grained personal access token, with an end date, for this repository alone",
    `(“Only select repositories”: ${facts.fullName}), with the permissions`,
    ...permissions.map((permission) => `  ${permission}: read and write`),
    ...(page ? ["", page] : ["", "Settings → Developer settings → Personal access tokens → Fine-grained tokens"]),
  ];
}

/**
 * From the input, or pasted. Throws a Failure for one that cannot do it, as far as that can be told before an
 * environment is made.
 */
export async function takeSecretsToken(
  world: World,
  ask: Ask,
  connect: (token: Secret) => GitHub,
  facts: Facts,
  hosted: boolean,
  environment: { readonly name: string; readonly there: boolean } | undefined,
): Promise<SecretsToken> {
  const given = world.env["INPUT_SECRETS-TOKEN"]?.trim();
  const there = environment?.there ? environment.name : undefined;
  if (given) return check(world, ask, new Secret(given), connect, there);
  if (!ask.interactive) {
    throw usage(
      "This way of renewing needs a token that may write secrets: `--secrets-token FILE` (or `-`), or OAUTH_CREDS_SECRETS_TOKEN.",
    );
  }
  ask.say.note("A token that may write secrets", howToMake(facts, environment?.name, hosted));
  for (;;) {
    const text =
      (await ask.paste("Paste the token", "it is not shown; Enter or ctrl-D ends it"))?.replace(/\s+/g, "") ?? "";
    try {
      if (text === "") throw usage("Nothing was pasted.");
      return await check(world, ask, new Secret(text), connect, there);
    } catch (error) {
      if (!(error instanceof Failure) || error.code === "github-unreachable") throw error;
      ask.say.warn(`${error.message} ${error.advice}`);
    }
  }
}

async function check(
  world: World,
  ask: Ask,
  token: Secret,
  connect: (token: Secret) => GitHub,
  environment: string | undefined,
): Promise<SecretsToken> {
  const text = token.reveal();
  world.runner.mask([text]);
  if (!/^[!-~]+$/.test(text)) throw usage("`secrets-token` holds a character that no token has.");
  if (/^gh[su]_/.test(text)) {
    throw usage(
      "`secrets-token` is a token that ends within hours. For a GitHub App, let the workflow make one with " +
        "`actions/create-github-app-token` instead (see examples/rotate.yml).",
    );
  }
  const github = connect(token);
  const facts = await readFacts(github, SOURCE, "Make another one, and copy it whole.");
  const scope = missingScope(facts, token);
  if (scope) throw sayMissing([scope], facts, token, SOURCE);
  if (/^gh[op]_/.test(text)) {
    ask.say.warn(
      `${text.startsWith("gho_") ? "This is a sign-in of gh: it ends when you sign out there, and it" : "A classic token"} ` +
        "may do much more than write secrets. A fine-grained one is better.",
    );
  }
  const weak = await refuseWeak(world, { token, facts, github }, environment);
  if (weak) throw weak;
  sayEnd(world, ask, facts);
  return { token, facts, github };
}

function sayEnd(world: World, ask: Ask, { tokenEnds }: Facts): void {
  if (tokenEnds === undefined) return;
  const left = tokenEnds - world.now();
  const when = `${SOURCE} ends on ${isoTime(tokenEnds).slice(0, 10)} (in ${sayDuration(left)})`;
  if (left < 14 * DAY_MS) ask.say.warn(`${when}: after that nothing is renewed until you store another one.`);
  else ask.say.step(`${when}. Note the day: after it nothing is renewed until you store another one.`);
}

/**
 * Whether it may write to the places that are there; nothing is written (see `prove`). Gives the Failure.
 *
 * @param environment undefined if it is still to be made
 */
export async function refuseWeak(
  world: World,
  { token, facts, github }: SecretsToken,
  environment: string | undefined,
): Promise<Failure | undefined> {
  const places: (readonly [permission: string, path: string])[] = [
    ["Secrets: read and write", `${github.base}/actions/secrets`],
  ];
  if (environment !== undefined) {
    places.push(["Environments: read and write", `${environmentPath(github, environment)}/secrets`]);
  }
  const missing: Missing[] = [];
  for (const [permission, path] of places) {
    const refusal = await tryToWrite(world, github, path);
    const said = refusal?.headers["x-accepted-github-permissions"];
    if (refusal) missing.push({ permission, why: "to store a renewed login", said });
  }
  return missing.length > 0 ? sayMissing(missing, facts, token, SOURCE) : undefined;
}
