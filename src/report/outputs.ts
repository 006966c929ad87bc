import type { Acquired } from "../acquire.ts";
import { sayKind } from "../credential/credential.ts";
import { isoTime, sayDuration, sayTime } from "../duration.ts";
import type { Inputs } from "../inputs.ts";
import type { World } from "../world/world.ts";

/** Outputs, log and job summary of a step that succeeded. No token, no e-mail address. */
export function publish(
  world: World,
  inputs: Inputs,
  acquired: Acquired,
  files: readonly string[],
  copies: readonly string[] = [],
): void {
  const { credential, source, result } = acquired;
  const { runner } = world;
  const outputs: Record<string, string> = {
    available: "true",
    provider: credential.provider,
    kind: credential.kind,
    source,
    refreshed: String(source === "refreshed"),
    rotated: String(result?.type === "stored"),
    generation: credential.kind === "login" ? String(credential.generation) : "",
    "expires-at": iso(credential.accessExpiresAt),
    "login-expires-at": iso(credential.loginExpiresAt),
    files: JSON.stringify(files),
  };
  runner.outputs(outputs);
  if (credential.accessExpiresAt !== undefined) runner.state("access-ends", String(credential.accessExpiresAt));

  const rows = describe(world, inputs, acquired, files);
  for (const label of copies) rows.push(["Copied", `to ${label}`]);
  runner.log(rows.map(([what, text]) => `${what}: ${text}`).join("\n"));
  runner.summary(`### Login for this job\n\n${rows.map(([what, text]) => `- **${what}:** ${text}\n`).join("")}\n`);
}

function describe(world: World, inputs: Inputs, acquired: Acquired, files: readonly string[]): [string, string][] {
  const { credential, source, result } = acquired;
  const now = world.now();
  const rows: [string, string][] = [
    ["Login", `${sayKind(credential)}${credential.plan ? `, plan ${clean(credential.plan)}` : ""}`],
    [
      "Source",
      {
        refreshed: "renewed by this step",
        ledger: "the ledger",
        secret: "as stored, not renewed",
        recovered: "recovered",
      }[source],
    ],
    [
      credential.kind === "setup-token" ? "Setup token ends" : "Access token ends",
      sayEnd(credential.accessExpiresAt, now),
    ],
  ];
  if (credential.kind === "login") rows.push(["Login ends", sayEnd(credential.loginExpiresAt, now)]);
  const form = inputs.writeRefreshToken ? "with refresh token" : "access token only";
  for (const path of files) rows.push(["Written", `\`${path}\` (${form})`]);
  for (const target of inputs.targets) {
    if (target.name === "env") rows.push(["Written", `the variable \`${target.variable}\` of later steps`]);
    if (target.name === "output") rows.push(["Written", "the output `access-token` of this step"]);
  }
  const isNew = source === "refreshed" || source === "recovered";
  if (isNew && acquired.ledger && result?.type !== "failed") rows.push(["Stored", `in ${acquired.ledger}`]);
  const secret = inputs.rotateTo && isNew && (result || !acquired.ledger);
  if (secret) rows.push(["Stored", sayResult(result, inputs.rotateTo.label)]);
  return rows;
}

function sayResult(result: Acquired["result"], label: string): string {
  if (result?.type === "stored")
    return result.confirmed ? `in ${label} (confirmed)` : `in ${label} (not yet confirmed)`;
  return result?.type === "moved"
    ? `no: ${label} was written or deleted by somebody else`
    : "NO: see this step's error";
}

const iso = (ms: number | undefined): string => (ms === undefined ? "" : isoTime(ms));

const sayEnd = (ms: number | undefined, now: number): string =>
  ms === undefined ? "not known" : ms > now ? `${sayTime(ms)} (in ${sayDuration(ms - now)})` : `${sayTime(ms)} (past)`;

/** A word that came from a file: shown only if it is one. */
const clean = (word: string): string => (/^[\w -]{1,32}$/.test(word) ? word : "?");
