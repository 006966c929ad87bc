import { type Credential, livesFor, tokensOf } from "../../credential/credential.ts";
import { Failure } from "../../errors.ts";
import type { Inputs } from "../../inputs.ts";
import { detect } from "../../recognise/detect.ts";
import { maskSecrets } from "../../runner/mask.ts";
import { sayVerdict, validate } from "../../validate.ts";
import type { World } from "../../world/world.ts";
import { refuseOwnLogin } from "../own-login.ts";
import type { Person } from "./person.ts";

/**
 * A credential that the person has already, from stdin: recognised, repaired, and shown to its provider at once.
 * Nothing single-use is spent. Throws a Failure.
 *
 * @param online false if the user has said `--validate none`
 */
export async function readToken(world: World, inputs: Inputs, person: Person, online: boolean): Promise<Credential> {
  const text = await person.paste("Paste the credential (it will not be shown), then press Enter: ", { all: true });
  if (!text?.trim()) {
    throw new Failure(
      "credential-missing",
      "`--with-token` reads a credential from stdin, and nothing came.",
      "For example: `oauth-creds login anthropic --with-token < token.txt`.",
    );
  }
  const { provider, account, credentialExpiresAt: endsAt } = inputs;
  const { credential, stored, notices, warnings } = await detect(text, { provider, account, endsAt }, world.now());
  maskSecrets(world.runner, tokensOf(credential));
  for (const notice of notices) world.runner.notice(notice);
  for (const warning of warnings) world.runner.warning(warning);
  if (credential.kind === "login" && !credential.refresh) {
    throw new Failure(
      "credential-unusable",
      "This is a copy whose refresh token is sealed for those who have the ledger's key: nobody could renew it elsewhere.",
      "Sign in once more for a login of its own.",
    );
  }
  await refuseOwnLogin(world, inputs, credential);
  if (stored && credential.refresh) {
    world.runner.warning(
      `This login is kept in the ${stored.location.kind} secret ${stored.location.name} of ${stored.location.repository}. Of two ` +
        "copies that are renewed each soon ends the other: delete that one, or sign in once more for a login of its own.",
    );
  }
  if (online) await checkOnline(world, inputs, credential);
  return credential;
}

/** Shows the access token to its provider. Throws a Failure only if that refuses it. */
export async function checkOnline(world: World, inputs: Inputs, credential: Credential): Promise<void> {
  const { runner } = world;
  if (!livesFor({ ...credential, kind: "access" }, 0, world.now())) {
    if (credential.refresh) {
      runner.notice(
        "There is no access token in it that lives, and its refresh token works once, so it was not tried: the first job " +
          "that renews it will show whether it works.",
      );
      return;
    }
    throw new Failure("credential-ended", "This token has ended.", "Sign in once more.");
  }
  const verdict = await validate(world, credential, inputs.request);
  if (!verdict) {
    runner.notice("It was not checked: no request is known by which this server would show whether a token is good.");
    return;
  }
  const saying = sayVerdict(verdict, credential);
  if (saying.level === "failure") throw saying.failure;
  runner[saying.level](saying.text);
}
