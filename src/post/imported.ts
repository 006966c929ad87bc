import type { Credential } from "../credential/credential.ts";
import { readJwt } from "../credential/jwt.ts";
import type { Inputs } from "../inputs.ts";
import { parseObject } from "../json.ts";
import { quietly } from "../quietly.ts";
import { clawdbot } from "../targets/clawdbot.ts";
import type { FileEntry } from "../targets/manifest.ts";
import { whereabouts } from "../targets/place.ts";
import type { World } from "../world/world.ts";
import { readBack } from "./read-back.ts";

/** What Clawdbot calls the login that it finds in Codex's file. */
const PROFILE = "openai-codex:codex-cli";
const SLOT = { provider: "openai", account: "codex-cli" } as const;

/**
 * Clawdbot takes over the login in Codex's file when it starts, with the refresh token, and keeps to itself what it
 * renews. Gives that generation, by the rules for a file of ours, or else `captured`. On a home that outlives the job a
 * login of the user's may stand in that place from before, which Clawdbot does not renew while Codex's file is newer: so
 * what was issued before the login in Codex's file is left alone.
 *
 * @param lent Codex's file, as it was handed out
 * @param handedOut the login in it
 * @param captured what Codex has made of that
 */
export async function orImported(
  world: World,
  inputs: Inputs,
  lent: FileEntry,
  handedOut: Credential,
  captured: Credential | undefined,
): Promise<Credential | undefined> {
  const { env, files, runner } = world;
  // As the job's programs look, whatever `home` says of our own files.
  const path = clawdbot.path({ ...whereabouts(world, inputs), env });
  const text = quietly(() => files.read(path));
  if (!text?.includes(PROFILE)) return captured;
  const entry: FileEntry = { target: "clawdbot", slot: SLOT, path, temp: "", made: [], backup: undefined };
  const found = (await readBack(world, entry, handedOut).catch(() => undefined))?.credential;
  const { issuedAt = 0 } = readJwt(found?.access?.reveal() ?? "") ?? {};
  const since = Date.parse(`${parseObject(quietly(() => files.read(lent.path)) ?? "")?.["last_refresh"]}`);
  const renewed = issuedAt >= since ? found : undefined;
  const known = [handedOut.refresh, captured?.refresh].map((token) => token?.reveal() ?? "");
  const holdsOurs = renewed || known.some((token) => token !== "" && text.includes(token));
  if (holdsOurs && env["RUNNER_ENVIRONMENT"] !== "github-hosted") {
    runner.warning(
      `${path}: Clawdbot has taken over the login that it found in Codex's file. Its copy (profile ${PROFILE}) stays there, ` +
        "and would end the login if Clawdbot ran on this machine again: remove the profile.",
    );
  }
  return renewed && !renewed.refresh?.equals(captured?.refresh) ? renewed : captured;
}
