export { t as openai } from "./openai2.mjs";
