import { deriveAccessKey, makeRootKey, parseKeys } from "../../ledger/keys.ts";
import { maskSecrets } from "../../runner/mask.ts";
import { Secret } from "../../secret.ts";
import { usage } from "../arguments.ts";
import { EXIT } from "../exit-code.ts";
import { sayCancelled } from "../login/say.ts";
import { meet } from "../login/person.ts";
import { readSecret } from "../read-secret.ts";
import { listener, refuseLog } from "../token/listener.ts";
import type { Call } from "../verb.ts";

/**
 * Makes the keys of a ledger, derives the access key of a root key, or lets a new key follow the old one. A key that
 * there is already comes by stdin: it never stands in an argument, where every process of the machine could read it.
 */
export async function run(call: Call): Promise<number> {
  const { world, terminal, flags } = call;
  const [derive, rollOver] = [flags["derive"] === true, flags["roll-over"] === true];
  if (derive && rollOver) throw usage("`--derive` and `--roll-over` are two things to do: name one.");
  const reader = listener();
  refuseLog(world.env, reader, "The key", ADVICE);
  const old = derive || rollOver ? await readKeys(call) : "";
  const made = derive ? "" : makeRootKey((bytes) => world.random(bytes));
  const roots = [made, old].filter(Boolean).join(" ");
  const access = accessKeysOf(roots);
  maskSecrets(world.runner, [...roots.split(" "), ...access.split(" ")].map(secret));
  if (reader.terminal) terminal.notice("What follows is secret; your terminal may keep it.");
  if (rollOver) sayRollOver(call, { root: roots, access }, { root: made, access: accessKeysOf(made) });
  else if (derive) terminal.answer(`${FOR_OTHERS}:\n${access}`, { access });
  else terminal.answer(`${FOR_RENEWAL}:\n${roots}\n\n${FOR_OTHERS}:\n${access}`, { root: roots, access });
  return EXIT.done;
}

const FOR_RENEWAL = "Root key, for the workflow that renews (secret OAUTH_CREDS_KEY)";
const FOR_OTHERS = "Access key, for all other jobs (secret OAUTH_CREDS_ACCESS_KEY)";
const ADVICE =
  'Make keys on a machine of your own; or let a variable take them: `KEYS="$(oauth-creds key --json)"`, or a pipe.';

const secret = (value: string): Secret => new Secret(value);

/** What stands in `ledger-key`. */
interface Values {
  readonly root: string;
  readonly access: string;
}

/** Nothing is ever without a key that opens it: whoever reads has the new key before anybody writes with it. */
function sayRollOver({ terminal }: Call, both: Values, after: Values): void {
  const steps = [
    {
      do: "Give all other jobs both access keys (secret OAUTH_CREDS_ACCESS_KEY): either opens what they read.",
      value: both.access,
    },
    {
      do: "Give the workflow that renews the new root key and the old one (secret OAUTH_CREDS_KEY), in this order: the first writes, each of them opens.",
      value: both.root,
    },
    {
      do: "Let that workflow renew every login once (`refresh: always`). What it writes, copies in secrets too, is for the new key.",
    },
    {
      do: "When no job is left that began before, take the old access key away (secret OAUTH_CREDS_ACCESS_KEY):",
      value: after.access,
    },
    { do: "And the old root key (secret OAUTH_CREDS_KEY):", value: after.root },
  ];
  const text = steps.map(({ do: what, value }, at) => `${at + 1}. ${what}${value ? `\n${value}` : ""}`).join("\n\n");
  terminal.answer(text, { ...both, after, steps });
}

function accessKeysOf(roots: string): string {
  const ring = parseKeys(roots);
  return typeof ring === "string" ? "" : ring.root.map(deriveAccessKey).join(" ");
}

/** Root keys alone: an access key has none to derive, and another one cannot follow it. Throws a Failure. */
async function readKeys(call: Call): Promise<string> {
  const text = process.getBuiltinModule("node:tty").isatty(0) ? await askForKeys(call) : readSecret("-");
  if (typeof text !== "string") throw usage(`A root key is read from stdin: ${text.problem}.`);
  const ring = parseKeys(text);
  if (typeof ring === "string") throw usage(ring);
  if (ring.root.length === 0 || ring.access.length > 0) {
    throw usage("A root key (ocr1_…) is needed, and nothing else: from an access key no other key can be made.");
  }
  return text
    .split(/[\s,]+/)
    .filter(Boolean)
    .join(" ");
}

/** Not echoed. Ctrl-C ends the process by that signal. */
async function askForKeys({ world, terminal }: Call): Promise<string> {
  const stop = new AbortController();
  const cancel = () => stop.abort();
  const hold = world.holdSignals();
  process.on("SIGINT", cancel).on("SIGTERM", cancel);
  const person = meet(terminal, () => void process.emit("SIGINT", "SIGINT"));
  try {
    const text = await person.paste("Paste the root key (it will not be shown): ", { signal: stop.signal });
    if (text === undefined) throw sayCancelled("Nothing was made.");
    return text;
  } finally {
    person.leave();
    process.off("SIGINT", cancel).off("SIGTERM", cancel);
    hold.release();
  }
}
