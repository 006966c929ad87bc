/** Every answer that the provider is known to give: what it is called, what it does to the stored login. */
import { expect, test } from "vitest";
import { ROWS, type RowClass } from "../support/oauth/rows.ts";
import { startStrictAnthropic } from "../support/oauth/strict-anthropic.ts";
import { claudeFileOf, SECRET, stage } from "./stage.ts";

const SAYS: Record<Exclude<RowClass, "refreshed" | "refused">, RegExp> = {
  "account-attention": /put the account on hold; the login itself is as it was.*\[account-attention\]/,
  mistake: /the login is as it was.*\[request-rejected\]/,
  throttled: /The login is as it was.*\[throttled\]/,
  // Asked once more: the token was spent by then, and the server is strict.
  ambiguous: /answer to a refresh was lost.*This login has ended.*\[login-lost-in-flight\]/,
};

/** Each has words of its own. */
const REFUSED: Readonly<Record<string, RegExp>> = {
  "400-not-found":
    /no longer knows this login: it was revoked, or its refresh token was used elsewhere.*\[login-refused\]/,
  "401-not-found":
    /no longer knows this login: it was revoked, or its refresh token was used elsewhere.*\[login-refused\]/,
  "400-expired": /reached the end that the provider gave it.*\[login-ended\]/,
  "400-no-organization": /no account or organisation belongs to this login.*\[login-refused\]/,
  "400-no-account": /no account or organisation belongs to this login.*\[login-refused\]/,
};

// Side by side: a row without a clear answer takes a pause of two seconds.
test.concurrent.each(ROWS.map((row) => [row.id, row] as const))("%s", async (_, row) => {
  const [here, provider] = await Promise.all([stage(), startStrictAnthropic()]);
  try {
    const login = provider.issue();
    const pasted = claudeFileOf(login, Date.now() - 1000);
    here.github.setSecretByUser(SECRET, pasted, { at: Date.now() - 3_600_000 });
    provider.play(row);
    const { main, during } = await here.run({
      inputs: { "token-url": provider.tokenUrl },
      step: { timeoutMs: 60_000 },
    });

    expect(provider.deviations, "differences from the official request").toEqual([]);
    const message = main.annotations.at(-1)?.message ?? "";
    if (row.class === "refreshed") {
      expect(here.github.history(SECRET), "what is stored").toHaveLength(2);
      // Without an access token the job has nothing to go on with, but its login is kept.
      if (row.id === "200-without-access-token")
        expect(message).toMatch(/The renewed login is stored\..*\[answer-unclear\]/);
      else expect(main.outputs["rotated"]).toBe("true");
    } else if (row.id === "400-invalid-scope") {
      // Known not to spend the token, so it is asked once more, with the scopes that are stored.
      expect(provider.requests.map(({ body }) => (body as { scope?: string }).scope)).toEqual([undefined, login.scope]);
      expect(main.outputs["rotated"]).toBe("true");
    } else if (main.exitCode === 0) {
      expect(row.class, "turned away for a moment, and then served").toBe("throttled");
      expect(main.outputs["rotated"]).toBe("true");
    } else {
      expect(main.exitCode).toBe(1);
      // A refused row without words of its own fails.
      expect(message).toMatch(row.class === "refused" ? (REFUSED[row.id] ?? "?") : SAYS[row.class]);
      expect(during).toBeUndefined();
      expect(here.secret(), "what is stored").toBe(pasted);
      expect(provider.requests, "requests").toHaveLength(row.class === "ambiguous" ? 2 : 1);
      if (row.consumed === "no") expect(provider.isRefreshTokenAlive(login.refreshToken)).toBe(true);
    }
  } finally {
    await Promise.all([here.close(), provider.close()]);
  }
});

// What nobody can tell from such an answer: here the token was not spent.
const unclear = ROWS.filter(({ consumed }) => consumed === "unknown").map(({ id }) => id);
test.concurrent.each(unclear)("%s, and nothing was spent: asked once more, and served", async (id) => {
  const [here, provider] = await Promise.all([stage(), startStrictAnthropic()]);
  try {
    here.github.setSecretByUser(SECRET, claudeFileOf(provider.issue(), Date.now() - 1000), {
      at: Date.now() - 3_600_000,
    });
    provider.play(id, { spent: false });
    const { main } = await here.run({ inputs: { "token-url": provider.tokenUrl }, step: { timeoutMs: 60_000 } });
    expect(main.outputs).toMatchObject({ refreshed: "true", rotated: "true" });
    expect(provider.requests).toHaveLength(2);
  } finally {
    await Promise.all([here.close(), provider.close()]);
  }
});
