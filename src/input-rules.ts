import type { Inputs } from "./inputs.ts";

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Settings that are each fine but do not go together, and what the environment must not hold.
 *
 * @param rotates whether `rotate-to` is given, understood or not
 */
export function contradictions(inputs: Inputs, env: Env, rotates: boolean): string[] {
  const found: string[] = [];
  const { targets, secretsToken } = inputs;
  const writesFile = targets.some((target) => target.name === "claude");

  if (!inputs.credential && inputs.ifNoCredential === "error") found.push(sayMissing("credential", env));
  if (targets.length > 1 && targets.some((target) => target.name === "none")) {
    found.push("`targets` names `none` together with others.");
  }
  if (rotates && !secretsToken) found.push(sayMissing("secrets-token", env));
  if (secretsToken && !rotates)
    found.push("`secrets-token` is given, but `rotate-to` does not say which secret it is to write.");
  if (inputs.createSecrets && !rotates) found.push("`create-secrets` is set, but `rotate-to` names no secret.");
  if (inputs.allowUnstoredRefresh && rotates) {
    found.push("`allow-unstored-refresh` says that a new login may be thrown away, `rotate-to` where to keep it.");
  }
  if (inputs.writeRefreshToken && !inputs.cleanup) {
    found.push(
      "`write-refresh-token` with `cleanup: false` would leave a second copy of the login that can be renewed.",
    );
  }
  const headers = { "user-agent": inputs.request.userAgent, "secrets-token": secretsToken?.reveal() ?? "" };
  for (const [name, value] of Object.entries(headers)) {
    if (/[^ -~]/.test(value)) found.push(`\`${name}\` holds a line break or a character that no header may.`);
  }
  if (inputs.writeRefreshToken && !writesFile) {
    found.push("`write-refresh-token` is set, but no target in `targets` is a file.");
  }
  if (inputs.writeRefreshToken && !rotates && !inputs.allowUnstoredRefresh) {
    found.push(
      "`write-refresh-token` hands the job a login that its program will renew, but without `rotate-to` the new one " +
        "would be lost with the runner.",
    );
  }
  if (rotates && !inputs.github.repository) found.push("`rotate-to` needs GITHUB_REPOSITORY, which is not set here.");
  if (inputs.request.timeoutMs < 1000 || inputs.request.timeoutMs > 120_000) {
    found.push("`timeout` must lie between `1s` and `2m`.");
  }
  for (const name of Object.keys(env)) {
    if (name.endsWith("_TOKEN_URL_OVERRIDE") && env[name]) {
      found.push(
        `The variable ${name} is set: it would send a refresh token to an address that this step did not choose. ` +
          "Remove it, or say the address in `token-url`.",
      );
    }
  }
  return found;
}

/** An empty secret is the commonest failure, and the log of a fork or of Dependabot gives no hint of the cause. */
function sayMissing(name: string, env: Env): string {
  const likely =
    env["GITHUB_ACTOR"] === "dependabot[bot]"
      ? "This run belongs to Dependabot, which sees Dependabot secrets only."
      : env["GITHUB_EVENT_NAME"] === "pull_request"
        ? "This is a pull request: one from a fork gets no secrets."
        : "The secret may not exist in this repository, or under another name.";
  return (
    `\`${name}\` is empty. ${likely}` +
    (name === "credential" ? " With `if-no-credential: skip` such a run goes on without a login." : "") +
    " Other causes: a reusable workflow called without `secrets: inherit`; a secret of an environment that the job " +
    "does not name with `environment:`; a typo in the secret's name."
  );
}
