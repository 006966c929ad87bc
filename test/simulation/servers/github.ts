import type { HttpRequest } from "../../../src/world/world.ts";
import type { Effect, Version } from "../core/effects.ts";
import type { Call, Log } from "../core/log.ts";
import type { Reply, SimulatedServer } from "../core/network.ts";
import { Stream } from "../core/random.ts";
import type { Scheduler } from "../core/scheduler.ts";
import type { GitPlan, Trouble } from "../plan/plan.ts";
import { Git } from "./git.ts";
import { decline, forbid, told, wholeSeconds } from "./replies.ts";
import { type BoxKey, boxKeys, openBox } from "./sealed-box.ts";

export const API = "https://api.github.com";

/** How a value came to stand in a secret. */
export interface Writing {
  readonly by: string;
  readonly call?: number;
}

export interface GitHubSettings {
  readonly seed: number;
  readonly git: GitPlan;
  readonly lagMs: () => number;
  readonly calm: () => boolean;
  readonly scheduler: Scheduler;
  readonly log: Log;
  /** Told of every secret that a job stores, but not of probes; and of every change of a record. */
  readonly stored: (job: number) => void;
}

/** GitHub's API as far as jobs use it: secrets that can be written and not read, and when a run was made. */
export class GitHub implements SimulatedServer {
  readonly name = "github";
  /** By `octo/one/NAME`; every version that there ever was, oldest first. */
  readonly secrets = new Map<string, Version[]>();
  /** By `octo/one/ID`: when the run was made, ms. */
  readonly runs = new Map<string, number>();
  readonly git: Git;
  #key: BoxKey = boxKeys()[0];
  readonly #settings: GitHubSettings;
  #asked = 0;

  constructor(settings: GitHubSettings) {
    this.#settings = settings;
    const { seed, git: plan, lagMs, calm, scheduler, log, stored: changed } = settings;
    this.git = new Git({ seed, plan, lagMs, calm, scheduler, log, changed });
  }

  /** The repository's public key is another one from now on. */
  replaceKey(): void {
    this.#key = boxKeys()[1];
  }

  /** `value` undefined deletes it. */
  write(secret: string, value: (() => string) | undefined, { by, call }: Writing, at?: number): Version {
    const { scheduler, log } = this.#settings;
    const versions = this.secrets.get(secret) ?? [];
    this.secrets.set(secret, versions);
    const version: Version = { index: versions.length, at: at ?? scheduler.now, seq: log.seq, by, call, value };
    versions.push(version);
    return version;
  }

  /** What a run gets. */
  present(secret: string): Version | undefined {
    return this.secrets.get(secret)?.at(-1);
  }

  owns(url: string): boolean {
    return url.startsWith(`${API}/`);
  }

  serve(request: HttpRequest, call: Call): Reply {
    const troubled = declinedBefore(call.trouble, call.troubleMs);
    if (troubled) return troubled;
    const path = request.url.slice(API.length);
    const unfounded = UNFOUNDED[call.trouble ?? ""];
    if (unfounded && request.method !== "GET" && this.git.owns(path)) {
      if (path !== "/graphql") return decline(422, { message: unfounded });
      const errors = [{ type: "UNPROCESSABLE", path: ["updateRefs"], message: unfounded }];
      return told(unfounded, { data: { updateRefs: null }, errors });
    }
    const reply = this.git.owns(path)
      ? this.git.serve(path, request, call)
      : (this.#unauthorised(request) ?? this.#carryOut(request, path, call));
    if (call.trouble === "500-after" || call.trouble === "502-after") {
      return { ...reply, status: Number(call.trouble.slice(0, 3)), body: "" };
    }
    return reply;
  }

  #unauthorised({ headers, method, url }: HttpRequest): Reply | undefined {
    const token = headers["authorization"];
    if (token === "Bearer ghp_invalid") return forbid(401, "Bad credentials");
    if (token === "Bearer ghp_unseeing") return forbid(404, "Not Found");
    const forbidden = token === "Bearer ghp_forbidden" && method !== "GET";
    const noRuns = token !== "Bearer ghp_good_runs" && url.includes("/actions/runs/");
    if (!forbidden && !noRuns) return undefined;
    const message = "Resource not accessible by personal access token";
    return forbidden
      ? forbid(403, message, { "x-accepted-github-permissions": "secrets=write" })
      : decline(403, { message }, { "x-accepted-github-permissions": "actions=read" });
  }

