import type { Credential, ProviderName } from "../credential/credential.ts";
import { readJwt } from "../credential/jwt.ts";
import { MINUTE_MS } from "../duration.ts";
import { parseObject } from "../json.ts";
import { secretOf } from "../secret.ts";
import { keyedLogins, type Layout, oauthEntry } from "./keyed-logins.ts";
import { isRecord, nameOf, orderAgain, orderWith, recordOf, withoutProfile } from "./profile-order.ts";
import { type ProfilesShadows, shadowsOf } from "./profile-shadows.ts";
import type { Doc, FileTarget, Section, Slot, Whereabouts } from "./target.ts";

const { resolve } = process.getBuiltinModule("node:path");

/** In what the programs with an `auth-profiles.json` differ. */
export interface ProfilesProgram {
  readonly name: string;
  /** As people call it. */
  readonly title: string;
  /** Its name for a ChatGPT login. Claude's is `anthropic` in every release. */
  readonly chatgpt: "openai-codex" | "openai";
  /**
   * Whether our profile is to be named as the only one of its provider, because it would import others. Otherwise that
   * is asked for only where the file has others.
   */
  alone(provider: ProviderName, id: string): boolean;
  /** What its lock on the file is: a folder if left out. */
  readonly lock?: "file";
  path(where: Whereabouts): string;
  /** Its own settings, which can hide a profile. */
  config(where: Whereabouts): string;
}

/** A profile, and the lists `order` as they stood; null: none. With one that we write, they are still to be made. */
type ProfileSection = { readonly profile: Section; readonly order?: Section | null };

/** Whose logins the programs mean by the `provider` of a profile, in any release. */
const PROVIDERS = new Map<string, ProviderName>([
  ["anthropic", "anthropic"],
  ["claude-cli", "anthropic"],
  ["openai-codex", "openai"],
  ["openai", "openai"],
  ["codex", "openai"],
  ["codex-cli", "openai"],
]);

/** A profile's id begins with one of these; ours with the first. Any id is as good as another to the programs. */
const PREFIXES = { anthropic: ["anthropic"], openai: ["openai-codex", "openai"], custom: ["custom"] } as const;

const LAYOUT: Layout = {
  keys: { anthropic: "anthropic", openai: "openai-codex" },
  keyType: "api_key",
  early: { anthropic: 5 * MINUTE_MS },
};
const entries = keyedLogins(LAYOUT);

/**
 * The file `auth-profiles.json` of Clawdbot, and of OpenClaw before 2026.6.5: logins by the ids of their profiles,
 * and which of them are to be used first.
 */
