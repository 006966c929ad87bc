import type { Credential } from "../../credential/credential.ts";
import { Failure } from "../../errors.ts";
import type { DeviceCode, DeviceSignIn } from "../../providers/openai-device-sign-in.ts";
import type { Grant } from "../../providers/authorize.ts";
import type { RequestSettings } from "../../providers/provider.ts";
import { HttpFailure, type HttpAnswer, type World } from "../../world/world.ts";
import { exchange } from "./exchange.ts";
import type { Person } from "./person.ts";
import { sayCancelled, sayTooLate } from "./say.ts";

export interface DeviceFlow {
  readonly world: World;
  readonly person: Person;
  readonly device: DeviceSignIn;
  readonly settings: RequestSettings;
  readonly stop: AbortSignal;
}

/** A sign-in with a code that the person types on any other machine. Throws a Failure. */
export async function signInByDevice(flow: DeviceFlow): Promise<Credential> {
  const { world, person, device, settings } = flow;
  const code = await fetchCode(flow);
  const minutes = Math.round(device.lifeMs / 60_000);
  person.tell(
    `Open this address in any browser, sign in, and type the code (it is good for ${minutes} minutes):\n\n` +
      `  ${device.page}\n  ${code.userCode}\n\nType it only if you began this sign-in yourself, and tell it nobody.`,
  );
  const grant = await poll(flow, code);
  person.tell("The code was accepted; fetching the login …");
  return exchange(world, device.signIn, grant, settings);
}

async function fetchCode({ world, device }: DeviceFlow): Promise<DeviceCode> {
  const answer = await ask(world, device.codeRequest(), 2);
  if (answer instanceof HttpFailure) {
    throw new Failure(
      "provider-unreachable",
      `OpenAI could not be reached (${answer.reason}).`,
      "Check the network (HTTPS_PROXY, NO_PROXY, a firewall), and run the same command once more.",
    );
  }
  const code = device.readCode(answer);
  if (code) return code;
  if (answer.status === 404) {
    throw new Failure(
      "request-rejected",
      "OpenAI does not offer a sign-in with a device code here (status 404).",
      "It may have to be allowed in the account's security settings, or by an administrator. Leave out `--device`.",
    );
  }
  throw new Failure(
    answer.status === 403 || answer.status === 429 ? "throttled" : "answer-unclear",
    `OpenAI gave out no device code (status ${answer.status}).`,
    "Try again later, on another network, or without `--device`.",
  );
}

async function poll({ world, device, stop }: DeviceFlow, code: DeviceCode): Promise<Grant> {
  const deadline = world.now() + device.lifeMs;
  let pause = code.intervalMs;
  for (;;) {
    await pauseUnless(stop, pause);
    if (world.now() > deadline) throw sayTooLate(Math.round(device.lifeMs / 60_000), false);
    const answer = await ask(world, device.pollRequest(code), 1);
    if (answer instanceof HttpFailure) continue; // asking has no effect, so it may be asked again
    const said = device.readPoll(answer, world.now());
    if (said.type === "granted") return said.grant;
    if (said.type === "failed") {
      throw new Failure(
        "sign-in-failed",
        `OpenAI ended the sign-in with the device code (status ${said.status}); nothing was stored.`,
        "Run the same command once more.",
      );
    }
    pause = Math.min(Math.max(code.intervalMs, said.waitMs ?? 0), 60_000);
  }
}

/** Throws if it was stopped meanwhile. */
async function pauseUnless(stop: AbortSignal, ms: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer);
      stop.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    stop.addEventListener("abort", end);
    if (stop.aborted) end();
  });
  if (stop.aborted) throw sayCancelled();
}

/** Once more if certainly nothing was sent. */
async function ask(
  world: World,
  request: Parameters<World["http"]>[0],
  tries: number,
): Promise<HttpAnswer | HttpFailure> {
  try {
    return await world.http(request);
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error;
    return error.sent || tries < 2 ? error : ask(world, request, tries - 1);
  }
}
