export { t as openPlace } from "./other-places2.mjs";