  #carryOut({ method, body }: HttpRequest, path: string, call: Call): Reply {
    const [, repository = "", rest = ""] = /^\/repos\/([^/]+\/[^/]+)\/actions\/(.+)$/.exec(path) ?? [];
    const [, name] = /^secrets\/([A-Z0-9_]+)$/.exec(rest) ?? [];
    if (method === "GET" && rest === "secrets/public-key") {
      return told("the public key", { key_id: this.#key.id, key: this.#key.publicKey });
    }
    if (method === "GET" && name) return this.#show(`${repository}/${name}`);
    if (method === "PUT" && name) return this.#put(`${repository}/${name}`, body ?? "", call);
    const [, run] = /^runs\/(\d+)$/.exec(rest) ?? [];
    const createdAt = run === undefined ? undefined : this.runs.get(`${repository}/${run}`);
    if (method === "GET" && createdAt !== undefined) {
      return told(`run ${run}`, { id: Number(run), created_at: wholeSeconds(createdAt) });
    }
    return decline(404, { message: "Not Found" });
  }

  #show(secret: string): Reply {
    const { scheduler, seed } = this.#settings;
    const lagMs = this.#settings.lagMs();
    // A replica may be behind by any time up to the lag.
    const lag = lagMs > 0 ? new Stream(seed, 0x1a6, ++this.#asked).between(0, lagMs) : 0;
    const version = this.secrets.get(secret)?.findLast(({ at }) => at <= scheduler.now - lag);
    const effect: Effect = { kind: "shown", secret, version };
    if (!version?.value) return { status: 404, body: '{"message":"Not Found"}', effect };
    const body = {
      name: secret.split("/")[2],
      created_at: wholeSeconds(version.at),
      updated_at: wholeSeconds(version.at),
    };
    return { status: 200, body: JSON.stringify(body), effect };
  }

  #put(secret: string, text: string, call: Call): Reply {
    const { encrypted_value, key_id } = JSON.parse(text) as { encrypted_value: string; key_id: string };
    if (key_id !== this.#key.id) return decline(422, { message: "key_id is not the present one" });
    const key = this.#key;
    let opened: string | undefined;
    // Opened only if somebody asks: it takes longer than all the rest.
    const value = () => (opened ??= openBox(encrypted_value, key));
    const existed = this.present(secret)?.value !== undefined;
    const version = this.write(secret, value, { by: call.who, call: call.id });
    if (!secret.includes("/OAUTH_CREDS_PROBE")) this.#settings.stored(call.job);
    return { status: existed ? 204 : 201, body: existed ? "" : "{}", effect: { kind: "stored", secret, version } };
  }
}

const UNFOUNDED: Readonly<Record<string, string | undefined>> = {
  "422-object": "Object does not exist",
  "422-failed": "Reference update failed",
};

function declinedBefore(trouble: Trouble | undefined, ms: number): Reply | undefined {
  const wait = String(Math.ceil(ms / 1000));
  switch (trouble) {
    case "500":
    case "502":
    case "503":
    case "409":
    case "401":
    case "404":
      return decline(Number(trouble), { message: "no" });
    case "403":
      return decline(403, { message: "Resource not accessible" });
    case "429-wait":
      return decline(429, { message: "too many" }, { "retry-after": wait });
    case "403-limit":
      return decline(403, { message: "You have exceeded a secondary rate limit" }, { "retry-after": wait });
    default:
      return undefined;
  }
}
