export { t as findPlace, a as nothingWasSpent, o as provider, r as refreshLogin } from "./refresh.mjs";
