/**
 * Rate limits of one venue: how many operations per window, counted per key (an account, an account and symbol, an address).
 *
 * Invariants
 *   - A refused operation is not counted, so that a caller who keeps knocking gets in when the window ends.
 *   - At most `KEYS_MAX` keys are kept; the one counted longest ago is forgotten first.
 */
export interface WindowLimit {
  readonly count: number;
  readonly windowMs: number;
}

/**
 * `fixed`: windows start at multiples of their length on the venue's clock (Binance).
 * `rolling`: any stretch of that length (Bybit, OKX).
 */
export type WindowKind = "fixed" | "rolling";

/** What a venue enforces. An empty list enforces nothing of that kind. */
export interface RateLimits {
  readonly place: readonly WindowLimit[];
  readonly cancel: readonly WindowLimit[];
  readonly query: readonly WindowLimit[];
  /** Of one address, all requests together, in the venue's weights. */
  readonly requests: readonly WindowLimit[];
}

export interface Excess {
  readonly limit: WindowLimit;
  /** Until the window has room again. */
  readonly retryAfterMs: number;
}

export interface Usage {
  readonly limit: WindowLimit;
  readonly used: number;
  /** When the window (the oldest count of a rolling one) ends, on the venue's clock. */
  readonly endsMs: number;
}

const KEYS_MAX = 10_000;
/** A rolling window is counted in slices: what it forgets, it forgets at most a tenth of its length late. */
const SLICES = 10;

export class RateLimiter {
  readonly limits: readonly WindowLimit[];
  readonly #kind: WindowKind;
  readonly #windows = new Map<string, Window[]>();
  /** The key asked for last: it is mostly the next one too. */
  #lastKey: string | null = null;
  #lastWindows: Window[] = [];

  constructor(limits: readonly WindowLimit[], kind: WindowKind) {
    this.limits = limits;
    this.#kind = kind;
  }

  /** Counts `weight` for `key`, or says which limit it would exceed. */
  count(key: string, nowMs: number, weight = 1): Excess | null {
    if (this.limits.length === 0) return null;
    const windows = this.#of(key);
    for (const window of windows) {
      if (window.used(nowMs) + weight > window.limit.count)
        return { limit: window.limit, retryAfterMs: Math.max(1, window.endsMs(nowMs) - nowMs) };
    }
    for (const window of windows) window.add(nowMs, weight);
    return null;
  }

  /** Takes one back from the current window. */
  uncount(key: string, nowMs: number): void {
    for (const window of this.#of(key)) if (window.used(nowMs) > 0) window.add(nowMs, -1);
  }

  /** Writes each limit's count into `out`, in their order: for those who show it with every answer. */
  readUsed(key: string, nowMs: number, out: number[]): void {
    const windows = this.#of(key);
    for (let at = 0; at < windows.length; at++) out[at] = windows[at]!.used(nowMs);
  }

  usage(key: string, nowMs: number): Usage[] {
    return this.#of(key).map((window) => ({
      limit: window.limit,
      used: window.used(nowMs),
      endsMs: window.endsMs(nowMs),
    }));
  }

  #of(key: string): Window[] {
    if (key === this.#lastKey) return this.#lastWindows;
    let windows = this.#windows.get(key);
    if (windows === undefined) {
      windows = this.limits.map((limit) => new Window(limit, this.#kind));
      this.#windows.set(key, windows);
      if (this.#windows.size > KEYS_MAX) this.#windows.delete(this.#windows.keys().next().value!);
    }
    this.#lastKey = key;
    this.#lastWindows = windows;
    return windows;
  }
}

/** Counts in slices: one that spans a fixed window, or ten that roll. */
class Window {
  readonly limit: WindowLimit;
  readonly #sliceMs: number;
  readonly #slices: number[];
  #newest = Number.NEGATIVE_INFINITY;
  #total = 0;

  constructor(limit: WindowLimit, kind: WindowKind) {
    this.limit = limit;
    const slices = kind === "fixed" ? 1 : SLICES;
    this.#sliceMs = limit.windowMs / slices;
    this.#slices = new Array<number>(slices).fill(0);
  }

  used(nowMs: number): number {
    this.#roll(nowMs);
    return this.#total;
  }

  add(nowMs: number, weight: number): void {
    this.#roll(nowMs);
    this.#slices[this.#at(this.#newest)]! += weight;
    this.#total += weight;
  }

  endsMs(nowMs: number): number {
    this.#roll(nowMs);
    for (let slice = this.#newest - this.#slices.length + 1; slice <= this.#newest; slice++) {
      if (this.#slices[this.#at(slice)]! > 0) return (slice + this.#slices.length) * this.#sliceMs;
    }
    return (this.#newest + this.#slices.length) * this.#sliceMs;
  }

  #roll(nowMs: number): void {
    const slice = Math.floor(nowMs / this.#sliceMs);
    if (slice === this.#newest) return;
    // A clock set back starts anew: what was counted lies in its future.
    if (slice < this.#newest) this.#newest = Number.NEGATIVE_INFINITY;
    const first = Math.max(this.#newest + 1, slice - this.#slices.length + 1);
    for (let each = first; each <= slice; each++) {
      const at = this.#at(each);
      this.#total -= this.#slices[at]!;
      this.#slices[at] = 0;
    }
    this.#newest = slice;
  }

  #at(slice: number): number {
    const { length } = this.#slices;
    return ((slice % length) + length) % length;
  }
}

/** The same windows with room for everything: what a venue shows that enforces nothing. */
export function lifted(limits: RateLimits): RateLimits {
  const lift = (each: readonly WindowLimit[]) => each.map(({ windowMs }) => ({ count: LIFTED_COUNT, windowMs }));
  return {
    place: lift(limits.place),
    cancel: lift(limits.cancel),
    query: lift(limits.query),
    requests: lift(limits.requests),
  };
}

const LIFTED_COUNT = 1_000_000_000;
