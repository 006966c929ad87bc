import { sayDuration, sayTime } from "../duration.ts";

/** @param end within `warn-before`; ms, as `now` */
export function sayEndsSoon(kind: "login" | "setup-token", end: number, now: number): string {
  const [what, advice] =
    kind === "login"
      ? ["This login", "Sign in once more for CI and store the result before then: a refresh does not move this end."]
      : ["This setup token", "Make a new one with `claude setup-token` and store it before then."];
  return `${what} ends at ${sayTime(end)} (in ${sayDuration(end - now)}). ${advice}`;
}

export const NO_INFERENCE =
  "This login was made without the scope user:inference: Claude Code will say “Not logged in”. Sign in again with `claude auth login`.";