export function authProfiles(program: ProfilesProgram): Omit<FileTarget, "shadows"> & { shadows: ProfilesShadows } {
  return {
    name: program.name,
    providers: ["anthropic", "openai"],
    full: true,
    path: program.path,
    parse: parseObject,
    print: (doc) => `${JSON.stringify(doc, null, 2)}\n`,
    slots: (doc) =>
      Object.entries(recordOf(doc["profiles"])).flatMap(([id, profile]) => {
        const provider = providerOf(profile);
        if (!provider || !isLogin(profile, provider)) return [];
        const account = id.slice(id.indexOf(":") + 1);
        return [{ provider, account: idOf(doc, { provider, account }) === id ? account : id }];
      }),
    get(doc, slot) {
      const profile = recordOf(doc["profiles"])[idOf(doc, slot)];
      return isRecord(profile) ? { profile, order: isRecord(doc["order"]) ? doc["order"] : null } : undefined;
    },
    set(doc, slot, section) {
      const id = idOf(doc, slot);
      const others = withoutProfile({ version: 1, ...doc, profiles: recordOf(doc["profiles"]) }, id, !section);
      if (!section) return others;
      const { profile, order: before } = section as ProfileSection;
      // In its old place, if it had one: the programs try profiles in the order of the file.
      const next = { ...others, profiles: { ...recordOf(doc["profiles"]), [id]: profile } };
      const order =
        before === undefined
          ? orderWith(next, id, profile, program.alone(slot.provider, id))
          : orderAgain(next, id, before);
      const { order: _present, ...rest } = next as Doc;
      return order ? { ...rest, order } : rest;
    },
    write(credential, { full }) {
      const provider = credential.provider === "openai" ? program.chatgpt : "anthropic";
      const renewable = full && credential.refresh !== undefined;
      const profile = renewable
        ? { ...oauthEntry(credential, true, LAYOUT.early[credential.provider] ?? 0), provider }
        : bareToken(credential, provider);
      return { profile } satisfies ProfileSection;
    },
    read: ({ profile }, slot, now) => (isRecord(profile) ? readProfile(profile, slot, now) : undefined),
    locks: (path) => [{ path: `${path}.lock`, staleMs: 30_000, ...(program.lock && { kind: program.lock }) }],
    shadows(where, read, path, slot) {
      const doc = parseObject(read(path) ?? "") ?? {};
      const profiles = recordOf(doc["profiles"]);
      const ids = slot ? [idOf(doc, slot)] : Object.keys(profiles).filter((id) => providerOf(profiles[id]));
      const found = shadowsOf(program.title, doc, parseObject(read(program.config(where)) ?? "") ?? {}, ids);
      const elsewhere = program.path(where);
      if (elsewhere === path) return found;
      return [
        `${program.title} looks for its logins in ${elsewhere}, as a variable of this job says, and not in ${path}. ` +
          "Remove the variable, or leave `home` out.",
      ];
    },
  };
}

/**
 * The access token alone. A profile of the type `token` is never renewed, where one of the type `oauth` would be
 * once its `expires` has come, with an empty refresh token. It has no `expires` of its own: past it, the programs
 * pass the profile over in silence and take another one's, where the provider would say what is wrong.
 */
function bareToken({ access, accountId }: Credential, provider: string): Section {
  const token = access?.reveal() ?? "";
  // The program reads the account in the token. One that does not name it is told apart by us alone.
  const unnamed = accountId !== undefined && readJwt(token)?.accountId === undefined;
  return { type: "token", provider, token, ...(unnamed && { accountId }) };
}

function readProfile(profile: Section, slot: Slot, now: number): Credential | undefined {
  const { token, ...others } = profile;
  // A ChatGPT token need not name its account: the profile's own type tells that it is one.
  const bare =
    slot.provider === "openai" && typeof token === "string" && readJwt(token)
      ? { type: "oauth", access: token }
      : { type: LAYOUT.keyType, key: token };
  const entry = profile["type"] === "token" ? { ...others, ...bare } : profile;
  const credential = entries.read(entry, slot, now);
  return credential && { ...credential, idToken: secretOf(profile["idToken"]) };
}

/** The id of a login's profile: ours, or under another name of the same login where the file has it already. */
function idOf(doc: Doc, { provider, account }: Slot): string {
  const profiles = recordOf(doc["profiles"]);
  const [own, ...others] = [...PREFIXES[provider].map((prefix) => `${prefix}:${account}`), account] as [string];
  if (Object.hasOwn(profiles, own)) return own;
  return others.find((id) => Object.hasOwn(profiles, id) && isLogin(profiles[id], provider)) ?? own;
}

function isLogin(profile: unknown, provider: ProviderName): boolean {
  return (
    providerOf(profile) === provider && readProfile(profile as Section, { provider, account: "" }, 0) !== undefined
  );
}

const providerOf = (profile: unknown): ProviderName | undefined => PROVIDERS.get(nameOf(profile));

/** A folder as a variable of theirs names it; undefined if it does not. */
export function folderOf(value: string | undefined, home: string): string | undefined {
  const text = value?.trim();
  return text ? resolve(text.replace(/^~(?=$|[\\/])/, () => home)) : undefined;
}
