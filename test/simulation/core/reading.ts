import { unseal } from "./ledger.ts";
import type { RefVersion, RefreshToken, Version } from "./effects.ts";
import type { Provider } from "../servers/provider.ts";

/** A record as the oracle reads it: by its own means, and without the product's checks. */
export interface RecordView {
  readonly lineage: string;
  readonly generation: number;
  readonly epoch: number;
  readonly by: number;
  readonly lease:
    | { readonly nonce: string; readonly phase: string; readonly attempts: number; readonly ttlMs: number }
    | undefined;
  readonly dead: boolean;
  /** What renews it. */
  readonly token: RefreshToken | undefined;
}

/** Finds the tokens in what is stored. */
export class Reader {
  readonly #provider: Provider;
  readonly #records = new Map<RefVersion, RecordView | undefined>();

  constructor(provider: Provider) {
    this.#provider = provider;
  }

  /** The refresh token in a secret; undefined if none that was ever issued. */
  tokenIn(version: Version | undefined): RefreshToken | undefined {
    return this.#provider.tokenOf(refreshTokenIn(version?.value?.()) ?? "");
  }

  /** Undefined for what is no record. */
  record(version: RefVersion | undefined): RecordView | undefined {
    if (version?.text === undefined) return undefined;
    if (!this.#records.has(version)) this.#records.set(version, this.#read(version.text));
    return this.#records.get(version);
  }

  #read(text: string): RecordView | undefined {
    const fields = parse(text);
    const { v, place, provider, account, lineage, generation, refresh } = fields;
    if (v !== 1) return undefined;
    const bound = [v, place, provider, account, lineage, generation];
    const of = (token: string | undefined) => this.#provider.tokenOf(token ?? "");
    let opened: { readonly token: RefreshToken | undefined } | undefined;
    return {
      ...(fields as unknown as RecordView),
      dead: fields["dead"] !== undefined,
      get token() {
        opened ??= { token: of(unseal("refresh sealing", bound, String(refresh))?.["refresh"] as string | undefined) };
        return opened.token;
      },
    };
  }
}

/** The envelope's fields, if the text is one. */
export function envelopeIn(text: string | undefined): Record<string, unknown> | undefined {
  return text?.startsWith("oc1.") ? parse(Buffer.from(text.slice(4), "base64url").toString("utf8")) : undefined;
}

interface SharedFields {
  readonly place: string;
  readonly lineage: string;
  readonly sealed: string;
}

/** The refresh token in what a secret holds: the oracle's own reading of it. */
export function refreshTokenIn(text: string | undefined): string | undefined {
  const envelope = envelopeIn(text);
  const shared = envelope?.["shared"] as SharedFields | undefined;
  if (envelope && shared) {
    // Bound to the place, whose end names the account.
    const account = shared.place.slice(shared.place.lastIndexOf("/") + 1);
    const bound = [shared.place, envelope["provider"], account, shared.lineage, envelope["generation"]];
    return unseal("envelope sealing", bound, shared.sealed)?.["refresh"] as string | undefined;
  }
  if (envelope) return envelope["refresh"] as string | undefined;
  return /"refreshToken":"([^"]+)"/.exec(text ?? "")?.[1] ?? /^sk-ant-ort\S+$/.exec(text ?? "")?.[0];
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
