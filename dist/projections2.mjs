export { t as projectAccess } from "./projections.mjs";
