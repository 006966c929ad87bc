/** Looks for what must not be seen, in every form in which it could stand in a text. */
import { formsOf } from "../../../src/runner/mask.ts";

/** The names of those secrets that the text holds. */
export function leaksIn(text: string, secrets: Readonly<Record<string, string>>): string[] {
  return Object.entries(secrets)
    .filter(([, value]) => value !== "" && formsOf(value).some((form) => text.includes(form)))
    .map(([name]) => name);
}
