export { t as readOther } from "./other-programs.mjs";
