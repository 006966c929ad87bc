/** The plainest HTTP client there is, so that these tests see what is really on the wire. */
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { request as httpsRequest, type RequestOptions } from "node:https";
import { CLIENT_ID } from "../../support/oauth/anthropic-facts.ts";

export type Answer = { status: number; headers: IncomingHttpHeaders; text: string };

/** Rejects when the connection ends before the answer is whole. */
export function send(url: string, options: RequestOptions, body = ""): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = url.startsWith("https:") ? httpsRequest : httpRequest;
    const outgoing = request(url, { agent: false, ...options });
    outgoing.on("error", reject);
    outgoing.on("response", (incoming) => {
      const parts: Buffer[] = [];
      incoming.on("data", (part: Buffer) => parts.push(part));
      incoming.on("error", reject);
      incoming.on("end", () => {
        const text = Buffer.concat(parts).toString("utf8");
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text });
      });
    });
    outgoing.end(body);
  });
}

export const OFFICIAL_HEADERS = {
  "content-type": "application/json",
  accept: "application/json, text/plain, */*",
  "user-agent": "axios/1.15.2",
};

export const officialFields = (refreshToken: string): Record<string, string> => ({
  grant_type: "refresh_token",
  refresh_token: refreshToken,
  client_id: CLIENT_ID,
});

export type Refreshed = Answer & { body: Record<string, any> };

/** The refresh that the official client sends; the body parsed where it is JSON. */
export async function refresh(
  tokenUrl: string,
  refreshToken: string,
  options: RequestOptions = {},
): Promise<Refreshed> {
  const fields = JSON.stringify(officialFields(refreshToken));
  const answer = await send(tokenUrl, { method: "POST", headers: OFFICIAL_HEADERS, ...options }, fields);
  return { ...answer, body: parse(answer.text) };
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** Why a promise failed; waited for from now on, so that it may fail before the test asks. */
export function failureOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "no failure",
    (error: unknown) => String(error),
  );
}

export async function callMe(origin: string, accessToken: string): Promise<number> {
  const headers = { authorization: `Bearer ${accessToken}` };
  return (await send(`${origin}/api/me`, { headers })).status;
}
