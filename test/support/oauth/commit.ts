/** Hands one token request to the real server and shapes its answer back, as Anthropic's or as RFC 6749 has it. */
import { accountOf, type TokenAnswer } from "./anthropic-facts.ts";
import type { Reply } from "./exchange.ts";
import { type Families, type Prefixes, withoutPrefix } from "./families.ts";
import type { ProviderAnswer, RealProvider } from "./real-provider.ts";

export type CommitSettings = {
  /** `rfc6749`: the server's own answer. */
  shape: "anthropic" | "rfc6749";
  prefixes: Prefixes;
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
  /** The request's own header. */
  authorization?: string,
) => Promise<{ reply: Reply; committed: boolean }>;

/**
 * Requests reach the server one at a time, as a row lock in a database would have it: of two with
 * one token the second always meets a spent one.
 */
export function createCommit(real: RealProvider, families: Families, settings: CommitSettings): Commit {
  const { provider } = real;
  const { prefixes } = settings;
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
      access_token: prefixes.access + access,
      expires_in: Number(answer.body["expires_in"]),
      // One that stays is left out of the answer.
      ...(refresh !== sent && { refresh_token: prefixes.refresh + refresh }),
      ...(settings.tellLoginEnd && { refresh_token_expires_in: secondsLeft }),
      scope: String(answer.body["scope"]),
      account: accountOf(accessEntry.accountId),
      organization: settings.organization,
    };
  };

  const plain = ({ body }: ProviderAnswer, sent: string): Record<string, unknown> => {
    const { refresh_token, ...rest } = body;
    return refresh_token === sent ? rest : body;
  };

  const refresh = async (fields: Record<string, unknown>, rotate: boolean, authorization?: string) => {
    const form = formOf(fields);
    const presented = form["refresh_token"] ?? "";
    const grace = recent.get(presented);
    if (grace !== undefined && Date.now() < grace.until) {
      return { reply: grace.reply, committed: false };
    }
    const bare = withoutPrefix(presented, prefixes.refresh);
    const before = await provider.RefreshToken.find(bare);
    if (form["refresh_token"] !== undefined) form["refresh_token"] = bare;
    const answer = await real.token(form, rotate, authorization);
    if (answer.status !== 200) return { reply: answer, committed: false };

    const body: Record<string, unknown> =
      settings.shape === "rfc6749" ? plain(answer, bare) : await shape(answer, bare);
    if (settings.refreshEndsAccessTokens && before !== undefined) {
      real.store.endAccessTokens(before.grantId, String(answer.body["access_token"]));
    }
    if (body["refresh_token"] !== undefined) await families.add(String(body["refresh_token"]));
    const reply = { status: 200, body };
    if (settings.graceMs > 0) recent.set(presented, { until: Date.now() + settings.graceMs, reply });
    return { reply, committed: true };
  };

  return (fields, rotate, authorization) => {
    const turn = last.then(() => refresh(fields, rotate, authorization));
    last = turn.catch(() => {});
    return turn;
  };
}

/** Only texts and numbers can be sent on in a form. */
export function formOf(fields: Record<string, unknown>): Record<string, string> {
  const simple = Object.entries(fields).filter(([, value]) => ["string", "number"].includes(typeof value));
  return Object.fromEntries(simple.map(([name, value]) => [name, String(value)]));
}
