/** Fails unless the committed dist/ is exactly what a clean build gives. */
import { execFileSync } from "node:child_process";

const git = (...args: string[]) => execFileSync("git", args, { encoding: "utf8" });
execFileSync(process.execPath, ["node_modules/rolldown/bin/cli.mjs", "-c", "rolldown.config.ts"], { stdio: "inherit" });
execFileSync(process.execPath, ["scripts/notices.ts"], { stdio: "inherit" });
const changed = git("status", "--porcelain", "--", "dist");
if (changed !== "") {
  console.error(`dist/ is not what a clean build gives. Run \`npm run build\` and commit it.\n${changed}`);
  process.exit(1);
}
console.log("dist/ is exactly what a clean build gives.");
