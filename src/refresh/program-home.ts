import type { World } from "../world/world.ts";

/** Under this name the step's state has the program's home, for a post step whose main step was killed. */
export const HOME_STATE = "program-home";

/** Never throws: it may come after an answer that must not be lost. Nothing happens if there is no such folder. */
export function removeHome(world: World, home: string): void {
  try {
    process.getBuiltinModule("node:fs").rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  } catch (error) {
    const { code } = error as { code?: string };
    world.runner.warning(
      `The folder ${home} could not be removed (${code ?? "unknown"}): it holds a copy of the login.`,
    );
  }
}
