import type { Credential } from "../../credential/credential.ts";
import { asFailure } from "../../as-failure.ts";
import { Failure } from "../../errors.ts";
import type { World } from "../../world/world.ts";

/**
 * Does what stores the one copy of a fresh login, or hands it over. If that fails, the login is not thrown away: it is
 * kept in a file of the temporary folder, and the Failure that is thrown says where.
 *
 * @param copy for people: where it was to go
 * @param envelope the login; undefined if another copy stands already
 */
export async function orRescue(
  world: World,
  credential: Credential,
  copy: string,
  envelope: string | undefined,
  work: () => unknown,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (envelope === undefined) throw error;
    const { message, advice } = asFailure(error);
    const path = keepLogin(world, envelope);
    const what = `You signed in, but the login could not be stored in ${copy}. ${message}`;
    if (path === undefined) {
      throw new Failure(
        "could-not-store",
        `${what} No other folder takes it either: it is lost.`,
        `${advice} Sign in again.`,
      );
    }
    throw new Failure(
      "could-not-store",
      `${what} It is kept in ${path}, for your user alone.`,
      `${advice} Then store it (\`oauth-creds login ${credential.provider} --with-token --rotate-to … < ${path}\`, or ` +
        `\`gh secret set NAME < ${path}\`), and remove the file.`,
    );
  }
}

/** Puts it into a file for this user alone. Gives the path; undefined if no folder takes it. */
export function keepLogin({ files, env }: World, envelope: string): string | undefined {
  const { mkdtempSync } = process.getBuiltinModule("node:fs");
  const { homedir, tmpdir } = process.getBuiltinModule("node:os");
  const { join } = process.getBuiltinModule("node:path");
  for (const folder of [tmpdir(), env["HOME"] || homedir(), process.cwd()]) {
    try {
      const path = join(mkdtempSync(join(folder, "oauth-creds-login-")), "login.txt");
      files.openNew(path).commit(`${envelope}\n`);
      return path;
    } catch {
      // Full, or not ours: the next one.
    }
  }
  return undefined;
}
