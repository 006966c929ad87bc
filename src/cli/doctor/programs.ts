import { type Credential, sayKind } from "../../credential/credential.ts";
import { Failure } from "../../errors.ts";
import type { Inputs } from "../../inputs.ts";
import { quietly } from "../../quietly.ts";
import { shadows } from "../../report/shadow.ts";
import type { TargetName } from "../../targets/names.ts";
import { whereabouts } from "../../targets/place.ts";
import type { World } from "../../world/world.ts";
import type { ProgramFile } from "../status/machine.ts";
import { type Check, ok, wrong } from "./check.ts";
import { signInAgain } from "./ends.ts";

/** The program that reads a provider's own file. */
const OWN = { anthropic: "claude", openai: "codex", custom: undefined } as const;

/**
 * The programs' files, and what the programs would use instead of them.
 *
 * @param given the login that this job is given: then a file's own login is about to be replaced
 */
export async function programChecks(
  world: World,
  inputs: Inputs,
  files: readonly ProgramFile[],
  given: Credential | undefined,
): Promise<Check[]> {
  const own = given && OWN[given.provider];
  const named = inputs.targets.length > 0 ? inputs.targets : own ? [{ name: own }] : [];
  const isNamed = (program: string) => named.some(({ name }) => name === program);
  const present = new Set<string>(files.filter(({ state }) => state !== "missing").map(({ program }) => program));
  const looked = files.filter(({ program }) => isNamed(program) || present.has(program));
  const found = files.flatMap((file) => fileChecks(file, given));
  found.push(...shadowChecks(world, inputs, looked, named, given), ...brokenVariable(world));
  if (isNamed("claude") || present.has("claude")) found.push(...(await keychain(world)));
  return found;
}

/** What programs would use instead. It fails where a login is meant for the program, and is a warning elsewhere. */
function shadowChecks(
  outside: World,
  inputs: Inputs,
  looked: readonly ProgramFile[],
  named: readonly TargetName[],
  given: Credential | undefined,
): Check[] {
  const read = (file: string) => quietly(() => outside.files.read(file));
  // Whole, so that a settings file of the home folder is not met twice by somebody who is there.
  const workspace = outside.env["GITHUB_WORKSPACE"] || process.cwd();
  const env = { ...outside.env, GITHUB_WORKSPACE: workspace };
  const world = { ...outside, env, files: { ...outside.files, read } };
  const texts = new Map<string, "warn" | "fail">();
  const isNamed = (program: string) => named.some(({ name }) => name === program);
  const alsoClaude: TargetName[] = looked.some(({ program }) => program === "claude") ? [{ name: "claude" }] : [];
  // What a run would warn of: all of it is about Claude Code and variables.
  for (const text of shadowsOf(world, inputs, alsoClaude)) texts.set(text, "warn");
  for (const text of shadowsOf(world, inputs, named)) texts.set(text, "fail");
  for (const { program, target, path } of looked) {
    const where = { ...whereabouts(world, inputs), env: world.env };
    const slot = given && isNamed(program) ? { provider: given.provider, account: inputs.account } : undefined;
    const says = target.shadows?.(where, read, path, slot) ?? [];
    for (const text of says) texts.set(text, isNamed(program) ? "fail" : "warn");
  }
  return [...texts].map(([text, level]) => sayShadow(text, level));
}

function shadowsOf(world: World, inputs: Inputs, named: readonly TargetName[]): string[] {
  const env: TargetName[] = named.map((target) =>
    target.name === "env" && target.variable === undefined
      ? { ...target, variable: "CLAUDE_CODE_OAUTH_TOKEN" }
      : target,
  );
  return named.length > 0 ? shadows(world, { ...inputs, targets: env }) : [];
}

/** Each text says what to do in its last sentence. */
function sayShadow(text: string, level: "warn" | "fail"): Check {
  const [, what = text, advice = "Change that setting."] = /^(.+\.) ([A-Z].+)$/s.exec(text) ?? [];
  return wrong(
    "Programs",
    text.startsWith("The variable ") ? "shadowed-variable" : "shadowed-setting",
    what,
    advice,
    level,
  );
}

function fileChecks({ program, path, state, logins }: ProgramFile, given: Credential | undefined): Check[] {
  // A step that is given a login writes the file anew.
  const level = given ? "warn" : "fail";
  if (state === "missing") return [];
  if (state !== "read") {
    const why = state === "closed" ? "cannot be read by this user" : "is damaged: its program cannot read it either";
    const advice =
      state === "closed" ? "Give it to this user (mode 0600)." : "Sign in to that program again, or remove the file.";
    return [wrong("Programs", "file-unreadable", `${program}: ${path} ${why}.`, advice, level)];
  }
  return logins.flatMap(({ slot, credential, ended }) => {
    // Without another login, those of the files are looked at for themselves.
    if (credential) return given ? [ok("Programs", `${program}: ${path} holds a ${sayKind(credential)}.`)] : [];
    const text = `${program}: ${path} holds a login that ${ended ? "its program has marked as ended" : "has no token left"}.`;
    return [wrong("Programs", "login-ended", text, signInAgain(slot), level)];
  });
}

async function keychain(world: World): Promise<Check[]> {
  if (world.platform !== "darwin") return [];
  try {
    await (await import("../../targets/keychain.ts")).refuseKeychainItem(world);
    return [];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [wrong("Programs", "keychain-item", error.message, error.advice)];
  }
}

/** Claude Code takes the variable as it is, but for what is around it, and cannot send a line break. */
function brokenVariable({ env }: World): Check[] {
  if (!/\s/.test((env["CLAUDE_CODE_OAUTH_TOKEN"] ?? "").trim())) return [];
  return [
    wrong(
      "Programs",
      "line-break",
      "The variable CLAUDE_CODE_OAUTH_TOKEN holds a line break or a space inside the token: Claude Code cannot send it.",
      "Store the token again, whole and on one line.",
    ),
  ];
}
