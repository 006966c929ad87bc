/**
 * The memory of one authorization server, in the form that `oidc-provider` asks for. Its own
 * built-in one forgets after 1000 entries, which a long simulation would take for revoked tokens.
 */

type Payload = Record<string, unknown> & { grantId?: string; consumed?: number };

export class ProviderStore {
  readonly #entries = new Map<string, Payload>();

  /** What the server uses for one kind of entry (`RefreshToken`, `Grant`, ...). */
  adapter(kind: string): object {
    const key = (id: string): string => `${kind}:${id}`;
    return {
      upsert: async (id: string, payload: Payload) => void this.#entries.set(key(id), payload),
      find: async (id: string) => this.#entries.get(key(id)),
      consume: async (id: string) => {
        const entry = this.#entries.get(key(id));
        if (entry !== undefined) entry.consumed = Math.floor(Date.now() / 1000);
      },
      destroy: async (id: string) => void this.#entries.delete(key(id)),
      revokeByGrantId: async (grantId: string) => this.#forget(kind, grantId),
    };
  }

  /** Ends the access tokens of a grant, all but one. */
  endAccessTokens(grantId: string, except: string): void {
    this.#forget("AccessToken", grantId, `AccessToken:${except}`);
  }

  #forget(kind: string, grantId: string, except?: string): void {
    for (const [key, payload] of this.#entries) {
      const isKind = key.startsWith(`${kind}:`);
      if (isKind && payload.grantId === grantId && key !== except) this.#entries.delete(key);
    }
  }
}
