/** Environments as GitHub keeps them: who may use each, by the names of branches. */
import { isoSeconds, problem, type Reply } from "../github/messages.ts";

export interface Rule {
  readonly id: number;
  readonly name: string;
  readonly type: "branch" | "tag";
}

export interface Environment {
  readonly name: string;
  /** Null: every branch may use it. */
  policy: { readonly protected_branches: boolean; readonly custom_branch_policies: boolean } | null;
  readonly rules: Rule[];
}

export interface Environments {
  readonly all: ReadonlyMap<string, Environment>;
  has(name: string): boolean;
  /** As a person makes one on the page. */
  add(name: string, policy: Environment["policy"], branches?: readonly string[]): void;
  handle(method: string, name: string | undefined, rest: string, body: unknown): Reply;
}

/** @param base address of the repository in the API */
export function createEnvironments(base: () => string, now: () => number): Environments {
  const all = new Map<string, Environment>();
  let serial = 160;
  const find = (name: string) => all.get(name.toLowerCase());

  const show = ({ name, policy }: Environment) => ({
    id: 161088068,
    node_id: "MDExOkVudmlyb25tZW50MTYxMDg4MDY4",
    name,
    url: `${base()}/environments/${encodeURIComponent(name)}`,
    html_url: `${base()}/deployments/activity_log?environments_filter=${encodeURIComponent(name)}`,
    created_at: isoSeconds(now()),
    updated_at: isoSeconds(now()),
    protection_rules: policy ? [{ id: 3515, node_id: "MDQ6R2F0ZTM1MTU=", type: "branch_policy" }] : [],
    deployment_branch_policy: policy,
  });

  function put(name: string, body: unknown): Reply {
    const { deployment_branch_policy: policy = null } = (body ?? {}) as {
      deployment_branch_policy?: Environment["policy"];
    };
    if (policy && policy.protected_branches === policy.custom_branch_policies) {
      return problem(
        422,
        "Validation Failed: protected_branches and custom_branch_policies cannot have the same value.",
      );
    }
    const old = find(name);
    const environment = { name: old?.name ?? name, policy, rules: old?.rules ?? [] };
    all.set(name.toLowerCase(), environment);
    return { status: 200, body: show(environment) };
  }

  function addRule({ rules }: Environment, body: unknown): Reply {
    const { name, type = "branch" } = body as { name: string; type?: Rule["type"] };
    if (rules.some((rule) => rule.name === name && rule.type === type)) return { status: 303 };
    const rule = { id: ++serial, name, type };
    rules.push(rule);
    return { status: 200, body: { ...rule, node_id: "MDE2OkdhdGVCcmFuY2hQb2xpY3k" } };
  }

  return {
    all,
    has: (name) => find(name) !== undefined,
    add(name, policy, branches = []) {
      const rules = branches.map((branch) => ({ id: ++serial, name: branch, type: "branch" as const }));
      all.set(name.toLowerCase(), { name, policy, rules });
    },
    handle(method, name, rest, body) {
      if (name === undefined) {
        return { status: 200, body: { total_count: all.size, environments: [...all.values()].map(show) } };
      }
      if (rest === "" && method === "PUT") return put(name, body);
      const environment = find(name);
      if (environment === undefined) return problem(404, "Not Found");
      if (rest === "") return { status: 200, body: show(environment) };
      // There are names of branches only where the environment says that there are.
      if (!environment.policy?.custom_branch_policies) return problem(404, "Not Found");
      if (method === "POST") return addRule(environment, body);
      const rules = environment.rules.map((rule) => ({ ...rule, node_id: "MDE2OkdhdGVCcmFuY2hQb2xpY3k" }));
      return { status: 200, body: { total_count: rules.length, branch_policies: rules } };
    },
  };
}
