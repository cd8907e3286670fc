/**
 * Reads typed values out of a sender's loosely typed fields and remembers the first one that is wrong.
 *
 * Every method returns a value of its type even when the field is faulty, so that an adapter reads all its fields in one
 * expression and asks for `fault` once at the end. Ranges are not judged here but in `validate.ts`.
 */
import type { Malformed } from "../domain/signal.ts";
import type { EpochMs } from "../domain/units.ts";
import { parseDuration, parseTime } from "./time-text.ts";

/** The field's value as the sender gave it, undefined where absent. */
export type Lookup = (name: string) => unknown;

export class Fields {
  readonly #lookup: Lookup;
  #fault: Malformed | null = null;

  constructor(lookup: Lookup) {
    this.#lookup = lookup;
  }

  /** The first fault in the order of reading. */
  get fault(): Malformed | null {
    return this.#fault;
  }

  has(name: string): boolean {
    return this.#lookup(name) !== undefined;
  }

  text(name: string): string {
    const value = this.#required(name);
    if (value === undefined) return "";
    if (typeof value !== "string") return this.#refuse(name, "must be a string", "");
    return value;
  }

  textOr(name: string, absent: string): string {
    return this.has(name) ? this.text(name) : absent;
  }

  choice<const T extends string>(name: string, choices: readonly T[]): T {
    const value = this.#required(name);
    const found = choices.find((choice) => choice === value);
    return found ?? this.#refuse(name, `must be one of ${choices.join(", ")}`, choices[0] as T);
  }

  /** A number, or a decimal string as exact senders write it. */
  decimal(name: string): number {
    const value = this.#required(name);
    if (value === undefined) return Number.NaN;
    const number = typeof value === "string" && DECIMAL.test(value) ? Number(value) : value;
    // Infinite where it was 1e999, which is valid JSON: out of every range that validate.ts knows.
    return typeof number === "number" ? number : this.#refuse(name, "must be a decimal number", Number.NaN);
  }

  decimalOr(name: string, absent: number): number {
    return this.has(name) ? this.decimal(name) : absent;
  }

  durationMs(name: string): number {
    const value = this.#required(name);
    const ms = typeof value === "string" ? parseDuration(value) : Number.NaN;
    return Number.isNaN(ms) ? this.#refuse(name, "must be a duration such as 30s, 15m, 4h or 2d", ms) : ms;
  }

  durationMsOr(name: string, absentMs: number): number {
    return this.has(name) ? this.durationMs(name) : absentMs;
  }

  /**
   * A time in whole seconds, as TradingView states it, is taken for the last instant of its second: it must not be older than what another
   * sender stated in milliseconds before it. The core takes none for later than it came.
   */
  timeMs(name: string): EpochMs {
    const value = this.#required(name);
    const ms = typeof value === "string" || typeof value === "number" ? parseTime(value) : Number.NaN;
    if (Number.isNaN(ms)) {
      return this.#refuse(name, "must be an RFC 3339 time, or the epoch in seconds or milliseconds", ms as EpochMs);
    }
    return (FINER_THAN_SECONDS.test(`${value}`) ? ms : ms + 999) as EpochMs;
  }

  #required(name: string): unknown {
    const value = this.#lookup(name);
    if (value === undefined) this.#refuse(name, "is missing", undefined);
    return value;
  }

  #refuse<T>(name: string, why: string, value: T): T {
    this.#fault ??= { code: "MALFORMED", field: name, message: `${name} ${why}` };
    return value;
  }
}

/** A fraction, or an epoch that parseTime reads as milliseconds. */
const FINER_THAN_SECONDS = /\.|^\d{12,}$/;
const DECIMAL = /^[+-]?\d{1,40}(\.\d{1,40})?([eE][+-]?\d{1,3})?$/;
