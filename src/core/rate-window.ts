/** Counts things within a sliding window of time, exactly, up to one more than may be. Memory grows to what has been counted. */
import type { Ns } from "../domain/units.ts";

export class RateWindow {
  /** As a circle of `#length`; what is not there yet is longer ago than any window. */
  readonly #times: number[] = [];
  readonly #length: number;
  readonly #windowNs: number;
  #next = 0;

  /** `max` things within `windowMs` may be. */
  constructor(max: number, windowMs: number) {
    this.#length = max + 1;
    this.#windowNs = windowMs * 1e6;
  }

  /** One more, now. True when that is one too many. */
  add(nowNs: Ns): boolean {
    this.#times[this.#next] = nowNs;
    this.#next = (this.#next + 1) % this.#length;
    // Where the next one goes lies the oldest of the last max + 1.
    return this.#isWithin(this.#next, nowNs);
  }

  /** One more now would be one too many. */
  isFull(nowNs: Ns): boolean {
    return this.#length === 1 || this.#isWithin((this.#next + 1) % this.#length, nowNs);
  }

  #isWithin(at: number, nowNs: Ns): boolean {
    return at < this.#times.length && nowNs - this.#times[at]! < this.#windowNs;
  }
}
