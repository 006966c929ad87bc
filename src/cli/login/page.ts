/** What the browser shows after it came back. Everything is in it: it loads nothing and runs nothing. */
export interface Page {
  readonly status: number;
  readonly title: string;
  readonly text: string;
  readonly good: boolean;
}

export const SIGNED_IN: Page = {
  status: 200,
  title: "You are signed in",
  text: "oauth-creds has the login now. You can close this tab and go back to the terminal.",
  good: true,
};

export const FAILED: Page = {
  status: 400,
  title: "The sign-in did not work",
  text: "Nothing was stored. The terminal says why, and what to do. You can close this tab.",
  good: false,
};

export const WRONG_SIGN_IN: Page = {
  status: 400,
  title: "This is another sign-in",
  text: "The answer in this tab does not belong to the sign-in that the terminal waits for, so it was not used. Open the address in the terminal again.",
  good: false,
};

export const ALREADY: Page = {
  status: 409,
  title: "This sign-in was answered already",
  text: "Another tab was first, and an answer works once. The terminal says what came of it. You can close this tab.",
  good: false,
};

/** For any answer: the address of the page holds a code, which must not travel on. */
export const HEADERS = {
  "cache-control": "no-store",
  "content-security-policy":
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  connection: "close",
} as const;

/** The texts are ours alone: nothing that came with the request is in them. */
export function render({ title, text, good }: Page): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · oauth-creds</title>
<style>
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 18vh auto 0; padding: 0 1.5rem; }
h1 { font-size: 1.4rem; margin: 0 0 .5rem; }
p { margin: 0; }
b { display: inline-block; width: 1.6em; line-height: 1.6em; border-radius: 50%; text-align: center; color: #fff;
  background: ${good ? "#1a7f37" : "#b35900"}; margin-right: .5em; }
</style>
</head>
<body>
<main>
<h1><b aria-hidden="true">${good ? "✓" : "!"}</b>${title}</h1>
<p>${text}</p>
</main>
</body>
</html>
`;
}
