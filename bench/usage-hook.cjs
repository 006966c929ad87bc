// Loaded with --require in the rounds for CPU time, memory and bytes loaded, never in those for wall time.
const files = [];
require("node:module").registerHooks({
  load(url, context, next) {
    if (url.startsWith("file:")) files.push(require("node:url").fileURLToPath(url));
    return next(url, context);
  },
});
process.once("exit", () => {
  const fs = require("node:fs");
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  // On Linux `maxRSS` of a child is never below the memory of the process that started it; VmHWM is its own.
  const own = process.platform === "linux" && /VmHWM:\s+(\d+) kB/.exec(fs.readFileSync("/proc/self/status", "utf8"));
  const usage = { cpuMs: (userCPUTime + systemCPUTime) / 1000, peakKb: own ? Number(own[1]) : maxRSS, files };
  fs.writeFileSync(process.env.BENCH_USAGE, JSON.stringify(usage));
});
