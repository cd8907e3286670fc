/**
 * Clocks. Time enters the engine here and nowhere else; the core sees it only inside events.
 */
import type { EpochMs, Ns } from "../domain/units.ts";

export interface Clock {
  /** Monotonic; the same origin in every thread of this machine. For durations and timers. */
  nowNs(): Ns;
  /** Wall clock. For stamps that leave the machine or were made outside it. */
  wallMs(): EpochMs;
}

/** The machine's clocks. `performance.now()` has an origin per thread, so it is anchored once to CLOCK_MONOTONIC. */
export class SystemClock implements Clock {
  readonly #originNs = Number(process.hrtime.bigint()) - performance.now() * 1e6;

  nowNs(): Ns {
    return Math.round(this.#originNs + performance.now() * 1e6) as Ns;
  }

  wallMs(): EpochMs {
    return Date.now() as EpochMs;
  }
}

/** Stands still until told. For tests, backtests and simulation. */
export class VirtualClock implements Clock {
  #nowNs: number;
  #wallMs: number;

  constructor(wallMs: number, nowNs = 0) {
    this.#wallMs = wallMs;
    this.#nowNs = nowNs;
  }

  nowNs(): Ns {
    return this.#nowNs as Ns;
  }

  wallMs(): EpochMs {
    return Math.floor(this.#wallMs) as EpochMs;
  }

  advance(ms: number): void {
    this.#nowNs += ms * 1e6;
    this.#wallMs += ms;
  }
}
