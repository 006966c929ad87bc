/** The workflow that others call, and the examples of the ledger: what they name exists, and their times fit. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { PROGRAMS } from "../../../src/cli/init/workflow-parts.ts";
import { parseDuration } from "../../../src/duration.ts";
import { InputProblems } from "../../../src/input-problems.ts";
import { readInputs } from "../../../src/inputs.ts";
import { GITHUB } from "./support.ts";

const HOUR = 3_600_000;
const root = new URL("../../../", import.meta.url);
const textOf = (path: string): string => readFileSync(new URL(path, root), "utf8");

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly if?: string;
  readonly with?: Readonly<Record<string, string>>;
}
interface Job {
  readonly uses?: string;
  readonly "timeout-minutes": number;
  readonly environment?: unknown;
  readonly permissions?: unknown;
  readonly concurrency?: unknown;
  readonly with?: Readonly<Record<string, string>>;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}
interface Workflow {
  readonly on: {
    readonly schedule?: readonly { readonly cron: string }[];
    readonly workflow_call?: {
      readonly inputs: Readonly<Record<string, { readonly type: string; readonly default: unknown }>>;
      readonly secrets: Readonly<Record<string, { readonly required: boolean }>>;
    };
  };
  readonly permissions?: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}

const workflow = (path: string): Workflow => parse(textOf(path)) as Workflow;
const ours = ({ steps }: Job): Readonly<Record<string, string>> =>
  steps.find(({ uses }) => uses === "org/oauth-creds@v1")?.with ?? {};
const action = parse(textOf("action.yml")) as { readonly inputs: Readonly<Record<string, unknown>> };

describe("rotate-login.yml", () => {
  const PATH = ".github/workflows/rotate-login.yml";
  const called = workflow(PATH);
  const { inputs = {}, secrets = {} } = called.on.workflow_call ?? {};
  const job = called.jobs["renew"] as Job;
  const given = ours(job);

  test("gives the action inputs that it has, and all that its callers may say", () => {
    expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(Object.keys(given)));
    const named = (scope: string) =>
      new Set(
        [...JSON.stringify(called.jobs).matchAll(RegExp(`\\b${scope}\\.([\\w-]+)`, "g"))].map(([, name]) => name),
      );
    expect([...named("inputs")].toSorted()).toEqual(Object.keys(inputs).toSorted());
    expect([...named("secrets")].toSorted()).toEqual(Object.keys(secrets).toSorted());
    // An input of the action is called the same here.
    for (const name of Object.keys(inputs)) {
      if (name !== "environment") expect(given[name]).toBe(`\${{ inputs.${name} }}`);
      expect(inputs[name]?.type).toBe(name === "access-cache" ? "boolean" : "string");
    }
    for (const { required } of Object.values(secrets)) expect(required).toBe(false);
  });

  test("one renewal of a login at a time, each in its turn; its job has what the calling one has", () => {
    expect(job.concurrency).toEqual({
      group: "oauth-creds-${{ inputs.provider }}-${{ inputs.account }}",
      queue: "max",
      "cancel-in-progress": false,
    });
    expect(job["timeout-minutes"]).toBeGreaterThan(0);
    expect(job.environment).toEqual({ name: "${{ inputs.environment }}", deployment: false });
    expect(inputs["environment"]?.default).toBe("");
    // Permissions named here would be the most that a caller could give: `issues: write` is not for all.
    expect([called.permissions, job.permissions]).toEqual([undefined, undefined]);
  });

  test("the environment's secrets have names that GitHub allows", () => {
    const [login, key] = ["OAUTH_CREDS_LOGIN", "OAUTH_CREDS_KEY"];
    expect(Object.keys(secrets).filter((name) => /^[A-Z_]\w*$/.test(name))).toEqual([login, key]);
    expect(given["credential"]).toBe(`\${{ secrets.credential || secrets.${login} }}`);
    expect(given["ledger-key"]).toBe(`\${{ secrets.ledger-key || secrets.${key} }}`);
  });

  test("installs the program that renews, of the release that the written workflows have", () => {
    for (const { provider, install } of Object.values(PROGRAMS)) {
      const step = job.steps.find(({ run }) => run === install);
      expect(step?.if).toBe(`inputs.refresh-with == 'cli' && inputs.provider == '${provider}'`);
    }
    expect(job.steps.findIndex(({ uses }) => uses !== undefined)).toBe(job.steps.length - 1);
  });

  test("the callers in its first comment name what there is", () => {
    const comment = /^(?:#.*\n)+/.exec(textOf(PATH))?.[0].replace(/^# ?/gm, "") ?? "";
    const blocks = [...comment.matchAll(/\n\n((?: {2}.*\n)+)\n?/g)].map(([, block]) => block ?? "");
    expect(blocks).toHaveLength(2);
    const jobs = blocks.map((text) => {
      const block = parse(text) as { jobs?: { renew: Job } } & Partial<Job>;
      return block.jobs?.renew ?? (block as Job);
    });
    for (const caller of jobs) {
      expect(Object.keys(inputs)).toEqual(expect.arrayContaining(Object.keys(caller.with ?? {})));
      expect(Object.keys(secrets)).toEqual(expect.arrayContaining(Object.keys(caller.secrets ?? {})));
    }
    expect(jobs[0]?.permissions).toEqual({ contents: "write" });
  });

  const login = `sk-ant-ort01-${"a1".repeat(48)}`;
  const CUSTOM = { provider: "custom", "token-url": "https://issuer.example/token", "client-id": "ci" };

  /** What the action gets from a caller, and what it says of it. */
  function problems(said: Record<string, string>, held: Record<string, string> = {}): unknown {
    const known: Record<string, string> = { credential: login, "ledger-key": `ocr1_${"A".repeat(43)}`, ...held };
    const value = (text: string): string =>
      text.replace(/\$\{\{ (.*?) \}\}/g, (_, expression: string) => {
        const words = expression.split(" || ").map((word) => {
          const [scope, name = ""] = word.split(".");
          if (scope === "inputs") return said[name] ?? String(inputs[name]?.default ?? "");
          return scope === "secrets" ? (known[name] ?? "") : "ghs_x1";
        });
        return words.find((word) => word !== "") ?? "";
      });
    const env = Object.entries(given).map(([name, text]) => [`INPUT_${name.toUpperCase()}`, value(text)]);
    try {
      readInputs({ ...GITHUB, ...(Object.fromEntries(env) as Record<string, string>) });
      return [];
    } catch (error) {
      if (error instanceof InputProblems) return error.problems;
      throw error;
    }
  }

  test.each([
    ["nothing but the secrets", {}, {}],
    ["a provider and an account", { provider: "anthropic", account: "work", "min-validity": "8h" }, {}],
    ["the official program", { provider: "openai", "refresh-with": "cli" }, {}],
    ["an issue", { report: "issue" }, {}],
    ["a place beside the ledger", { "rotate-to": "CLAUDE_LOGIN" }, { "secrets-token": "github_pat_x1" }],
    ["another repository", { "ledger-repository": "octo/ledger" }, { "github-token": "github_pat_x2" }],
    ["a provider of one's own", CUSTOM, { "client-secret": "hush" }],
    ["all of its settings", { ...CUSTOM, scope: "a b", "request-format": "json" }, {}],
    [
      "an environment's secrets",
      { environment: "e" },
      { credential: "", "ledger-key": "", OAUTH_CREDS_LOGIN: login, OAUTH_CREDS_KEY: `ocr1_${"B".repeat(43)}` },
    ],
  ])("the action takes %s", (_name, said, held) => {
    expect(problems(said, held)).toEqual([]);
  });

  test("a provider of one's own without its token endpoint is refused by name", () => {
    expect(problems({ provider: "custom" })).toEqual([
      ["custom-needs", "token-url"],
      ["custom-needs", "client-id"],
    ]);
  });
});

