/** Sees to it that no child outlives this process, when a test runner is stopped halfway. */
const ENDS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** The cleaning of whatever runs now; the listeners are there only as long as something does. */
const running = new Set<() => void>();

/** Calls `clean` if this process ends before `release` is called. */
export function cleanAtExit(clean: () => void): { release(): void } {
  if (running.size === 0) {
    process.on("exit", cleanAll);
    for (const signal of ENDS) process.on(signal, endBy);
  }
  running.add(clean);
  return {
    release() {
      if (!running.delete(clean) || running.size > 0) return;
      stopListening();
    },
  };
}

function cleanAll(): void {
  for (const clean of running) clean();
  running.clear();
}

/** Having a listener keeps the signal from ending the process: that is made up for here. */
function endBy(signal: NodeJS.Signals): void {
  cleanAll();
  stopListening();
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
}

function stopListening(): void {
  process.off("exit", cleanAll);
  for (const signal of ENDS) process.off(signal, endBy);
}
