import type { Problem } from "./input-problems.ts";
import type { Inputs } from "./inputs.ts";
import { isProgram } from "./targets/names.ts";

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Settings that are each fine but do not go together, and what the environment must not hold.
 *
 * @param rotates whether `rotate-to` is given, understood or not
 */
export function contradictions(inputs: Inputs, env: Env, rotates: boolean): Problem[] {
  const { targets, secretsToken, request, writeRefreshToken, rotateTo, accessTo } = inputs;
  const names = targets.map(({ name }) => name);
  const files = names.filter(isProgram).length;
  const rules: readonly [boolean, Problem][] = [
    [
      !inputs.credential && inputs.ifNoCredential === "error" && !inputs.fallbackApiKey && !inputs.ledgerKey,
      ["missing", "credential"],
    ],
    [!inputs.credential && inputs.ledgerKey !== undefined && inputs.provider === "auto", ["ledger-provider"]],
    [!inputs.ledgerKey && inputs.ledgerRepository !== undefined, ["ledger-without-key"]],
    [names.length > 1 && names.includes("none"), ["none-and-others"]],
    [rotates && !secretsToken, ["missing", "secrets-token"]],
    [!rotates && secretsToken !== undefined, ["token-without-place"]],
    [!rotates && inputs.createSecrets, ["create-nothing"]],
    [rotates && inputs.allowUnstoredRefresh, ["unstored-and-stored"]],
    [[rotateTo, ...accessTo].some((place) => place?.repository === ""), ["place-none"]],
    [accessTo.length > 0 && !rotateTo && !inputs.ledgerKey, ["place-access"]],
    [writeRefreshToken && !inputs.cleanup, ["full-and-left"]],
    [writeRefreshToken && files > 1, ["full-and-several"]],
    [writeRefreshToken && names.includes("peekaboo"), ["full-and-peekaboo"]],
    [writeRefreshToken && names.length > 0 && files === 0, ["full-without-file"]],
    [writeRefreshToken && !rotates && !inputs.ledgerKey && !inputs.allowUnstoredRefresh, ["full-without-place"]],
    [request.timeoutMs < 1000 || request.timeoutMs > 120_000, ["timeout"]],
    [/[^ -~]/.test(request.userAgent), ["header", "user-agent"]],
    [/[^ -~]/.test(secretsToken?.reveal() ?? ""), ["header", "secrets-token"]],
    ...providerRules(inputs),
  ];
  const overrides = Object.keys(env).filter((name) => name.endsWith("_TOKEN_URL_OVERRIDE") && env[name]);
  return [
    ...rules.filter(([broken]) => broken).map(([, problem]) => problem),
    ...overrides.map((name): Problem => ["override", name]),
  ];
}

/** What only some providers have. `auto` is judged when the credential has been recognised. */
function providerRules({ provider, request, refreshWith, validate, fallbackApiKey }: Inputs): [boolean, Problem][] {
  const custom = provider === "custom";
  const cli = refreshWith === "cli";
  const { tokenUrl, clientId, clientSecret, scope, requestFormat } = request;
  return [
    [custom && !tokenUrl, ["custom-needs", "token-url"]],
    [custom && !clientId, ["custom-needs", "client-id"]],
    [custom && validate === "online", ["custom-validate"]],
    [custom && fallbackApiKey !== undefined, ["custom-fallback"]],
    [custom && cli, ["custom-cli"]],
    [!custom && clientSecret !== undefined, ["secret-of-public-client"]],
    [cli && tokenUrl !== undefined, ["cli-decides", "token-url"]],
    [cli && clientId !== undefined, ["cli-decides", "client-id"]],
    [cli && scope !== undefined, ["cli-decides", "scope"]],
    [cli && requestFormat !== undefined, ["cli-decides", "request-format"]],
    [/^sk-ant-o[ar]t|^rt_|^eyJ|^oc1\./.test(fallbackApiKey?.reveal() ?? ""), ["fallback-is-token"]],
  ];
}
