import { HttpFailure } from "../../../src/world/world.ts";
import type { Http, HttpAnswer, HttpRequest } from "../../../src/world/world.ts";
import type { JobPlan, Step, Trouble } from "../plan/plan.ts";
import { type Effect, sayEffect } from "./effects.ts";
import type { Arrival, Call, Log } from "./log.ts";
import type { Proc } from "./proc.ts";
import { Stream } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";

/** What a server says; `date` by its own clock, which is exact. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
  /** What it did, for the oracle. */
  readonly effect: Effect;
}

export interface SimulatedServer {
  readonly name: "provider" | "github";
  owns(url: string): boolean;
  /** At the moment of arrival. `again`: the network delivers it a second time. */
  serve(request: HttpRequest, call: Call, again: boolean): Reply;
}

export interface NetworkSettings {
  readonly seed: number;
  readonly scheduler: Scheduler;
  readonly log: Log;
  readonly servers: readonly SimulatedServer[];
  readonly calls: Call[];
  /** What goes wrong now by the plan's outages. */
  readonly outage: (
    job: number,
    server: "provider" | "github",
    url: string,
  ) => { readonly kind: Trouble; readonly ms: number } | undefined;
}

/** Who asks, and how it hears: a process, or a program that is simulated itself. */
export interface Client {
  readonly who: string;
  readonly job: JobPlan;
  readonly step: Step;
  readonly alive: () => boolean;
  readonly wake: (run: () => void) => void;
  /** Does it now, or when the machine wakes up: timers come first then, and what has come by the network second. */
  readonly whenAwake: (what: "timer" | "network", run: () => void) => void;
  readonly nextRequest: (server: "provider" | "github") => number;
}

/** The network of a process; it dies with it, except for what has left it already. */
export function networkOf(proc: Proc, settings: NetworkSettings): Http {
  const client: Client = {
    who: proc.who,
    job: proc.machine.job,
    step: proc.step,
    alive: () => proc.alive,
    wake: (run) => proc.wake(run),
    whenAwake: (what, run) => proc.whenAwake(what, run),
    nextRequest: (server) => proc.nextRequest(server),
  };
  return (request) => {
    if (proc.touch("asks", `${request.method} ${request.url}`) || !proc.alive) return new Promise(() => {});
    return new Promise((resolve, reject) => exchange(client, settings, request, resolve, reject));
  };
}

export function exchange(
  client: Client,
  settings: NetworkSettings,
  request: HttpRequest,
  resolve: (answer: HttpAnswer) => void,
  reject: (failure: HttpFailure) => void,
): void {
  const { scheduler, log } = settings;
  const server = settings.servers.find((one) => one.owns(request.url));
  if (!server) throw new Error(`a request to ${request.url}, where none is expected`);
  const call = newCall(client, settings, server, request);
  const { connect, there, back } = delaysOf(client, settings, call);
  const { trouble, troubleMs } = call;
  let ended = false;

  const byNetwork = (ms: number, run: () => void) => scheduler.later(ms, () => client.whenAwake("network", run));
  const end = (arrival: Arrival | undefined, said: string, tell: () => void) => {
    if (ended || !client.alive()) return;
    ended = true;
    const { seq } = log.add(client.who, arrival ? "answer" : "no answer", said, call);
    call.end = { t: scheduler.now, seq, arrival };
    client.wake(tell);
  };
  const fail = (reason: string) => {
    const sent = call.sentAt !== undefined;
    end(undefined, `${reason}${sent ? "" : " (not sent)"}`, () => reject(new HttpFailure(sent, reason)));
  };
  const arrive = (again: boolean) => {
    const reply = server.serve(request, call, again);
    const said = () => `${reply.status} ${again ? "(again) " : ""}${sayEffect(reply.effect)}`;
    const { seq } = log.add(server.name, "serves", said, call);
    const arrival: Arrival = { t: scheduler.now, seq, status: reply.status, effect: reply.effect };
    call.arrivals.push(arrival);
    if (again || trouble === "answer-lost") return;
    if (trouble === "answer-reset") return byNetwork(back, () => fail("ECONNRESET"));
    const answer = answerOf(reply, scheduler.now);
    const late = trouble === "answer-late" ? troubleMs : 0;
    byNetwork(back + late, () => end(arrival, String(reply.status), () => resolve(answer)));
  };
  const send = () => {
    if (ended || !client.alive()) return;
    if (request.stillWanted?.() === false) return fail("cancelled");
    call.sentAt = { t: scheduler.now, seq: log.add(client.who, "sends", "", call).seq };
    if (trouble === "request-lost") return;
    if (trouble === "request-reset") return byNetwork(there, () => fail("ECONNRESET"));
    scheduler.later(there + (trouble === "request-late" ? troubleMs : 0), () => arrive(false));
    if (trouble === "twice") scheduler.later(there + troubleMs, () => arrive(true));
  };

  scheduler.later(request.timeoutMs, () => client.whenAwake("timer", () => fail("timeout")));
  if (trouble === "refused") byNetwork(connect, () => fail("ECONNREFUSED"));
  else if (trouble !== "no-connection") byNetwork(connect, send);
}

function newCall(client: Client, settings: NetworkSettings, server: SimulatedServer, request: HttpRequest): Call {
  const { who, job, step } = client;
  const nth = client.nextRequest(server.name);
  const fate = job.fates.find((one) => one.step === step && one.server === server.name && one.nth === nth);
  const outage = fate ? undefined : settings.outage(job.id, server.name, request.url);
  const call: Call = {
    id: settings.calls.length,
    who,
    job: job.id,
    step,
    server: server.name,
    nth,
    request,
    trouble: fate?.kind ?? outage?.kind,
    troubleMs: fate?.ms ?? outage?.ms ?? 0,
    sentAt: undefined,
    arrivals: [],
    end: undefined,
  };
  settings.calls.push(call);
  return call;
}

const STEPS = { main: 1, post: 2, program: 3 } as const;

/** ms; short of any client's patience: what takes longer is a fate of its own. */
function delaysOf({ job, step }: Client, { seed }: NetworkSettings, call: Call) {
  const stream = new Stream(seed, job.id, STEPS[step], call.server === "github" ? 1 : 2, call.nth, 0xde1a);
  const slowest = call.server === "github" ? 3_500 : 11_000;
  const one = (): number => {
    const { pace } = job;
    if (pace === "quick") return stream.between(5, 150);
    const slow = stream.chance(pace === "mixed" ? 0.15 : 0.6);
    return slow ? stream.between(150, slowest) : stream.between(5, 150);
  };
  return { connect: stream.between(1, 60), there: one(), back: one() };
}

/** The `Date` header has whole seconds. */
function answerOf({ status, headers, body }: Reply, now: number): HttpAnswer {
  const date = Math.floor(now / 1000) * 1000;
  return { status, headers: { date: new Date(date).toUTCString(), ...headers }, body, date };
}
