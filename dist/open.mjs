export { t as openLedger } from "./open2.mjs";
