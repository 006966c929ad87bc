/**
 * A value that must never be printed. Every way in which JavaScript turns a value into text gives
 * `[secret]`; only `reveal()` gives the value, so a search for `reveal(` lists every place where one leaves us.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself: only for a request to its issuer, a file that the user asked for, a mask, or a seal. */
  reveal(): string {
    return this.#value;
  }

  equals(other: Secret | undefined): boolean {
    return other !== undefined && other.#value === this.#value;
  }

  toString(): string {
    return "[secret]";
  }

  toJSON(): string {
    return "[secret]";
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return "[secret]";
  }
}

/** `undefined` for an absent or empty value. */
export function secretOf(value: unknown): Secret | undefined {
  return typeof value === "string" && value !== "" ? new Secret(value) : undefined;
}
