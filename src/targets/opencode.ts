import { keyedLogins, oauthEntry } from "./keyed-logins.ts";
import type { FileTarget } from "./target.ts";

const { join, resolve } = process.getBuiltinModule("node:path");

/** opencode's `auth.json`: ChatGPT logins only, since it has no sign-in for Claude. Nothing guards the file. */
export const opencode: FileTarget = {
  ...keyedLogins({ keys: { openai: "openai" }, keyType: "api", early: {} }),
  name: "opencode",
  path: ({ env, home }) =>
    join(resolve(env["XDG_DATA_HOME"] || join(home, ".local", "share")), "opencode", "auth.json"),
  write: (credential, { full }) => oauthEntry(credential, full, 0),
  shadows({ env }, _read, path) {
    const found: string[] = [];
    if (isJson(env["OPENCODE_AUTH_CONTENT"])) {
      found.push(
        `The variable OPENCODE_AUTH_CONTENT is set in this job: opencode reads it instead of ${path}. Remove it from the job's \`env\`.`,
      );
    }
    if (/^(true|yes|on|1|y)$/.test(env["OPENCODE_DISABLE_DEFAULT_PLUGINS"] ?? "")) {
      found.push(
        "The variable OPENCODE_DISABLE_DEFAULT_PLUGINS is set in this job: opencode then cannot use a ChatGPT login. Remove it from the job's `env`.",
      );
    }
    return found;
  },
};

/** It passes over a text that is not JSON, and reads the file. */
function isJson(text: string | undefined): boolean {
  try {
    JSON.parse(text ?? "");
    return true;
  } catch {
    return false;
  }
}
