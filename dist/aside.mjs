export { t as putIntoCache } from "./aside2.mjs";
