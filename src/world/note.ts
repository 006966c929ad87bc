import type { World } from "./world.ts";

/** For our own post step, where nothing may fail any more: what cannot be written, on a full disk, is a warning. */
export function noteForPost({ runner }: Pick<World, "runner">, name: string, value: string): void {
  try {
    runner.state(name, value);
  } catch (error) {
    const { code = "it failed" } = error as { code?: string };
    runner.warning(`What the post step needs to know could not be written (${code}): is the disk full? [file-failed]`);
  }
}
