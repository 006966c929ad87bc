import { sayKind } from "../../credential/credential.ts";
import { Failure } from "../../errors.ts";
import type { Inputs } from "../../inputs.ts";
import { parseObject } from "../../json.ts";
import type { Detected } from "../../recognise/detect.ts";
import { recognise } from "../../recognise/recognise.ts";
import type { World } from "../../world/world.ts";
import { type Check, type ClassCode, ok, wrong } from "./check.ts";

/** What is wrong with the look of the credential. */
export async function credentialChecks(
  world: World,
  inputs: Inputs,
  masked: ReadonlySet<string>,
): Promise<{ readonly checks: Check[]; readonly detected: Detected | undefined }> {
  const raw = inputs.credential?.reveal() ?? "";
  try {
    const detected = await recognise(world, inputs, masked);
    const { credential, notices, warnings } = detected;
    const plan = credential.plan && /^[\w -]{1,32}$/.test(credential.plan) ? `, plan ${credential.plan}` : "";
    const found = [ok("Credential", `It is recognised: ${sayKind(credential)}${plan}.`)];
    const broken = notices.find((notice) => notice.includes("line breaks"));
    if (broken) found.push(wrong("Credential", "line-break", broken, STORE_AGAIN, "warn"));
    for (const text of warnings) found.push(wrong("Credential", "truncated", text, STORE_AGAIN, "warn"));
    return { checks: found, detected };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const code = error.code === "credential-is-api-key" ? "wrong-kind" : await classOf(raw.trim());
    return { checks: [wrong("Credential", code, error.message, error.advice)], detected: undefined };
  }
}

const STORE_AGAIN =
  "Here that is repaired; whoever else uses the secret as it is will be refused. Store it again, whole and on one line.";

/** The class of a text that is no credential, by what can be seen of it. */
export async function classOf(text: string): Promise<ClassCode> {
  if (text.startsWith("oc1.")) {
    const fields = parseObject(Buffer.from(text.slice(4), "base64url").toString("utf8"));
    return fields ? (fields["v"] === 1 ? "altered" : "not-recognised") : "truncated";
  }
  if (text.startsWith("{")) {
    const fields = parseObject(text);
    if (!fields) {
      if (parseObject(text.replace(/[\r\n]+/g, ""))) return "line-break";
      return text.endsWith("}") ? "altered" : "truncated";
    }
    const tokens = textsIn(fields);
    if (tokens.some((token) => /^(sk-ant-|rt_|eyJ)\S*\s/.test(token))) return "line-break";
    const { accessToken } = (fields["claudeAiOauth"] ?? {}) as { accessToken?: unknown };
    if (accessToken === "") return "login-ended";
    return "not-recognised";
  }
  const { sayWhatItIs } = await import("../../recognise/strangers.ts");
  const { seen } = sayWhatItIs(text);
  if (seen.startsWith("it begins like ")) return "altered";
  return seen.startsWith("it is a text of ") ? "not-recognised" : "wrong-kind";
}

/** Every text in a value of JSON. */
function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return value instanceof Object ? Object.values(value).flatMap(textsIn) : [];
}
