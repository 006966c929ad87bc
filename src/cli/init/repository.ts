import { Failure } from "../../errors.ts";
import { githubContext } from "../../rotation/github-context.ts";
import type { World } from "../../world/world.ts";
import { usage } from "../arguments.ts";
import type { Ask } from "./ask.ts";
import { apiUrlOf, readRemotes, type Remote } from "./remote.ts";

/** The working tree, and the repository that it belongs to. */
export interface Place {
  /** The top folder of the working tree. */
  readonly root: string;
  /** The branch that is checked out; undefined if none is. */
  readonly branch: string | undefined;
  readonly repository: string;
  /** Undefined if it was named by `--repository`. */
  readonly remote: string | undefined;
  /** Undefined if only the name was given. */
  readonly host: string | undefined;
  readonly apiUrl: string;
  /** For people: `remote origin`. */
  readonly source: string;
}

/** @param named `--repository`, if it was given */
export async function findRepository(world: World, ask: Ask, named: string | undefined): Promise<Place> {
  const root = (await git(world, ["rev-parse", "--show-toplevel"]))?.trim();
  if (!root) {
    throw usage("This is no working tree of git, and the workflows have to be written into one: run it in a clone.");
  }
  const branch = (await git(world, ["symbolic-ref", "--quiet", "--short", "HEAD"]))?.trim() || undefined;
  const remotes = readRemotes((await git(world, ["remote", "-v"])) ?? "");
  const remote = named === undefined ? await pick(ask, remotes) : remoteOf(named, remotes);
  // An alias of ssh's configuration is no name that an API could have.
  const host = remote.host?.includes(".") ? remote.host : undefined;
  const set = world.env["GITHUB_API_URL"] ? githubContext(world.env).apiUrl : undefined;
  if (remote.host && !host && !set) {
    throw usage(
      `The remote ${remote.name} names ${remote.host}, which looks like an alias of your ssh configuration. ` +
        "Name the repository with `--repository owner/name` (on another server than github.com with GITHUB_API_URL).",
    );
  }
  return {
    root,
    branch,
    repository: remote.repository,
    remote: remote.name,
    host,
    apiUrl: set ?? apiUrlOf(host ?? "github.com"),
    source: remote.name === undefined ? "`--repository`" : `remote ${remote.name}`,
  };
}

interface Picked {
  readonly name: string | undefined;
  readonly host: string | undefined;
  readonly repository: string;
}

function remoteOf(named: string, remotes: readonly Remote[]): Picked {
  if (!/^[\w.-]+\/[\w.-]+$/.test(named)) throw usage("`--repository` takes `owner/name`.");
  const same = remotes.find(({ repository }) => repository.toLowerCase() === named.toLowerCase());
  return { name: undefined, host: same?.host.includes(".") ? same.host : undefined, repository: named };
}

/** Several remotes of one repository are one choice. */
async function pick(ask: Ask, remotes: readonly Remote[]): Promise<Picked> {
  const keyOf = ({ host, repository }: Remote) => `${host}/${repository}`.toLowerCase();
  const sorted = remotes.toSorted((a, b) => Number(b.name === "origin") - Number(a.name === "origin"));
  const different = sorted.filter(
    (remote, index) => sorted.findIndex((other) => keyOf(other) === keyOf(remote)) === index,
  );
  const [first] = different;
  if (!first) {
    throw usage("No remote of this clone is a repository of a GitHub server: name one with `--repository owner/name`.");
  }
  if (different.length === 1) return first;
  if (!ask.interactive) {
    const names = different.map(({ repository }) => `\`--repository ${repository}\``).join(" or ");
    throw usage(`This clone has remotes of several repositories: say which one with ${names}.`);
  }
  const key = await ask.choice({
    message: "Which repository?",
    options: different.map((remote) => ({
      value: keyOf(remote),
      label: remote.repository,
      reason: `remote ${remote.name}${remote.host === "github.com" ? "" : ` on ${remote.host}`}`,
    })),
  });
  return different.find((remote) => keyOf(remote) === key) ?? first;
}

/** What git prints, or undefined if it fails. */
async function git(world: World, args: readonly string[]): Promise<string | undefined> {
  const ended = await world.run("git", args, { timeoutMs: 20_000 });
  if (ended.missing) {
    throw new Failure("program-missing", "The program `git` is not installed, or not on the PATH.", "Install it.");
  }
  return ended.status === 0 ? ended.stdout : undefined;
}
