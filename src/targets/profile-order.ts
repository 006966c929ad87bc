import type { Doc, Section } from "./target.ts";

/** The `provider` of a profile as the programs compare it. */
export const nameOf = (profile: unknown): string =>
  isRecord(profile) && typeof profile["provider"] === "string" ? profile["provider"].trim().toLowerCase() : "";

/**
 * Without a profile's marks: what an earlier token of this name did (`usageStats`) would put it last. With `whole`,
 * also without the profile itself and its place in the lists. Works on the parts of a store that are there.
 */
export function withoutProfile(doc: Doc, id: string, whole: boolean): Doc {
  const next: Record<string, unknown> = { ...doc };
  const keep = (key: string, kept: (entry: [string, unknown]) => unknown[][]) => {
    const old = doc[key];
    if (!isRecord(old)) return;
    const changed = Object.entries(old).flatMap(kept) as [string, unknown][];
    if (changed.length > 0 || key === "profiles" || Object.keys(old).length === 0)
      next[key] = Object.fromEntries(changed);
    else delete next[key];
  };
  keep("usageStats", (entry) => (entry[0] === id ? [] : [entry]));
  if (!whole) return next;
  keep("profiles", (entry) => (entry[0] === id ? [] : [entry]));
  keep("lastGood", (entry) => (entry[1] === id ? [] : [entry]));
  keep("order", ([provider, list]) => {
    if (!Array.isArray(list) || !list.includes(id)) return [[provider, list]];
    const rest = list.filter((other) => other !== id);
    return rest.length > 0 ? [[provider, rest]] : [];
  });
  return next;
}

/**
 * The lists `order`, in which our profile is to be named. Without a list the programs prefer the type `oauth` to
 * `token`, and with one they use none that it does not name. Undefined: there are to be none.
 */
export function orderWith(doc: Doc, id: string, profile: Section, alone: boolean): unknown {
  const provider = nameOf(profile);
  const order = recordOf(doc["order"]);
  const [key = provider, list] = listOf(order, provider) ?? [];
  if (list) return list.includes(id) ? order : { ...order, [key]: [id, ...list] };
  const others = Object.entries(recordOf(doc["profiles"])).some(
    ([other, neighbour]) => other !== id && nameOf(neighbour) === provider,
  );
  return alone || others ? { ...order, [key]: [id] } : doc["order"];
}

/** The lists `order` as they were before us (null: none), but for those that somebody else has changed since. */
export function orderAgain(doc: Doc, id: string, before: Section | null): unknown {
  const [present, old] = [recordOf(doc["order"]), recordOf(before)];
  const others = (list: unknown) => JSON.stringify(Array.isArray(list) ? list.filter((other) => other !== id) : []);
  const lists = [...new Set([...Object.keys(present), ...Object.keys(old)])].flatMap((key) => {
    const list = others(present[key]) === others(old[key]) ? old[key] : present[key];
    return list === undefined ? [] : [[key, list] as const];
  });
  return lists.length > 0 ? Object.fromEntries(lists) : (before ?? undefined);
}

export function listOf(order: unknown, provider: string): [key: string, list: unknown[]] | undefined {
  const found = Object.entries(recordOf(order)).find(([key]) => key.trim().toLowerCase() === provider);
  return found && Array.isArray(found[1]) && found[1].length > 0 ? [found[0], found[1]] : undefined;
}

export function isRecord(value: unknown): value is Section {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export const recordOf = (value: unknown): Section => (isRecord(value) ? value : {});
