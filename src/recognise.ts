import { tokensOf } from "./credential/credential.ts";
import { type Detected, detect } from "./credential/detect.ts";
import type { Inputs } from "./inputs.ts";
import { maskSecrets } from "./runner/mask.ts";
import { Secret } from "./secret.ts";
import type { World } from "./world/world.ts";

/**
 * Masks everything in the secret inputs that could be a token, before anything is said or even checked. Not the
 * text as a whole: the runner masks each line of it, and with a file of JSON every brace in the log would become
 * asterisks.
 */
export function maskInputs({ env, runner }: World): void {
  const text = `${env["INPUT_CREDENTIAL"] ?? ""} ${env["INPUT_SECRETS-TOKEN"] ?? ""}`;
  const words = text.split(/[\s"'`,:;{}[\]()=\\]+/).filter((word) => word.length >= 16 && /\d/.test(word));
  maskSecrets(
    runner,
    [...new Set(words)].map((word) => new Secret(word)),
  );
}

/** What the credential is. Its tokens are masked, in whatever form they came. */
export function recognise(world: World, inputs: Inputs): Detected {
  const raw = inputs.credential?.reveal() ?? "";
  const detected = detect(raw, inputs.credentialExpiresAt, world.now());
  // Those that stood in it as they are, `maskInputs` has masked.
  maskSecrets(
    world.runner,
    tokensOf(detected.credential).filter((token) => token && !raw.includes(token.reveal())),
  );
  return detected;
}
