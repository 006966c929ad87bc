import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { createJob, type Job, type JobOptions } from "../../support/runner/index.ts";

/** A job that is removed when the test ends. */
export function testJob(options?: JobOptions): Job {
  const job = createJob(options);
  onTestFinished(() => job.remove());
  return job;
}

let serial = 0;

/** A module with this code, ready to be an entry. */
export function entry(job: Job, code: string): string {
  const path = join(job.root, `entry-${++serial}.mjs`);
  writeFileSync(path, `import * as fs from "node:fs";\nconst { env } = process;\n${code}`);
  return path;
}

/** An invented token: new in every run, and of any length in bytes after the prefix. */
export function token(length = 60, prefix = "sk-ant-oat01-"): string {
  return prefix + randomBytes(length).toString("base64url").slice(0, length);
}
