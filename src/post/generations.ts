import { readCapsule } from "../capsule-open.ts";
import { type Credential, tokensOf } from "../credential/credential.ts";
import { openEnvelope } from "../credential/envelope.ts";
import type { Inputs } from "../inputs.ts";
import type { Detected } from "../recognise/detect.ts";
import { maskSecrets } from "../runner/mask.ts";
import type { FileEntry } from "../targets/manifest.ts";
import type { World } from "../world/world.ts";
import { readBack } from "./read-back.ts";

/** The logins of this job, as far as they are known to its post step. */
export interface Generations {
  /** In `credential`. */
  readonly given: Credential | undefined;
  /** Which main took over from an earlier job's copy and stored, before it renewed that. */
  readonly taken: Credential | undefined;
  /** What main renewed; or took over, and could not store: of that there is a copy already. */
  readonly renewed: Credential | undefined;
  /** What the job's program made of the one that it was given. */
  readonly captured: Credential | undefined;
}

/** What main was given, and left in its capsules. Masks what was in those. */
export function leftByMain(
  world: World,
  inputs: Inputs,
  detected: Detected | undefined,
): Omit<Generations, "captured"> {
  const inCapsule = (path: string | undefined): Credential | undefined => {
    const kept = path ? readCapsule(world, inputs.sealingKey, path) : undefined;
    return kept ? openEnvelope(kept).credential : undefined;
  };
  const renewed = inCapsule(world.env["STATE_capsule"]);
  const taken = inCapsule(world.env["STATE_taken"]);
  maskSecrets(
    world.runner,
    [renewed, taken].flatMap((login) => (login ? tokensOf(login) : [])),
  );
  return { given: detected?.credential, taken, renewed };
}

/**
 * What the job's program made of the login in its file, or Clawdbot of the one in Codex's. A file that cannot be believed
 * is told.
 *
 * @param handedOut the login as the program got it
 */
export async function capturedFrom(
  world: World,
  inputs: Inputs,
  files: readonly FileEntry[],
  handedOut: Credential,
): Promise<Credential | undefined> {
  const captured = await inFiles(world, files, handedOut);
  const lent = files.find(({ target }) => target === "codex");
  return lent ? (await import("./imported.ts")).orImported(world, inputs, lent, handedOut, captured) : captured;
}

async function inFiles(
  world: World,
  files: readonly FileEntry[],
  handedOut: Credential,
): Promise<Credential | undefined> {
  for (const entry of files) {
    const found = await readBack(world, entry, handedOut);
    if (!found) continue;
    if (found.credential) return found.credential;
    world.runner.warning(
      `${entry.path}: ${found.refused} The stored login was left as it is; if the program has renewed it, it has ended: sign in again.`,
    );
  }
  return undefined;
}
