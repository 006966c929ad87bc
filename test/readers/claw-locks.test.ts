/** The proof by the real programs' own code: our lock and theirs keep each other out, and a dead one is taken over. */
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { clawdbot } from "../../src/targets/clawdbot.ts";
import { withLocks } from "../../src/targets/lock.ts";
import { openclawFile } from "../../src/targets/openclaw-file.ts";
import { pi } from "../../src/targets/pi.ts";
import type { FileTarget, Lock } from "../../src/targets/target.ts";
import { nodeWorld } from "../../src/world/node.ts";
import { ensureClawdbot, ensureOpenclaw } from "./claw-program.ts";
import { lockStage } from "./claw-locks.ts";
import type { Installed } from "./install.ts";
import { ensurePi, PI } from "./pi-program.ts";
import { CLAWDBOT, OPENCLAW, PI_RELEASES } from "./releases.ts";

type Code = "openclaw" | "proper";
const PROGRAMS: [string, Code, FileTarget, () => Promise<Installed>][] = [
  ...[OPENCLAW.withFile, ...OPENCLAW.withFileBefore].map((version): (typeof PROGRAMS)[number] => [
    `OpenClaw ${version}`,
    "openclaw",
    openclawFile(),
    () => ensureOpenclaw(version),
  ]),
  [`Clawdbot ${CLAWDBOT.last}`, "proper", clawdbot, () => ensureClawdbot(CLAWDBOT.last)],
  [`pi ${PI_RELEASES.newest}`, "proper", pi, () => ensurePi(PI, PI_RELEASES.newest)],
];

describe.each(PROGRAMS)("%s", (_title, code, target, install) => {
  let root: string;
  let stage: Awaited<ReturnType<typeof lockStage>>;
  beforeAll(async () => {
    root = (await install()).folder;
  });
  beforeEach(async () => {
    stage = await lockStage();
  });
  afterEach(() => stage.close());

  const theirs = () => stage[code](root);
  const locks = (): readonly Lock[] => target.locks?.(stage.file) ?? [];

  it("waits while we hold its lock, and has it afterwards", async () => {
    const holder = await theirs();
    let gotIn: boolean | undefined;
    await withLocks(nodeWorld(), locks(), () => void (gotIn = stage.watch(holder)));
    expect(gotIn).toBe(false);
    await holder.held;
    await holder.release();
    expect(locks().filter(({ path }) => existsSync(path))).toEqual([]);
  });

  it("is waited for while it holds its lock", async () => {
    const holder = await theirs();
    await holder.held;
    let worked = 0;
    const working = withLocks(nodeWorld(), locks(), () => void worked++);
    await sleep(500);
    expect(worked).toBe(0);
    await holder.release();
    await working;
    expect(worked).toBe(1);
    expect(locks().filter(({ path }) => existsSync(path))).toEqual([]);
  });

  // A folder tells by its age alone that its owner has died: test/unit/src/lock.test.ts has a clock for that.
  it.runIf(code === "openclaw")("takes over from one of us that was killed, and we from one of it", async () => {
    const [lock] = locks() as [Lock];
    const ours = await stage.ours(lock);
    while (!stage.oursIsHeld()) await sleep(20);
    await ours.kill();
    expect(existsSync(lock.path)).toBe(true);

    const holder = await theirs();
    await holder.held;
    await holder.kill();
    expect(existsSync(lock.path)).toBe(true);

    let worked = 0;
    await withLocks(nodeWorld(), [lock], () => void worked++);
    expect(worked).toBe(1);
    expect(existsSync(lock.path)).toBe(false);
  });
});
