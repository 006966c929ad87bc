export { t as custom } from "./custom2.mjs";
