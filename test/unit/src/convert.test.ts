/** The same login in every program's file: what one of them holds, every other can be given, and back. */
import { describe, expect, test } from "vitest";
import type { Credential, ProviderName } from "../../../src/credential/credential.ts";
import { detect } from "../../../src/recognise/detect.ts";
import { Secret } from "../../../src/secret.ts";
import { loadTarget } from "../../../src/targets/load.ts";
import { openclawFile } from "../../../src/targets/openclaw-file.ts";
import { type ProgramName, PROGRAMS } from "../../../src/targets/names.ts";
import type { FileTarget } from "../../../src/targets/target.ts";
import {
  ACCOUNT,
  DAY,
  HOUR,
  newChatGpt,
  newJwt,
  newLogin,
  newOpenaiRefresh,
  newToken,
  NOW,
  rendered,
} from "./support.ts";

const names = Object.keys(PROGRAMS) as ProgramName[];
// Which of its ways OpenClaw is given a login is decided by its version; only the older ones have a file.
const load = async (name: ProgramName): Promise<FileTarget> =>
  name === "openclaw" ? openclawFile() : loadTarget(name);
const programs = await Promise.all(names.map(async (name) => [name, await load(name)] as const));
const shared = (provider: ProviderName) =>
  programs.filter(([name]) => (PROGRAMS[name] as readonly ProviderName[]).includes(provider));

// With a part of a second, which some formats do not have.
const END = NOW + 8 * HOUR + 123;
const variants: [string, Credential][] = [
  ["a Claude login", newLogin({ accessExpiresAt: END })],
  ["a Claude login whose access token's end is not known", newLogin({ accessExpiresAt: undefined })],
  [
    "a Claude access token",
    newLogin({ kind: "access", refresh: undefined, loginExpiresAt: undefined, accessExpiresAt: END }),
  ],
  [
    "a setup token",
    newLogin({
      kind: "setup-token",
      refresh: undefined,
      loginExpiresAt: undefined,
      accessExpiresAt: undefined,
      scopes: ["user:inference"],
      plan: undefined,
    }),
  ],
  ["a ChatGPT login", newChatGpt()],
  ["a ChatGPT login that was pasted without its identity", newChatGpt({ idToken: undefined })],
  ["a ChatGPT access token", newChatGpt({ kind: "access", refresh: undefined, idToken: undefined })],
  [
    "a ChatGPT login whose tokens name no account",
    newChatGpt({ access: new Secret(newJwt(null, NOW + 9 * DAY)), accessExpiresAt: NOW + 9 * DAY, idToken: undefined }),
  ],
];

/** What a program is given, as it can be compared: the tokens themselves, not their Secrets. */
const bare = ({ provider, access, refresh, accountId }: Credential) => ({
  provider,
  access: access?.reveal(),
  refresh: refresh?.reveal(),
  accountId,
});

/** How far the end in the file may lie from the true one, ms; and whether an access-only file tells it only by the token. */
const ENDS: Record<ProgramName, { precision: number; without?: true }> = {
  // Without an end, programs that import Claude's logins do not import this one.
  claude: { precision: 1, without: true },
  codex: { precision: 1000 },
  peekaboo: { precision: 1000 },
  // Past an end these pass the login over in silence, where the provider would say what is wrong.
  clawdbot: { precision: 1, without: true },
  openclaw: { precision: 1, without: true },
  pi: { precision: 1 },
  opencode: { precision: 1 },
};

/** The login of a file that has no other, as its program's own slot. */
function readBack(target: FileTarget, text: string): Credential | undefined {
  const doc = target.parse(text);
  const slots = doc ? target.slots(doc) : [];
  expect(slots).toHaveLength(1);
  const [slot] = slots;
  const section = doc && slot && target.get(doc, slot);
  return slot && section && target.read(section, slot, NOW);
}

/** With or without the refresh token, as far as the program and the login have one. */
const forms = (target: FileTarget, credential: Credential): boolean[] =>
  target.full && credential.refresh ? [false, true] : [false];
