/**
 * Machine watch: what the core has to know of the machine it runs on, looked at on every pulse: the kill word in shared memory, the
 * disk under the journal, and whether the system's wall clock still agrees with the engine's. Each change is one control.
 */
import { WHOLE } from "../core/breakers.ts";
import type { Control, KillLevel } from "../core/event.ts";
import type { Core } from "../core/step.ts";
import type { LogWriter } from "../journal/log.ts";
import { CLOCKS_APART_MS_MAX, type Clock } from "../time/clock.ts";

export interface MachineParts {
  readonly core: Core;
  readonly clock: Clock;
  readonly decisions: LogWriter;
  readonly quotes: LogWriter;
  killLevel(): KillLevel;
  onControl(control: Control): void;
}

/** How often a full disk is looked at again. */
const DISK_MS = 1000;

export class MachineWatch {
  readonly #parts: MachineParts;
  #diskDueNs = 0;

  constructor(parts: MachineParts) {
    this.#parts = parts;
  }

  look(nowNs: number): void {
    this.#lookAtKillWord();
    this.lookAtClock();
    this.#lookAtDisk(nowNs);
  }

  /**
   * Before a signal too: on a machine that slept, it may be the first to come. While the clocks disagree nobody knows how old it
   * is, so nothing opens; the engine's own clock goes on steadily, and what stands is hedged and closed by it.
   */
  lookAtClock(): void {
    const { clock, core, onControl } = this.#parts;
    const aheadMs = Math.round(clock.systemAheadMs());
    const apart = Math.abs(aheadMs) > CLOCKS_APART_MS_MAX;
    if (apart === core.breakers.isOpen("clock", WHOLE)) return;
    const reason = apart
      ? `the system's wall clock was set: it is ${aheadMs} ms ahead of the engine's`
      : "the clocks agree again";
    onControl({ type: apart ? "fault" : "acknowledge", breaker: "clock", subject: WHOLE, reason });
  }

  /**
   * Whoever set the word may not have been able to tell: the core must not go on deciding what cannot be sent. Only upwards: a
   * release is an operator's command and comes as one.
   */
  #lookAtKillWord(): void {
    const { core, killLevel, onControl } = this.#parts;
    const level = killLevel();
    if (level > core.risk.kill) onControl({ type: "kill", level, reason: "the word in shared memory says so" });
  }

  #lookAtDisk(nowNs: number): void {
    const { core, decisions, quotes, onControl } = this.#parts;
    const { isScarce } = decisions;
    // By what the core believes, which an earlier life may have been told: the room may have come while nobody looked.
    if (isScarce !== core.isScarce) onControl({ type: "scarce", scarce: isScarce });
    if (nowNs < this.#diskDueNs) return;
    this.#diskDueNs = nowNs + DISK_MS * 1e6;
    decisions.retryNext();
    quotes.retryNext();
  }
}
