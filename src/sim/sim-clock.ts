/** The clocks of the simulated machine: its wall clock may be set, and its monotonic one starts anew with the machine. */
import type { Clock, MachineClocks } from "../time/clock.ts";

export class SimClock implements MachineClocks {
  readonly #true: Clock;
  #bootNs = 0;
  /** How far the wall clock is ahead of true time. */
  aheadMs = 0;

  constructor(trueClock: Clock) {
    this.#true = trueClock;
  }

  monotonicNs(): number {
    return this.#true.nowNs() - this.#bootNs;
  }

  systemMs(): number {
    return this.#true.wallMs() + this.aheadMs;
  }

  /** The machine was off. */
  reboot(): void {
    this.#bootNs = this.#true.nowNs();
  }
}
