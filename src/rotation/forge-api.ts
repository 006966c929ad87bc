import type { Inputs } from "../inputs.ts";
import { Secret } from "../secret.ts";
import type { World } from "../world/world.ts";
import { type Call, githubApi } from "./github-api.ts";

/** Another forge's REST API. What is said of GitHub's calls and their failures holds for these. */
export function forgeApi(
  world: World,
  { request, secretsToken }: Inputs,
  url: string,
  authorization: (token: string) => Readonly<Record<string, string>>,
): Call {
  const token = secretsToken ?? new Secret("");
  const own = { accept: "application/json", "user-agent": request.userAgent, ...authorization(token.reveal()) };
  const asOwn: World["http"] = ({ headers, ...asked }) => {
    const type = headers["content-type"];
    return world.http({ ...asked, headers: { ...own, ...(type && { "content-type": type }) } });
  };
  return githubApi({ http: asOwn, now: () => world.now() }, url, token, request.userAgent);
}
