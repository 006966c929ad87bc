export { n as findUnpublished, r as keepUnpublished } from "./unpublished2.mjs";
