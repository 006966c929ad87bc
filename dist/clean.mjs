export { t as clean } from "./clean2.mjs";
