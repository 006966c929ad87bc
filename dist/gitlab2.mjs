export { t as gitlabStore } from "./gitlab.mjs";
