import { finish } from "./post/finish.ts";
import { nodeWorld } from "./world/node.ts";

await finish(nodeWorld());
process.exit(); // as in main.ts
