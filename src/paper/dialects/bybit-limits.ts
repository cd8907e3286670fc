/**
 * Request limits of Bybit V5: so many of one kind per account within any second, counted over a rolling window.
 *
 * Bounded: a limit remembers at most twice the requests it allows.
 */
import { assert } from "../../domain/units.ts";
import type { PaperAccount } from "../account.ts";

const WINDOW_MS = 1000;

/** What the answer's headers say of a limit. */
export interface LimitState {
  readonly allowed: boolean;
  readonly limit: number;
  /** How many more would be let in now. */
  readonly left: number;
  /** When the next one would be, if none is; otherwise now. */
  readonly resetMs: number;
}

export class RollingLimit {
  readonly #limit: number;
  readonly #byAccount = new Map<PaperAccount, Window>();

  constructor(limit: number) {
    assert(Number.isSafeInteger(limit) && limit > 0, `rate limit ${limit} is not a positive whole number`);
    this.#limit = limit;
  }

  /** Counts one request, unless it is over the limit: refused ones are not counted. */
  count(account: PaperAccount, nowMs: number): LimitState {
    let window = this.#byAccount.get(account);
    if (window === undefined) {
      window = { stamps: [], oldest: 0 };
      this.#byAccount.set(account, window);
    }
    const { stamps } = window;
    while (window.oldest < stamps.length && stamps[window.oldest]! <= nowMs - WINDOW_MS) window.oldest++;
    // Half of it gone: moving the rest costs no more than what has been added since the last time.
    if (window.oldest * 2 >= stamps.length) {
      stamps.splice(0, window.oldest);
      window.oldest = 0;
    }
    const allowed = stamps.length - window.oldest < this.#limit;
    if (allowed) stamps.push(nowMs);
    const left = this.#limit - (stamps.length - window.oldest);
    return { allowed, limit: this.#limit, left, resetMs: allowed ? nowMs : stamps[window.oldest]! + WINDOW_MS };
  }
}

/** `stamps` from `oldest` on are within the window. */
interface Window {
  readonly stamps: number[];
  oldest: number;
}

/** Limits by what is asked for; linear contracts of an account without VIP level have 10, 10 and 50. */
export interface BybitRateLimits {
  readonly createPerSecond: number;
  readonly cancelPerSecond: number;
  readonly queryPerSecond: number;
}
