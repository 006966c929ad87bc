import type { Runner } from "../../../src/runner/commands.ts";
import type { World } from "../../../src/world/world.ts";
import type { JobPlan } from "../plan/plan.ts";
import { type Disk, systemError } from "./disk.ts";
import type { Log, What } from "./log.ts";
import { Stream } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";
import type { Http } from "../../../src/world/world.ts";

/** The machine of one job: it outlives its processes, unless it vanishes. */
export interface Machine {
  readonly job: JobPlan;
  readonly disk: Disk;
  /** The machine's clock, ms. */
  now(): number;
  /** The machine is suspended until then, by the true clock; in the past if it is not. */
  asleepUntil(): number;
  /** Real ms for a duration by the machine's clock. */
  trueMs(ms: number): number;
}

/** Why a process is no more. */
export type Death = "killed" | "SIGINT" | "SIGTERM" | "machine gone";

export interface ProcSettings {
  readonly who: string;
  readonly step: "main" | "post";
  readonly seed: number;
  readonly machine: Machine;
  readonly env: Readonly<Record<string, string>>;
  readonly scheduler: Scheduler;
  readonly log: Log;
  /** Makes the network of this process. */
  readonly network: (proc: Proc) => Http;
}

/** What a process told the runner, in its order. */
export interface Said {
  readonly masks: Set<string>;
  readonly state: Record<string, string>;
  readonly outputs: Record<string, string>;
  readonly variables: Record<string, string>;
  readonly texts: {
    readonly level: "log" | "notice" | "warning" | "error" | "summary";
    readonly text: string;
    /** Where the log stood then. */
    readonly seq: number;
  }[];
}

/**
 * One process. Its code is real; what it does to the outside happens only while it lives. After its death its code
 * may still come to its next await, where it stays for ever, but nothing that it does has an effect.
 */
export class Proc {
  readonly world: World;
  readonly said: Said = { masks: new Set(), state: {}, outputs: {}, variables: {}, texts: [] };
  readonly who: string;
  readonly step: "main" | "post";
  readonly machine: Machine;
  /** Undefined while it lives. */
  death: Death | undefined;
  /** Undefined until it has ended by itself. */
  code: number | undefined;
  /** By the true clock. */
  readonly startedAt: number;
  /** By the true clock; of its end or death. */
  endedAt: number | undefined;
  /** The files on the disk when it began. */
  readonly atStart: ReadonlyMap<string, string>;
  /** The files on the disk when it ended. */
  atEnd: ReadonlyMap<string, string> | undefined;
  readonly #settings: ProcSettings;
  readonly #holds = new Set<object>();
  /** By the machine's clock: when the first signal was held back. */
  #signalledAt: number | undefined;
  readonly #asked = { provider: 0, github: 0 };
  readonly #onEnd: (() => void)[] = [];
  #calls = 0;
  #commits = 0;

  constructor(settings: ProcSettings) {
    const { who, step, machine, env, seed } = settings;
    this.#settings = settings;
    this.who = who;
    this.step = step;
    this.machine = machine;
    this.startedAt = settings.scheduler.now;
    this.atStart = this.#files();
    const random = new Stream(seed, machine.job.id, step === "main" ? 1 : 2, 0x7a);
    this.world = {
      env,
      platform: "linux",
      now: () => machine.now(),
      sleep: (ms) => this.#sleep(ms),
      random: (bytes) => random.bytes(bytes),
      http: settings.network(this),
      run: (command) => {
        throw new Error(`the program ${command}, where none is expected`);
      },
      files: machine.disk.filesOf({
        now: () => machine.now(),
        alive: () => this.alive,
        touch: (what, path) => this.#touchDisk(what, path),
      }),
      runner: this.#runner(),
      holdSignals: () => this.#hold(),
    };
  }

  get alive(): boolean {
    return this.death === undefined && this.code === undefined;
  }

  /** Whether it keeps signals from ending it. */
  get holdsSignals(): boolean {
    return this.#holds.size > 0;
  }

