/** Counts things within a sliding window of time, exactly, up to one more than may be. Allocates nothing after construction. */
import type { Ns } from "../domain/units.ts";

export class RateWindow {
  readonly #times: Float64Array;
  readonly #windowNs: number;
  #next = 0;

  /** `max` things within `windowMs` may be. */
  constructor(max: number, windowMs: number) {
    this.#times = new Float64Array(max + 1).fill(Number.NEGATIVE_INFINITY);
    this.#windowNs = windowMs * 1e6;
  }

  /** One more, now. True when that is one too many. */
  add(nowNs: Ns): boolean {
    this.#times[this.#next] = nowNs;
    this.#next = (this.#next + 1) % this.#times.length;
    // Where the next one goes lies the oldest of the last max + 1.
    return nowNs - this.#times[this.#next]! < this.#windowNs;
  }

  /** One more now would be one too many. */
  isFull(nowNs: Ns): boolean {
    if (this.#times.length === 1) return true;
    return nowNs - this.#times[(this.#next + 1) % this.#times.length]! < this.#windowNs;
  }

  clear(): void {
    this.#times.fill(Number.NEGATIVE_INFINITY);
  }
}
