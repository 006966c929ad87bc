import { Failure } from "../errors.ts";
import type { Inputs } from "../inputs.ts";
import type { World } from "../world/world.ts";
import type { Whereabouts } from "./target.ts";

const { dirname, isAbsolute, relative, resolve, sep } = process.getBuiltinModule("node:path");

/** Where the job's programs look. With the input `home` their own variables, which are the job's, count no more. */
export function whereabouts(
  { env, platform }: Pick<World, "env" | "platform">,
  { home }: Partial<Pick<Inputs, "home">>,
): Whereabouts {
  if (home !== undefined) return { env: {}, home };
  // On Windows a HOME is the shell's own (Git's bash): the programs ask the system.
  const own = env[platform === "win32" ? "USERPROFILE" : "HOME"];
  return { env, home: own || process.getBuiltinModule("node:os").homedir() };
}

/** Throws where a write would follow a link or put a token into the checked-out files. */
export function refuseUnsafe(world: World, path: string): void {
  const folder = dirname(path);
  for (const place of [path, folder]) {
    if (world.files.isSymlink(place)) {
      throw new Failure(
        "unsafe-path",
        `${place} is a symbolic link: a token written through it would land somewhere else.`,
        "Remove the link, or name the real folder in the program's own variable or in the input `home`.",
      );
    }
  }
  const workspace = world.env["GITHUB_WORKSPACE"];
  if (!workspace || !world.files.exists(workspace)) return;
  let existing = folder;
  while (!world.files.exists(existing) && dirname(existing) !== existing) existing = dirname(existing);
  const inside = relative(
    world.files.realPath(workspace),
    resolve(world.files.realPath(existing), relative(existing, folder)),
  );
  if (!isAbsolute(inside) && inside.split(sep)[0] !== "..") {
    throw new Failure(
      "unsafe-path",
      `${path} lies in the workspace, where a later step could publish it (artifacts, images, commits).`,
      "Set `home` (or the program's own variable) to a folder outside the workspace.",
    );
  }
}
