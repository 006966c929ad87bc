import type { Credential } from "../credential/credential.ts";
import { MINUTE_MS } from "../duration.ts";
import { Failure } from "../errors.ts";
import { keyedLogins, type Layout, oauthEntry } from "./keyed-logins.ts";
import type { FileTarget, Section } from "./target.ts";

const { join, resolve } = process.getBuiltinModule("node:path");

const LAYOUT: Layout = {
  keys: { anthropic: "anthropic", openai: "openai-codex" },
  keyType: "api_key",
  early: { anthropic: 5 * MINUTE_MS },
};

/** pi's `auth.json`, under its present name (`@earendil-works/pi-coding-agent`) and its first (`@mariozechner/…`). */
export const pi: FileTarget = {
  ...keyedLogins(LAYOUT),
  name: "pi",
  path({ env, home }) {
    const folder = env["PI_CODING_AGENT_DIR"] || join(home, ".pi", "agent");
    return join(resolve(folder.replace(/^~(?=$|\/)/, () => home)), "auth.json");
  },
  write(credential, { full }) {
    const { provider, refresh } = credential;
    if (provider === "anthropic" && !(full && refresh)) return bareToken(credential);
    // Newer releases take no key for ChatGPT.
    return oauthEntry(credential, full, LAYOUT.early[provider] ?? 0);
  },
  locks: (path) => [{ path: `${path}.lock`, staleMs: 30_000 }],
};

/**
 * Anthropic's access token as a key, which pi sends as a bearer because of its look, and never renews. It ignores
 * `expires` (ms), which is for whoever reads the file.
 * Throws a Failure for what pi would take for something else: it runs a value that begins with `!`, and puts a
 * variable in the place of its name or of `$NAME`. No token of this look is any of these.
 */
function bareToken({ access, accessExpiresAt }: Credential): Section {
  const key = access?.reveal() ?? "";
  if (!/^sk-ant-oat\d*-[\w.~+/=-]+$/.test(key)) {
    throw new Failure(
      "credential-unusable",
      "The access token does not look like one of Anthropic's, so it was not written into pi's file: pi would take it for an API key, a command or a variable.",
      "Store the credential again, whole, or remove `pi` from `targets`.",
    );
  }
  return { type: "api_key", key, ...(accessExpiresAt !== undefined && { expires: accessExpiresAt }) };
}
