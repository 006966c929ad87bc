export { t as lookedForElsewhere, n as shadows } from "./shadow2.mjs";
