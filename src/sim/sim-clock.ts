/** The clocks of the simulated machine: its wall clock may be set, and its monotonic one starts anew with the machine. */
import type { EpochMs, Ns } from "../domain/units.ts";
import type { Clock } from "../time/clock.ts";

export class SimClock implements Clock {
  readonly #true: Clock;
  #bootNs = 0;
  /** How far the wall clock is ahead of true time. */
  aheadMs = 0;

  constructor(trueClock: Clock) {
    this.#true = trueClock;
  }

  nowNs(): Ns {
    return (this.#true.nowNs() - this.#bootNs) as Ns;
  }

  wallMs(): EpochMs {
    return (this.#true.wallMs() + this.aheadMs) as EpochMs;
  }

  /** The machine was off. */
  reboot(): void {
    this.#bootNs = this.#true.nowNs();
  }
}
