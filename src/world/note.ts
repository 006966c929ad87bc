import { asFailure } from "../errors.ts";
import type { World } from "./world.ts";

/** For our own post step, where nothing may fail any more: what cannot be written, on a full disk, is a warning. */
export function noteForPost({ runner }: Pick<World, "runner">, name: string, value: string): void {
  try {
    runner.state(name, value);
  } catch (error) {
    runner.warning(asFailure(error).explain());
  }
}
