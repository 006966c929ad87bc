export { n as sayResult } from "./say-result2.mjs";
