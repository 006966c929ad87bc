import { c as run, r as nodeWorld } from "./common.mjs";
process.exit(await run(nodeWorld()));
export {};
