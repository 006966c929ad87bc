export { t as runProgram } from "./programs.mjs";
