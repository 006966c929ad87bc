export { t as notOurs, n as sayBroken, r as sayDeadFile, i as sayWhatItIs, a as unusable } from "./strangers2.mjs";
