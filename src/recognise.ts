import { tokensOf } from "./credential/credential.ts";
import { type Detected, detect } from "./credential/detect.ts";
import type { Inputs } from "./inputs.ts";
import { maskSecrets } from "./runner/mask.ts";
import { Secret } from "./secret.ts";
import type { World } from "./world/world.ts";

/** What the credential is. Its tokens are masked before anything else is said. */
export function recognise(world: World, inputs: Inputs): Detected {
  const raw = inputs.credential?.reveal() ?? "";
  const words = longWords(raw);
  maskSecrets(world.runner, [...words, inputs.secretsToken]);
  const detected = detect(raw, inputs.credentialExpiresAt, world.now());
  const masked = (token: Secret) => words.some((word) => word.equals(token));
  maskSecrets(
    world.runner,
    tokensOf(detected.credential).filter((token) => token && !masked(token)),
  );
  return detected;
}

/**
 * Everything in it that could be a token, whatever it turns out to be. Not the text as a whole: the runner masks
 * each line of it, and with a file of JSON every brace in the log would become asterisks.
 */
function longWords(raw: string): Secret[] {
  const words = raw.split(/[\s"'`,:;{}[\]()=\\]+/).filter((word) => word.length >= 16 && /\d/.test(word));
  return [...new Set(words)].map((word) => new Secret(word));
}
