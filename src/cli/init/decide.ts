import { Failure } from "../../errors.ts";
import { detect } from "../../recognise/detect.ts";
import type { World } from "../../world/world.ts";
import { usage } from "../arguments.ts";
import { type Ask, Stopped } from "./ask.ts";
import { instead, type Issuer, type Option, PROVIDERS, topologies, type Topology } from "./choices.ts";
import { type EnvironmentState, readEnvironment } from "./environment.ts";
import { type Facts, type GitHub } from "./github.ts";

/** What the flags say. */
export interface Wishes {
  readonly topology: string | undefined;
  readonly repository: string | undefined;
  /** Undefined: the usual one, where there can be one. */
  readonly environment: string | undefined;
  readonly action: string;
  readonly account: string;
  readonly yes: boolean;
  readonly dryRun: boolean;
  readonly signIn: boolean;
  readonly force: boolean;
  readonly newKeys: boolean;
  readonly saveKey: string | undefined;
  readonly skipDoctor: boolean;
}

/** What is to be set up. */
export interface Decided {
  readonly provider: Issuer;
  readonly topology: Topology;
  readonly environment: { readonly name: string; readonly state: EnvironmentState } | undefined;
  /** A ChatGPT login in a public repository, as somebody has decided. */
  readonly publicRepository: boolean;
}

export const USUAL_ENVIRONMENT = "oauth-creds";

/** Asks, or takes from the flags, what is to be set up. */
export async function decide(world: World, ask: Ask, wishes: Wishes, facts: Facts, github: GitHub): Promise<Decided> {
  const given = await givenCredential(world, wishes.account);
  const named = world.env["INPUT_PROVIDER"];
  const provider = await ask.choice<Issuer>({
    message: "Whose login?",
    options: PROVIDERS,
    flag: { name: "provider", given: given?.provider ?? (named === "auto" ? undefined : named), required: true },
  });
  const publicRepository = provider === "openai" && facts.public ? await allowPublic(world, ask, facts) : false;
  const state = await stateOf(wishes, facts, github);
  const environments = facts.public ? true : state && state.type === "unavailable" ? false : undefined;
  const all = topologies({ provider, public: facts.public, environments });
  const better = instead({ provider, public: facts.public });
  if (better !== undefined) ask.say.info(better);
  const topology = await ask.choice<Topology>({
    message: "How do jobs get it?",
    options: fitting(all, given?.kind),
    flag: { name: "topology", given: wishes.topology },
    recommends: true,
  });
  if (topology === "setup-token" || state === undefined) {
    return { provider, topology, environment: undefined, publicRepository };
  }
  const name = wishes.environment ?? USUAL_ENVIRONMENT;
  return { provider, topology, environment: await settle(ask, wishes, name, state), publicRepository };
}

/** A credential that came by flag, file or variable decides what it is good for. */
async function givenCredential(world: World, account: string) {
  const text = world.env["INPUT_CREDENTIAL"];
  if (!text?.trim()) return undefined;
  const { credential } = await detect(text, { provider: "auto", account, endsAt: undefined }, world.now());
  if (credential.provider === "custom") throw custom();
  return { provider: credential.provider, kind: credential.kind };
}

export const custom = (): Failure =>
  usage("`init` sets up logins of Claude and of ChatGPT. For another server start from examples/custom.yml.");

function fitting(all: readonly Option<Topology>[], kind: string | undefined): readonly Option<Topology>[] {
  if (kind === undefined) return all;
  return all.filter(({ value }) => (value === "setup-token") === (kind === "setup-token"));
}

/** OpenAI's guide keeps a plan's login out of public repositories. */
async function allowPublic(world: World, ask: Ask, { fullName }: Facts): Promise<true> {
  if (world.env["INPUT_ALLOW-PUBLIC-REPOSITORY"] === "true") return true;
  const what = `${fullName} is public, and OpenAI's guide for CI keeps the login of a ChatGPT plan out of public repositories: who may open a pull request may get near it.`;
  if (ask.interactive) {
    ask.say.warn(`${what} Use an API key there (CODEX_API_KEY).`);
    if (await ask.yes("Set it up all the same, and answer for it?", false)) return true;
    throw new Stopped(false);
  }
  throw new Failure(
    "public-repository",
    `${what} Nothing was changed.`,
    "Use an API key there (CODEX_API_KEY), or say `--allow-public-repository` if you answer for it.",
  );
}

/** Undefined: no environment is wanted. */
async function stateOf(wishes: Wishes, facts: Facts, github: GitHub): Promise<EnvironmentState | undefined> {
  const { environment = USUAL_ENVIRONMENT } = wishes;
  if (environment === "none") return undefined;
  return readEnvironment(github, environment, facts.defaultBranch);
}

/** What to do with an environment that is not as it should be. */
export async function settle(
  ask: Ask,
  wishes: Wishes,
  name: string,
  state: EnvironmentState,
): Promise<Decided["environment"]> {
  if (state.type === "unavailable") {
    if (wishes.environment !== undefined) {
      throw usage(
        `There can be no environment ${name} here: private repositories have them from the plans Pro and Team on. Say \`--environment none\`.`,
      );
    }
    ask.say.warn(
      "GitHub has no environments for this repository (private ones have them from the plans Pro and Team on). What " +
        "renews the login becomes a secret of the repository, and every workflow in it can name it.",
    );
    return undefined;
  }
  if (state.type !== "open") return { name, state };
  ask.say.warn(
    `The environment ${name} is there, and can be used by more than the default branch: ${state.who}. ` +
      "Whoever may push there can read what renews the login. It is left as it is.",
  );
  const go = await ask.choice({
    message: `Use ${name} all the same?`,
    options: [
      { value: "use", label: "Use it", reason: "then restrict it on its page, under Deployment branches" },
      { value: "stop", label: "Stop here", reason: "to restrict it first, or to name another with --environment" },
    ],
  });
  if (go === "stop") throw new Stopped(false);
  return { name, state };
}
