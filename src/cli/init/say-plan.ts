import type { Change } from "./change.ts";
import type { Place } from "./repository.ts";
import type { Plan } from "./set-up.ts";

/** One line for each change, as a person decides on it. */
export function asList({ changes, kept }: Plan): string[] {
  return [
    ...changes.filter(({ type }) => type !== "check").map(({ title }) => `+ ${title}`),
    ...kept.map((what) => `= ${what}, as it is`),
  ];
}

/** Every call with its method and path, every file with its text. */
export function inFull({ changes, kept, session }: Plan): string {
  const { fullName } = session.facts;
  if (changes.length === 0) return `Nothing would be changed in ${fullName}.\n\n${keptLines(kept)}`.trimEnd();
  return [`This would be changed in ${fullName}; nothing was.`, ...changes.map(sayChange), keptLines(kept)]
    .filter(Boolean)
    .join("\n\n");
}

function sayChange({ title, calls, file }: Change): string {
  const asked = calls.map(
    ({ method, path, body }) =>
      `  ${method} ${path}\n       ${body ? JSON.stringify(body) : "{ encrypted_value, key_id }"}`,
  );
  const text = file?.text
    .trimEnd()
    .split("\n")
    .map((line) => `  | ${line}`.trimEnd());
  return [`+ ${title}`, ...asked, ...(text ?? [])].join("\n");
}

const keptLines = (kept: readonly string[]): string => kept.map((what) => `= ${what}, as it is`).join("\n");

/** What the person does now. */
export function nextSteps(plan: Plan, { branch, remote = "origin" }: Pick<Place, "branch" | "remote">): string[] {
  const { changes, blueprint, session, renewing, using } = plan;
  const files = changes.flatMap(({ file }) => (file ? [file.path] : []));
  const { topology, program, action, expires } = blueprint;
  const { defaultBranch } = session.facts;
  const steps: string[] = [];
  if (files.length > 0) {
    const where = branch === defaultBranch ? "" : `, and bring it to ${defaultBranch}`;
    steps.push(
      `Look at the workflows, then commit and push them${where}:\n` +
        // From the top, wherever in the tree the person stands.
        `git add ${files.map((path) => `:/${path}`).join(" ")}\ngit commit -m "Use a ${program.name} login in CI"\ngit push`,
    );
  }
  const refs = plan.sealed ?? [`refs/oauth-creds/v1/${program.provider}/${blueprint.account}`];
  if (refs.length > 0) {
    steps.push(
      "Delete what the old keys have sealed: no job can open it, and none replaces it. Every login in it has to be " +
        `signed in anew:\ngit push ${remote} --delete ${refs.join(" ")}`,
    );
  }
  const nameOf = (path: string) => path.split("/").at(-1);
  if (session.facts.fork) {
    steps.push("This is a fork: allow its workflows on the page “Actions”, GitHub keeps them switched off until then.");
  }
  if (renewing !== undefined) {
    const only = topology === "ledger" ? "the ledger" : "GitHub";
    steps.push(
      `Run the renewal once by hand; from then on ${only} holds the only copy:\ngh workflow run ${nameOf(renewing)}`,
    );
  }
  if (using !== undefined) steps.push(`Then try a job that uses it:\ngh workflow run ${nameOf(using)}`);
  if (action.startsWith("org/")) {
    steps.push("This is a release candidate: in the workflows put the place where the action is published for `org`.");
  }
  if (topology === "setup-token") {
    steps.push(
      expires
        ? `The token ends on ${expires}; from ten days before, jobs warn.`
        : "Note the day on which the token ends: a year after it was made.",
    );
  }
  return steps;
}
