export { t as asFailure } from "./as-failure2.mjs";
