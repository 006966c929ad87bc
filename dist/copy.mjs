export { a as newRecoveryKey } from "./copy2.mjs";
