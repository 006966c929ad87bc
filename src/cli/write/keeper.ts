import { Failure } from "../../errors.ts";
import type { FileEntry } from "../../targets/manifest.ts";
import type { World } from "../../world/world.ts";
import { pruneRun, removeRun, type Run, saveRun, hasToBeCleaned, unsettled } from "../state.ts";

/** What `clean` cannot do without: it has to be on the disk before the work goes on. */
const NEEDED: ReadonlySet<string> = new Set(["files", "openclaw", "capsule", "prepared", "turn", "checked-out"]);

/** Keeps the state of a run on the disk while it is under way. */
export class Keeper {
  readonly #world: World;
  #run: Run;
  #saved = false;
  /** Paths of files that stood as `before` had written them, when this run was about to write them. */
  readonly #asBefore = new Set<string>();
  readonly #before: Run | undefined;
  readonly #credential: string;

  /** @param before the run whose files this one may be about to write again */
  constructor(world: World, run: Run, before: Run | undefined) {
    this.#world = world;
    this.#run = run;
    this.#before = before;
    this.#credential = (world.env["INPUT_CREDENTIAL"] ?? "").trim();
  }

  get run(): Run {
    return this.#run;
  }

  /** As the runner takes `state`. Throws if what `clean` needs could not be kept. */
  keep(name: string, value: string): void {
    if (name === "files") this.#look(JSON.parse(value) as FileEntry[]);
    this.#run = { ...this.#run, state: { ...this.#run.state, [name]: value } };
    if (!this.#saved && !(NEEDED.has(name) && value !== "" && value !== "[]")) return;
    try {
      this.#save();
    } catch (error) {
      if (NEEDED.has(name)) throw error;
      this.#world.runner.warning(`The state of this run (${this.#run.folder}) could not be written.`);
    }
  }

  /** Called before a file is written, and before a token is spent. */
  #look(entries: readonly FileEntry[]): void {
    if (entries.length > 0) this.#run = { ...this.#run, looked: this.#world.now() };
    for (const { path } of entries) {
      const present = this.#world.files.read(path);
      if (present === undefined) continue;
      if (this.#credential !== "" && present.trim() === this.#credential) {
        throw new Failure(
          "input-invalid",
          `\`credential\` is the content of ${path}, which \`write\` would replace: the login of this machine would be renewed away from it.`,
          "Sign in once more for this purpose (`CLAUDE_CONFIG_DIR=$(mktemp -d) claude auth login`), or name another `--home`.",
        );
      }
      if (this.#before?.written[path] === digest(present)) this.#asBefore.add(path);
    }
  }

  #save(): void {
    saveRun(this.#run);
    this.#saved = true;
  }

  /**
   * The work has ended, well or not. Gives the run if something is left to do for `clean`, or to be stored; else
   * nothing of it is left.
   *
   * @param how `provided`: the files stand as they should, and `left`: so they stay, whatever comes (`cleanup: false`)
   */
  end(how: "provided" | "left" | "failed"): Run | undefined {
    const { files } = this.#world;
    const state = how === "left" ? { ...this.#run.state, files: "[]", openclaw: "" } : this.#run.state;
    const written: Record<string, string> = {};
    for (const { path } of entriesOf(state)) {
      const text = files.read(path);
      if (text !== undefined) written[path] = digest(text);
    }
    this.#run = { ...this.#run, state, written, done: true };
    const { capsule } = state;
    if (capsule && !unsettled(this.#run)) {
      files.remove(capsule);
      this.#run = { ...this.#run, state: { ...state, capsule: "" } };
    }
    if (!hasToBeCleaned(this.#run) && !unsettled(this.#run)) {
      removeRun(this.#run);
      return undefined;
    }
    const merged = how === "provided" ? this.#merge() : undefined;
    this.#save();
    if (merged) removeRun(merged);
    pruneRun(this.#run);
    return this.#run;
  }

  /**
   * If all that the run before has written is what this one has written again, what was there before it is what has
   * to be put back: there is no need to keep what stood there in between. Gives the run that is no longer needed.
   */
  #merge(): Run | undefined {
    const before = this.#before;
    if (!before || before.key !== this.#run.key || unsettled(before)) return undefined;
    if (before.state["openclaw"] || before.state["checked-out"]) return undefined;
    const earlier = entriesOf(before.state);
    const mine = entriesOf(this.#run.state);
    const pairOf = (entry: FileEntry) =>
      mine.find(({ path, slot }) => path === entry.path && JSON.stringify(slot) === JSON.stringify(entry.slot));
    const isCovered = (entry: FileEntry) => this.#asBefore.has(entry.path) && pairOf(entry) !== undefined;
    if (earlier.length === 0 || !earlier.every(isCovered)) return undefined;
    const copies = new Map<FileEntry | undefined, FileEntry>();
    for (const entry of earlier) {
      const backup = entry.backup && this.#copy(entry.backup);
      if (entry.backup && !backup) return undefined; // another process has done the same just now
      copies.set(pairOf(entry), { ...entry, backup });
    }
    const entries = mine.map((entry): FileEntry => {
      const old = copies.get(entry);
      return old ? { ...entry, made: old.made, backup: old.backup } : entry;
    });
    this.#run = { ...this.#run, state: { ...this.#run.state, files: JSON.stringify(entries) } };
    return before;
  }

  /** Into this run's folder. The old one goes when the new state stands, so whenever this is cut off, one is whole. */
  #copy(backup: string): string | undefined {
    const { basename, join } = process.getBuiltinModule("node:path");
    const text = this.#world.files.read(backup);
    if (!text) return undefined;
    const copy = join(this.#run.folder, basename(backup));
    this.#world.files.openNew(copy).commit(text);
    return copy;
  }
}

export const entriesOf = (state: Run["state"]): FileEntry[] => JSON.parse(state["files"] || "[]") as FileEntry[];

const digest = (text: string): string =>
  process.getBuiltinModule("node:crypto").createHash("sha256").update(text).digest("hex");
