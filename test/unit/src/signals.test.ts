/** Signals as a real process holds them back. */
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

/** A process with `world`, `signal(name)`, which asks it to stop, and `look(hold)`, which notes whether that is heard. */
const run = (code: string) => {
  const script = `
    import { once } from "node:events";
    import { nodeWorld } from "${new URL("../../../src/world/node.ts", import.meta.url)}";
    const world = nodeWorld();
    const signal = async (name) => {
      const heard = once(process, name);
      process.kill(process.pid, name);
      await heard;
    };
    const alive = setInterval(() => {}, 1000); // a signal alone keeps no process from its end
    const seen = [];
    const look = (hold) => seen.push(hold.signalledAt() !== undefined);
    ${code}
    clearInterval(alive);
    console.log(JSON.stringify(seen));`;
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", script], {
    encoding: "utf8",
  });
  return { status, signal, seen: stdout && (JSON.parse(stdout) as boolean[]), stderr };
};

test.runIf(process.platform !== "win32").each(["SIGINT", "SIGTERM"])(
  "%s that one section has held back is known to the next one",
  (name) => {
    const { status, seen, stderr } = run(`
      const first = world.holdSignals();
      look(first);
      await signal("${name}");
      look(first);
      first.release();
      const second = world.holdSignals();
      look(second);
      second.release();`);
    expect({ status, seen, stderr }).toEqual({ status: 0, seen: [false, true, true], stderr: "" });
  },
);

test.runIf(process.platform !== "win32")("a signal outside of all sections ends the process", () => {
  const { signal } = run(`
    const outer = world.holdSignals();
    world.holdSignals().release();
    await signal("SIGTERM");
    outer.release();
    process.kill(process.pid, "SIGTERM");
    await new Promise(() => {});`);
  expect(signal).toBe("SIGTERM");
});
