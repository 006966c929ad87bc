import { Ft as sayDuration, It as sayTime } from "./common.mjs";
function sayEndsSoon(kind, end, now) {
	let [what, advice] = kind === "login" ? ["This login", "Sign in once more for CI and store the result before then: a refresh does not move this end."] : ["This setup token", "Make a new one with `claude setup-token` and store it before then."];
	return `${what} ends at ${sayTime(end)} (in ${sayDuration(end - now)}). ${advice}`;
}
const NO_INFERENCE = "This login was made without the scope user:inference: Claude Code will say “Not logged in”. Sign in again with `claude auth login`.";
export { NO_INFERENCE, sayEndsSoon };
