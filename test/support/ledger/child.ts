/**
 * A process that writes to a ledger; its first argument is a `ChildJob` as JSON. It ends when its work is done, or
 * when it is killed.
 */
import { writeSync } from "node:fs";
import { fileLedger } from "../../../src/ledger/file.ts";
import { gitPushLedger } from "../../../src/ledger/git-push.ts";
import type { Ledger } from "../../../src/ledger/ledger.ts";
import { Secret } from "../../../src/secret.ts";
import { nodeWorld } from "../../../src/world/node.ts";

export interface ChildJob {
  readonly file?: { readonly path: string };
  readonly git?: { readonly remote: string; readonly ref: string; readonly folder: string; readonly token?: string };
  /** Writes these texts in turn, so many times in all. */
  readonly write?: { readonly texts: readonly string[]; readonly times: number };
  /** Counts in the record under this name, and prints each version that it has won, until it is killed. */
  readonly count?: string;
}

/** What the counting processes keep in the record. */
export interface Tally {
  readonly total: number;
  readonly by: Readonly<Record<string, number>>;
}

function open({ file, git }: ChildJob): Ledger {
  if (file) return fileLedger(nodeWorld(), file);
  if (!git) throw new Error("no ledger");
  const token = git.token === undefined ? undefined : new Secret(git.token);
  return gitPushLedger(nodeWorld(), { ...git, place: "child", token });
}

async function swap(ledger: Ledger, next: (text: string | undefined) => string): Promise<string> {
  for (;;) {
    const { entry } = await ledger.load();
    const result = await ledger.compareAndSwap(entry?.version, next(entry?.text));
    if (result.type === "swapped") return result.version;
  }
}

const job = JSON.parse(process.argv[2] ?? "{}") as ChildJob;
const ledger = open(job);

if (job.write) {
  const { texts, times } = job.write;
  for (let done = 0; done < times; done++) await swap(ledger, () => texts[done % texts.length] as string);
}

if (job.count !== undefined) {
  const name = job.count;
  for (;;) {
    const version = await swap(ledger, (text) => {
      const { total, by } = JSON.parse(text ?? '{"total":0,"by":{}}') as Tally;
      return JSON.stringify({ total: total + 1, by: { ...by, [name]: (by[name] ?? 0) + 1 } });
    });
    writeSync(1, `${version}\n`);
  }
}
