/**
 * Rate windows: how much of one limit of a venue is used, counted so that the venue never counts more than we do.
 *
 * A request is sent on our clock and counted on the venue's, after the way there: `guardMs` bounds how far the two may be
 * apart. A fixed window therefore starts with what was sent in the guard before it, and for the guard after its start what is
 * sent must fit the window before too. A rolling window is longer by the guard.
 *
 * Invariants
 *   - Taken tokens fall out by time only. The venue's own count can raise ours and never lowers it.
 *   - Bounded: a rolling window remembers at most `limit` requests.
 */
import { assert } from "../domain/units.ts";

/** Time as both kinds of window need it: monotonic ms of ours, and the venue's wall clock. */
export interface RateTime {
  readonly nowMs: number;
  readonly venueMs: number;
}

export interface RateWindow {
  /** Tokens that count as used. */
  used(time: RateTime): number;
  take(tokens: number, time: RateTime): void;
  /** The venue says that so many are used. */
  raise(used: number, time: RateTime): void;
  /** Monotonic ms at which everything that counts now has fallen out. */
  clearAtMs(time: RateTime): number;
}

/** Windows that start at whole multiples of their length on the venue's clock, as Binance's do. */
export class FixedWindow implements RateWindow {
  readonly #windowMs: number;
  readonly #guardMs: number;
  #index = 0;
  /** Tokens taken in the window before this one, in this one, and those of each that went out in its last guard. */
  #before = 0;
  #taken = 0;
  #lateBefore = 0;
  #lateTaken = 0;

  constructor(windowMs: number, guardMs: number) {
    assert(windowMs > 2 * guardMs && guardMs >= 0, `a window of ${windowMs} ms with a guard of ${guardMs} ms`);
    this.#windowMs = windowMs;
    this.#guardMs = guardMs;
  }

  used({ venueMs }: RateTime): number {
    this.#roll(venueMs);
    const own = this.#lateBefore + this.#taken;
    return venueMs - this.#index * this.#windowMs < this.#guardMs ? Math.max(own, this.#before + this.#taken) : own;
  }

  take(tokens: number, { venueMs }: RateTime): void {
    this.#roll(venueMs);
    this.#taken += tokens;
    if ((this.#index + 1) * this.#windowMs - venueMs <= this.#guardMs) this.#lateTaken += tokens;
  }

  raise(used: number, time: RateTime): void {
    const missing = used - this.used(time);
    if (missing > 0) this.#taken += missing;
  }

  clearAtMs({ nowMs, venueMs }: RateTime): number {
    this.#roll(venueMs);
    return nowMs + (this.#index + 1) * this.#windowMs - venueMs + this.#guardMs;
  }

  #roll(venueMs: number): void {
    const index = Math.floor(venueMs / this.#windowMs);
    const ahead = index - this.#index;
    if (ahead === 0) return;
    // Our picture of the venue's clock may step back when it is measured anew: the later window goes on.
    if (ahead === -1) return;
    this.#index = index;
    // Back by more, what counted goes on counting in the window that it is now.
    if (ahead < -1) return;
    this.#before = ahead === 1 ? this.#lateBefore + this.#taken : 0;
    this.#lateBefore = ahead === 1 ? this.#lateTaken : 0;
    this.#taken = 0;
    this.#lateTaken = 0;
  }
}

/** A limit on any stretch of `windowMs`, as Bybit's second and OKX's two seconds are. */
export class RollingWindow implements RateWindow {
  readonly #spanMs: number;
  /** Times of the newest tokens, a ring. */
  readonly #times: Float64Array;
  #oldest = 0;
  #count = 0;

  constructor(windowMs: number, guardMs: number, limit: number) {
    assert(windowMs > 0 && guardMs >= 0, `a window of ${windowMs} ms with a guard of ${guardMs} ms`);
    assert(Number.isSafeInteger(limit) && limit >= 1 && limit <= 1e6, `a limit of ${limit} in ${windowMs} ms`);
    this.#spanMs = windowMs + guardMs;
    this.#times = new Float64Array(limit);
  }

  used({ nowMs }: RateTime): number {
    while (this.#count > 0 && nowMs - this.#times[this.#oldest]! >= this.#spanMs) {
      this.#oldest = (this.#oldest + 1) % this.#times.length;
      this.#count -= 1;
    }
    return this.#count;
  }

  take(tokens: number, time: RateTime): void {
    for (let token = 0; token < tokens; token += 1) {
      // Full, which only a venue's own count can cause: the oldest makes room.
      if (this.#count === this.#times.length) {
        this.#oldest = (this.#oldest + 1) % this.#times.length;
        this.#count -= 1;
      }
      this.#times[(this.#oldest + this.#count) % this.#times.length] = time.nowMs;
      this.#count += 1;
    }
  }

  raise(used: number, time: RateTime): void {
    this.take(Math.max(0, Math.min(used, this.#times.length) - this.used(time)), time);
  }

  clearAtMs({ nowMs }: RateTime): number {
    if (this.#count === 0) return nowMs;
    return this.#times[(this.#oldest + this.#count - 1) % this.#times.length]! + this.#spanMs;
  }
}
