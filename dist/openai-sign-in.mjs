export { a as openaiSignIn } from "./openai-sign-in2.mjs";
