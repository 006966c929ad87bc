import { n as nodeWorld, r as run } from "./common.mjs";
process.exit(await run(nodeWorld()));
export {};
