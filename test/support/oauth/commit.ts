/** Hands one Anthropic-shaped token request to the real server and shapes its answer back. */
import { ACCESS_PREFIX, accountOf, REFRESH_PREFIX, type TokenAnswer } from "./anthropic-facts.ts";
import type { Reply } from "./exchange.ts";
import { type Families, withoutPrefix } from "./families.ts";
import type { ProviderAnswer, RealProvider } from "./real-provider.ts";

export type CommitSettings = {
  organization: TokenAnswer["organization"];
  /** Whether the answer tells when the login ends. */
  tellLoginEnd: boolean;
  /** Whether a refresh ends the access tokens that came before. */
  refreshEndsAccessTokens: boolean;
  /** ms during which a token that was just spent is answered again with the same successor. */
  graceMs: number;
};

export type Commit = (
  fields: Record<string, unknown>,
  rotate: boolean,
) => Promise<{ reply: Reply; committed: boolean }>;

/**
 * Requests reach the server one at a time, as a row lock in a database would have it: of two with
 * one token the second always meets a spent one.
 */
export function createCommit(real: RealProvider, families: Families, settings: CommitSettings): Commit {
  const { provider } = real;
  const recent = new Map<string, { until: number; reply: Reply }>();
  let last: Promise<unknown> = Promise.resolve();

  const shape = async (answer: ProviderAnswer, sent: string): Promise<TokenAnswer> => {
    const access = String(answer.body["access_token"]);
    const refresh = String(answer.body["refresh_token"]);
    const accessEntry = await provider.AccessToken.find(access);
    const refreshEntry = await provider.RefreshToken.find(refresh);
    if (accessEntry === undefined || refreshEntry === undefined) {
      throw new Error("the server does not know the tokens that it gave out");
    }
    const secondsLeft = refreshEntry.exp - Math.floor(Date.now() / 1000);
    return {
      token_type: String(answer.body["token_type"]),
      access_token: ACCESS_PREFIX + access,
      expires_in: Number(answer.body["expires_in"]),
      // One that stays is left out of the answer.
      ...(refresh !== sent && { refresh_token: REFRESH_PREFIX + refresh }),
      ...(settings.tellLoginEnd && { refresh_token_expires_in: secondsLeft }),
      scope: String(answer.body["scope"]),
      account: accountOf(accessEntry.accountId),
      organization: settings.organization,
    };
  };

  const refresh = async (fields: Record<string, unknown>, rotate: boolean) => {
    const form = formOf(fields);
    const presented = form["refresh_token"] ?? "";
    const grace = recent.get(presented);
    if (grace !== undefined && Date.now() < grace.until) {
      return { reply: grace.reply, committed: false };
    }
    const bare = withoutPrefix(presented, REFRESH_PREFIX);
    const before = await provider.RefreshToken.find(bare);
    if (form["refresh_token"] !== undefined) form["refresh_token"] = bare;
    const answer = await real.token(form, rotate);
    if (answer.status !== 200) return { reply: answer, committed: false };

    const body = await shape(answer, bare);
    const accessBare = withoutPrefix(body.access_token, ACCESS_PREFIX);
    if (settings.refreshEndsAccessTokens && before !== undefined) {
      real.store.endAccessTokens(before.grantId, accessBare);
    }
    if (body.refresh_token !== undefined) await families.add(body.refresh_token);
    const reply = { status: 200, body };
    if (settings.graceMs > 0) recent.set(presented, { until: Date.now() + settings.graceMs, reply });
    return { reply, committed: true };
  };

  return (fields, rotate) => {
    const turn = last.then(() => refresh(fields, rotate));
    last = turn.catch(() => {});
    return turn;
  };
}

/** Only texts and numbers can be sent on in a form. */
export function formOf(fields: Record<string, unknown>): Record<string, string> {
  const simple = Object.entries(fields).filter(([, value]) => ["string", "number"].includes(typeof value));
  return Object.fromEntries(simple.map(([name, value]) => [name, String(value)]));
}
