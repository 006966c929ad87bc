import { Failure } from "../errors.ts";
import { InputProblems } from "../input-problems.ts";
import type { Inputs } from "../inputs.ts";
import type { World } from "../world/world.ts";

/**
 * The name of Claude Code's item in the Keychain, if there is one; only a Mac can be asked. What is in it is not read.
 * (The name: read in the program's release 2.1.112.)
 */
export async function keychainItem(world: World): Promise<string | undefined> {
  const service = `Claude Code-credentials${suffix(world.env["CLAUDE_CONFIG_DIR"])}`;
  // Without `-g` or `-w` it asks for nothing and prints no secret; 44: there is no such item.
  const found = await world.run("/usr/bin/security", ["find-generic-password", "-s", service], {
    env: { HOME: world.env["HOME"], PATH: world.env["PATH"] },
    timeoutMs: 10_000,
  });
  return found.status === 0 ? service : undefined;
}

/**
 * On macOS Claude Code prefers its item in the Keychain to the file that we write, so an item that is there
 * already is a login of somebody else, which the job would use instead. Throws a Failure that names it.
 */
export async function refuseKeychainItem(world: World): Promise<void> {
  const service = await keychainItem(world);
  if (service === undefined) return;
  throw new Failure(
    "keychain-item",
    `The Keychain of this Mac holds a login of Claude Code already (“${service}”), and the program prefers it to any file: ` +
      "the job would run with that login.",
    `Remove it (\`security delete-generic-password -s '${service}'\`), use \`targets: env\`, or give the job a ` +
      "CLAUDE_CONFIG_DIR of its own.",
  );
}

/**
 * The same, and a login that a job's program is to renew for us: Claude Code moves it into the Keychain and deletes the
 * file, in which post would look for it. Throws a Failure, or InputProblems.
 */
export async function refuseKeychain(world: World, inputs: Inputs): Promise<void> {
  // Nobody looks into a file that is not cleaned: it is the program's own from now on.
  if (inputs.writeRefreshToken && inputs.cleanup) throw new InputProblems([["full-and-keychain"]]);
  await refuseKeychainItem(world);
}

/** With a folder of its own the program's item has a name of its own: the first 8 hex digits of SHA-256 of the path. */
function suffix(folder: string | undefined): string {
  if (!folder) return "";
  const { createHash } = process.getBuiltinModule("node:crypto");
  return `-${createHash("sha256").update(folder.normalize("NFC")).digest("hex").slice(0, 8)}`;
}
