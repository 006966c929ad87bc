import type { Credential, ProviderName } from "../../credential/credential.ts";
import { sealEnvelope } from "../../credential/envelope.ts";
import { asFailure } from "../../as-failure.ts";
import { Failure } from "../../errors.ts";
import type { Inputs } from "../../inputs.ts";
import { isCi } from "../../world/ci.ts";
import type { World } from "../../world/world.ts";
import { usage } from "../arguments.ts";
import { listener } from "../token/listener.ts";
import type { Options } from "./options.ts";
import type { Person } from "./person.ts";
import { orRescue } from "./rescue.ts";
import { type LoginFile, openLoginFile } from "./to-file.ts";
import { openSecret } from "./to-secret.ts";
import { openLoginTargets } from "./to-targets.ts";

/** Where the login goes. All of it is opened, and proved, before the person signs in. */
export interface Places {
  deliver(credential: Credential): Promise<Delivered>;
  discard(): void;
}

export interface Delivered {
  /** What belongs on stdout; undefined if it is kept elsewhere. */
  readonly envelope: string | undefined;
  readonly file: string | undefined;
  /** For people: `the repository secret CLAUDE_LOGIN`. */
  readonly secret: string | undefined;
  /** Whether it was seen to stand there. */
  readonly confirmed: boolean;
  /** Files of programs. */
  readonly files: readonly string[];
}

type Given = Pick<Options, "output" | "force" | "longLived" | "how">;

/** Throws a Failure. */
export async function openPlaces(
  world: World,
  inputs: Inputs,
  provider: ProviderName,
  person: Person,
  given: Given,
): Promise<Places> {
  const output = given.output ?? (await chooseOutput(world, inputs, provider, person));
  const screen = output === "-";
  const copies = copiesOf(inputs, output);
  if (copies.length > 1 && !given.longLived && given.how !== "token") throw sayCopies(copies);
  if (copies.length === 0 && !given.longLived && given.how !== "token") throw sayLost();
  const secret = await openSecret(world, inputs, person);
  if (inputs.accessTo.length > 0) {
    person.tell("Places with `:access` get their part when the login is renewed for the first time.");
  }
  const targets = await openLoginTargets(world, inputs, provider, given.force);
  let file: LoginFile | undefined;
  try {
    file = output === undefined || screen ? undefined : openLoginFile(world, output, given.force);
  } catch (error) {
    targets?.discard();
    throw error;
  }
  return {
    async deliver(credential) {
      if (credential.refresh && copies.length > 1) throw sayCopies(copies);
      if (credential.refresh && copies.length === 0) throw sayLost();
      const envelope = sealEnvelope(credential, undefined);
      // What a failure leaves without any copy is rescued.
      const only = (copy: string, work: () => unknown) => orRescue(world, credential, copy, envelope, work);
      if (file) await only(file.path, () => file?.write(`${envelope}\n`));
      let confirmed = false;
      if (secret) await only(secret.label, async () => ({ confirmed } = await secret.store(credential)));
      const kept = file?.path ?? secret?.label;
      let files: string[] = [];
      const fill = async () => void (files = (await targets?.write(credential)) ?? []);
      if (kept === undefined) await only("the programs' files", fill);
      else await fill().catch((error: unknown) => Promise.reject(sayHalf(kept, asFailure(error))));
      return { envelope: screen ? envelope : undefined, file: file?.path, secret: secret?.label, confirmed, files };
    },
    discard() {
      file?.discard();
      targets?.discard();
    },
  };
}

/** The copies from which the login can be renewed: of two, each would end the other. */
function copiesOf(inputs: Inputs, output: string | undefined): string[] {
  return [
    output === "-" ? "stdout" : output && "--output",
    inputs.rotateTo && "--rotate-to",
    inputs.writeRefreshToken && inputs.targets.length > 0 && "--targets with --write-refresh-token",
  ].filter((copy) => typeof copy === "string");
}

const sayCopies = (copies: readonly string[]): Failure =>
  usage(
    `${copies.join(" and ")} would each hold a copy that can be renewed, and the first that is renewed ends the other. Name one of them.`,
  );

const sayLost = (): Failure =>
  usage(
    "Programs' files get the access token alone, which lives for hours, and what renews it would be lost. Name a place for it " +
      "too (`--output`, `--rotate-to`), or let the program renew its login (`--write-refresh-token`).",
  );

/** Undefined: nowhere but where the inputs say. A token is not printed on a screen, or into a log, unasked. */
async function chooseOutput(
  world: World,
  inputs: Inputs,
  provider: ProviderName,
  person: Person,
): Promise<string | undefined> {
  if (inputs.rotateTo || inputs.targets.length > 0) return undefined;
  const { terminal, log } = listener();
  if (!terminal && !(log && isCi(world.env))) return "-";
  const name = `${provider}-login.txt`;
  if (!person.present) {
    throw usage(
      "Say where the login goes: `--output FILE`, `--rotate-to`, `--targets`, or a pipe. (`--output -` prints it, wherever " +
        "that may end.)",
    );
  }
  const answer = await person.ask(
    "On this screen the login could be read by others. Which file is to hold it, for your user alone?\n" +
      `(Enter: ${name}; \`-\` shows it here all the same.) `,
  );
  if (answer === undefined) throw (await import("./say.ts")).sayCancelled();
  return answer || name;
}

const sayHalf = (kept: string, { code, message, advice }: Failure): Failure =>
  new Failure(code, `You signed in, and the login stands in ${kept}. But ${message}`, advice);
