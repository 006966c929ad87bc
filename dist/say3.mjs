export { t as sayCancelled } from "./say4.mjs";
