import { TEMP, CLAUDE_FILE } from "../core/job.ts";
import { type Facts, heard, type Judgement } from "./facts.ts";

/** Invariant 3: answer, masked, capsule, stored, files. And invariant 6: what no token may reach. */
export function judgeOrder(facts: Facts, { findings }: Judgement): void {
  for (const { call, job } of facts.sends) {
    const effect = call.end?.arrival?.effect;
    if (heard(call) !== "renewed" || effect?.kind !== "renewed" || !call.end) continue;
    const { seq } = call.end;
    const finding = (text: string) => void findings.push({ rule: "order", text: `${call.who} (#${call.id}): ${text}` });
    const entries = facts.entriesOf(call.who).filter((entry) => entry.seq > seq);
    const secretUrl = `/secrets/${facts.targetOf(job).split("/")[2]}`;
    const at = (test: (entry: (typeof entries)[number]) => boolean) =>
      entries.find(test)?.seq ?? Number.POSITIVE_INFINITY;
    const masked = at(({ what }) => what === "mask");
    const capsule = at(({ what, detail }) => what === "commit" && detail.startsWith(`${TEMP}/oauth-creds-login`));
    const put = at(
      ({ what, detail }) =>
        what === "asks" &&
        ((detail.startsWith("PUT") && detail.endsWith(secretUrl)) || /^POST .*\/git\/commits$/.test(detail)),
    );
    const hasPlace = job.plan.rotateTo !== "none" || facts.recordPathOf(job) !== undefined;
    const file = at(({ what, detail }) => what === "commit" && detail === CLAUDE_FILE);
    const told = at(({ what }) => ["outputs", "variable", "state", "log", "notice", "warning", "error"].includes(what));
    if (masked > Math.min(capsule, put, file, told))
      finding("something was done with the tokens before they were masked");
    if (hasPlace && capsule > Math.min(put, file)) finding("stored or written before the capsule was");
    // A store that fails before its first writing has been tried, and post will try again.
    const tried = (facts.calls.get(call.who) ?? []).some(
      ({ server, end }) => server === "github" && end !== undefined && end.seq > seq && end.seq < file,
    );
    if (hasPlace && put > file && !tried) finding("the file was written before the login was stored");
    const proc = call.step === "main" ? job.main : job.post;
    const tokens = [effect.issued.access.text, ...(effect.how === "kept" ? [] : [effect.issued.refresh.text])];
    const lacks = call.trouble === "no-access" ? [] : tokens.filter((token) => !proc?.said.masks.has(token));
    if (masked < Number.POSITIVE_INFINITY && lacks.length > 0) finding("a new token was not masked");
  }
  for (const { proc } of facts.procs()) {
    const { texts, outputs, state, variables } = proc.said;
    const all = [...texts.map(({ text }) => text), ...[outputs, state, variables].flatMap((one) => Object.values(one))];
    // At its beginning: in the middle of a random name such letters mean nothing.
    if (all.some((text) => /(?<![\w-])(sk-ant-o|oc1\.\w|gh[ps]_\w|oc[ra]1_\w)/.test(text))) {
      findings.push({ rule: "leak", text: `${proc.who} told a token` });
    }
  }
  for (const job of facts.played.jobs) {
    for (const [path, { text }] of job.disk?.files ?? []) {
      const may = path === CLAUDE_FILE && job.plan.writeRefreshToken;
      if (/sk-ant-ort/.test(text) && !may && !job.times.vanished) {
        // A program's torn copy of its own file counts as that file.
        if (path.startsWith(`${CLAUDE_FILE}.`) && job.plan.writeRefreshToken) continue;
        findings.push({ rule: "leak", text: `${job.name}: a refresh token lies in ${path}` });
      }
    }
    const clean = job.post?.code === 0 && !job.plan.deaths.some(({ step }) => step === "post");
    // What its program has made of the login may be nobody's that we know; then it is told, and left.
    const refused = job.post?.said.texts.some(({ text }) => text.includes("The stored login was left as it is"));
    const left = [...(job.disk?.files ?? [])].filter(([, { text }]) => text !== "").map(([path]) => path);
    if (clean && left.length > 0 && !job.plan.fullDisk && !refused) {
      findings.push({ rule: "not cleaned", text: `${job.name} left ${left.join(", ")}` });
    }
  }
}
