export { n as isCi } from "./ci2.mjs";
