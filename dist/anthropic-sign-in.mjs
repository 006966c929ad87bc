export { i as anthropicSignIn } from "./anthropic-sign-in2.mjs";
