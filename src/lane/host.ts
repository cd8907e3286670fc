/**
 * Decision host: takes signals to a lane, wherever that lane runs. The gateway knows no more of it than this.
 *
 * Invariants, whatever the host
 *   - Signals are decided in the order of `submit`, each once: one that already has a verdict is not decided again.
 *   - A submitted signal outlives its lane: the successor decides it.
 *   - `submit` never blocks. False: the host is full, nothing was taken.
 */
import type { Analysis } from "../core/analysis.ts";
import type { BreakerEntry } from "../core/breakers.ts";
import type { Alarm, Control, Verdict } from "../core/event.ts";
import type { Signal } from "../domain/signal.ts";
import type { VenueView } from "../domain/venue-status.ts";

export interface DecisionHost {
  /** Resolves when the lane's log is recovered; trading begins when its venues answer. Returns the last decided signal. */
  start(): Promise<{ readonly decidedSeq: number }>;
  submit(signal: Signal): boolean;
  control(control: Control): void;
  /** Something that was computed outside the core. */
  analysis(analysis: Analysis): void;
  /** The process's clock has been moved: by `byMs` at once, or a little (0) where it follows the system's. */
  onClock(offsetMs: number, byMs: number): void;
  stop(): Promise<void>;
}

export interface HostEvents {
  onVerdict(verdict: Verdict): void;
  onAlarm(alarm: Alarm): void;
  /** Something the operator should know that is no alarm of the core: a lane that died, a venue that cannot be reached. */
  onTrouble(message: string): void;
  /** The venues, open breakers and what operators have set, as people see them, once a second while the lane lives. */
  onView?(venues: readonly VenueView[], breakers: readonly BreakerEntry[], operatorSettings: readonly string[]): void;
}
