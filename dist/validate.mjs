export { t as sayVerdict, n as validate } from "./validate2.mjs";
