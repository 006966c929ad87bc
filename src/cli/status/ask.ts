import { type Credential, livesFor } from "../../credential/credential.ts";
import { sayTime } from "../../duration.ts";
import type { Refusal, Verdict } from "../../providers/check.ts";
import type { RequestSettings } from "../../providers/provider.ts";
import { validate } from "../../validate.ts";
import type { World } from "../../world/world.ts";

/** What came of asking a provider. `unknown`: it gave no answer that means anything, or cannot be asked. */
export interface Answer {
  readonly type: "validated" | "refused" | "unknown";
  /** Why not, or what else is to be said. */
  readonly why: string | undefined;
  /** As the provider names it. */
  readonly plan: string | undefined;
}

const WHY: Record<Refusal, string> = {
  "cut-off": "it looks cut off, or changed on its way",
  "wrong-kind": "it is another kind of token",
  revoked: "it was revoked, or has ended",
  "scope-missing": "it was made without the scope user:inference",
  "not-allowed": "its account or organisation may not use it",
};

/** Asks about each access token once, however many places hold it. Spends nothing that is single-use. */
export function asker(world: World, settings: RequestSettings): (credential: Credential) => Promise<Answer> {
  const asked = new Map<string, Promise<Answer>>();
  return (credential) => {
    const name = `${credential.provider} ${credential.access?.reveal() ?? ""}`;
    const answer = asked.get(name) ?? ask(world, settings, credential);
    asked.set(name, answer);
    return answer;
  };
}

async function ask(world: World, settings: RequestSettings, credential: Credential): Promise<Answer> {
  const unknown = (why: string): Answer => ({ type: "unknown", why, plan: undefined });
  if (credential.provider === "custom") return unknown("no request is known that would show it");
  if (!credential.access) return unknown("there is no access token to show");
  if (!livesFor({ ...credential, kind: "access" }, 0, world.now())) return unknown("the access token has ended");
  const verdict = await validate(world, credential, settings);
  return verdict ? read(verdict) : unknown("nobody can be asked");
}

function read(verdict: Verdict): Answer {
  switch (verdict.type) {
    case "valid":
      return { type: "validated", why: undefined, plan: verdict.plan };
    case "limited": {
      const until = verdict.resetAt === undefined ? "" : ` until ${sayTime(verdict.resetAt)}`;
      return { type: "validated", why: `the plan's usage limit is reached${until}`, plan: undefined };
    }
    case "refused":
      return { type: "refused", why: WHY[verdict.why], plan: undefined };
    case "unknown": {
      const why = verdict.status === 0 ? "no answer" : `turned away with status ${verdict.status}`;
      return { type: "unknown", why, plan: undefined };
    }
  }
}
