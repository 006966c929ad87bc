import { sealEnvelope } from "../../credential/envelope.ts";
import type { World } from "../../world/world.ts";
import type { Ask } from "./ask.ts";
import { runOwn } from "./own-program.ts";
import type { Place } from "./repository.ts";
import type { Plan } from "./set-up.ts";

/**
 * Lets `oauth-creds doctor` look at what was stored: the credential, its provider, and whether the token sees the
 * secret that it is to write. Gives its exit code; undefined if there is nothing that it could look at.
 */
export async function examine(
  world: World,
  ask: Ask,
  plan: Plan,
  place: Place,
): Promise<number | "stopped" | undefined> {
  const { credential, secretsToken, session, blueprint } = plan;
  if (!credential) return undefined;
  const { environment, prefix } = blueprint;
  const rotates = secretsToken !== undefined;
  const login = `${environment === undefined ? "" : `environment/${environment}/`}${prefix}_LOGIN`;
  const own = Object.entries(world.env).filter(([name]) => !/^(INPUT_|OAUTH_CREDS_)/.test(name));
  ask.say.step("Now the doctor looks at it (`oauth-creds doctor --no-programs`):\n");
  const { status } = await runOwn(
    // Jobs run elsewhere: what this machine's programs have, or would prefer, says nothing of them.
    ["doctor", "--no-programs"],
    {
      ...Object.fromEntries(own),
      GITHUB_REPOSITORY: session.facts.fullName,
      GITHUB_REPOSITORY_ID: session.facts.id,
      GITHUB_API_URL: place.apiUrl,
      OAUTH_CREDS_CREDENTIAL: sealEnvelope(credential, undefined),
      OAUTH_CREDS_ACCOUNT: blueprint.account,
      ...(blueprint.expires && { OAUTH_CREDS_CREDENTIAL_EXPIRES: blueprint.expires }),
      ...(blueprint.publicRepository && { OAUTH_CREDS_ALLOW_PUBLIC_REPOSITORY: "true" }),
      ...(world.env["INPUT_VALIDATE"] && { OAUTH_CREDS_VALIDATE: world.env["INPUT_VALIDATE"] }),
      ...(world.env["INPUT_USER-AGENT"] && { OAUTH_CREDS_USER_AGENT: world.env["INPUT_USER-AGENT"] }),
      ...(rotates && {
        OAUTH_CREDS_ROTATE_TO: login,
        OAUTH_CREDS_SECRETS_TOKEN: secretsToken.token.reveal(),
      }),
    },
    false,
  );
  if (status === undefined) {
    ask.say.warn("The doctor was stopped. What was set up is there all the same.");
    return "stopped";
  }
  if (status !== 0) ask.say.warn("The doctor found something (above). What was set up is there all the same.");
  return status;
}
