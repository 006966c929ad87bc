export { t as openclaw } from "./openclaw.mjs";
