import type { World } from "../world/world.ts";

/**
 * Gives the work a folder for what git keeps on the way (ciphertext, and not for later), which is removed in the end,
 * whatever came of it. Nothing that is to outlive the work may be written there.
 */
export async function withScratch<T>(world: World, work: (own: World) => Promise<T>): Promise<T> {
  const { tmpdir } = process.getBuiltinModule("node:os");
  const { join } = process.getBuiltinModule("node:path");
  const folder = join(tmpdir(), `oauth-creds-look-${Buffer.from(world.random(8)).toString("hex")}`);
  try {
    return await work({ ...world, env: { ...world.env, RUNNER_TEMP: folder } });
  } finally {
    process.getBuiltinModule("node:fs").rmSync(folder, { recursive: true, force: true });
  }
}
