import type { Mode } from "./plan/plan.ts";
import { SECRET_WINDOWS, WINDOWS } from "./oracle/windows.ts";
import type { Total } from "./pool.ts";

/** As many failing schedules are shown for each rule. */
const SHOWN = 6;

/**
 * Prints what the schedules have shown, and gives the number of those that count as failed.
 *
 * @param all whether a window that none of them hit counts as one more
 */
export async function printTally(total: Total, mode: Mode, all: boolean): Promise<number> {
  const perSecond = Math.round((total.played * 1000) / Math.max(1, total.cpuMs));
  console.log(
    `${total.played} schedules, ${total.events} events, ${total.states.size} distinct states; ` +
      `${perSecond} schedules a second and core, ${Math.round(total.wallMs / 1000)} s`,
  );
  const expected = mode === "secret" ? SECRET_WINDOWS : Object.keys(WINDOWS).map(Number);
  console.log(`\nWindows of the failure table (${expected.length}):`);
  for (const window of expected) console.log(line(total.windows[window] ?? 0, `${window}. ${WINDOWS[window]}`));
  print("Logins lost, by cause:", total.losses);
  print("Known limits of the design that were met:", total.limits);

  const rules = new Map<string, number[]>();
  for (const { seed, findings } of total.failures) {
    for (const rule of new Set(findings.map((finding) => finding.rule)))
      rules.set(rule, [...(rules.get(rule) ?? []), seed]);
  }
  for (const [rule, seeds] of rules) {
    console.log(`\nBROKEN: ${rule}: ${seeds.length} schedules`);
    for (const seed of seeds.slice(0, SHOWN)) {
      console.log(`  npm run test:simulation -- --mode ${mode} --replay ${seed}`);
      for (const { rule: own, text } of total.failures.find((one) => one.seed === seed)?.findings ?? []) {
        if (own === rule) console.log(`  ${text}`);
      }
    }
  }
  const missed = expected.filter((window) => !total.windows[window]);
  if (missed.length > 0) console.log(`\n${all ? "BROKEN: not hit" : "Not hit"}: ${missed.join(", ")}`);
  return total.failures.length + (all ? missed.length : 0);
}

function print(title: string, counts: Readonly<Record<string, number>>): void {
  console.log(`\n${title}`);
  for (const [text, count] of Object.entries(counts).toSorted(([, a], [, b]) => b - a)) console.log(line(count, text));
}

const line = (count: number, text: string): string => `${String(count).padStart(8)}  ${text}`;