  /** Counts a call of the world, before its effect; true if the process dies here. */
  touch(what: What, detail = ""): boolean {
    if (!this.alive) return false;
    const { machine, scheduler } = this.#settings;
    this.#calls++;
    for (const { step, nth, ms } of machine.job.deaths) {
      if (step !== this.step || nth !== this.#calls) continue;
      if (ms === 0) {
        this.die("killed");
        return true;
      }
      scheduler.later(ms, () => this.die("killed"));
    }
    this.#settings.log.add(this.who, what, detail);
    return false;
  }

  /** A promise of the world that this event resolves, if there is still somebody who waits. */
  wake(resolve: () => void): void {
    if (!this.alive) return;
    this.#settings.scheduler.woke();
    resolve();
  }

  /** What comes while the machine sleeps waits for its end: as in Node's loop, timers first, then the network. */
  whenAwake(what: "timer" | "network", run: () => void): void {
    const { scheduler } = this.#settings;
    const until = this.machine.asleepUntil();
    if (until <= scheduler.now) return run();
    scheduler.at(until + (what === "timer" ? 0 : 1), run);
  }

  nextRequest(server: "provider" | "github"): number {
    return ++this.#asked[server];
  }

  die(why: Death): void {
    if (!this.alive) return;
    this.death = why;
    this.#settings.log.add(this.who, "dies", why);
    this.#end();
  }

  exit(code: number): void {
    if (!this.alive) return;
    this.code = code;
    this.#settings.log.add(this.who, "ends", String(code));
    this.#end();
  }

  whenEnded(run: () => void): void {
    this.#onEnd.push(run);
  }

  /** What Node does with a signal that nobody listens to is the end. */
  signal(name: "SIGINT" | "SIGTERM"): void {
    if (!this.alive) return;
    this.#settings.log.add(this.who, "signal", `${name}${this.holdsSignals ? " (held)" : ""}`);
    if (!this.holdsSignals) return this.die(name);
    this.#signalledAt ??= this.machine.now();
  }

  #files(): Map<string, string> {
    return new Map([...this.machine.disk.files].map(([path, { text }]) => [path, text]));
  }

  #end(): void {
    this.endedAt = this.#settings.scheduler.now;
    this.atEnd = this.#files();
    for (const run of this.#onEnd) run();
  }

  #sleep(ms: number): Promise<void> {
    const { scheduler } = this.#settings;
    if (this.touch("sleeps", `${Math.round(ms)} ms`) || !this.alive) return new Promise(() => {});
    const awake = (resolve: () => void) => this.whenAwake("timer", () => this.wake(resolve));
    return new Promise((resolve) => scheduler.later(this.machine.trueMs(ms) + 1, () => awake(resolve)));
  }

  #hold() {
    const hold = {};
    this.touch("hold");
    this.#holds.add(hold);
    return {
      signalledAt: () => this.#signalledAt,
      release: () => {
        this.touch("release");
        this.#holds.delete(hold);
      },
    };
  }

  #touchDisk(what: string, path: string): boolean {
    const died = this.touch(what as What, path);
    const { fullDisk } = this.machine.job;
    const writes = what === "open" || what === "commit";
    if (fullDisk?.step === this.step && writes && ++this.#commits === fullDisk.nth && this.alive) {
      this.#settings.log.add(this.who, "commit", `${path}: the disk is full`);
      throw systemError("ENOSPC", what === "open" ? "open" : "write");
    }
    return died;
  }

  #runner(): Runner {
    const { said } = this;
    const tell = (level: Said["texts"][number]["level"]) => (text: string) => {
      this.touch(level, text);
      if (this.alive) said.texts.push({ level, text, seq: this.#settings.log.seq });
    };
    const keep = (what: What, into: Record<string, string>) => (name: string, value: string) => {
      this.touch(what, `${name}=${value}`);
      if (/[\r\n]/.test(name + value)) throw new Error(`a line break in ${name}`);
      if (this.alive) into[name] = value;
    };
    const output = keep("outputs", said.outputs);
    return {
      log: tell("log"),
      notice: tell("notice"),
      warning: tell("warning"),
      error: (message, title) => tell("error")(`${title}: ${message}`),
      mask: (values) => {
        this.touch("mask", `${values.length}`);
        if (this.alive) for (const value of values) said.masks.add(value);
      },
      outputs: (values) => {
        for (const [name, value] of Object.entries(values)) output(name, value);
      },
      state: keep("state", said.state),
      variable: keep("variable", said.variables),
      summary: tell("summary"),
    };
  }
}
