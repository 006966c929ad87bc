import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { checkRefreshed, checkRun, checkWritten } from "./checks.ts";
import { makeLedger } from "./ledger.ts";
import { HOUR_MS, invent, makeStored, refreshTokenIn, savedAt, SECRET, type SecretBox } from "./logins.ts";
import { nameOf, type Scene, type Servers, type Traffic } from "./servers.ts";
import { claudeFile, type Finished, newStep, runNode, type Step } from "./step.ts";

/** What all runs share. */
export interface Setting {
  /** A folder of the bench's own, for everything that a run writes. */
  readonly root: string;
  /** Where main.mjs and post.mjs lie. */
  readonly dist: string;
  readonly servers: Servers;
  /** For NODE_EXTRA_CA_CERTS. */
  readonly caFile: string;
  readonly box: SecretBox;
}

/** One run that is ready to be started. */
export interface Job {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Throws unless the run has done what it was to do. */
  check(run: Finished, traffic: Traffic): void;
}

export interface Variant {
  readonly name: string;
  readonly scene: Scene;
  /** What is not to be measured: makes the folders, invents the tokens. */
  prepare(setting: Setting): Job;
}

/** How long a server holds back its answers in the runs with latency, ms. */
export const DELAY_MS = 100;
const scene = (token = 0, store = token, other = store): Scene => ({
  secretUpdatedAt: savedAt,
  delayMs: { token, store, other },
});

/** The floors: what no program could do with less. */
const bare: Variant = {
  name: "bare node",
  scene: scene(),
  prepare: ({ root }) => ({
    args: [floor("empty.cjs")],
    env: newStep(root, {}).env,
    check: (run, traffic) => checkRun(run, traffic, 0, {}),
  }),
};
const onePost = (name: string, delay: Scene): Variant => ({
  name,
  scene: delay,
  prepare({ root, servers, caFile }) {
    const body = { grant_type: "refresh_token", refresh_token: invent("ort"), client_id: "bench" };
    const more = { ...network(caFile), BENCH_URL: `${servers.provider}/token`, BENCH_BODY: JSON.stringify(body) };
    return {
      args: [floor("one-post.cjs")],
      env: newStep(root, {}, more).env,
      check: (run, traffic) => checkRun(run, traffic, 0, { "POST token": 1 }),
    };
  },
});

const setupToken: Variant = {
  name: "write-only",
  scene: scene(),
  prepare({ root, dist }) {
    const credential = invent("oat");
    const step = newStep(root, { credential });
    return { ...mainJob(dist, step), check: (run, traffic) => checkWritten(run, traffic, step, credential, {}) };
  },
};
const freshEnvelope: Variant = {
  name: "write-only (envelope)",
  scene: scene(),
  prepare({ root, dist, box }) {
    const { envelope, access } = makeStored(box, Date.now() + 8 * HOUR_MS);
    const step = newStep(root, { credential: envelope });
    return { ...mainJob(dist, step), check: (run, traffic) => checkWritten(run, traffic, step, access, {}) };
  },
};
const noCredential: Variant = {
  name: "error path",
  scene: scene(),
  prepare({ root, dist }) {
    const step = newStep(root, {});
    return {
      ...mainJob(dist, step),
      check(run, traffic) {
        checkRun(run, traffic, 1, {});
        assert.match(run.stdout, /^::error title=.*`credential` is empty/m);
        assert.ok(!existsSync(claudeFile(step)));
      },
    };
  },
};
const post: Variant = {
  name: "post step",
  scene: scene(),
  prepare({ root, dist }) {
    const credential = invent("oat");
    const step = newStep(root, { credential });
    assert.equal(runNode([join(dist, "main.mjs")], step.env).code, 0);
    assert.ok(existsSync(claudeFile(step)));
    const state = Object.entries(step.kept("state")).map(([name, value]) => [`STATE_${name}`, value]);
    return {
      args: [join(dist, "post.mjs")],
      env: { ...step.env, ...Object.fromEntries(state) },
      check(run, traffic) {
        checkRun(run, traffic, 0, {});
        assert.ok(!existsSync(join(step.home, ".claude")), "the post step left something behind");
      },
    };
  },
};

