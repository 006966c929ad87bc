import type { Control } from "../core/control.ts";
import { BACKUP, type Facts, type Judgement } from "./facts.ts";

/** A fresh run that nothing disturbs: it works if the login lives, and says what is the matter if not. */
export function judgeControls(facts: Facts, judgement: Judgement): void {
  for (const control of facts.played.controls) judgeOne(facts, control, judgement);
}

function judgeOne(facts: Facts, { job, before }: Control, { findings, limits }: Judgement): void {
  const { held, login, works } = before;
  const { main } = job;
  const outputs = main?.said.outputs ?? {};
  const shared = facts.recordPath(login) !== undefined;
  const renewed = outputs["refreshed"] === "true";
  const stored = outputs["rotated"] === "true" || shared;
  const worked = main?.code === 0 && renewed && stored;
  const text = main?.said.texts.findLast(({ level }) => level === "error")?.text ?? "";
  const finding = (what: string) => void findings.push({ rule: "a fresh run fails", text: `${what}: ${text}` });
  if (main?.code === undefined) return finding("it never ended");
  if (held?.value === undefined && !shared) return;
  if (facts.meddled(login) || facts.mixed(login)) return;
  if (works === undefined || works === worked) {
    const known = /\[(login-[a-z-]+|credential-[a-z]+|snapshot-stale|ledger-[a-z-]+)\]/;
    if (!worked && !known.test(text)) finding("the login is dead, and it says");
    return;
  }
  if (!works) return finding("it works with a dead login");
  const marked = facts
    .versionsAt(`${facts.loginOf(job).repository}/OAUTH_CREDS_PROBE_${facts.loginOf(job).secret}`)
    .some(({ at }) => held && at >= held.at - 1000 && at <= held.at + 4000);
  if (text.includes("written by a rotation") || (shared && marked)) {
    return void limits.push("a paste within 3 s of a rotation's mark has to be repeated");
  }
  // Nobody can tell a spent login, which the ledger has never seen, from a fresh sign-in before it was tried.
  const first = facts.sends.find((send) => send.job === job);
  const { token } = first ?? {};
  const backup = held?.by === "a person" && token !== undefined && facts.tokenIn(held) === token;
  if (backup && (token.spent?.seq ?? Number.POSITIVE_INFINITY) < (first?.call.sentAt?.seq ?? 0)) {
    return void limits.push(BACKUP);
  }
  const call = held?.call === undefined ? undefined : facts.played.stage.calls[held.call];
  if (text.includes("holds an old copy") && (call?.trouble === "request-late" || call?.trouble === "twice")) {
    return void limits.push("a writing that arrived more than 10 s late makes the secret look stale for ever");
  }
  finding("the login lives, and it says");
}
