import type { Failure } from "../../errors.ts";
import type { InputProblems } from "../../input-problems.ts";
import { type Inputs, readInputs } from "../../inputs.ts";
import { parseObject } from "../../json.ts";
import type { World } from "../../world/world.ts";
import { type Check, info, ok, wrong } from "./check.ts";

type Env = World["env"];

/** What is wrong with the settings, each for itself. Without `inputs` nothing more can be looked at. */
export async function settingsChecks(env: Env): Promise<{ checks: Check[]; inputs: Inputs | undefined }> {
  let inputs: Inputs | undefined;
  try {
    inputs = readInputs(env, "post"); // each setting for itself
    readInputs(env); // and all of them together
    return { checks: [ok("Settings", "Every setting is understood.")], inputs };
  } catch (error) {
    if (!isInputProblems(error)) throw error;
    // A missing credential has causes of its own, which are looked for where the credential is.
    const problems = error.problems.filter(([kind, name]) => kind !== "missing" || name !== "credential");
    const { explainProblems } = await import("../../input-help.ts");
    const checks = problems.map((problem) => sayProblem(explainProblems([problem], env)));
    return { checks: checks.length > 0 ? checks : [ok("Settings", "Every setting is understood.")], inputs };
  }
}

/** By its name: the class itself is in the file that every run loads, which would grow by offering it. */
const isInputProblems = (error: unknown): error is InputProblems =>
  error instanceof Error && error.name === "InputProblems";

const sayProblem = ({ message, advice }: Failure): Check => wrong("Settings", "input-invalid", message, advice);

/**
 * Why a job was given no credential, as far as its event tells. Outside of Actions nothing need be given.
 *
 * @param others whether something else was found to be looked at
 */
export function missingCredential(world: World, others: boolean): Check {
  const { env } = world;
  if (env["GITHUB_ACTIONS"] !== "true") {
    if (others)
      return info("Credential", "None was given (`--credential`): what is stored on this machine is looked at.");
    return wrong(
      "Credential",
      "no-login",
      "There is no login: none was given, and no program of this machine has one.",
      "Sign in: `oauth-creds login anthropic` or `oauth-creds login openai`.",
    );
  }
  if (env["GITHUB_ACTOR"] === "dependabot[bot]") {
    return wrong(
      "Credential",
      "secret-missing-dependabot",
      "`credential` is empty, and this run belongs to Dependabot, which sees Dependabot secrets only.",
      "Let such runs go on without a login (`if-no-credential: skip`). Do not store a login as a Dependabot secret: " +
        "a second copy that can be renewed would end the first.",
    );
  }
  if (isFromFork(world)) {
    return wrong(
      "Credential",
      "secret-missing-fork",
      "`credential` is empty, and this is a pull request from a fork, which gets no secrets.",
      "Let such runs go on without a login (`if-no-credential: skip`), and do the work that needs one after the merge.",
    );
  }
  return wrong(
    "Credential",
    "credential-missing",
    "`credential` is empty. The secret may not exist in this repository, or under another name.",
    "Check its name (`gh secret list`), that a reusable workflow is called with `secrets: inherit`, and that the job names the " +
      "`environment` whose secret it is.",
  );
}

function isFromFork({ env, files }: World): boolean {
  // `pull_request_target` and its like run with the base repository's secrets.
  if (!/^pull_request(_review|_review_comment)?$/.test(env["GITHUB_EVENT_NAME"] ?? "")) return false;
  const path = env["GITHUB_EVENT_PATH"];
  const event = path ? parseObject(files.read(path) ?? "") : undefined;
  const { head, base } = (event?.["pull_request"] ?? {}) as { head?: Side; base?: Side };
  if (!head || !base) return false;
  // The repository of a head whose fork was deleted is null.
  return head.repo?.full_name !== base.repo?.full_name;
}

interface Side {
  readonly repo?: { readonly full_name?: string } | null;
}
