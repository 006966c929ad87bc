export { t as JOINED, n as notOurs, r as sayBroken, i as sayDeadFile, a as sayOther, o as sayShort, s as sayWhatItIs, c as unusable } from "./strangers2.mjs";