const justRefresh: Variant = {
  name: "refresh",
  scene: scene(),
  prepare({ root, dist, servers, caFile }) {
    const login = { accessToken: invent("oat"), refreshToken: invent("ort"), expiresAt: Date.now() - HOUR_MS };
    const claudeAiOauth = { ...login, scopes: ["user:inference", "user:profile"], subscriptionType: "max" };
    const inputs = {
      credential: JSON.stringify({ claudeAiOauth }),
      "allow-unstored-refresh": "true",
      "token-url": `${servers.provider}/token`,
    };
    const step = newStep(root, inputs, network(caFile));
    return {
      ...mainJob(dist, step),
      check(run, traffic) {
        const { access_token } = checkRefreshed(traffic, login.refreshToken);
        checkWritten(run, traffic, step, access_token, { "POST token": 1 });
      },
    };
  },
};
const refreshAndRotate = (
  name: string,
  delay: Scene,
  more: (servers: Servers) => Record<string, string> = () => ({}),
): Variant => ({
  name,
  scene: delay,
  prepare({ root, dist, servers, caFile, box }) {
    const { envelope, refresh: spent } = makeStored(box, Date.now() - HOUR_MS);
    const inputs = {
      credential: envelope,
      "rotate-to": SECRET,
      "secrets-token": `github_pat_${randomBytes(40).toString("hex")}`,
      "token-url": `${servers.provider}/token`,
    };
    const step = newStep(root, inputs, { ...network(caFile), GITHUB_API_URL: servers.github, ...more(servers) });
    return {
      ...mainJob(dist, step),
      check(run, traffic) {
        const issued = checkRefreshed(traffic, spent);
        const looks = traffic.calls.filter((call) => call.path.startsWith("/twirp/")).length;
        const counts = {
          ...(looks > 0 && { [`POST ${LOOK}`]: looks }),
          "POST token": 1,
          "PUT OAUTH_CREDS_PROBE_CLAUDE_LOGIN": 2,
          [`PUT ${SECRET}`]: 1,
        };
        checkWritten(run, traffic, step, issued.access_token, counts);
        assert.equal(step.kept("output")["rotated"], "true");
        const put = traffic.calls.find((call) => nameOf(call) === `PUT ${SECRET}`);
        const { encrypted_value } = JSON.parse(put?.sent ?? "") as { encrypted_value: string };
        const stored = refreshTokenIn(box.open(encrypted_value));
        assert.equal(stored, issued.refresh_token, "another login was stored");
      },
    };
  },
});

const longLived = makeLedger(Date.now() + 8 * HOUR_MS);
const readLedger: Variant = {
  name: "ledger, read",
  scene: { ...scene(), ledger: longLived.message },
  prepare({ root, dist, servers, caFile }) {
    const inputs = { "ledger-key": longLived.key, provider: "anthropic", "github-token": "ghs_bench" };
    const step = newStep(root, inputs, { ...network(caFile), GITHUB_API_URL: servers.github });
    return {
      ...mainJob(dist, step),
      check(run, traffic) {
        assert.deepEqual(traffic.calls.map(nameOf), ["GET default"]);
        checkWritten(run, { ...traffic, calls: [] }, step, longLived.access, {});
      },
    };
  },
};
const shortLived = makeLedger(Date.now() - HOUR_MS);
const renewLedger = (name: string, delay: Scene): Variant => ({
  name,
  scene: { ...delay, ledger: shortLived.message },
  prepare({ root, dist, servers, caFile }) {
    const inputs = {
      "ledger-key": shortLived.root,
      provider: "anthropic",
      "github-token": "ghs_bench",
      "token-url": `${servers.provider}/token`,
    };
    const step = newStep(root, inputs, { ...network(caFile), GITHUB_API_URL: servers.github });
    return {
      ...mainJob(dist, step),
      check(run, traffic) {
        const issued = checkRefreshed(traffic, shortLived.refresh);
        const counts = { "POST commits": 2, "POST graphql": 2, "POST token": 1 };
        checkWritten(run, traffic, step, issued.access_token, counts);
        assert.equal(step.kept("output")["source"], "refreshed");
      },
    };
  },
});

/** What a runner gives a job for its cache, in which no recovery copy is. */
const cacheOf = ({ github }: Servers): Record<string, string> => ({
  ACTIONS_CACHE_SERVICE_V2: "true",
  ACTIONS_RESULTS_URL: `${github}/`,
  ACTIONS_RUNTIME_TOKEN: "bench",
});
const LOOK = "GetCacheEntryDownloadURL";

/** Every run of a round. With a delay D two answers must be waited for one after the other: the renewed login's, and its storing. */
export const VARIANTS: readonly Variant[] = [
  bare,
  onePost("one POST", scene()),
  setupToken,
  freshEnvelope,
  noCredential,
  post,
  justRefresh,
  refreshAndRotate("refresh + rotate", scene()),
  refreshAndRotate("refresh + rotate, cache", scene(), cacheOf),
  readLedger,
  renewLedger("ledger, renewal", scene()),
  renewLedger("ledger, renewal, D", scene(DELAY_MS)),
  onePost("one POST, D", scene(DELAY_MS)),
  refreshAndRotate("refresh + rotate, D", scene(DELAY_MS)),
  refreshAndRotate("refresh + rotate, D at POST and PUT", scene(DELAY_MS, DELAY_MS, 0)),
];

const floor = (file: string): string => new URL(`baseline/${file}`, import.meta.url).pathname;
const network = (caFile: string) => ({ NODE_EXTRA_CA_CERTS: caFile });
const mainJob = (dist: string, step: Step) => ({ args: [join(dist, "main.mjs")], env: step.env });
