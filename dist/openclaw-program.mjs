export { i as undoOpenclaw } from "./openclaw.mjs";
