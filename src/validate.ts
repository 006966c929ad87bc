import { type Credential, type ProviderName, sayKind } from "./credential/credential.ts";
import { sayTime } from "./duration.ts";
import { Failure } from "./errors.ts";
import { type Check, type Refusal, refused, type Verdict } from "./providers/check.ts";
import type { RequestSettings } from "./providers/provider.ts";
import { HttpFailure, type World } from "./world/world.ts";

/** No text with anything else can be sent as a bearer token (RFC 6750, section 2.1). */
const BEARER = /^[\w.~+/-]+=*$/;

/**
 * Shows the access token to its provider, with one more try if certainly nothing was sent. Undefined if there is
 * nobody to ask (a custom provider) or nothing to show.
 */
export async function validate(
  world: World,
  credential: Credential,
  settings: RequestSettings,
): Promise<Verdict | undefined> {
  const check = await loadCheck(credential.provider);
  if (!check || !credential.access) return undefined;
  if (!BEARER.test(credential.access.reveal())) return refused("cut-off");
  for (let tries = 1; ; tries++) {
    try {
      return check.interpret(await world.http(check.request(credential, settings)), credential);
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error;
      if (error.sent || tries === 2) return { type: "unknown", status: 0 };
      await world.sleep(1000);
    }
  }
}

/** Loaded only where it is used: most jobs ask nobody. */
async function loadCheck(provider: ProviderName): Promise<Check | undefined> {
  if (provider === "anthropic") return (await import("./providers/anthropic-check.ts")).check;
  if (provider === "openai") return (await import("./providers/openai-check.ts")).check;
  return undefined;
}

/** How a verdict is told. Only a refusal by the provider itself ends the job. */
export type Saying =
  | { readonly level: "failure"; readonly failure: Failure }
  | { readonly level: "warning" | "notice" | "log"; readonly text: string };

export function sayVerdict(verdict: Verdict, credential: Credential): Saying {
  const owner = credential.provider === "openai" ? "OpenAI" : "Anthropic";
  const name = nameOf(credential);
  switch (verdict.type) {
    case "valid": {
      const plan = verdict.plan === undefined ? "" : ` (plan: ${verdict.plan})`;
      return { level: "log", text: `${owner} accepts the ${name}${plan}.` };
    }
    case "limited": {
      const until = verdict.resetAt === undefined ? "" : ` until ${sayTime(verdict.resetAt)}`;
      return {
        level: "warning",
        text:
          `${owner} accepts the ${name}, but the plan's usage limit is reached${until}: ` +
          "what this job asks for meanwhile will be refused. The token is good: a new one would not help.",
      };
    }
    case "unknown": {
      const answer =
        verdict.status === 0 ? "no answer came" : `status ${verdict.status}, not an answer about the token`;
      return {
        level: "warning",
        text:
          `The ${name} could not be checked (${answer}). This says nothing about the token: the ` +
          "network of the runner, a filter by its address, or a fault of the service is the likely cause. The job goes on.",
      };
    }
    case "refused":
      return { level: "failure", failure: sayRefusal(verdict.why, credential, owner) };
  }
}

/** A setup token is an access token itself; of a login only its access token was shown. */
const nameOf = (credential: Credential): string =>
  credential.kind === "login" ? `access token of the ${sayKind(credential)}` : sayKind(credential);

function sayRefusal(why: Refusal, credential: Credential, owner: string): Failure {
  const name = nameOf(credential);
  const length = credential.access?.reveal().length ?? 0;
  const what = {
    "cut-off": `The ${name} is none that ${owner} knows; it looks cut off, or changed on its way (it has ${length} characters).`,
    "wrong-kind": `What was stored as the ${name} is none that ${owner} knows: it is another kind of token.`,
    revoked: `${owner} does not accept the ${name} (any more): it was revoked, or it has ended.`,
    "scope-missing": `${owner} knows the ${name}, but it was made without the permission to ask a model (the scope user:inference).`,
    "not-allowed": `${owner} knows the ${name}, but does not let its account or organisation use it.`,
  }[why];
  return new Failure("token-refused", what, adviseOn(why, credential));
}

function adviseOn(why: Refusal, { kind, provider }: Credential): string {
  if (why === "not-allowed") {
    return provider === "openai"
      ? "A new sign-in will not help: check that the workspace is active and paid for, or ask its administrator."
      : "A new token will not help: check at claude.ai/settings that the subscription is active; in a team or an " +
          "enterprise, ask an administrator whether Claude Code may be used with it.";
  }
  const again = provider === "openai" ? OPENAI_AGAIN : kind === "setup-token" ? SETUP_AGAIN : CLAUDE_AGAIN;
  if (why === "cut-off") return `Store it again, whole: a terminal breaks a long token into two lines. ${again}`;
  // The refresh token is another one, and nothing was said of it.
  if (why === "revoked" && kind === "login") {
    return `Run the job once with \`refresh: always\` to fetch a new access token. If that is refused too: ${again}`;
  }
  return again;
}

const SETUP_AGAIN =
  "Run `claude setup-token` again and store the token, from `sk-ant-oat` to its last character, with `gh secret set`.";
const CLAUDE_AGAIN =
  "Sign in once more for CI, with `claude setup-token` or with " +
  "`CLAUDE_CONFIG_DIR=$(mktemp -d) claude auth login`, and store the result with `gh secret set`.";
const OPENAI_AGAIN =
  "Sign in once more for CI with `CODEX_HOME=$(mktemp -d) codex login` and store its `auth.json` with `gh secret set`.";
