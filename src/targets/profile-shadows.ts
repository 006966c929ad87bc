import { isRecord, listOf, nameOf, recordOf } from "./profile-order.ts";
import type { Doc, Section, Slot, Whereabouts } from "./target.ts";

/** As FileTarget has it, and which login is meant; without it, all that stand in the file. */
export type ProfilesShadows = (
  where: Whereabouts,
  read: (path: string) => string | undefined,
  path: string,
  slot?: Slot,
) => string[];

/**
 * Why a program would not use its profiles of these ids, for people.
 *
 * @param title the program as people call it
 * @param settings its `openclaw.json` or `clawdbot.json`, if that is plain JSON: with comments it is not looked into
 */
export function shadowsOf(title: string, doc: Doc, settings: Doc, ids: readonly string[]): string[] {
  const profiles = recordOf(doc["profiles"]);
  const auth = recordOf(settings["auth"]);
  const configured = recordOf(auth["profiles"]);
  return ids.flatMap((id) => {
    const profile = profiles[id];
    if (!isRecord(profile)) return [];
    const provider = nameOf(profile);
    const named = Object.keys(configured).filter((other) => nameOf(configured[other]) === provider);
    const list = (listOf(doc["order"], provider) ?? listOf(auth["order"], provider))?.[1] ?? named;
    const found: string[] = [];
    const first = list.find((other) => typeof other === "string" && Object.hasOwn(profiles, other));
    if (list.length > 0 && !list.includes(id)) {
      found.push(
        `${title} does not use its profile ${id}: its settings (\`auth.order\`, \`auth.profiles\`) name others. Add it there.`,
      );
    } else if (first !== undefined && first !== id) {
      found.push(`${title} prefers its profile ${String(first)} to ${id}: change the list \`order\` of ${provider}.`);
    }
    const entry = configured[id];
    if (isRecord(entry) && !isFor(entry, profile)) {
      found.push(
        `${title} does not use its profile ${id}: its settings say that it is another kind of login. Remove ` +
          `\`auth.profiles.${id}\` from them, or name another \`account\`.`,
      );
    }
    return found;
  });
}

const isFor = (entry: Section, { type, provider }: Section): boolean =>
  nameOf(entry) === nameOf({ provider }) && (entry["mode"] === type || (entry["mode"] === "oauth" && type === "token"));
