/** A provider and GitHub behind one `http`, as far as a refresh needs them. Boxes are opened by libsodium. */
import sodium, { ready } from "libsodium-wrappers";
import { openEnvelope } from "../../../src/credential/envelope.ts";
import { HttpFailure, type HttpAnswer, type HttpRequest } from "../../../src/world/world.ts";
import { answer, type FakeWorld, fakeWorld, HOUR, newToken, NOW, SECOND } from "./support.ts";

export const TOKEN_URL = "https://provider.example/token";

export type Fault = "cut" | "unsent" | HttpAnswer;

export interface Net {
  readonly world: FakeWorld;
  /** The refresh tokens that came, in their order. */
  readonly spent: string[];
  /** Refresh tokens that the provider knows. */
  readonly alive: Set<string>;
  /** `POST token`, `GET LOGIN`, `PUT LOGIN`, … in their order. */
  readonly calls: string[];
  /** What is stored in the secret LOGIN. */
  secret: string | undefined;
  updatedAt: number | undefined;
  /** Given by call, such as `PUT LOGIN`: what happens instead of an answer, once each. */
  readonly faults: Record<string, Fault[]>;
  /** Runs when a call arrives. */
  onCall: (call: string) => void;
  /** The refresh token in the secret. */
  stored(): string | undefined;
}

export async function fakeNet(env: Record<string, string>, now = NOW): Promise<Net> {
  await ready;
  const pair = sodium.crypto_box_keypair();
  const world = fakeWorld({ env, now, http: (request) => handle(request) });
  const net: Net = {
    world,
    spent: [],
    alive: new Set(),
    calls: [],
    secret: undefined,
    updatedAt: now - HOUR,
    faults: {},
    onCall: () => {},
    stored: () => (net.secret ? openEnvelope(net.secret).credential.refresh?.reveal() : undefined),
  };
  const times = () => ({ date: new Date(world.now()).toUTCString() });

  async function handle(request: HttpRequest): Promise<HttpAnswer> {
    const call = `${request.method} ${request.url.split("/").at(-1)}`;
    net.calls.push(call);
    net.onCall(call);
    const fault = net.faults[call]?.shift();
    if (fault === "unsent") throw new HttpFailure(false, "ECONNREFUSED");
    if (fault === "cut") {
      if (request.url === TOKEN_URL) refresh(request);
      throw new HttpFailure(true, "ECONNRESET");
    }
    if (fault) return fault;
    return request.url === TOKEN_URL ? refresh(request) : github(request, call);
  }

  function refresh(request: HttpRequest): HttpAnswer {
    const { refresh_token: token } = JSON.parse(request.body ?? "") as { refresh_token: string };
    net.spent.push(token);
    if (!net.alive.delete(token)) return answer(400, { error: "invalid_grant" });
    const next = newToken("ort");
    net.alive.add(next);
    return answer(
      200,
      { access_token: newToken("oat"), refresh_token: next, expires_in: 28_800, scope: "user:inference" },
      times(),
    );
  }

  function github(request: HttpRequest, call: string): HttpAnswer {
    const iso = (ms: number) => new Date(Math.floor(ms / SECOND) * SECOND).toISOString().replace(".000Z", "Z");
    if (call === "GET public-key")
      return answer(200, { key_id: "1", key: Buffer.from(pair.publicKey).toString("base64") }, times());
    if (call === "GET LOGIN") {
      return net.updatedAt === undefined
        ? answer(404, {}, times())
        : answer(200, { updated_at: iso(net.updatedAt) }, times());
    }
    if (call === "PUT LOGIN") {
      const box = Buffer.from(
        (JSON.parse(request.body ?? "") as { encrypted_value: string }).encrypted_value,
        "base64",
      );
      net.secret = Buffer.from(sodium.crypto_box_seal_open(box, pair.publicKey, pair.privateKey)).toString();
      net.updatedAt = world.now();
      return answer(204, "", times());
    }
    if (call === "PUT OAUTH_CREDS_PROBE_LOGIN") return answer(204, "", times());
    return answer(404, {}, times());
  }
  return net;
}
