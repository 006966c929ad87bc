import { Failure } from "./errors.ts";
import type { Inputs } from "./inputs.ts";
import { parseObject } from "./json.ts";
import type { Secret } from "./secret.ts";
import { jsonObject } from "./world/answer.ts";
import type { World } from "./world/world.ts";

type Seen = "public" | "private" | undefined;

/**
 * OpenAI allows the login of a ChatGPT plan on private, trusted runners only, never for a public repository.
 * Throws a Failure there, unless the user has decided otherwise. Where it cannot be found out, that is a warning.
 */
export async function refusePublic(world: World, inputs: Inputs): Promise<void> {
  const { repository, forge, project } = inputs.github;
  const name = forge === "gitlab" ? (project ?? "this project") : repository;
  if (inputs.allowPublicRepository || !name) return;
  const seen =
    forge === "gitlab"
      ? onGitLab(world.env["CI_PROJECT_VISIBILITY"])
      : (inEvent(world) ?? (await askGitHub(world, inputs, name)));
  if (seen === "private") return;
  if (seen === undefined) {
    world.runner.warning(
      `Whether ${name} is public could not be found out, so this job goes on. A ChatGPT login must not be used in a public repository.`,
    );
    return;
  }
  throw new Failure(
    "public-repository",
    `${name} is public, and OpenAI's guide for CI keeps the login of a ChatGPT plan out of public repositories: who may open a ` +
      "pull request may get near it. Nothing was spent.",
    "Use an API key there (CODEX_API_KEY), or set `allow-public-repository: true` if you answer for it.",
  );
}

/** `internal` is for those who have signed in there. */
const onGitLab = (word: string | undefined): Seen => (word ? (word === "public" ? "public" : "private") : undefined);

/** What the event that started the run says of its repository. A scheduled run's event may not say it. */
function inEvent({ env, files }: World): Seen {
  const path = env["GITHUB_EVENT_PATH"];
  const event = path ? parseObject(files.read(path) ?? "") : undefined;
  return visibility(event?.["repository"]);
}

/**
 * Asked without a token first: only a public repository is shown to everybody. Strangers have a limit that a runner
 * shares with all others of its address, so after an answer that tells nothing `github-token` is used.
 */
async function askGitHub(world: World, inputs: Inputs, repository: string): Promise<Seen> {
  const { githubToken } = inputs;
  return (
    (await askOnce(world, inputs, repository, undefined)) ??
    (githubToken && (await askOnce(world, inputs, repository, githubToken)))
  );
}

async function askOnce(
  world: World,
  { github, request }: Inputs,
  repository: string,
  token: Secret | undefined,
): Promise<Seen> {
  try {
    const answer = await world.http({
      method: "GET",
      url: `${github.apiUrl}/repos/${repository}`,
      headers: {
        accept: "application/vnd.github+json",
        "user-agent": request.userAgent,
        ...(token && { authorization: `Bearer ${token.reveal()}` }),
      },
      timeoutMs: 10_000,
    });
    // A server that shows nothing without a sign-in (GHES) answers 401 or 404 for all repositories. To a token the
    // same may say that the token is of somewhere else.
    if (!token && (answer.status === 404 || answer.status === 401)) return "private";
    return answer.status === 200 ? visibility(jsonObject(answer)) : undefined;
  } catch {
    return undefined;
  }
}

function visibility(repository: unknown): Seen {
  const hidden = (repository as { private?: unknown } | null | undefined)?.private;
  return typeof hidden === "boolean" ? (hidden ? "private" : "public") : undefined;
}
