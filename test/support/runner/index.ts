/** A stand-in for the Actions runner that needs nothing but Node. */
export { runAction, type ActionOptions } from "./action.ts";
export { readActionFile, type ActionFile, type ActionInput } from "./action-file.ts";
export type { Stop } from "./child.ts";
export { FILE_COMMANDS_FOLDER } from "./file-commands.ts";
export { createJob, type Job, type JobOptions } from "./job.ts";
export { findLeaks, gateStep, scanTree, type Leak } from "./leak-gate.ts";
export { createMasker, type Masker } from "./masker.ts";
export type { Annotation } from "./step-log.ts";
export { runStep, type StepOptions, type StepResult } from "./step.ts";
