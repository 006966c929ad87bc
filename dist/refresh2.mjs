import { a as nothingWasSpent, n as openStore, o as anthropic, r as refreshLogin, t as findPlace } from "./refresh.mjs";

export { findPlace, nothingWasSpent, anthropic as provider, refreshLogin };