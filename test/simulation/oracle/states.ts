import { mix } from "../core/random.ts";
import type { Played } from "../core/simulate.ts";
import type { Entry } from "../core/log.ts";

const CODES = new Map<string, number>();

/** A small number for each text, the same within one process and in all that see it in any order. */
function codeOf(text: string): number {
  let code = CODES.get(text);
  if (code === undefined) {
    code = mix(...Buffer.from(text));
    CODES.set(text, code);
  }
  return code;
}

/**
 * Adds a number for every state that the schedule came through: how far each process is, whatever its name, and how
 * the stored login stands to the living one. Times and values do not count, so equal numbers mean much the same.
 */
export function addStates({ stage }: Played, states: Set<number>): void {
  const phases = new Map<string, number>();
  let all = 0;
  let world = 0;
  let living = 0;
  for (const entry of stage.log.entries) {
    const phase = phaseOf(entry);
    if (phase !== undefined) {
      const role = entry.who.slice(entry.who.indexOf(".") + 1);
      const next = mix(codeOf(phase), codeOf(role.length < 8 ? role : "job"));
      // A sum: two jobs that change places are the same state.
      all = (all - (phases.get(entry.who) ?? 0) + next) >>> 0;
      phases.set(entry.who, next);
    }
    const effect = entry.what === "serves" ? entry.call?.arrivals.at(-1)?.effect : undefined;
    if (effect?.kind === "renewed") living = effect.issued.refresh.generation;
    if (effect?.kind === "renewed" || effect?.kind === "stored" || effect?.kind === "refused") {
      world = mix(world & 0xff, codeOf(effect.kind), Math.min(living, 3));
    }
    states.add(mix(all, world));
  }
}

/** Undefined for what does not bring a process further. */
function phaseOf({ what, call, detail }: Entry): string | undefined {
  switch (what) {
    case "asks":
    case "mask":
    case "log":
    case "notice":
    case "summary":
    case "outputs":
    case "folder":
    case "remove":
    case "serves":
    case "outage":
    case "person":
      return undefined;
    case "sends":
    case "answer":
    case "no answer": {
      const place =
        call?.server === "provider" ? "token" : /[a-z-]+$|secrets\/[A-Z]/.exec(call?.request.url ?? "")?.[0];
      return `${what} ${call?.request.method} ${place} ${what === "answer" ? detail : ""}`;
    }
    case "state":
      return `state ${detail.slice(0, detail.indexOf("="))}`;
    default:
      return what;
  }
}
