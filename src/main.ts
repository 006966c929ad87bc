import { run } from "./run.ts";
import { nodeWorld } from "./world/node.ts";

// Everything is written by now (synchronously), so nothing is cut off; waiting for idle connections takes 3 ms.
process.exit(await run(nodeWorld()));
