import { o as run, t as nodeWorld } from "./common.mjs";
process.exit(await run(nodeWorld()));
export {};
