export { t as comeApart } from "./apart2.mjs";
