import { jsonObject } from "../../world/answer.ts";
import type { HttpAnswer } from "../../world/world.ts";
import { ApiProblem } from "../../rotation/github-api.ts";
import type { GitHub } from "./github.ts";

/** Who may use an environment's secrets. */
export type EnvironmentState =
  | { readonly type: "absent" }
  /** The default branch alone. */
  | { readonly type: "restricted" }
  /** Branches are to be named, and none is: what an interrupted set-up leaves. */
  | { readonly type: "unfinished" }
  /** Others than the default branch too. `who`: `every branch`. */
  | { readonly type: "open"; readonly who: string }
  /** The plan has none. */
  | { readonly type: "unavailable" }
  /** The token may not look. `permission`: GitHub's own words. */
  | { readonly type: "hidden"; readonly permission: string | undefined };

export const environmentPath = ({ base }: GitHub, name: string): string =>
  `${base}/environments/${encodeURIComponent(name)}`;

/** What an environment for one branch alone is made with, and how the branch is named afterwards. */
export const POLICY = { deployment_branch_policy: { protected_branches: false, custom_branch_policies: true } };

/** Reads only. Throws an ApiProblem where GitHub is out of reach. */
export async function readEnvironment(github: GitHub, name: string, branch: string): Promise<EnvironmentState> {
  const path = environmentPath(github, name);
  const answer = await github.call("GET", path, [200, 403, 404]);
  if (answer.status === 404) return readList(github);
  if (answer.status !== 200) return refusal(answer);
  const { deployment_branch_policy: policy } = jsonObject(answer) ?? {};
  if (!(policy instanceof Object)) return { type: "open", who: "every branch" };
  if (!(policy as { custom_branch_policies?: unknown }).custom_branch_policies) {
    return { type: "open", who: "every protected branch" };
  }
  const named = await github.call("GET", `${path}/deployment-branch-policies?per_page=100`, [200, 403, 404]);
  if (named.status !== 200) return refusal(named);
  const list = jsonObject(named)?.["branch_policies"];
  if (!Array.isArray(list)) throw new ApiProblem(502, true);
  const rules = (list as { name?: unknown; type?: unknown }[]).map(({ name: rule, type = "branch" }) => ({
    name: String(rule),
    branch: type === "branch",
  }));
  if (rules.length === 0) return { type: "unfinished" };
  if (rules.length === 1 && rules[0]?.name === branch && rules[0].branch) return { type: "restricted" };
  const names = rules.map((rule) => (rule.branch ? rule.name : `tag ${rule.name}`));
  return { type: "open", who: `${names.slice(0, 5).join(", ")}${names.length > 5 ? ", …" : ""}` };
}

/** Whether an environment that is not there could be: the list is refused where the plan has none. */
async function readList(github: GitHub): Promise<EnvironmentState> {
  const answer = await github.call("GET", `${github.base}/environments?per_page=1`, [200, 403, 404]);
  return answer.status === 200 ? { type: "absent" } : answer.status === 404 ? { type: "unavailable" } : refusal(answer);
}

function refusal(answer: HttpAnswer): EnvironmentState {
  if (saysPlan(answer)) return { type: "unavailable" };
  return { type: "hidden", permission: answer.headers["x-accepted-github-permissions"] };
}

/** GitHub's refusals differ by endpoint and year; those that are about the plan name it. */
export const saysPlan = (answer: HttpAnswer): boolean =>
  /upgrade|billing|\bplan\b/i.test(String(jsonObject(answer)?.["message"] ?? ""));

/** Whether it is the token or the person that GitHub finds lacking, rather than the plan. */
export const saysForbidden = (answer: HttpAnswer): boolean =>
  /not accessible|admin rights|forbidden|permission/i.test(String(jsonObject(answer)?.["message"] ?? ""));
