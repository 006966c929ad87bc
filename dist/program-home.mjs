export { n as removeHome } from "./program-home2.mjs";
