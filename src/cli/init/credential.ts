import { type Credential, sayKind, tokensOf } from "../../credential/credential.ts";
import { isoTime } from "../../duration.ts";
import { Failure } from "../../errors.ts";
import { detect } from "../../recognise/detect.ts";
import { maskSecrets } from "../../runner/mask.ts";
import { whereabouts } from "../../targets/place.ts";
import { sayVerdict, validate } from "../../validate.ts";
import { VERSION } from "../../version.ts";
import type { World } from "../../world/world.ts";
import { usage } from "../arguments.ts";
import { type Ask, Stopped } from "./ask.ts";
import type { Issuer, Topology } from "./choices.ts";
import { runOwn } from "./own-program.ts";

/** What kind of credential is wanted, and how it may be had. */
export interface Wish {
  readonly provider: Issuer;
  readonly topology: Topology;
  readonly account: string;
  /** `--sign-in` */
  readonly signIn: boolean;
  /** `--force`: also a login that this machine's own program uses. */
  readonly force: boolean;
  /** Whether the provider is asked if it still works. */
  readonly online: boolean;
  /** Told of a login that exists nowhere else. */
  readonly signedIn: (credential: Credential) => void;
  /** What a setup token does not tell; ms. */
  readonly endsAt: number | undefined;
}

type Way = "sign-in" | "paste" | "file";

/** From the input, a sign-in, a paste or a file; recognised, and fit for the topology. */
export async function takeCredential(world: World, ask: Ask, wish: Wish): Promise<Credential> {
  const given = world.env["INPUT_CREDENTIAL"];
  if (given?.trim()) return judge(world, ask, given, wish, "input");
  if (!ask.interactive && !wish.signIn) {
    throw new Failure(
      "credential-missing",
      `There is no ${nameOf(wish)} to store.`,
      "Give it with `--credential FILE` (or `-` for stdin) or OAUTH_CREDS_CREDENTIAL, or sign in with `--sign-in`.",
    );
  }
  for (let first = true; ; first = false) {
    const way: Way = wish.signIn && first ? "sign-in" : await ask.choice(ways(wish));
    try {
      const credential = await judge(world, ask, await get(world, ask, wish, way), wish, way);
      if (way === "sign-in") wish.signedIn(credential);
      return credential;
    } catch (error) {
      if (!(error instanceof Failure) || !ask.interactive) throw error;
      ask.say.warn(`${error.message} ${error.advice}`);
    }
  }
}

const nameOf = ({ topology, provider }: Wish): string =>
  topology === "setup-token" ? "setup token" : `${provider === "openai" ? "ChatGPT" : "Claude"} login`;

function ways(wish: Wish) {
  const { topology, provider } = wish;
  const own =
    provider === "openai" ? "codex login" : topology === "setup-token" ? "claude setup-token" : "claude auth login";
  const file = provider === "openai" ? "auth.json" : ".credentials.json";
  return {
    message: `Where is the ${nameOf(wish)}?`,
    recommends: true,
    options: [
      { value: "sign-in", label: "Make it now", reason: "sign in once, for this repository alone" },
      { value: "paste", label: "Paste it", reason: `what \`${own}\` gave; not shown` },
      {
        value: "file",
        label: "Read a file",
        reason: topology === "setup-token" ? "with the token in it" : `such as ${file}`,
      },
    ] as const,
  };
}

async function get(world: World, ask: Ask, wish: Wish, way: Way): Promise<string> {
  if (way === "sign-in") return signIn(world, wish);
  if (way === "paste") {
    const text = await ask.paste(`Paste the ${nameOf(wish)}`, "it is not shown; Enter or ctrl-D ends it");
    if (!text?.trim()) throw usage("Nothing was pasted.");
    return text;
  }
  const path = await ask.text({
    message: "Which file?",
    standard: "",
    check: (value) => (readFile(value) === undefined ? "There is no such file." : undefined),
  });
  return readFile(path) ?? "";
}

function readFile(path: string): string | undefined {
  const { readFileSync } = process.getBuiltinModule("node:fs");
  const { homedir } = process.getBuiltinModule("node:os");
  try {
    return readFileSync(path.trim().replace(/^~(?=\/)/, homedir()), "utf8");
  } catch {
    return undefined;
  }
}

/** `oauth-creds login`, whose answer on stdout is an envelope. */
async function signIn({ env }: World, { provider, topology }: Wish): Promise<string> {
  const long = topology === "setup-token" ? ["--long-lived"] : [];
  const { status, stdout } = await runOwn(["login", provider, ...long, "--output", "-"], onlyGives(env), true);
  if (status === 0 && stdout.trim() !== "") return stdout;
  if (status === undefined) throw new Stopped(true);
  throw new Failure("credential-missing", "The sign-in gave no login.", "Try it again, or paste one.");
}

