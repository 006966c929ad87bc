// Loaded with --require in the rounds for CPU time and memory, never in those for wall time.
process.once("exit", () => {
  const fs = require("node:fs");
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  // On Linux `maxRSS` of a child is never below the memory of the process that started it; VmHWM is its own.
  const own = process.platform === "linux" && /VmHWM:\s+(\d+) kB/.exec(fs.readFileSync("/proc/self/status", "utf8"));
  const usage = { cpuMs: (userCPUTime + systemCPUTime) / 1000, peakKb: own ? Number(own[1]) : maxRSS };
  fs.writeFileSync(process.env.BENCH_USAGE, JSON.stringify(usage));
});
