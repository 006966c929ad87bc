export { t as projectAccess } from "./projections2.mjs";
