/** What the tests of one file share: a blob store, the build, and for each test a cache service of its own. */
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { type Azurite, startAzurite } from "../support/cache/azurite.ts";
import { build, type Build, type Done, job, type JobOptions, official } from "../support/cache/job.ts";
import type { Order } from "../support/cache/program.ts";
import { type CacheService, startCacheService } from "../support/cache/service.ts";

export const MAIN = "refs/heads/main";

export interface Stage {
  readonly service: CacheService;
  run(order: Order, options?: JobOptions): Promise<Done>;
  official(what: "save" | "restore", name: string, options?: JobOptions): Promise<Done>;
}

/** A token `job` may read and write on the default branch. After each test nothing strange was asked of the service. */
export function stage(): Stage {
  let azurite: Azurite;
  let built: Build;
  let service: CacheService;
  beforeAll(async () => {
    [azurite, built] = await Promise.all([startAzurite(), build()]);
  });
  beforeEach(async () => {
    service = await startCacheService(azurite);
    service.tokens.set("job", { scope: MAIN });
  });
  afterEach(async () => {
    const { violations } = service;
    await service.close();
    expect(violations).toEqual([]);
  });
  afterAll(async () => {
    built?.remove();
    await azurite?.close();
  });
  return {
    get service() {
      return service;
    },
    run: (order, options) => job(built, service, order, options),
    official: (what, name, options) => official(built, service, what, name, options),
  };
}

/** Whatever a job did with the cache, nobody sees anything of it. */
export function expectQuiet({ log, leftBehind, exitCode }: Done): void {
  expect({ log, leftBehind, exitCode }).toEqual({ log: "", leftBehind: [], exitCode: 0 });
}