describe("the examples of the ledger", () => {
  const rotator = workflow("examples/ledger-rotate.yml");
  const users = ["examples/ledger-agent.yml", "examples/ledger-mint.yml"].map(workflow);
  const [renew] = Object.values(rotator.jobs) as [Job];

  /** Of `minute *\/N * * *`, in ms. */
  function intervalOf(cron: string): number {
    const [, hours] = /^\d+ \*\/(\d+) \* \* \*$/.exec(cron) ?? [];
    expect(24 % Number(hours), "the same from the last run of a day to the first of the next").toBe(0);
    return Number(hours) * HOUR;
  }

  test("no job ever finds a token that ends before the job does, and an hour is to spare", () => {
    const interval = intervalOf(rotator.on.schedule?.[0]?.cron ?? "");
    const longest = Math.max(...users.flatMap(({ jobs }) => Object.values(jobs).map((job) => job["timeout-minutes"])));
    const least = parseDuration(ours(renew)["min-validity"] ?? "");
    expect(least).toBeGreaterThanOrEqual(interval + longest * 60_000 + HOUR);
  });

  test("who only uses the login does not ask for more than the rotator keeps", () => {
    const kept = parseDuration(ours(renew)["min-validity"] ?? "") ?? 0;
    const [agent] = Object.values(users[0]?.jobs ?? {}) as [Job];
    const wanted = parseDuration(ours(agent)["min-validity"] ?? "") ?? 0;
    expect(wanted).toBeGreaterThan(0);
    expect(wanted).toBeLessThanOrEqual(kept - intervalOf(rotator.on.schedule?.[0]?.cron ?? "") - HOUR);
  });

  test("no schedule is at the minute at which GitHub is busiest, and people are told to choose their own", () => {
    expect(rotator.on.schedule?.[0]?.cron).toMatch(/^[1-9]/);
    expect(textOf("examples/ledger-rotate.yml")).toContain("# Change the minute");
  });
});
