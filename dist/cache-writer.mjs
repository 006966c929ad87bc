import { t as saveCache } from "./actions-cache.mjs";
process.env.GITHUB_WORKSPACE = process.cwd(), process.env.RUNNER_TEMP = process.cwd();
const [, , key = "", file = ""] = process.argv, id = await saveCache([file], key, void 0, !0).catch(() => void 0);
process.exit(id === void 0 ? 4 : id === -1 ? 3 : 0);
export {};
