export { t as acquireShared, n as handOverCopy } from "./share.mjs";
