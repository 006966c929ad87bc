import { isoTime } from "../../duration.ts";
import { Failure } from "../../errors.ts";
import { ApiProblem } from "../../rotation/github-api.ts";
import { seal } from "../../rotation/sealed-box.ts";
import type { Secret } from "../../secret.ts";
import { environmentPath, POLICY, saysPlan } from "./environment.ts";
import type { GitHub } from "./github.ts";
import type { SeenSecret } from "./inventory.ts";
import { writeFile } from "./project-files.ts";
import type { WorkflowFile } from "./workflows.ts";

/** One thing that a set-up makes: shown by a dry run, carried out by a real one. */
export interface Change {
  /** `check`: nothing is made; who cannot do what follows is stopped before it. */
  readonly type: "environment" | "secret" | "file" | "check";
  /** For people: `secret CLAUDE_LOGIN (repository)`. */
  readonly label: string;
  /** The same, with what it is for. */
  readonly title: string;
  readonly name: string;
  /** The calls that write; a body that holds a secret is not told. */
  readonly calls: readonly { readonly method: "PUT" | "POST"; readonly path: string; readonly body?: object }[];
  readonly file?: { readonly path: string; readonly text: string };
  /** Throws a Failure or an ApiProblem. */
  apply(): Promise<void>;
}

/** @param there it was made before, and only lacks its branch */
export function makeEnvironment(github: GitHub, name: string, branch: string, there: boolean): Change {
  const path = environmentPath(github, name);
  const rule = { name: branch, type: "branch" };
  const put = { method: "PUT", path, body: POLICY } as const;
  const post = { method: "POST", path: `${path}/deployment-branch-policies`, body: rule } as const;
  return {
    type: "environment",
    label: `environment ${name}`,
    title: `environment ${name}, for the branch ${branch} alone`,
    name,
    calls: there ? [post] : [put, post],
    async apply() {
      if (!there) {
        const answer = await github.call("PUT", path, [200, 403, 404, 422], POLICY);
        if (answer.status !== 200 && saysPlan(answer)) throw sayNoEnvironments(name);
        if (answer.status !== 200) {
          throw new ApiProblem(answer.status, true, undefined, answer.headers["x-accepted-github-permissions"]);
        }
      }
      // 303: it is there already.
      await github.call("POST", post.path, [200, 303], rule);
    },
  };
}

export const sayNoEnvironments = (name: string): Failure =>
  new Failure(
    "secret-forbidden",
    `GitHub makes no environment ${name} here: private repositories have them from the plans Pro and Team on.`,
    "Say `--environment none` to keep the secrets in the repository, where every workflow can name them.",
  );

export function writeSecret(seen: SeenSecret, value: Secret | undefined): Change {
  const { label, name, path, what, store, updatedAt } = seen;
  const before = updatedAt === undefined ? "" : `, replacing the one of ${isoTime(updatedAt).slice(0, 10)}`;
  return {
    type: "secret",
    label,
    title: `${label}: ${what}${before}`,
    name,
    calls: [{ method: "PUT", path }],
    async apply() {
      if (!value) throw new Error("a secret without a value"); // a dry run has none, and applies nothing
      // Somebody may have stored theirs since we looked.
      const now = await store.meta();
      if (now.updatedAt !== updatedAt) {
        throw new Failure(
          "secret-elsewhere",
          `The ${label} was written by somebody else meanwhile, and is left as it is.`,
          "Run this again: it finds what is there.",
        );
      }
      const put = async () => store.put(seal(value.reveal(), await store.publicKey()));
      await put().catch(async (error: unknown) => {
        // 422: sealed for a key that GitHub has replaced since.
        if (!(error instanceof ApiProblem) || error.status !== 422) throw error;
        await put();
      });
    },
  };
}

/** @param replace only when a person has said so */
export function writeWorkflow(root: string, file: WorkflowFile, replace: boolean): Change {
  return {
    type: "file",
    label: `file ${file.path}`,
    title: `file ${file.path}${replace ? ", replacing yours" : ""}`,
    name: file.path,
    calls: [],
    file: { path: file.path, text: file.text },
    apply: async () => writeFile(root, file.path, file.text, replace),
  };
}

/** For a plan that is read by programs. */
export function asData({ type, name, title, calls, file }: Change): Record<string, unknown> {
  return { type, name, title, calls, ...(file && { path: file.path, text: file.text }) };
}

/** What a refusal of GitHub means while changes are made. */
export function sayProblem({ status, permission, waitMs }: ApiProblem, label: string): Failure {
  if (status === 401 || status === 403 || status === 404) {
    const takes = permission ? ` GitHub says that it takes: ${permission}.` : "";
    return new Failure("secret-forbidden", `GitHub answered ${status} to the ${label}.${takes}`, "");
  }
  const wait = waitMs === undefined ? "" : `, and asks to wait ${Math.ceil(waitMs / 1000)} s`;
  const what = status === 0 ? "did not answer" : `answered ${status}${wait}`;
  return new Failure("github-unreachable", `GitHub's API ${what} (${label}).`, "");
}
