/** The outside of `doctor` and `status --validate`: the providers' hosts on loopback, behind a proxy that leads there. */
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { basename, dirname } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type ConnectProxy, type ProxySettings, startConnectProxy } from "../support/net/connect-proxy.ts";
import { listenOnLoopback, type Loopback, readBody, type ServerTls } from "../support/net/loopback.ts";
import { makeTls, type TestTls } from "../support/net/tls.ts";
import { type AnthropicApi, startAnthropicApi } from "../support/oauth/anthropic-api.ts";
import { type OpenaiApi, startOpenaiApi } from "../support/oauth/openai-api.ts";
import { type Oidc, type OidcSettings, startOidc } from "../support/oauth/oidc.ts";
import { type StrictAnthropic, startStrictAnthropic } from "../support/oauth/strict-anthropic.ts";
import { PRODUCED_BY } from "./doctor-classes.ts";
import { command, type CommandOptions, machine, type Machine, type Said } from "./status-command.ts";

export { put } from "./status-command.ts";

/** Hosts of the providers, and the server on loopback that stands for each. */
const HOSTS = ["api.anthropic.com", "platform.claude.com", "chatgpt.com", "auth.openai.com"] as const;
export type Host = (typeof HOSTS)[number];

export interface Clinic {
  readonly machine: Machine;
  readonly tls: TestTls;
  readonly anthropic: AnthropicApi;
  readonly openai: OpenaiApi;
  /** Anthropic's token endpoint. */
  readonly tokens: StrictAnthropic;
  readonly proxy: ConnectProxy;
  /** Leads a host to another port of this machine; 0: to nobody. */
  readonly lead: Map<string, number>;
  doctor(options?: CommandOptions & { args?: readonly string[] }): Promise<Diagnosis>;
}

export interface Diagnosis extends Said {
  /** Codes of what fails, and of what is warned of; `tls-intercepted` left out, which this clinic always shows. */
  readonly fails: string[];
  readonly warns: string[];
  /** The text of the first check with this code; empty if there is none. */
  said(code: string): string;
}

interface Shown {
  readonly level: string;
  readonly code: string | null;
  readonly text: string;
  readonly advice: string | null;
}

let made: Promise<TestTls> | undefined;
/** One authority for all tests of a file: making keys takes a while. */
export const clinicTls = (): Promise<TestTls> => (made ??= makeTls({ names: [...HOSTS, "api.github.com"] }));

/** Closed with the test. */
export async function clinic(settings: Omit<ProxySettings, "mapHost"> = {}): Promise<Clinic> {
  const tls = await clinicTls();
  const [anthropic, openai, tokens] = await Promise.all([
    startAnthropicApi(tls),
    startOpenaiApi(tls),
    startStrictAnthropic({ tls }),
  ]);
  const portOf = (origin: string) => Number(new URL(origin).port);
  const lead = new Map<string, number>([
    ["api.anthropic.com", portOf(anthropic.origin)],
    ["platform.claude.com", tokens.port],
    ["chatgpt.com", portOf(openai.origin)],
  ]);
  const proxy = await startConnectProxy({
    ...settings,
    mapHost: (host, port) => (lead.has(host) ? { host: "127.0.0.1", port: lead.get(host) ?? 0 } : { host, port }),
  });
  onTestFinished(async () => {
    await Promise.all([anthropic.close(), openai.close(), tokens.close(), proxy.close()]);
  });
  const own = machine({ HTTPS_PROXY: proxy.url });
  own.env["NODE_EXTRA_CA_CERTS"] = tls.caFile(dirname(own.home));
  const self: Clinic = {
    machine: own,
    tls,
    anthropic,
    openai,
    tokens,
    proxy,
    lead,
    doctor: async ({ args = [], ...options } = {}) => diagnose(await command(own, ["doctor", ...args], options)),
  };
  return self;
}

/** Every class that a run in this file has really shown, and that a test has looked at. */
const produced = new Set<string>();

/** The last test of a file: each class that is this file's in `PRODUCED_BY` was shown by a run of the program. */
export function coversItsClasses(file: string): void {
  test("each class that is this file's to produce was shown by a run of the program", () => {
    const own = Object.entries(PRODUCED_BY).flatMap(([code, by]) => (by === basename(file) ? [code] : []));
    expect(own.filter((code) => !produced.has(code))).toEqual([]);
    expect(own).not.toEqual([]);
  });
}

function diagnose(said: Said): Diagnosis {
  const checks = (said.json["checks"] ?? []) as Shown[];
  const codes = (level: string) =>
    checks.flatMap((check) =>
      check.level === level && check.code !== null && !(level === "warn" && check.code === "tls-intercepted")
        ? [check.code]
        : [],
    );
  // It counts when a test reads the list: what came by the way, and nobody looks at, is no proof.
  const counted = (level: string) => {
    const found = codes(level);
    for (const code of found) produced.add(code);
    return found;
  };
  const texts = (code: string) =>
    checks.filter((check) => check.code === code).map(({ text, advice }) => `${text} ${advice}`);
  return {
    ...said,
    get fails() {
      return counted("fail");
    },
    get warns() {
      return counted("warn");
    },
    said: (code) => texts(code)[0] ?? "",
  };
}

/** What an edge does with a request: a status turns it away, undefined lets it through. */
export type Judge = (request: { readonly agent: string; readonly path: string }) => number | undefined;

/**
 * A reverse proxy in front of a server, as a provider has one: it turns requests away by who sends them, before the
 * server behind it sees them. Closed with the test.
 */
export async function startEdge(upstream: string, judge: Judge, tls?: ServerTls): Promise<Loopback> {
  const edge = await listenOnLoopback(async (request, response) => {
    const body = (await readBody(request)) ?? "";
    const status = judge({ agent: String(request.headers["user-agent"] ?? ""), path: request.url ?? "" });
    if (status !== undefined) {
      const limited = status === 429;
      const payload = limited
        ? JSON.stringify({ error: { type: "rate_limit_error", message: "Rate limited. Please try again later." } })
        : "<!DOCTYPE html><title>Forbidden</title>";
      const type = limited ? "application/json" : "text/html";
      response.writeHead(status, { "content-type": type, ...(limited && { "retry-after": "77" }) }).end(payload);
      return;
    }
    const send = upstream.startsWith("https:") ? httpsRequest : httpRequest;
    await new Promise<void>((resolve, reject) => {
      const onward = send(
        upstream + (request.url ?? ""),
        { method: request.method, headers: request.headers, rejectUnauthorized: false, agent: false },
        (answer) => {
          response.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(response).on("finish", resolve).on("error", reject);
        },
      );
      onward.on("error", reject);
      onward.end(body);
    });
  }, tls);
  onTestFinished(() => edge.close());
  return edge;
}

/** A real authorization server, closed with the test. */
export async function server(settings: OidcSettings = {}): Promise<Oidc> {
  const oidc = await startOidc(settings);
  onTestFinished(() => oidc.close());
  return oidc;
}

/** Whether a token stands anywhere in these requests. */
export const shown = (
  token: string,
  ...requests: readonly { rawBody: string | undefined; headers: object }[][]
): boolean => JSON.stringify(requests.flat().map(({ rawBody, headers }) => [rawBody, headers])).includes(token);
