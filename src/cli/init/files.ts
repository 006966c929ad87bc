import type { Ask } from "./ask.ts";
import { difference } from "./difference.ts";
import { beside, look } from "./project-files.ts";
import type { WorkflowFile } from "./workflows.ts";

/** The end of a setup token, as an earlier run has written it into a workflow; undefined if none has. */
export function endInWorkflows(root: string, prefix: string): string | undefined {
  const { join } = process.getBuiltinModule("node:path");
  const { existsSync, readdirSync, readFileSync } = process.getBuiltinModule("node:fs");
  const folder = join(root, ".github", "workflows");
  const entries = existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : [];
  const named = new RegExp(`secrets\\.${prefix}_SETUP_TOKEN \\}\\}\\s+credential-expires: "(\\d{4}-\\d\\d-\\d\\d)"`);
  return entries
    .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
    .map(({ name }) => named.exec(readFileSync(join(folder, name), "utf8"))?.[1])
    .find((day) => day !== undefined);
}

export interface Placed {
  readonly toWrite: readonly { readonly file: WorkflowFile; readonly replace: boolean }[];
  /** For people. */
  readonly kept: readonly string[];
  /** The file that renews and the one that uses the login, written or there already. */
  readonly renewing: string | undefined;
  readonly using: string | undefined;
}

/**
 * Where each workflow goes. One that is there is never overwritten, unless a person says so: one that uses oauth-creds
 * is taken for the set-up's own, changed by its people; beside any other ours gets another name.
 */
export async function placeFiles(ask: Ask, root: string, files: readonly WorkflowFile[]): Promise<Placed> {
  const toWrite: { file: WorkflowFile; replace: boolean }[] = [];
  const kept: string[] = [];
  const paths: { renewing?: string; using?: string } = {};
  for (const wanted of files) {
    const chosen = await place(ask, root, wanted);
    if (chosen.kept !== undefined) kept.push(chosen.kept);
    else toWrite.push({ file: chosen.file, replace: chosen.replace });
    paths[wanted.renews ? "renewing" : "using"] = chosen.file.path;
  }
  return { toWrite, kept, renewing: paths.renewing, using: paths.using };
}

/** Without what stands above it as a comment. */
const bodyOf = (text: string): string => text.replace(/^(#.*\n)+/, "");

interface Chosen {
  readonly file: WorkflowFile;
  readonly replace: boolean;
  readonly kept?: string;
}

async function place(ask: Ask, root: string, file: WorkflowFile): Promise<Chosen> {
  const present = look(root, file.path, file.text);
  if (present.type === "absent") return { file, replace: false };
  if (present.type === "same") return { file, replace: false, kept: `file ${file.path}` };
  const other = beside(root, file.path, file.text);
  const moved = { ...file, path: other.path };
  // An earlier run has put it there.
  if (other.present.type === "same") return { file: moved, replace: false, kept: `file ${other.path}` };
  const changed = { file, replace: false, kept: `file ${file.path}, with changes of yours` };
  ask.say.note(
    `${file.path} is there, and differs from what would be written`,
    difference(bodyOf(present.text), bodyOf(file.text)),
  );
  const keepIt = {
    value: "keep",
    label: "Keep it",
    reason: present.ours ? "it uses oauth-creds already" : "and write none",
  };
  const putBeside = { value: "beside", label: "Write beside it", reason: `as ${other.path}` };
  const answer = await ask.choice({
    message: `${file.path}?`,
    options: [
      ...(present.ours ? [keepIt, putBeside] : [putBeside, keepIt]),
      { value: "replace", label: "Replace it", reason: "git keeps the old one, if it was committed" },
    ],
  });
  if (answer === "keep") return changed;
  return answer === "replace" ? { file, replace: true } : { file: moved, replace: false };
}
