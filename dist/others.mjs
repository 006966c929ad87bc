export { n as OTHERS } from "./other-programs.mjs";
