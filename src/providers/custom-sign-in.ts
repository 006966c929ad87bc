import type { Credential } from "../credential/credential.ts";
import type { Callback, SignIn } from "./authorize.ts";
import { custom } from "./custom.ts";
import type { RequestSettings } from "./provider.ts";
import { tokenRequest } from "./request.ts";

/** A sign-in to any authorization server by RFC 6749 and RFC 7636. */
export function customSignIn(
  settings: RequestSettings,
  { authorizeUrl, redirectUri }: { readonly authorizeUrl: string; readonly redirectUri: string | undefined },
): SignIn {
  const callback = redirectUri === undefined ? ANY_PORT : callbackOf(redirectUri);
  return {
    provider: "custom",
    authorizeUrl,
    clientId: settings.clientId ?? "",
    scope: settings.scope,
    more: {},
    callback,
    codePage: callback ? undefined : redirectUri,
    longLived: false,
    exchangeRequest(grant, _settings, clientAuth) {
      const { headers, fields } = proveClient(settings, clientAuth);
      const all = {
        grant_type: "authorization_code",
        code: grant.code.reveal(),
        redirect_uri: grant.redirectUri,
        code_verifier: grant.verifier.reveal(),
        ...fields,
      };
      return tokenRequest(settings.tokenUrl ?? "", all, settings, "form", headers);
    },
    interpret: custom.interpret,
  };
}

const ANY_PORT: Callback = { host: "127.0.0.1", ports: [0], path: "/callback" };

/** Undefined if the address is not on this machine. */
function callbackOf(redirectUri: string): Callback | undefined {
  const { protocol, hostname, port, pathname, search } = new URL(redirectUri);
  const here = hostname === "localhost" || hostname === "127.0.0.1";
  if (protocol !== "http:" || !here || search !== "") return undefined;
  return { host: hostname, ports: [Number(port || 80)], path: pathname };
}

/**
 * How a client proves itself (RFC 6749, section 2.3.1): by HTTP Basic, which every server must know, unless it is
 * known to want it in the body, or the body is no form. A public client names itself only.
 */
export function proveClient(settings: RequestSettings, clientAuth: Credential["clientAuth"]) {
  const { clientId = "", clientSecret, requestFormat } = settings;
  if (clientSecret === undefined) return { headers: {}, fields: { client_id: clientId } };
  if (clientAuth === "post" || requestFormat === "json") {
    return { headers: {}, fields: { client_id: clientId, client_secret: clientSecret.reveal() } };
  }
  const pair = `${encode(clientId)}:${encode(clientSecret.reveal())}`;
  return { headers: { authorization: `Basic ${btoa(pair)}` }, fields: {} };
}

/** Form encoding of one value (RFC 6749, appendix B). */
const encode = (value: string): string => new URLSearchParams({ "": value }).toString().slice(1);
