export { t as findUnstored, n as keepUnstored } from "./unstored2.mjs";
