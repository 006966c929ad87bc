export { t as openPlace, n as pathOf, r as versionFor } from "./other-places2.mjs";
