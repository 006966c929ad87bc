export { t as seal } from "./sealed-box2.mjs";
