import type { HttpRequest } from "../../../src/world/world.ts";
import type { RefVersion } from "../core/effects.ts";
import type { Call, Log } from "../core/log.ts";
import type { Reply } from "../core/network.ts";
import { Stream } from "../core/random.ts";
import type { Scheduler } from "../core/scheduler.ts";
import type { GitPlan } from "../plan/plan.ts";
import { hex, idOf, nodeOf, type RefUpdate, refuse, REPOSITORIES, textIn } from "./git-names.ts";
import { decline, MAY_NOT, told, wholeSeconds } from "./replies.ts";

interface Commit {
  readonly sha: string;
  readonly message: string;
  readonly tree: string;
  readonly parents: readonly string[];
  /** By GitHub's clock, ms. */
  readonly at: number;
}

export interface GitSettings {
  readonly seed: number;
  readonly plan: GitPlan;
  readonly lagMs: () => number;
  /** Whether nothing is scarce any more. */
  readonly calm: () => boolean;
  readonly scheduler: Scheduler;
  readonly log: Log;
  /** Told of every change of a ref by a job. */
  readonly changed: (job: number) => void;
}

const NONE = "0".repeat(40);
const REPOSITORY = /^\/repos\/([^/]+\/[^/]+)(\/.*)?$/;

/** The git database of all repositories: commits in memory, and refs that change by compare-and-swap alone. */
export class Git {
  /** By `octo/one refs/…`; every version that there ever was, oldest first. */
  readonly refs = new Map<string, RefVersion[]>();
  readonly #commits = new Map<string, Commit>();
  readonly #settings: GitSettings;
  #made = 0;
  #asked = 0;

  constructor(settings: GitSettings) {
    this.#settings = settings;
  }

  get takesOwnRefs(): boolean {
    return this.#settings.plan.customRefs;
  }

  /** What a ref holds now, by the truth. */
  present(path: string): RefVersion | undefined {
    const version = this.refs.get(path)?.at(-1);
    return version?.text === undefined ? undefined : version;
  }

  /** Without any rule: by somebody who may push. `text` undefined deletes it. */
  force(path: string, text: string | undefined, by: string, at?: number): RefVersion {
    const commit = text === undefined ? undefined : this.#newCommit(text, NONE, [], at);
    return this.#move(path, commit, by, undefined, at);
  }

  owns(path: string): boolean {
    return path === "/graphql" || (REPOSITORY.test(path) && !path.includes("/actions/"));
  }

  serve(path: string, { method, body, headers }: HttpRequest, call: Call): Reply {
    const level = path === "/graphql" || method !== "GET" ? "write" : "read";
    const refused = refuse(headers["authorization"] ?? "", level);
    const fields = JSON.parse(body ?? "{}") as Record<string, unknown>;
    if (path === "/graphql") return this.#graphql(fields, refused !== undefined, call);
    if (refused) return refused;
    const [, repository = "", rest = ""] = REPOSITORY.exec(path) ?? [];
    return this.#rest(repository, `${method} ${rest}`, fields, headers, call);
  }

