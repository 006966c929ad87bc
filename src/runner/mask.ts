import type { Secret } from "../secret.ts";
import type { Runner } from "./commands.ts";

/** A shorter mask would blot out ordinary words of the log. */
const SHORTEST = 8;

/** Masks every form in which a token could turn up in the log. Call it before the token can get anywhere else. */
export function maskSecrets(runner: Runner, secrets: readonly (Secret | undefined)[]): void {
  const forms = new Set<string>();
  for (const secret of secrets) {
    if (secret) for (const form of formsOf(secret.reveal())) forms.add(form);
  }
  if (forms.size > 0) runner.mask([...forms]);
}

/**
 * The value, its JSON-escaped and URL-encoded forms, and for each of the three alignments that a token can
 * have inside longer base64 text, the characters that depend on the token alone. The runner derives base64
 * forms by itself, but with the padding that they have only at the end of the text: it would miss two of three.
 */
export function formsOf(value: string): string[] {
  const forms = [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value.toWellFormed())];
  const bytes = Buffer.from(value);
  for (const skip of [0, 2, 1]) {
    const whole = bytes.subarray(skip, skip + 3 * Math.floor((bytes.length - skip) / 3));
    forms.push(whole.toString("base64"), whole.toString("base64url"));
  }
  return forms.filter((form) => form.length >= SHORTEST);
}
