const redacted = "[redacted]";
const inspectSymbol = Symbol.for("nodejs.util.inspect.custom");
const shortestMaskable = 12;
const shownCharacters = 4;

/**
 * A secret that cannot be printed by accident: JSON, string conversion and `util.inspect` all give `[redacted]`.
 * The value leaves only through `reveal()`, which is easy to find in a review.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The secret itself. Hand it to the one call that needs it, never to a log or an error. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return redacted;
  }

  toJSON(): string {
    return redacted;
  }

  [inspectSymbol](): string {
    return redacted;
  }
}

/**
 * What a screen may show of a secret: an ellipsis and the last four characters.
 * A text under 12 characters shows nothing, since four would be too large a part of it.
 */
export function maskSecret(text: string): string {
  return text.length < shortestMaskable ? "…" : `…${text.slice(-shownCharacters)}`;
}
