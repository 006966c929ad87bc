import type { ProviderName } from "../credential/credential.ts";
import { Failure } from "../errors.ts";
import type { Inputs } from "../inputs.ts";
import type { World } from "../world/world.ts";
import type { Ledger } from "./ledger.ts";

const { isAbsolute, join } = process.getBuiltinModule("node:path");

/** Where the settings say that the ledger is; each kind has its own way of finding out the rest. */
function whereabouts({ env }: World, inputs: Inputs, provider: ProviderName) {
  const { account, github, ledgerRepository } = inputs;
  const ref = `refs/oauth-creds/v1/${provider}/${account}`;
  const repository = ledgerRepository ?? github.repository;
  // Gitea and Forgejo run the same actions, but their API makes no refs.
  const pushes = Boolean(env["GITEA_ACTIONS"] || env["FORGEJO_ACTIONS"]);
  const kind = inputs.ledger === "auto" ? (pushes ? "git-push" : repository ? "git-ref" : "file") : inputs.ledger;
  const server = (env["GITHUB_SERVER_URL"] || "https://github.com").replace(/\/+$/, "");
  const named = /^[\w.-]+\/[\w.-]+$/.test(repository ?? "");
  return { kind, ref, repository, named, remote: named ? `${server}/${repository}.git` : (repository ?? "") };
}

/** The same name for all jobs of a repository, known without a call; undefined for a folder, which has none. */
export function nameOfLedger(world: World, inputs: Inputs, provider: ProviderName): string | undefined {
  const { kind, ref, repository, remote } = whereabouts(world, inputs, provider);
  if (!repository || (kind !== "git-ref" && kind !== "git-push")) return undefined;
  return `${kind} ${kind === "git-ref" ? repository.toLowerCase() : withoutUser(remote)} ${ref}`;
}

/** The ledger that the settings ask for. Each kind is loaded only where it is used. */
export async function openLedger(world: World, inputs: Inputs, provider: ProviderName): Promise<Ledger> {
  const { env } = world;
  const { account, github, githubToken: token, ledgerRepository, request } = inputs;
  const { kind, ref, repository, remote, named } = whereabouts(world, inputs, provider);
  const needs = (what: string) =>
    new Failure("input-invalid", `\`ledger: ${kind}\` needs ${what}.`, "Every input is described in action.yml.");

  if (kind === "file") {
    if (inputs.ledger === "auto") await refuseInCi(env);
    const { fileLedger } = await import("./file.ts");
    return fileLedger(world, { path: join(stateFolder(env), "oauth-creds", provider, account) });
  }
  if (kind === "git-push") {
    if (!repository) throw needs("`ledger-repository`: `owner/name`, or the address of a repository");
    const folder = join(
      env["RUNNER_TEMP"] || process.getBuiltinModule("node:os").tmpdir(),
      `oauth-creds-ledger-${Buffer.from(world.random(8)).toString("hex")}`,
    );
    const { gitPushLedger } = await import("./git-push.ts");
    // The place stands in the record in clear.
    return gitPushLedger(world, { remote, ref, place: `${withoutUser(remote)} ${ref}`, token, folder });
  }
  if (!repository) throw needs("`ledger-repository` outside of GitHub Actions");
  if (!token) throw needs("`github-token`");
  if (!named) throw needs("`owner/name` in `ledger-repository`: an address is for `ledger: git-push`");
  const { gitRefLedger } = await import("./git-ref.ts");
  return gitRefLedger(world, {
    apiUrl: github.apiUrl,
    token,
    repository,
    repositoryId: ledgerRepository === undefined ? github.repositoryId : undefined,
    ref,
    userAgent: request.userAgent,
  });
}

/** A folder that nobody has named may be a container's, and go with the job and the renewed login. Throws a Failure. */
async function refuseInCi(env: World["env"]): Promise<void> {
  const { isCi } = await import("../world/ci.ts");
  if (!isCi(env)) return;
  throw new Failure(
    "input-invalid",
    "`ledger` has to be named here: this is a job of a CI without a repository on GitHub, and a folder may go with the job's machine.",
    "Name `git-push` with `ledger-repository`, or `file` only if this machine stays, and its jobs run as one user.",
  );
}

/**
 * Of the user, whatever the input `home` says: jobs with a home each still have one ledger. A relative XDG_STATE_HOME,
 * which would be another folder for each working folder, is ignored, as its specification says.
 */
function stateFolder(env: World["env"]): string {
  const given = env["XDG_STATE_HOME"];
  if (given && isAbsolute(given)) return given;
  return join(env["HOME"] || process.getBuiltinModule("node:os").homedir(), ".local", "state");
}

/** An address may have a name and a password in it. */
const withoutUser = (remote: string): string => remote.replace(/^([\w+.-]+:\/\/)[^/]*@/, "$1");
