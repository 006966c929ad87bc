/**
 * A loopback server of one provider's API, as far as an access token is checked there. It records every request,
 * says how each differs from the published contract, and can answer with any row of a table instead.
 */
import { listenOnLoopback, readBody, type ServerTls } from "../net/loopback.ts";
import { answer, beginRecord, completeRecord, type RecordedRequest, type Reply } from "./exchange.ts";

/** What an answer says of the token that was shown: its type, and the reason of a refusal. */
export type Says =
  | "valid"
  | "refused:cut-off"
  | "refused:wrong-kind"
  | "refused:revoked"
  | "refused:scope-missing"
  | "refused:not-allowed"
  | "limited"
  | "unknown";

/** One known answer. `on` is the endpoint that gives it. */
export type CheckRow<Endpoint extends string = string> = Reply & { id: string; on: Endpoint; says: Says };

export type CheckServer = {
  /** `http://127.0.0.1:PORT`, or https. */
  origin: string;
  requests: RecordedRequest[];
  /** Every difference from the contract so far, never with the value of a token. Expect it to be empty. */
  deviations: string[];
  /** The next request is answered with this, whatever token it shows; calls add up. */
  play: (reply: Reply) => void;
  close: () => Promise<void>;
};

/** How a request differs from the contract, and the answer of a server where nothing is wrong. */
export type Judge = (request: RecordedRequest) => { deviations: string[]; reply: Reply };

export async function startCheckServer(judge: Judge, tls?: ServerTls): Promise<CheckServer> {
  const requests: RecordedRequest[] = [];
  const deviations: string[] = [];
  const queue: Reply[] = [];
  const loopback = await listenOnLoopback(async (request, response) => {
    const record = beginRecord(request);
    requests.push(record);
    const raw = await readBody(request);
    if (raw === undefined) {
      record.answeredStatus = "client-gone";
      return;
    }
    completeRecord(record, raw);
    const judged = judge(record);
    deviations.push(...judged.deviations);
    answer({ request, response, record, skewMs: 0 }, queue.shift() ?? judged.reply);
  }, tls);
  const play = (reply: Reply): void => void queue.push(reply);
  return { origin: loopback.origin, requests, deviations, play, close: loopback.close };
}

/** The token of `Authorization: Bearer …`; undefined if there is none. */
export const bearerOf = ({ headers }: RecordedRequest): string | undefined =>
  /^Bearer (\S+)$/.exec(headers.authorization ?? "")?.[1];

/** Differences that no provider's endpoint has a use for: cookies, keys, and another program's name. */
export function foreignHeaders({ headers }: RecordedRequest): string[] {
  const agent = headers["user-agent"] ?? "";
  return [
    ...["cookie", "x-api-key", "proxy-authorization", "x-app"].filter((name) => headers[name] !== undefined),
    ...(agent === "" ? ["no user-agent"] : []),
    ...(/^(claude|codex|axios|mozilla)/i.test(agent) ? ["the user-agent of another program"] : []),
  ];
}
