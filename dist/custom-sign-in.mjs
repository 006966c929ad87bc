export { t as customSignIn } from "./custom-sign-in2.mjs";
