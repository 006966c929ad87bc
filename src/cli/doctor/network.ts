import { type Check, info, ok, type Subject, wrong } from "./check.ts";
import { tryWay, type Way } from "./connection.ts";

/** What lies at an address. */
export type Whose = "provider" | "github" | "ledger";

export interface Network {
  /** Whether a request to it could be answered; asked once for each server. */
  reach(url: string, whose: Whose): Promise<boolean>;
  readonly checks: readonly Check[];
}

/** Servers whose certificate everybody can check: another one's authority stands between. */
const PUBLIC = /(^|\.)(anthropic\.com|claude\.com|openai\.com|chatgpt\.com|api\.github\.com)$/;

/** The ways to the servers. A plain http address is one of this machine, and needs none. */
export function network(timeoutMs: number): Network {
  const ways = new Map<string, Promise<boolean>>();
  const checks: Check[] = [];
  return {
    checks,
    reach(address, whose) {
      const url = new URL(address);
      const asked = ways.get(url.origin);
      if (asked) return asked;
      const reached = tryIt(url);
      ways.set(url.origin, reached);
      return reached;

      async function tryIt({ protocol, host }: URL): Promise<boolean> {
        if (protocol !== "https:") return true;
        const way = await tryWay(url, timeoutMs);
        checks.push(say(way, host, whose));
        return way.type === "open";
      }
    },
  };
}

const BETWEEN =
  "Whoever holds that authority reads what is sent, tokens too. If it is your company's, ask that this host be left out; " +
  "if nobody knows it, do not send a login over this network.";

function say(way: Way, host: string, whose: Whose): Check {
  switch (way.type) {
    case "open": {
      const by = way.proxy ? ` through the proxy ${way.proxy}` : "";
      const intercepted = PUBLIC.test(host) && !way.known;
      if (!intercepted) return ok("Network", `${host} is reached${by}.`);
      const text = `${host} is reached${by}, but with a certificate that was signed by ${way.issuer}, which is trusted on this machine only.`;
      return wrong("Network", "tls-intercepted", text, BETWEEN, "warn");
    }
    case "proxy-unreachable":
      return wrong(
        "Network",
        "proxy-unreachable",
        `The proxy ${way.proxy}, which HTTPS_PROXY or ALL_PROXY names, does not answer (${way.reason}).`,
        "Correct the variable, or start the proxy. Hosts that need none belong in NO_PROXY.",
      );
    case "proxy-refused": {
      const needs = way.status === 407 ? "It wants a user and a password (`http://user:password@host`)." : "";
      return wrong(
        "Network",
        "proxy-refused",
        `The proxy ${way.proxy} does not let us through to ${host} (status ${way.status}).`,
        needs || `Ask that it allow ${host}, or name the host in NO_PROXY if it can be reached without.`,
      );
    }
    case "untrusted":
      return sayUntrusted(way, host);
    case "unreachable": {
      const code = {
        provider: "provider-unreachable",
        github: "github-unreachable",
        ledger: "ledger-unreachable",
      } as const;
      return wrong(
        "Network",
        code[whose],
        `${host} could not be reached (${way.reason}).`,
        "Check the machine's network, name resolution and firewall, and HTTPS_PROXY if it needs a proxy; or try again later.",
      );
    }
  }
}

/** Reasons of OpenSSL for a certificate whose authority nobody here knows. */
const UNKNOWN_AUTHORITY =
  /^(SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_(GET_ISSUER_CERT(_LOCALLY)?|VERIFY_LEAF_SIGNATURE))$/;

function sayUntrusted({ reason, issuer, proxy }: Way & { type: "untrusted" }, host: string): Check {
  const by = proxy ? ` through the proxy ${proxy}` : "";
  if (UNKNOWN_AUTHORITY.test(reason)) {
    return wrong(
      "Network",
      "tls-intercepted",
      `What answers for ${host}${by} has a certificate that was signed by ${issuer}, which nobody here trusts (${reason}).`,
      `A proxy that reads TLS, most likely. ${BETWEEN} To trust it all the same: its certificate in NODE_EXTRA_CA_CERTS.`,
    );
  }
  const dates = /EXPIRED|NOT_YET_VALID/.test(reason);
  return wrong(
    "Network",
    "tls-invalid",
    `The certificate of ${host}${by} is not valid (${reason}); it was signed by ${issuer}.`,
    dates
      ? "Check the clock of this machine first; otherwise it is the server that has to be mended."
      : "Another server answers under this name: check the address, the proxy, and what the name resolves to.",
  );
}

/** The cache service of a job, which keeps what could not be stored elsewhere. */
export async function cacheChecks(
  env: Readonly<Record<string, string | undefined>>,
  answers: (url: string) => Promise<string | undefined>,
): Promise<Check[]> {
  const subject: Subject = "GitHub";
  if (env["GITHUB_ACTIONS"] !== "true") return [];
  const address = env["ACTIONS_RESULTS_URL"] || env["ACTIONS_CACHE_URL"];
  if (!address || !URL.canParse(address)) {
    return [info(subject, "The job's cache is not looked at: steps with `run:` are not told where it is.")];
  }
  const failed = await answers(address);
  if (failed === undefined) return [ok(subject, "The job's cache service answers.")];
  return [
    wrong(
      subject,
      "cache-unreachable",
      `The job's cache service does not answer (${failed}).`,
      "What cannot be stored anywhere else could not be kept there either. On your own runner, allow it to reach the cache service.",
      "warn",
    ),
  ];
}
