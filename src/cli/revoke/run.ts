import { type Credential, sayKind, tokensOf } from "../../credential/credential.ts";
import { sayTime } from "../../duration.ts";
import { asFailure } from "../../errors.ts";
import { InputProblems } from "../../input-problems.ts";
import { contradictions } from "../../input-rules.ts";
import { type Inputs, readInputs } from "../../inputs.ts";
import { maskInputs } from "../../recognise/recognise.ts";
import { maskSecrets } from "../../runner/mask.ts";
import { validate } from "../../validate.ts";
import type { World } from "../../world/world.ts";
import { usage } from "../arguments.ts";
import { EXIT } from "../exit-code.ts";
import { isSafe, saysPlace } from "../login/options.ts";
import { meet, type Person } from "../login/person.ts";
import { sayCancelled } from "../login/say.ts";
import type { Call } from "../verb.ts";
import { gather, type Holdings, tokensToEnd } from "./holdings.ts";
import { markEnded } from "./ledger.ts";
import { endAtProvider } from "./provider.ts";
import { deleteSecrets } from "./secrets.ts";

/** Ends a login, everywhere that can be reached from here, and says plainly what is left. */
export async function run({ world, terminal, flags }: Call): Promise<number> {
  maskInputs(world);
  const inputs = readInputs(world.env, "post");
  checkInputs(inputs, world);
  const [path, revokeUrl] = ["file", "revoke-url"].map((name) => flags[name] as string | undefined);
  if (revokeUrl !== undefined && !isSafe(revokeUrl)) {
    throw usage("`--revoke-url` must be an https address (http only on a loopback address).");
  }
  const holdings = await gather(world, inputs, path);
  maskSecrets(world.runner, holdings.credentials.flatMap(tokensOf));

  const person = meet(terminal, () => {});
  try {
    if (flags["yes"] !== true) await confirm(person, holdings, inputs);
  } finally {
    person.leave();
  }
  const report: Report = { done: [], left: [], notes: [] };
  await endEverywhere(world, inputs, holdings, revokeUrl, report);
  terminal.answer(tell(report), { provider: holdings.provider, ...report });
  return report.left.length > 0 ? EXIT.failure : EXIT.done;
}

/** Whole sentences but for their capital letter. */
interface Report {
  readonly done: string[];
  /** What was to be ended, and is not. */
  readonly left: string[];
  readonly notes: string[];
}

const tell = ({ done, left, notes }: Report): string =>
  [
    ...done.map((text) => `Done: ${text}`),
    ...left.map((text) => `NOT done: ${text}`),
    ...notes.map((text) => `Note: ${text}`),
  ].join("\n");

/** The provider first: as long as it was not told, every copy here may be needed to tell it. */
async function endEverywhere(
  world: World,
  inputs: Inputs,
  { provider, credentials, detected, ledger, files, path }: Holdings,
  revokeUrl: string | undefined,
  { done, left, notes }: Report,
): Promise<void> {
  const tokens = tokensToEnd(credentials);
  for (const { told, left: word } of await endAtProvider(world, provider, tokens, inputs.request, revokeUrl)) {
    const name = told.hint === "refresh_token" ? `the ${sayKind(told.of)}` : sayToken(told.of);
    if (word === undefined) done.push(`the provider took the revocation of ${name}.`);
    else left.push(`${name} was not revoked, for the provider does not end such tokens (${word}).`);
  }
  notes.push(...(await sayAccess(world, inputs, credentials)));
  if (ledger) {
    const why = await markEnded(ledger).catch((error: unknown) => asFailure(error).message);
    if (why === true) done.push(`${ledger.label} says that the login is ended.`);
    else left.push(`${ledger.label} could not be marked: ${why || "that takes a root key (ocr1_…)."}`);
    if (ledger.held) notes.push("a job is renewing this login just now. Run this once more in two minutes.");
  }
  for (const { label, left: why } of await deleteSecrets(world, inputs)) {
    if (why === undefined) done.push(`${label} is deleted.`);
    else left.push(`${label} is still there. ${why}`);
  }
  const stored = detected?.stored?.location;
  if (stored && inputs.rotateTo?.name !== stored.name) {
    const where = `the ${stored.kind} secret ${stored.name} of ${stored.repository}`;
    notes.push(`${where} holds a copy. Delete it with \`gh secret delete\`.`);
  }
  for (const file of files) {
    if (await file.remove()) done.push(`${file.path} holds it no more.`);
    else notes.push(`${file.path} holds another login by now.`);
  }
  if (path !== undefined) {
    world.files.remove(path);
    done.push(`${path} is removed.`);
  }
}

const sayToken = (credential: Credential): string =>
  credential.kind === "login" ? `the access token of the ${sayKind(credential)}` : `the ${sayKind(credential)}`;

/** What gives access is often good until its end, whatever became of the login: providers need not look it up. */
async function sayAccess(world: World, inputs: Inputs, credentials: readonly Credential[]): Promise<string[]> {
  const said: string[] = [];
  for (const credential of credentials) {
    const { access, accessExpiresAt, kind } = credential;
    if (!access || (accessExpiresAt ?? Number.POSITIVE_INFINITY) <= world.now()) continue;
    if (inputs.validate === "online") {
      const verdict = await validate(world, credential, inputs.request);
      if (verdict?.type === "refused") continue;
      if (verdict?.type === "valid" || verdict?.type === "limited") {
        said.push(`${sayToken(credential)} is still accepted${until(accessExpiresAt)}.`);
        continue;
      }
    }
    const page =
      kind === "setup-token"
        ? " See https://claude.ai/settings/claude-code, where the tokens of an account are listed."
        : "";
    said.push(`whether ${sayToken(credential)} still works is not known${until(accessExpiresAt)}.${page}`);
  }
  return [...new Set(said)];
}

const until = (end: number | undefined): string => (end === undefined ? "" : ` (it ends at ${sayTime(end)})`);

async function confirm(person: Person, { credentials, ledger, files, path }: Holdings, inputs: Inputs): Promise<void> {
  if (!person.present) throw usage("Nobody can be asked here: `--yes` ends the login without asking.");
  const places = [inputs.rotateTo ?? [], inputs.accessTo].flat();
  const also = [ledger?.label, ...places.map(({ label }) => label), ...files.map((file) => file.path), path].filter(
    Boolean,
  );
  const names = [...new Set(credentials.map(sayKind))].join(", ");
  const copies = also.length > 0 ? `\nIts copies here: ${also.join("; ")}.` : "";
  const answer = await person.ask(
    `End this login for good: ${names}?${copies}\nWhatever uses it stops working. [y/N] `,
  );
  if (!/^y(es)?$/i.test(answer)) throw sayCancelled("Nothing was ended.");
}

function checkInputs(inputs: Inputs, world: World): void {
  const rotates = Boolean(world.env["INPUT_ROTATE-TO"]?.trim());
  // What needs no saying here, or is known only when the login has been recognised.
  const kinds = new Set(["ledger-provider", "custom-needs", "custom-validate", "secret-of-public-client"]);
  const problems = contradictions(inputs, world.env, rotates).filter(([kind, name]) => {
    if (kind === "missing") return name !== "credential" && name !== "secrets-token";
    return !kinds.has(kind) && !(kind === "place-none" && saysPlace(inputs));
  });
  if (problems.length > 0) throw new InputProblems(problems);
}
