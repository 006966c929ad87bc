export { n as openLedger } from "./open2.mjs";
