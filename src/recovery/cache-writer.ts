/*
 * A program of its own, started by `cache.ts` with two arguments: saves the file of the second name, of the folder that
 * it is started in, as the cache entry of the first name, by the official client. That client prints into the log what
 * it likes, takes minutes over its retries, cannot be stopped, and goes by variables of the environment: in a process
 * of its own all of that is in our hand.
 *
 * Exit codes: 0 the client says that it has saved it, 3 it says that it has not (which may be wrong), 4 it has thrown.
 */
import { saveCache } from "@actions/cache";

// The archive then holds the file's bare name, wherever the folder is.
process.env["GITHUB_WORKSPACE"] = process.cwd();
process.env["RUNNER_TEMP"] = process.cwd();
const [, , key = "", file = ""] = process.argv;
// The same version on every system: `true` leaves Windows out of the name.
const id = await saveCache([file], key, undefined, true).catch(() => undefined);
// The client leaves timers and connections behind that would keep the process alive.
process.exit(id === undefined ? 4 : id === -1 ? 3 : 0);
