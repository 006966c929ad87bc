import type { Credential } from "../../credential/credential.ts";
import { asFailure } from "../../as-failure.ts";
import type { Failure } from "../../errors.ts";
import {
  type AuthorizationResponse,
  authorizationUrl,
  newAttempt,
  readResponse,
  sameText,
  type SignIn,
} from "../../providers/authorize.ts";
import type { RequestSettings } from "../../providers/provider.ts";
import type { World } from "../../world/world.ts";
import { openBrowser } from "./browser.ts";
import { exchange } from "./exchange.ts";
import { type Arrival, listen, type Listener } from "./listener.ts";
import { FAILED, SIGNED_IN } from "./page.ts";
import { readPasted, type Redirects } from "./paste.ts";
import type { Person } from "./person.ts";
import { sayCancelled, sayDenied, sayNoWay, sayTooLate, sayUselessPaste } from "./say.ts";

export interface Flow {
  readonly world: World;
  readonly person: Person;
  readonly signIn: SignIn;
  readonly settings: RequestSettings;
  /** Whether we may open a browser here. */
  readonly browser: boolean;
  /** Ctrl-C, while nothing is under way that would be lost by it. */
  readonly stop: AbortSignal;
  /** Default: ten minutes. */
  readonly patienceMs?: number;
}

const PATIENCE_MS = 600_000;

/** What came back, whichever way. */
interface Answer {
  readonly redirectUri: string;
  readonly response: AuthorizationResponse;
  /** The browser that waits for a page; undefined if it was pasted. */
  readonly arrival: Arrival | undefined;
}

/**
 * A sign-in in the person's browser: it comes back to a port of this machine, or the person pastes what it ended at.
 * One attempt: whatever comes first counts. Throws a Failure.
 */
export async function signInByBrowser(flow: Flow): Promise<Credential> {
  const { world, person, signIn, settings } = flow;
  const attempt = newAttempt((bytes) => world.random(bytes));
  const listener = signIn.callback && (await openListener(flow, attempt.state));
  const redirects = { loopback: listener?.redirectUri ?? deafAddress(world, signIn), codePage: signIn.codePage };
  try {
    await invite(flow, listener !== undefined, redirects, (to) => authorizationUrl(signIn, attempt, to));
    const answer = await wait(flow, listener, attempt, redirects);
    const { response, redirectUri, arrival } = answer;
    try {
      if (response.type !== "code") {
        throw response.type === "error" ? sayDenied(response.error, signIn.provider) : sayUselessPaste(INCOMPLETE);
      }
      person.tell("The browser has answered; fetching the login …");
      const { verifier, state } = attempt;
      const credential = await exchange(world, signIn, { code: response.code, redirectUri, verifier, state }, settings);
      await arrival?.respond(SIGNED_IN);
      return credential;
    } catch (error) {
      await arrival?.respond(FAILED);
      throw error;
    }
  } finally {
    await listener?.close();
  }
}

const INCOMPLETE = "The answer of the server has neither a code nor an error.";

async function openListener({ person, signIn }: Flow, state: string): Promise<Listener | undefined> {
  let told = false;
  return listen(signIn.callback as NonNullable<SignIn["callback"]>, {
    isOurs: (params) => params.getAll("state").length === 1 && sameText(params.get("state") ?? "", state),
    onStranger() {
      if (!told) person.tell("A tab came back that belongs to another sign-in; it was turned away. Still waiting.");
      told = true;
    },
  });
}

/** Where the browser is sent though nobody listens there: the person pastes the address that it could not reach. */
function deafAddress(world: World, { callback, codePage }: SignIn): string | undefined {
  if (!callback || codePage !== undefined) return undefined;
  const [low = 0, high = 0] = world.random(2);
  const port = callback.ports[0] || 49_152 + ((low * 256 + high) % 16_000);
  return `http://${callback.host}:${port}${callback.path}`;
}

async function invite(
  { world, person, browser }: Flow,
  listening: boolean,
  { loopback, codePage }: Redirects,
  address: (redirectUri: string) => string,
): Promise<void> {
  const here = address((listening || codePage === undefined ? loopback : codePage) ?? "");
  const elsewhere = address(codePage ?? loopback ?? "");
  const opened = browser && (await openBrowser(world, here));
  if (opened) person.tell(`Your browser opens now. If it does not, open this address:\n\n${here}\n`);
  // Elsewhere it could not come back here; its own page shows the code to everybody.
  else person.tell(`Open this address in a browser, and sign in:\n\n${elsewhere}\n`);
  const paste =
    codePage === undefined
      ? "If the browser then ends at a page that cannot be reached, paste the address of that page here."
      : opened
        ? `If your browser is on another machine, open this one there, and paste the code that it shows:\n\n${elsewhere}\n`
        : "Then paste the code that it shows.";
  person.tell(paste);
}

async function wait(
  { person, stop, patienceMs = PATIENCE_MS }: Flow,
  listener: Listener | undefined,
  attempt: ReturnType<typeof newAttempt>,
  redirects: Redirects,
): Promise<Answer> {
  const { promise: settled, resolve, reject } = Promise.withResolvers<Answer>();
  const over = new AbortController();
  const fail = (failure: Failure) => reject(failure);
  const cancel = () => fail(sayCancelled());
  const timer = setTimeout(() => fail(sayTooLate(Math.round(patienceMs / 60_000))), patienceMs);
  if (stop.aborted) cancel();
  stop.addEventListener("abort", cancel, { once: true });

  void listener?.arrival.then((arrival) => {
    const response = readResponse(arrival.params, attempt.state);
    resolve({ redirectUri: listener.redirectUri, response, arrival });
  });
  const pasting = askForPaste(person, over.signal, (text) => {
    const pasted = readPasted(text, attempt, redirects);
    if (pasted.type === "useless") return pasted.why;
    resolve({ ...pasted, arrival: undefined });
    return undefined;
  });
  pasting.then(
    (why) => {
      // Nobody is there to paste (any more): then only the browser can come.
      if (why !== undefined && listener === undefined) fail(why === "" ? sayNoWay() : sayUselessPaste(why));
    },
    (error: unknown) => fail(asFailure(error)),
  );
  try {
    return await settled;
  } finally {
    clearTimeout(timer);
    stop.removeEventListener("abort", cancel);
    over.abort();
    await pasting.catch(() => {});
  }
}

/** Until something is of use: then undefined; or until nothing more comes: then why the last one was not. */
async function askForPaste(
  person: Person,
  signal: AbortSignal,
  take: (text: string) => string | undefined,
): Promise<string | undefined> {
  let why = "";
  for (;;) {
    const text = await person.paste("Paste it here (it will not be shown): ", { signal });
    if (text === undefined) return why;
    if (text.trim() === "") continue;
    const problem = take(text);
    if (problem === undefined) return undefined;
    why = problem;
    person.tell(problem);
  }
}
