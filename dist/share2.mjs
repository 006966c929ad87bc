export { t as acquireShared } from "./share.mjs";
