/**
 * Clock keeper: the one wall clock of a process, from its start on.
 *
 *   start    wall − monotonic is taken over from the process before, on the same boot; else from the system's clock
 *   follow   small differences from the system's clock are made up slowly, in every thread alike
 *   adopt    an operator has looked: the system's clock is right, whatever it says, and ages jump with it
 *
 * What is done while the clocks disagree is the lane's (lane/machine-watch.ts).
 */
import { WHOLE } from "../core/breakers.ts";
import type { Control } from "../core/event.ts";
import { type MachineClocks, SystemClock } from "../time/clock.ts";
import type { DecisionHost } from "./host.ts";

/** Where the offset is kept from one process to the next of the same boot. */
export interface ClockNote {
  read(): number | undefined;
  write(offsetMs: number): void;
}

/** Less is made up by the next process itself. */
const NOTE_FROM_MS = 50;

export class ClockKeeper {
  readonly clock: SystemClock;
  readonly #note: ClockNote;
  #notedMs: number;

  constructor(note: ClockNote, machine?: MachineClocks) {
    this.#note = note;
    const noted = note.read();
    this.clock = new SystemClock(noted, machine);
    this.#notedMs = this.clock.offsetMs;
    if (noted === undefined) note.write(this.#notedMs);
  }

  /** About once a second. */
  tend(host: Pick<DecisionHost, "onClock">): void {
    const { clock } = this;
    if (!clock.follow()) return;
    host.onClock(clock.offsetMs, 0);
    if (Math.abs(clock.offsetMs - this.#notedMs) >= NOTE_FROM_MS) this.#keep();
  }

  /** An operator's command is about to be handed over: whoever closes the clock's breaker goes by the machine's clock. */
  heed(command: Control, host: Pick<DecisionHost, "onClock">): void {
    if (command.type !== "acknowledge" || command.breaker !== "clock" || command.subject !== WHOLE) return;
    const { clock } = this;
    const byMs = clock.systemAheadMs();
    clock.set(clock.offsetMs + byMs);
    this.#keep();
    host.onClock(clock.offsetMs, byMs);
  }

  #keep(): void {
    this.#notedMs = this.clock.offsetMs;
    this.#note.write(this.#notedMs);
  }
}
