import { type Attempt, type AuthorizationResponse, readResponse, sameText } from "../../providers/authorize.ts";
import { Secret } from "../../secret.ts";

/** What a person pasted, understood: which redirect address it belongs to, and what came back there. */
export type Pasted =
  | { readonly type: "response"; readonly redirectUri: string; readonly response: AuthorizationResponse }
  /** Not what is wanted; `why` is for the person. Nothing was spent, so they may paste again. */
  | { readonly type: "useless"; readonly why: string };

/** Where the browser may have come back to. */
export interface Redirects {
  /** On this machine. */
  readonly loopback: string | undefined;
  /** The provider's own page, which shows the code. */
  readonly codePage: string | undefined;
}

/**
 * `CODE`, `CODE#STATE`, or the whole address that the browser ended at. White space inside is what a terminal or a
 * mail program put there. A bare code has no state to check: the person brings it themselves, and PKCE binds it to us.
 */
export function readPasted(text: string, { state }: Attempt, redirects: Redirects): Pasted {
  const whole = text.replace(/\s+/g, "").replace(/^(["'`<])(.*?)(["'`>])$/, "$2");
  if (whole === "") return useless("Nothing was pasted.");
  if (/^(https?|localhost|127\.)/i.test(whole) || /^\?|^[^#]*&(code|state)=|^code=/.test(whole)) {
    return fromAddress(whole, state, redirects);
  }
  const [code = "", shown, ...more] = whole.split("#");
  if (!/^[\w.~+/=%-]{4,}$/.test(code) || more.length > 0) {
    return useless("That is not a code: copy it from the page again, whole.");
  }
  const redirectUri = redirects.codePage ?? redirects.loopback ?? "";
  const granted: AuthorizationResponse = { type: "code", code: new Secret(code) };
  if (shown === undefined) return { type: "response", redirectUri, response: granted };
  if (!sameText(shown, state)) return useless(shown.length < state.length ? CUT_OFF : OTHER);
  return { type: "response", redirectUri, response: granted };
}

const CUT_OFF = "The end of it is missing: copy it again, to its last character.";
const OTHER =
  "It belongs to another sign-in (an older tab, or an address that somebody sent you): open the address above again, and " +
  "paste what that shows.";

const useless = (why: string): Pasted => ({ type: "useless", why });

function fromAddress(text: string, state: string, redirects: Redirects): Pasted {
  const fallback = redirects.loopback ?? redirects.codePage ?? "";
  const address = /^https?:/i.test(text)
    ? text
    : /^(localhost|127\.)/i.test(text)
      ? `http://${text}`
      : `${fallback}?${text.replace(/^\?/, "")}`;
  if (!URL.canParse(address)) return useless("That is not an address: copy it from the browser again, whole.");
  const url = new URL(address);
  const at = (wanted: string | undefined) => wanted !== undefined && samePlace(url, new URL(wanted));
  const redirectUri = [redirects.loopback, redirects.codePage].find(at);
  if (redirectUri === undefined) {
    return useless(
      url.searchParams.has("code_challenge")
        ? "That is the address to open. Paste the one that the browser ends at after the sign-in."
        : "That is not the address that the browser is sent to after the sign-in.",
    );
  }
  const response = readResponse(url.searchParams, state);
  const shown = url.searchParams.get("state") ?? "";
  if (response.type === "wrong-state") {
    return useless(state.startsWith(shown) ? CUT_OFF : OTHER);
  }
  return response.type === "incomplete" ? useless(CUT_OFF) : { type: "response", redirectUri, response };
}

/** A browser may show either name of this machine. */
function samePlace(one: URL, other: URL): boolean {
  const plain = ({ protocol, host, pathname }: URL) =>
    `${protocol}//${host.replace(/^127\.0\.0\.1/, "localhost")}${pathname}`;
  return plain(one) === plain(other);
}
