import type { ProviderName } from "../../credential/credential.ts";
import { InputProblems } from "../../input-problems.ts";
import { contradictions } from "../../input-rules.ts";
import type { Inputs } from "../../inputs.ts";
import { usage } from "../arguments.ts";
import type { Call } from "../verb.ts";

/** How the person wants to sign in, and where the login goes. */
export interface Options {
  /** `official`: the provider's own program, where it is installed. */
  readonly how: "token" | "device" | "browser" | "official";
  readonly longLived: boolean;
  /** Whether a browser may be opened here. */
  readonly browser: boolean;
  /** A path, or `-` for stdout. */
  readonly output: string | undefined;
  readonly force: boolean;
  readonly authorizeUrl: string | undefined;
  readonly redirectUri: string | undefined;
}

/** Throws a Failure. */
export function providerOf(word: string | undefined): ProviderName {
  if (word === "anthropic" || word === "openai" || word === "custom") return word;
  throw usage("Say with whom you sign in: `login anthropic`, `login openai` or `login custom`.");
}

/** Throws a Failure, or InputProblems. */
export function readOptions(
  { flags, world }: Pick<Call, "flags" | "world">,
  provider: ProviderName,
  inputs: Inputs,
): Options {
  const on = (name: string) => flags[name] === true;
  const text = (name: string) => (typeof flags[name] === "string" && flags[name] !== "" ? flags[name] : undefined);
  const [authorizeUrl, redirectUri] = [text("authorize-url"), text("redirect-uri")];
  const [token, device, longLived, pkce] = [on("with-token"), on("device"), on("long-lived"), on("pkce")];
  const only = (given: boolean, flag: string, wanted: ProviderName) => {
    if (given && provider !== wanted) throw usage(`\`--${flag}\` is for \`login ${wanted}\` only.`);
  };
  only(device, "device", "openai");
  only(longLived, "long-lived", "anthropic");
  only(pkce, "pkce", "anthropic");
  only(redirectUri !== undefined, "redirect-uri", "custom");
  if (token && (device || longLived || pkce || authorizeUrl || redirectUri)) {
    throw usage("With `--with-token` there is no sign-in, so it goes with none of the flags for one.");
  }
  if (device && authorizeUrl) throw usage("`--device` and `--authorize-url` are two ways to sign in: name one.");
  for (const [name, url] of [
    ["authorize-url", authorizeUrl],
    ["redirect-uri", redirectUri],
  ] as const) {
    if (url !== undefined && !isSafe(url)) {
      throw usage(`\`--${name}\` must be an https address (http only on a loopback address).`);
    }
  }
  if (provider === "custom" && !token && !authorizeUrl) {
    throw usage("`login custom` needs `--authorize-url`, the server's authorization endpoint.");
  }
  checkInputs(inputs, world.env, token);
  // Whoever says how the request is to look does not want the program's own.
  const { tokenUrl, clientId, scope } = inputs.request;
  const ours = pkce || authorizeUrl !== undefined || [tokenUrl, clientId, scope].some((value) => value !== undefined);
  const browserFlow = provider === "anthropic" && !ours ? "official" : "browser";
  return {
    how: token ? "token" : device ? "device" : browserFlow,
    longLived,
    browser: flags["browser"] !== false, // `--no-browser`
    output: text("output"),
    force: on("force"),
    authorizeUrl,
    redirectUri,
  };
}

/** The action's rules, without those on a credential that a job brings and this verb makes. */
function checkInputs(inputs: Inputs, env: Call["world"]["env"], token: boolean): void {
  const rotates = Boolean(env["INPUT_ROTATE-TO"]?.trim());
  const problems = contradictions(inputs, env, rotates).filter(([kind, name]) => {
    if (kind === "missing") return name !== "credential";
    if (kind === "custom-needs") return !token;
    return kind !== "full-without-place" && kind !== "custom-validate";
  });
  if (problems.length > 0) throw new InputProblems(problems);
}

/** What travels to it must not be read on the way (RFC 6749, section 3.1.2.1). */
export function isSafe(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname, username, hash } = new URL(address);
  const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
  return username === "" && hash === "" && (protocol === "https:" || (protocol === "http:" && loopback));
}
