export { t as readCapsule } from "./capsule-open2.mjs";
