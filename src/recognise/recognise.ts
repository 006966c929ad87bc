import { tokensOf } from "../credential/credential.ts";
import type { Inputs } from "../inputs.ts";
import { maskSecrets } from "../runner/mask.ts";
import { secretOf } from "../secret.ts";
import type { World } from "../world/world.ts";
import { type Detected, detect } from "./detect.ts";

/**
 * Masks everything in the secret inputs that could be a token, before anything is said or even checked, and gives
 * it. The text of the credential is not masked as a whole: the runner masks each line of it, and with a file of
 * JSON every brace in the log would become asterisks.
 */
export async function maskInputs({ env, runner }: World): Promise<ReadonlySet<string>> {
  const parts = (env["INPUT_CREDENTIAL"] ?? "").split(/[\s"'`,:;{}[\]()=\\]+/);
  const masked = new Set(parts.filter((word) => word.length >= 16 && /\d/.test(word)));
  for (const name of ["SECRETS-TOKEN", "FALLBACK-API-KEY", "CLIENT-SECRET", "GITHUB-TOKEN"]) {
    masked.add((env[`INPUT_${name}`] ?? "").trim());
  }
  for (const key of (env["INPUT_LEDGER-KEY"] ?? "").split(/[\s,]+/)) masked.add(key);
  if (env["INPUT_LEDGER-REPOSITORY"]?.includes("@")) (await import("./address.ts")).addSecrets(masked, env);
  maskAll(runner, masked);
  return masked;
}

/** What the credential is. Its tokens are masked, in whatever form they came. */
export async function recognise(world: World, inputs: Inputs, masked: ReadonlySet<string>): Promise<Detected> {
  const expected = {
    provider: inputs.provider,
    account: inputs.account,
    endsAt: inputs.credentialExpiresAt,
    ledgerKey: inputs.ledgerKey,
  };
  const detected = await detect(inputs.credential?.reveal() ?? "", expected, world.now());
  const tokens = tokensOf(detected.credential).map((token) => token?.reveal() ?? "");
  maskAll(world.runner, new Set(tokens.filter((token) => !masked.has(token))));
  return detected;
}

const maskAll = (runner: World["runner"], values: ReadonlySet<string>): void =>
  maskSecrets(runner, [...values].map(secretOf));
