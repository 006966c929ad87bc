import { Failure } from "./errors.ts";
import type { Inputs } from "./inputs.ts";
import { parseObject } from "./json.ts";
import { jsonObject } from "./world/answer.ts";
import type { World } from "./world/world.ts";

/**
 * OpenAI allows the login of a ChatGPT plan on private, trusted runners only, never for a public repository.
 * Throws a Failure there, unless the user has decided otherwise.
 */
export async function refusePublic(world: World, inputs: Inputs): Promise<void> {
  const { repository } = inputs.github;
  if (inputs.allowPublicRepository || !repository) return;
  const known = inEvent(world) ?? (await askGitHub(world, inputs, repository));
  if (known === "private") return;
  if (known === undefined) {
    world.runner.warning(
      `Whether ${repository} is public could not be found out. A ChatGPT login must not be used in a public repository.`,
    );
    return;
  }
  throw new Failure(
    "public-repository",
    `${repository} is public, and OpenAI's guide for CI keeps the login of a ChatGPT plan out of public repositories: who may open a ` +
      "pull request may get near it. Nothing was spent.",
    "Use an API key there (CODEX_API_KEY), or set `allow-public-repository: true` if you answer for it.",
  );
}

/** What the event that started the run says of its repository. A scheduled run's event may not say it. */
function inEvent({ env, files }: World): "public" | "private" | undefined {
  const path = env["GITHUB_EVENT_PATH"];
  const event = path ? parseObject(files.read(path) ?? "") : undefined;
  return visibility(event?.["repository"]);
}

/** Asked without a token: only a public repository is shown to everybody. */
async function askGitHub(
  world: World,
  { github, request }: Inputs,
  repository: string,
): Promise<"public" | "private" | undefined> {
  try {
    const answer = await world.http({
      method: "GET",
      url: `${github.apiUrl}/repos/${repository}`,
      headers: { accept: "application/vnd.github+json", "user-agent": request.userAgent },
      timeoutMs: 10_000,
    });
    // A server that shows nothing without a sign-in (GHES) answers 401 or 404 for all repositories.
    if (answer.status === 404 || answer.status === 401) return "private";
    return answer.status === 200 ? visibility(jsonObject(answer)) : undefined;
  } catch {
    return undefined;
  }
}

function visibility(repository: unknown): "public" | "private" | undefined {
  const hidden = (repository as { private?: unknown } | null | undefined)?.private;
  return typeof hidden === "boolean" ? (hidden ? "private" : "public") : undefined;
}
