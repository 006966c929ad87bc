/** A client of plain `node:http`, so that nothing but the server under test is in play. */
import { request } from "node:http";
import { request as tlsRequest } from "node:https";
import sodium from "libsodium-wrappers";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
}

export interface Ask {
  readonly token?: string;
  readonly body?: unknown;
  /** Added to the ordinary ones; null leaves one out. */
  readonly headers?: Readonly<Record<string, string | null>>;
  /** PEM of the certificate to trust. */
  readonly ca?: string;
  readonly signal?: AbortSignal;
}

/** One call; `where` is `METHOD /path`. Rejects when the connection ends without an answer. */
export function call(apiUrl: string, where: string, ask: Ask = {}): Promise<Answer> {
  const [method, path] = where.split(" ") as [string, string];
  const given: Record<string, string | null> = {
    "User-Agent": "support-github-test",
    "X-GitHub-Api-Version": "2022-11-28",
    Accept: "application/vnd.github+json",
    ...(ask.token === undefined ? {} : { Authorization: `Bearer ${ask.token}` }),
    ...ask.headers,
  };
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) if (value !== null) headers[name] = value;
  const options = {
    method,
    headers,
    agent: false as const,
    ...(ask.ca === undefined ? {} : { ca: ask.ca }),
    ...(ask.signal === undefined ? {} : { signal: ask.signal }),
  };
  const open = apiUrl.startsWith("https:") ? tlsRequest : request;
  return new Promise((resolve, reject) => {
    const outgoing = open(`${apiUrl}${path}`, options, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("error", reject);
      incoming.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        const json = incoming.headers["content-type"]?.startsWith("application/json") === true;
        const body = text === "" ? undefined : json ? (JSON.parse(text) as unknown) : text;
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body });
      });
    });
    outgoing.on("error", reject);
    if (ask.body === undefined) outgoing.end();
    else outgoing.end(typeof ask.body === "string" ? ask.body : JSON.stringify(ask.body));
  });
}

export interface PublicKey {
  readonly key_id: string;
  readonly key: string;
}

/** The body of a PUT: `plaintext` sealed for `key`. */
export async function sealed(plaintext: string, key: PublicKey): Promise<{ encrypted_value: string; key_id: string }> {
  await sodium.ready;
  const box = sodium.crypto_box_seal(plaintext, Buffer.from(key.key, "base64"));
  return { encrypted_value: Buffer.from(box).toString("base64"), key_id: key.key_id };
}

/** Fetches the key of `list` (path of a list of secrets) and writes one secret into it. */
export async function writeSecret(
  apiUrl: string,
  secret: { list: string; name: string; plaintext: string; more?: object },
  ask: Ask,
): Promise<Answer> {
  const key = (await call(apiUrl, `GET ${secret.list}/public-key`, ask)).body as PublicKey;
  const body = { ...(await sealed(secret.plaintext, key)), ...secret.more };
  return call(apiUrl, `PUT ${secret.list}/${secret.name}`, { ...ask, body });
}
