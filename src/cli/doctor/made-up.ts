import { type Credential, EMPTY, type ProviderName } from "../../credential/credential.ts";
import { Secret } from "../../secret.ts";
import type { World } from "../../world/world.ts";

const REFRESH = { anthropic: "sk-ant-ort01-", openai: "rt_", custom: "" } as const;
const ACCESS = { anthropic: "sk-ant-oat01-", openai: "", custom: "" } as const;

/**
 * A login that nobody has ever had, with the look of a real one: what a server says to it shows whether the server
 * answers at all, and spends nothing.
 */
export function madeUpLogin(
  world: World,
  provider: ProviderName,
  like: Partial<Pick<Credential, "clientId" | "clientAuth">> = {},
): Credential & { refresh: Secret; access: Secret } {
  const random = () => `oauth-creds-doctor-${Buffer.from(world.random(54)).toString("base64url")}`;
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const access =
    provider === "openai"
      ? `${part({ alg: "none" })}.${part({ jti: random() })}.${random()}`
      : `${ACCESS[provider]}${random()}`;
  return {
    ...EMPTY,
    kind: "login",
    provider,
    refresh: new Secret(REFRESH[provider] + random()),
    access: new Secret(access),
    scopes: ["user:profile", "user:inference"], // it is shown where nothing is counted
    clientId: like.clientId,
    clientAuth: like.clientAuth,
  };
}
