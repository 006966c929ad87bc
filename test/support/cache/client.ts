/** The official client and nothing else, as any action uses it: `restore NAME` or `save NAME`, of one path. */
import { restoreCache, saveCache } from "@actions/cache";

const [, , what, name = "", path = ""] = process.argv;
const done = what === "save" ? await saveCache([path], name) : await restoreCache([path], name);
console.log(JSON.stringify({ type: "done", done: done ?? null }));
process.exit(0);
