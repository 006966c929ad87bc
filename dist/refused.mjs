export { t as refusedByProvider } from "./refused2.mjs";
