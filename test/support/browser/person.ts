/** A person with a browser: a real one where there is one, else a small HTTP client that keeps cookies. */
import { request } from "node:http";
import { readBody } from "../net/loopback.ts";
import { type Browser, findChromium, startChromium } from "./chromium.ts";

/** What the person sees in the end. */
export interface Seen {
  readonly title: string;
  readonly text: string;
  /** Where the browser ended, with its query. */
  readonly address: string;
}

/** Signs in at `oidc-provider`'s own pages. */
export interface SignsIn {
  /** Signs in and agrees; gives what the browser shows when it came back. */
  agree(address: string): Promise<Seen>;
  /** Signs in, and says no to what the client asks for. */
  deny(address: string): Promise<Seen>;
}

export function personWith(browser: Browser): SignsIn {
  const signIn = async (address: string) => {
    const tab = await browser.open(address);
    await tab.type("input[name=login]", "octo");
    await tab.type("input[name=password]", "whatever");
    await tab.click("button[type=submit]");
    await tab.until(`document.querySelector("input[name=prompt][value=consent]")`);
    return tab;
  };
  const seen = async (tab: Awaited<ReturnType<typeof signIn>>): Promise<Seen> => {
    await tab.until(`document.title.endsWith("oauth-creds") && document.readyState === "complete"`);
    return { title: await tab.title(), text: await tab.text(), address: await tab.address() };
  };
  return {
    async agree(address) {
      const tab = await signIn(address);
      await tab.click("button[type=submit]");
      return seen(tab);
    },
    async deny(address) {
      const tab = await signIn(address);
      await tab.click('a[href$="/abort"]');
      return seen(tab);
    },
  };
}

export { findChromium, startChromium };

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
}

/** One request, with nothing done about the answer. */
export function ask(
  address: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(address, {
      method: options.method ?? "GET",
      headers: options.headers ?? {},
      agent: false,
    });
    outgoing.on("error", reject);
    outgoing.on("response", async (incoming) => {
      resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: (await readBody(incoming)) ?? "" });
    });
    outgoing.end(options.body);
  });
}

/** A client without scripts: keeps cookies, follows redirects until one leads to where `stopAt` says. */
export class PlainBrowser {
  readonly #cookies = new Map<string, string>();

  /** Signs in at the server's pages; gives the address that it sends the browser to, not yet opened. */
  async signIn(address: string, answer: "agree" | "deny"): Promise<string> {
    const login = await this.#follow(address);
    const consent = await this.#submit(login, { prompt: "login", login: "octo", password: "whatever" });
    const end =
      answer === "agree"
        ? await this.#submit(consent, { prompt: "consent" })
        : await this.#follow(new URL(hrefOf(consent.body, /href="([^"]*\/abort)"/), consent.address).href);
    if (end.next === undefined) throw new Error("the server sends the browser nowhere");
    return end.next;
  }

  async #submit(page: Page, fields: Record<string, string>): Promise<Page> {
    const action = new URL(hrefOf(page.body, /<form[^>]* action="([^"]*)"/), page.address).href;
    return this.#follow(action, new URLSearchParams(fields).toString());
  }

  /** Stays on the origin of the page: what leads elsewhere is given back as `next`. */
  async #follow(address: string, body?: string): Promise<Page> {
    let at = address;
    let sending = body;
    for (let hops = 0; hops < 20; hops++) {
      const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
      const {
        status,
        headers,
        body: text,
      } = await ask(at, {
        method: sending === undefined ? "GET" : "POST",
        headers: {
          ...(cookie && { cookie }),
          ...(sending !== undefined && { "content-type": "application/x-www-form-urlencoded" }),
        },
        ...(sending !== undefined && { body: sending }),
      });
      sending = undefined;
      for (const line of [headers["set-cookie"] ?? []].flat()) {
        const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
        if (value === "") this.#cookies.delete(name);
        else this.#cookies.set(name, value);
      }
      const location = headers["location"];
      if (status < 300 || status > 399 || typeof location !== "string")
        return { address: at, body: text, next: undefined };
      const next = new URL(location, at);
      if (next.origin !== new URL(address).origin) return { address: at, body: text, next: next.href };
      at = next.href;
    }
    throw new Error("the server sends the browser round and round");
  }
}

interface Page {
  readonly address: string;
  readonly body: string;
  readonly next: string | undefined;
}

function hrefOf(html: string, pattern: RegExp): string {
  const found = pattern.exec(html)?.[1];
  if (found === undefined) throw new Error(`no such place in the page: ${html.slice(0, 200)}`);
  return found.replaceAll("&amp;", "&");
}