/** What would make a sign-in store the login somewhere, or what it does not need to know. */
const NOT_ITS_OWN =
  /^(INPUT_|OAUTH_CREDS_(CREDENTIAL|TARGETS|ROTATE_TO|CREATE_SECRETS|SECRETS_TOKEN|GITHUB_TOKEN|LEDGER.*)$)/;
const onlyGives = (env: World["env"]): World["env"] =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !NOT_ITS_OWN.test(name)));

async function judge(world: World, ask: Ask, text: string, wish: Wish, way: Way | "input"): Promise<Credential> {
  const expected = { provider: wish.provider, account: wish.account, endsAt: wish.endsAt };
  const { credential, stored, notices, warnings } = await detect(text, expected, world.now());
  maskSecrets(world.runner, tokensOf(credential));
  for (const notice of notices) ask.say.info(notice);
  for (const warning of warnings) ask.say.warn(warning);
  const unfit = whyUnfit(credential, wish, world.now());
  if (unfit) throw unfit;
  if (stored || credential.shared) {
    throw new Failure(
      "secret-elsewhere",
      `This is a copy that oauth-creds has stored${stored ? ` (the secret ${stored.location.name} of ${stored.location.repository})` : ""}: two places that renew one login would end it.`,
      "Sign in once more, for this repository alone.",
    );
  }
  if (way !== "sign-in") await refuseOwn(world, ask, credential, wish);
  ask.say.step(`${sayKind(credential)}${credential.plan ? ` (plan: ${credential.plan})` : ""}${sayEnd(credential)}`);
  await checkOnline(world, ask, credential, wish);
  return credential;
}

const sayEnd = ({ kind, accessExpiresAt, loginExpiresAt }: Credential): string => {
  const end = kind === "setup-token" ? accessExpiresAt : loginExpiresAt;
  return end === undefined ? "" : `, until ${isoTime(end).slice(0, 10)}`;
};

function whyUnfit(credential: Credential, { topology, provider }: Wish, now: number): Failure | undefined {
  const { kind, loginExpiresAt, accessExpiresAt } = credential;
  const unusable = (what: string, advice: string) => new Failure("credential-unusable", what, advice);
  if (topology === "setup-token" && kind !== "setup-token") {
    return unusable(
      `This is a ${sayKind(credential)}, not a setup token.`,
      "Make one with `claude setup-token`, or choose another way: `--topology ledger` or `--topology rotation`.",
    );
  }
  if (topology !== "setup-token" && kind !== "login") {
    return unusable(
      `This is a ${sayKind(credential)}, which cannot be renewed.`,
      kind === "setup-token"
        ? "It needs no renewing: choose `--topology setup-token`."
        : `Paste the whole file that the sign-in made (${provider === "openai" ? "auth.json" : ".credentials.json"}).`,
    );
  }
  const end = kind === "setup-token" ? accessExpiresAt : loginExpiresAt;
  if (end !== undefined && end <= now) {
    return new Failure("credential-ended", `It ended on ${isoTime(end).slice(0, 10)}.`, "Sign in once more.");
  }
  return undefined;
}

/** The login that this machine's own program renews: whichever of the two renews second would end it for both. */
async function refuseOwn(world: World, ask: Ask, { refresh }: Credential, wish: Wish): Promise<void> {
  if (!refresh) return;
  const { join } = process.getBuiltinModule("node:path");
  const { env, home } = whereabouts(world, {});
  const path =
    wish.provider === "openai"
      ? join(env["CODEX_HOME"] || join(home, ".codex"), "auth.json")
      : join(env["CLAUDE_CONFIG_DIR"] || join(home, ".claude"), ".credentials.json");
  if (!readFile(path)?.includes(refresh.reveal()) || wish.force || !world.files.exists(path)) return;
  const what =
    "This is the login that the program on this machine uses. Both would renew it, and the second one to do so ends it for both.";
  if (ask.interactive) {
    ask.say.warn(what);
    if (await ask.yes("Store it all the same?", false)) return;
  }
  throw new Failure("credential-unusable", what, "Sign in once more for the repository.");
}

async function checkOnline(world: World, ask: Ask, credential: Credential, wish: Wish): Promise<void> {
  const { accessExpiresAt } = credential;
  const over = credential.kind === "login" && accessExpiresAt !== undefined && accessExpiresAt <= world.now();
  if (!wish.online || over || !credential.access) return;
  const verdict = await validate(world, credential, {
    tokenUrl: undefined,
    clientId: undefined,
    clientSecret: undefined,
    scope: undefined,
    userAgent: world.env["INPUT_USER-AGENT"] || `oauth-creds/${VERSION}`,
    requestFormat: undefined,
    timeoutMs: 25_000,
  });
  const saying = verdict && sayVerdict(verdict, credential);
  if (saying?.level === "failure") throw saying.failure;
  if (saying?.level === "log") ask.say.step(saying.text);
  else if (saying) ask.say.warn(saying.text);
}
