import { openCapsule } from "../capsule.ts";
import { readCapsule } from "../capsule-open.ts";
import { parseObject } from "../json.ts";
import type { Secret } from "../secret.ts";
import type { World } from "../world/world.ts";
import { type Entry, loadEntry, saveEntry } from "./cache.ts";

/*
 * What main makes for the cache and post puts there: GitHub's client takes a second or more, which the job's other
 * steps are not to wait for.
 */

/** Post is not to keep the job from its end, ms. */
const SAVE_MS = 15_000;

/** Never throws: a job is not to fail for want of its cache. */
export function setAside(world: World, sealingKey: Secret, entry: Entry): void {
  try {
    const file = openCapsule(world, sealingKey, "aside");
    file.save(JSON.stringify(entry));
    world.runner.state("aside", file.path);
  } catch {
    say(world, "nowhere to keep it until the post step");
  }
}

/** Puts into the cache what main has set aside, unless an entry of that name is there. Never throws. */
export async function putIntoCache(world: World, sealingKey: Secret, path: string): Promise<void> {
  const { name, text } = parseObject(readCapsule(world, sealingKey, path) ?? "") ?? {};
  world.files.remove(path);
  if (typeof name !== "string" || typeof text !== "string") return;
  const until = world.now() + SAVE_MS;
  // A look costs two requests, the client a process and a second: most jobs of an hour come after another.
  const seen = await loadEntry(world, name, "exact", () => until);
  if (seen.type === "found" || seen.type === "foreign") return;
  const saved = await saveEntry(world, name, text, () => until);
  if (saved.type === "unclear") say(world, saved.reason);
  if (saved.type === "denied") say(world, "this job may not write to the cache");
}

/** Seen only with debug logging: the next job with the root key tries again. */
const say = ({ runner }: World, why: string): void =>
  runner.log(`::debug::The access part was not put into the Actions cache: ${why}.`);