  #rest(
    repository: string,
    route: string,
    fields: Record<string, unknown>,
    headers: HttpRequest["headers"],
    call: Call,
  ): Reply {
    if (route === "GET ") return told("the repository", { id: idOf(repository), node_id: nodeOf(repository) });
    if (route === "POST /git/trees") return told("a tree", { sha: hex(1, 1) }, 201);
    if (route === "POST /git/commits") return this.#post(fields);
    const [, commit] = /^GET \/git\/commits\/([0-9a-f]{40})$/.exec(route) ?? [];
    if (commit) return this.#showCommit(commit);
    const [, full] = /^GET \/commits\/(refs\/.+)$/.exec(route) ?? [];
    if (full) return this.#show(repository, decodeURIComponent(full), headers["if-none-match"], true);
    const [, name] = /^GET \/git\/ref\/(.+)$/.exec(route) ?? [];
    if (name) return this.#show(repository, `refs/${decodeURIComponent(name)}`, headers["if-none-match"], false);
    if (route === "POST /git/refs") return this.#create(repository, fields, call);
    const [, moved] = /^PATCH \/git\/refs\/(.+)$/.exec(route) ?? [];
    if (moved) return this.#forward(repository, `refs/${decodeURIComponent(moved)}`, fields, call);
    return decline(404, { message: "Not Found" });
  }

  #post({ message, tree, parents }: Record<string, unknown>): Reply {
    const { sha, at } = this.#newCommit(String(message), String(tree), parents as string[]);
    return told(
      "a commit",
      { sha, message, tree: { sha: tree }, parents: [], committer: { date: wholeSeconds(at) } },
      201,
    );
  }

  #showCommit(sha: string): Reply {
    const commit = this.#commits.get(sha);
    if (!commit || this.#lags(commit.at)) return decline(404, { message: "Not Found" });
    const { message, tree, at } = commit;
    return told("a commit", { sha, message, tree: { sha: tree }, committer: { date: wholeSeconds(at) } });
  }

  #show(repository: string, ref: string, etag: string | undefined, whole: boolean): Reply {
    const { scheduler } = this.#settings;
    const path = `${repository} ${ref}`;
    const shownAt = scheduler.now - this.#lag();
    const version = this.refs.get(path)?.findLast(({ movedAt }) => movedAt <= shownAt);
    const commit = version?.text === undefined ? undefined : this.#commits.get(version.sha);
    const effect = { kind: "ref shown" as const, ref: path, version: commit ? version : undefined };
    const hidden = whole && !this.#settings.plan.commitsByRef && !ref.startsWith("refs/heads/");
    if (!commit || hidden) {
      const status = whole ? 422 : 404;
      const message = whole ? `No commit found for SHA: ${ref}` : "Not Found";
      const about = hidden ? { kind: "declined" as const, what: "does not find refs in this way" } : effect;
      return { status, body: JSON.stringify({ message }), headers: this.#budget(), effect: about };
    }
    const { sha, message, tree, at } = commit;
    const tag = `"${sha}"`;
    if (etag === tag) return { status: 304, body: "", headers: { etag: tag }, effect };
    const committer = { date: wholeSeconds(at) };
    const body = whole
      ? { sha, commit: { message, tree: { sha: tree }, committer } }
      : { ref, object: { type: "commit", sha } };
    return { status: 200, body: JSON.stringify(body), headers: { etag: tag, ...this.#budget() }, effect };
  }

  #graphql({ variables }: Record<string, unknown>, forbidden: boolean, call: Call): Reply {
    const { plan } = this.#settings;
    if (plan.graphql === "absent") return decline(404, { message: "Not Found" });
    const fail = (type: string, message: string): Reply =>
      told(message, { data: { updateRefs: null }, errors: [{ type, path: ["updateRefs"], message }] });
    const mayNot = fail("FORBIDDEN", "Resource not accessible by integration");
    if (forbidden) return { ...mayNot, effect: { kind: "declined", what: MAY_NOT } };
    if (plan.graphql === "refused") return mayNot;
    const { input } = variables as { input: { repositoryId: string; refUpdates: RefUpdate[] } };
    const [update] = input.refUpdates;
    const repository = REPOSITORIES.find((one) => nodeOf(one) === input.repositoryId);
    if (!update || !repository) return fail("NOT_FOUND", "Could not resolve to a node");
    const { name, beforeOid, afterOid, force } = update;
    if (this.#isRefused(name)) return fail("UNPROCESSABLE", "Reference update failed");
    const path = `${repository} ${name}`;
    const now = this.present(path)?.sha;
    if ((beforeOid === NONE ? undefined : beforeOid) !== now) return fail("UNPROCESSABLE", "Reference update failed");
    const commit = this.#commits.get(afterOid);
    if (!commit || this.#lags(commit.at)) return fail("UNPROCESSABLE", `Object ${afterOid} does not exist`);
    if (!force && now !== undefined && !this.#descends(commit, now)) {
      return fail("UNPROCESSABLE", `Update of ${name} is not a fast forward`);
    }
    const version = this.#move(path, commit, call.who, call);
    const body = JSON.stringify({ data: { updateRefs: { clientMutationId: null } } });
    return { status: 200, body, headers: this.#budget(), effect: { kind: "ref", ref: path, version } };
  }

  #create(repository: string, { ref, sha }: Record<string, unknown>, call: Call): Reply {
    const path = `${repository} ${String(ref)}`;
    const commit = this.#commits.get(String(sha));
    if (this.#isRefused(String(ref))) return decline(422, { message: "Reference update failed" });
    if (!commit || this.#lags(commit.at)) return decline(422, { message: "Object does not exist" });
    if (this.present(path)) return decline(422, { message: "Reference already exists" });
    const version = this.#move(path, commit, call.who, call);
    return { status: 201, body: "{}", effect: { kind: "ref", ref: path, version } };
  }

  #forward(repository: string, ref: string, { sha, force }: Record<string, unknown>, call: Call): Reply {
    const path = `${repository} ${ref}`;
    const commit = this.#commits.get(String(sha));
    const now = this.present(path);
    if (!now) return decline(422, { message: "Reference does not exist" });
    if (!commit || this.#lags(commit.at)) return decline(422, { message: "Object does not exist" });
    if (force === true) throw new Error("a ref was to be forced");
    if (!this.#descends(commit, now.sha)) return decline(422, { message: "Update is not a fast forward" });
    const version = this.#move(path, commit, call.who, call);
    return { status: 200, body: "{}", effect: { kind: "ref", ref: path, version } };
  }

  #isRefused = (ref: string): boolean => !this.#settings.plan.customRefs && !/^refs\/(heads|tags)\//.test(ref);

  #descends(commit: Commit, old: string): boolean {
    for (let at: Commit | undefined = commit; at; at = this.#commits.get(at.parents[0] ?? "")) {
      if (at.sha === old) return true;
    }
    return false;
  }

  #newCommit(message: string, tree: string, parents: readonly string[], at = this.#settings.scheduler.now): Commit {
    const commit = { sha: hex(this.#settings.seed, ++this.#made), message, tree, parents, at };
    this.#commits.set(commit.sha, commit);
    return commit;
  }

  #move(path: string, commit: Commit | undefined, by: string, call: Call | undefined, at?: number): RefVersion {
    const { scheduler, log } = this.#settings;
    const movedAt = at ?? scheduler.now;
    const versions = this.refs.get(path) ?? [];
    this.refs.set(path, versions);
    const version: RefVersion = {
      index: versions.length,
      sha: commit?.sha ?? NONE,
      text: commit && textIn(commit.message),
      at: Math.floor((commit?.at ?? movedAt) / 1000) * 1000,
      movedAt,
      seq: log.seq,
      by,
      call: call?.id,
    };
    versions.push(version);
    if (call !== undefined) this.#settings.changed(call.job);
    return version;
  }

  /** A replica may be behind by any time up to the lag. */
  #lag(): number {
    const lagMs = this.#settings.lagMs();
    return lagMs > 0 ? new Stream(this.#settings.seed, 0x917, ++this.#asked).between(0, lagMs) : 0;
  }

  #lags(at: number): boolean {
    return this.#settings.scheduler.now - this.#lag() < at;
  }

  #budget(): Record<string, string> {
    const { plan, calm } = this.#settings;
    const { budget } = plan;
    return budget === undefined || calm()
      ? {}
      : { "x-ratelimit-remaining": String(budget), "x-ratelimit-resource": "core" };
  }
}
