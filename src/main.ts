import { run } from "./run.ts";
import { nodeWorld } from "./world/node.ts";

process.exitCode = await run(nodeWorld());
