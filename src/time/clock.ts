/**
 * Clocks. Time enters the engine here and nowhere else; the core sees it only inside events.
 */
import type { EpochMs, Ns } from "../domain/units.ts";

export interface Clock {
  /** Monotonic; the same origin in every thread of this machine. For durations and timers. */
  nowNs(): Ns;
  /** Wall clock. For stamps that leave the machine or were made outside it. Never falls while nobody sets it. */
  wallMs(): EpochMs;
  /** How far the system's wall clock is ahead of this one; 0 for a clock that is all there is. */
  systemAheadMs(): number;
}

/** What the machine tells the time by. */
export interface MachineClocks {
  monotonicNs(): number;
  /** May be set, back and forth, by anybody who administers the machine. */
  systemMs(): number;
}

/** Above it the clocks disagree: one of them is wrong, and which is for a person to say. */
export const CLOCKS_APART_MS_MAX = 1000;
/** How fast this clock goes after the system's: 500 ppm, as fast as NTP slews. */
const FOLLOW_RATE = 500e-6;
/** The system's clock is read in whole milliseconds. */
const FOLLOW_FROM_MS = 2;

/**
 * The machine's clocks, the wall clock held steady: it is the monotonic one plus an offset that was read once. A system clock that is
 * set moves no age, no horizon and no window of replay here; it is seen (`systemAheadMs`), and small differences are followed.
 */
export class SystemClock implements Clock {
  readonly #machine: MachineClocks;
  #offsetMs: number;
  #lastMs = 0;
  #followedNs: number;

  /** `offsetMs`: wall minus monotonic, of another thread or an earlier process of this boot. The system's unless given. */
  constructor(offsetMs?: number, machine: MachineClocks = new HostClocks()) {
    this.#machine = machine;
    this.#followedNs = machine.monotonicNs();
    this.#offsetMs = offsetMs ?? this.systemOffsetMs();
  }

  nowNs(): Ns {
    return Math.round(this.#machine.monotonicNs()) as Ns;
  }

  wallMs(): EpochMs {
    const wallMs = Math.floor(this.#offsetMs + this.#machine.monotonicNs() / 1e6);
    if (wallMs > this.#lastMs) this.#lastMs = wallMs;
    return this.#lastMs as EpochMs;
  }

  systemAheadMs(): number {
    return this.systemOffsetMs() - this.#offsetMs;
  }

  get offsetMs(): number {
    return this.#offsetMs;
  }

  /** The offset at which this clock would say what the system's says. */
  systemOffsetMs(): number {
    return this.#machine.systemMs() - this.#machine.monotonicNs() / 1e6;
  }

  /** From now on, back as well as forth. */
  set(offsetMs: number): void {
    this.#offsetMs = offsetMs;
    this.#lastMs = 0;
  }

  /** Another thread's offset, which goes after the system's by small steps: never falls. */
  takeOver(offsetMs: number): void {
    this.#offsetMs = offsetMs;
  }

  /** To be called now and then: goes after the system's clock, slowly, while the two agree. True when it has moved. */
  follow(): boolean {
    const nowNs = this.#machine.monotonicNs();
    const mostMs = ((nowNs - this.#followedNs) / 1e6) * FOLLOW_RATE;
    this.#followedNs = nowNs;
    const aheadMs = this.systemAheadMs();
    const awayMs = Math.abs(aheadMs);
    if (awayMs < FOLLOW_FROM_MS || awayMs > CLOCKS_APART_MS_MAX) return false;
    this.#offsetMs += Math.sign(aheadMs) * Math.min(awayMs, mostMs);
    return true;
  }
}

/** `performance.now()` has an origin per thread, so it is anchored once to CLOCK_MONOTONIC. */
class HostClocks implements MachineClocks {
  readonly #originNs = Number(process.hrtime.bigint()) - performance.now() * 1e6;

  monotonicNs(): number {
    return this.#originNs + performance.now() * 1e6;
  }

  systemMs(): number {
    return Date.now();
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

  systemAheadMs(): number {
    return 0;
  }

  advance(ms: number): void {
    this.#nowNs += ms * 1e6;
    this.#wallMs += ms;
  }
}
