import type { Credential } from "../credential/credential.ts";

export type Capture =
  | { readonly credential: Credential; readonly refused?: never; readonly unfinished?: never }
  /** `unfinished`: its program may be writing it at this moment. */
  | { readonly credential?: never; readonly refused: string; readonly unfinished?: boolean };

/** The program reckons ends by the runner's clock, we by the provider's. */
const SKEW_MS = 15 * 60_000;

/**
 * What to make of a file that was handed out with a refresh token. Undefined: it is as we wrote it. A
 * generation is taken only if it is whole, newer than ours, and of the same account.
 *
 * @param found the file's login, undefined if it holds no token
 * @param ended whether the program has marked the login as ended
 * @param known the generation that we wrote
 */
export function capture(found: Credential | undefined, ended: boolean, known: Credential): Capture | undefined {
  if (!found) {
    return {
      refused: ended
        ? "The program says that this login has ended (it emptied its tokens)."
        : "The job left no login in it, or one that is cut off.",
      unfinished: !ended,
    };
  }
  if (!found.refresh || found.refresh.equals(known.refresh)) return undefined;
  if (found.refresh.equals(known.predecessor)) return { refused: "The job put an older login back." };
  if (!found.access || !looksWhole(found))
    return { refused: "The job left a login that is cut off or not of this provider.", unfinished: true };
  if (found.accessExpiresAt === undefined || found.accessExpiresAt + SKEW_MS <= (known.accessExpiresAt ?? 0)) {
    return { refused: "The job left a login that is not newer than the one it was given." };
  }
  if (accountsOf(found).some((id, at) => id !== undefined && (accountsOf(known)[at] ?? id) !== id)) {
    return { refused: "The job left a login of another account." };
  }
  const ends = [known.loginExpiresAt, found.loginExpiresAt].filter((end) => end !== undefined);
  return {
    credential: {
      ...known,
      ...found,
      recovery: known.recovery,
      clientAuth: known.clientAuth,
      generation: known.generation + 1,
      loginExpiresAt: ends.length > 0 ? Math.min(...ends) : undefined,
      clientId: known.clientId ?? found.clientId,
      plan: found.plan ?? known.plan,
      scopes: found.scopes ?? known.scopes,
      idToken: found.idToken ?? known.idToken,
      accountId: found.accountId ?? known.accountId,
      other: { ...known.other, ...found.other },
      // Not ours to trust: another program wrote it. The one before it is kept until this one has worked once.
      predecessor: known.refresh,
    },
  };
}

const accountsOf = ({ accountId, other }: Credential) => [accountId, other["accountUuid"], other["organizationUuid"]];

const WHOLE = {
  anthropic: { access: /^sk-ant-oat\d*-[\w.~+/=-]{16,}$/, refresh: /^sk-ant-ort\d*-[\w.~+/=-]{16,}$/ },
  openai: { access: /^[\w-]{16,}\.[\w-]{16,}\.[\w-]*$/, refresh: /^[\w.~+/=-]{16,}$/ },
  custom: { access: /^\S{8,}$/, refresh: /^\S{8,}$/ },
} as const;

function looksWhole({ provider, access, refresh }: Credential): boolean {
  const look = WHOLE[provider];
  return look.access.test(access?.reveal() ?? "") && look.refresh.test(refresh?.reveal() ?? "");
}
