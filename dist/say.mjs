export { t as sayCancelled } from "./say2.mjs";
