/**
 * Redacted: a secret that prints as `[redacted]` wherever it is printed.
 *
 * The text leaves only through `reveal()`, so that a search for that word finds every use.
 */
import { inspect } from "node:util";

const MARK = "[redacted]";

export class Redacted {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return MARK;
  }

  toJSON(): string {
    return MARK;
  }

  [Symbol.toPrimitive](): string {
    return MARK;
  }

  [inspect.custom](): string {
    return MARK;
  }
}