/** What a program's file can hold of it: Peekaboo's has no place for the account, which the token may name itself. */
function asGiven(name: ProgramName, credential: Credential, full: boolean): Credential {
  const payload = Buffer.from(credential.access?.reveal().split(".")[1] ?? "", "base64url").toString();
  const lost = name === "peekaboo" && !payload.includes(ACCOUNT);
  return { ...credential, ...(!full && { refresh: undefined }), ...(lost && { accountId: undefined }) };
}

function expectEnd(name: ProgramName, credential: Credential, found: Credential | undefined, full: boolean): void {
  const { accessExpiresAt: end } = credential;
  const { precision, without = false } = ENDS[name];
  const given = found?.accessExpiresAt;
  const told = credential.provider === "openai" || !without || full;
  if (end === undefined || !told) expect(given).toBeUndefined();
  else expect(Math.abs((given ?? 0) - end)).toBeLessThan(precision);
}

describe.each(programs)("%s", (name, target) => {
  test("knows the tokens of the providers that it is said to know", () => {
    expect([...target.providers].toSorted()).toEqual([...PROGRAMS[name]].toSorted());
  });

  const mine = variants.filter(([, { provider }]) => target.providers.includes(provider));

  test.each(mine)("%s is read back as it was written", (_, credential) => {
    for (const full of forms(target, credential)) {
      const found = readBack(target, rendered(target, "", credential, full));
      expect(found && bare(found)).toEqual(bare(asGiven(name, credential, full)));
      expectEnd(name, credential, found, full);
    }
  });

  test.each(mine)("%s is recognised where the file is pasted", async (_, credential) => {
    for (const full of forms(target, credential)) {
      const text = rendered(target, "", credential, full);
      for (const provider of ["auto", credential.provider] as const) {
        const { credential: found, notices } = await detect(
          text,
          { provider, account: "default", endsAt: undefined },
          NOW,
        );
        expect(bare(found)).toEqual(bare(asGiven(name, credential, full)));
        expect(found.kind === "login").toBe(full);
        expect(notices).toEqual([]);
        expectEnd(name, credential, found, full);
      }
    }
  });

  test.each(mine)("%s: the refresh token stands in the file only where it was asked for", (_, credential) => {
    const token = credential.refresh?.reveal() ?? "none";
    expect(rendered(target, "", credential, false)).not.toContain(token);
    expect(rendered(target, "", credential, true).includes(token)).toBe(
      target.full && credential.refresh !== undefined,
    );
  });

  test.each(mine)("%s written twice is there once", (_, credential) => {
    for (const full of forms(target, credential)) {
      const once = rendered(target, "", credential, full);
      expect(rendered(target, once, credential, full)).toBe(once);
      const other = credential.provider === "openai" ? newChatGpt() : newLogin();
      expect(rendered(target, rendered(target, once, other, target.full), credential, full)).toBe(once);
    }
  });
});

describe("from every program's file to every other's, and back", () => {
  const pairs = (["anthropic", "openai"] as const).flatMap((provider) =>
    shared(provider).flatMap(([from, a]) => shared(provider).map(([to, b]) => [provider, from, to, a, b] as const)),
  );

  test("there are as many as there should be", () => {
    const count = (provider: ProviderName) => shared(provider).length ** 2;
    expect(pairs).toHaveLength(count("anthropic") + count("openai"));
    expect(count("openai")).toBeGreaterThanOrEqual(36);
  });

  test.each(pairs)("%s: %s to %s", async (provider, from, _to, a, b) => {
    const paste = async (text: string) =>
      (await detect(text, { provider: "auto", account: "default", endsAt: undefined }, NOW)).credential;
    for (const full of a.full && b.full ? [false, true] : [false]) {
      const credential =
        provider === "openai"
          ? newChatGpt({ refresh: new Secret(newOpenaiRefresh()) })
          : newLogin({ access: new Secret(newToken()), accessExpiresAt: END });
      const first = await paste(rendered(a, "", credential, full));
      const second = await paste(rendered(b, "", first, full));
      const third = await paste(rendered(a, "", second, full));
      const wanted = bare(asGiven(from, credential, full));
      for (const found of [first, second, third]) expect(bare(found)).toEqual(wanted);
      // Nothing makes a token live longer on the way.
      for (const { accessExpiresAt: end } of [first, second, third]) {
        expect(end ?? 0).toBeLessThanOrEqual(credential.accessExpiresAt ?? 0);
      }
    }
  });
});
