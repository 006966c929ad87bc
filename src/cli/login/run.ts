import { type Credential, type ProviderName } from "../../credential/credential.ts";
import { isoTime } from "../../duration.ts";
import { Failure } from "../../errors.ts";
import { readInputs, type Inputs } from "../../inputs.ts";
import type { SignIn } from "../../providers/authorize.ts";
import { maskInputs } from "../../recognise/recognise.ts";
import type { World } from "../../world/world.ts";
import { EXIT } from "../exit-code.ts";
import type { Terminal } from "../terminal.ts";
import type { Call } from "../verb.ts";
import { type Options, providerOf, readOptions } from "./options.ts";
import { meet, type Person } from "./person.ts";
import { type Delivered, openPlaces } from "./places.ts";
import { orRescue } from "./rescue.ts";
import { sayLogin } from "./say.ts";

/** Signs a person in, for CI, and stores the login. Everything that can fail before the sign-in fails before it. */
export async function run(call: Call): Promise<number> {
  const provider = providerOf(call.positionals[0]);
  const world: World = { ...call.world, env: { ...call.world.env, INPUT_PROVIDER: provider } };
  await maskInputs(world);
  const inputs = readInputs(world.env, "post"); // the rules for jobs are looked at by readOptions
  const options = readOptions({ ...call, world }, provider, inputs);
  const stop = new AbortController();
  const cancel = () => stop.abort();
  // Noted by whoever called this: what ends by a signal ends a script, too.
  const hold = world.holdSignals();
  process.on("SIGINT", cancel).on("SIGTERM", cancel).on("SIGHUP", cancel);
  const person = meet(call.terminal, () => void process.emit("SIGINT", "SIGINT"));
  try {
    const places = await openPlaces(world, inputs, provider, person, options);
    try {
      const credential = await obtain({ world, inputs, provider, person, options, stop: stop.signal });
      if (inputs.validate === "online" && options.how !== "token") {
        await (await import("./with-token.ts")).checkOnline(world, inputs, credential);
      }
      const delivered = await places.deliver(credential);
      await orRescue(world, credential, "stdout", delivered.envelope, () =>
        tell(call.terminal, person, credential, delivered),
      );
      // Too late to take anything back; a script is not to go on all the same.
      if (hold.signalledAt() !== undefined) {
        throw (await import("./say.ts")).sayCancelled("Stopped by a signal, after the login was stored.");
      }
    } finally {
      places.discard(); // nothing, once it was delivered
    }
    return EXIT.done;
  } finally {
    person.leave();
    process.off("SIGINT", cancel).off("SIGTERM", cancel).off("SIGHUP", cancel);
    hold.release();
  }
}

interface Wanted {
  readonly world: World;
  readonly inputs: Inputs;
  readonly provider: ProviderName;
  readonly person: Person;
  readonly options: Options;
  readonly stop: AbortSignal;
}

async function obtain(wanted: Wanted): Promise<Credential> {
  const { world, inputs, person, options, stop } = wanted;
  const { request: settings } = inputs;
  if (stop.aborted) throw (await import("./say.ts")).sayCancelled();
  if (options.how === "token") {
    const { readToken } = await import("./with-token.ts");
    return readToken(world, inputs, person, world.env["INPUT_VALIDATE"] !== "none");
  }
  if (options.how === "device") {
    const { openaiDeviceSignIn } = await import("../../providers/openai-device-sign-in.ts");
    const { signInByDevice } = await import("./device-flow.ts");
    return signInByDevice({ world, person, device: openaiDeviceSignIn(settings), settings, stop });
  }
  if (options.how === "official") {
    const signedIn = await byOfficialProgram(wanted);
    if (signedIn) return signedIn;
  }
  const { signInByBrowser } = await import("./web-flow.ts");
  const signIn = await signInOf(wanted);
  return signInByBrowser({ world, person, signIn, settings, browser: options.browser, stop });
}

/** Undefined if it cannot be used here, which is said. */
async function byOfficialProgram({ world, person, options, stop }: Wanted): Promise<Credential | undefined> {
  const { signInByClaude, whyNot } = await import("./official.ts");
  const { longLived, browser } = options;
  const official = { world, person, longLived, browser, stop };
  const why = whyNot(official);
  const credential = why === undefined ? await signInByClaude(official) : undefined;
  if (!credential) person.tell(`oauth-creds signs in by itself: ${why ?? "Claude Code is not installed here"}.`);
  return credential;
}

async function signInOf({ provider, inputs: { request: settings }, options }: Wanted): Promise<SignIn> {
  const { authorizeUrl, redirectUri, longLived } = options;
  if (provider === "anthropic") {
    return (await import("../../providers/anthropic-sign-in.ts")).anthropicSignIn(settings, {
      authorizeUrl,
      longLived,
    });
  }
  if (provider === "openai") {
    return (await import("../../providers/openai-sign-in.ts")).openaiSignIn(settings, { authorizeUrl });
  }
  const { customSignIn } = await import("../../providers/custom-sign-in.ts");
  return customSignIn(settings, { authorizeUrl: authorizeUrl ?? "", redirectUri });
}

/** On stdout stands the login alone, or where it is; never both. Throws a Failure if nobody took the only copy. */
function tell(terminal: Terminal, person: Person, credential: Credential, delivered: Delivered): void {
  const { envelope, file, secret, confirmed, files } = delivered;
  const { provider, kind, plan, accessExpiresAt, loginExpiresAt } = credential;
  const end = (ms: number | undefined) => (ms === undefined ? undefined : isoTime(ms));
  const where = [
    secret && `stored in ${secret}${confirmed ? " (confirmed)" : ""}`,
    file && `kept in ${file} (for your user alone)`,
    files.length > 0 && `written to ${files.join(", ")}`,
  ].filter(Boolean);
  const summary = `Signed in: ${sayLogin(credential)}${where.length > 0 ? `; ${where.join("; ")}` : ""}.`;
  if (envelope !== undefined) person.tell(summary);
  if (kind === "login")
    person.tell("It is for CI alone: a program on another machine that renews it, too, would end it.");
  const taken = terminal.answer(envelope ?? summary, {
    provider,
    kind,
    plan,
    expiresAt: end(accessExpiresAt),
    loginExpiresAt: end(loginExpiresAt),
    file,
    secret,
    confirmed: secret === undefined ? undefined : confirmed,
    files,
    credential: envelope,
  });
  if (!taken && envelope !== undefined) {
    throw new Failure("file-failed", "The program that was to take it has ended.", "Look at what that program says.");
  }
}
