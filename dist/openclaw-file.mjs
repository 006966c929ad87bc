export { r as openclawFile } from "./other-programs.mjs";
