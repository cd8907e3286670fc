/**
 * Inline host: the lane on the thread of the gateway. Lowest latency, no isolation: a bug in the core takes the receiver
 * with it, and the next start recovers both.
 */
import type { Analysis } from "../core/analysis.ts";
import type { Control } from "../core/event.ts";
import type { Signal } from "../domain/signal.ts";
import { SIGNAL_RING_SLOT_COUNT } from "../memory/layout.ts";
import type { SharedMemory } from "../memory/shared.ts";
import type { Clock } from "../time/clock.ts";
import type { DecisionHost, HostEvents } from "./host.ts";
import { createParts, type OpenedLane, openLane } from "./open-lane.ts";
import type { LaneOptions } from "./options.ts";
import { createVenue } from "./venues.ts";
import { warmUp } from "./warm-up.ts";

const BOOT_POLL_MS = 5;

export class InlineHost implements DecisionHost {
  readonly #options: LaneOptions;
  readonly #shared: SharedMemory;
  readonly #kernels: WebAssembly.Module;
  readonly #clock: Clock;
  readonly #events: HostEvents;
  /** Submitted before the lane could trade. Bounded like the ring that stands here in the other host. */
  readonly #waiting: Signal[] = [];
  #opened: OpenedLane | null = null;
  #boot: NodeJS.Timeout | null = null;

  constructor(
    options: LaneOptions,
    shared: SharedMemory,
    kernels: WebAssembly.Module,
    clock: Clock,
    events: HostEvents,
  ) {
    this.#options = options;
    this.#shared = shared;
    this.#kernels = kernels;
    this.#clock = clock;
    this.#events = events;
  }

  async start() {
    const parts = createParts(this.#options, this.#shared, this.#kernels);
    warmUp(this.#options.core, parts);
    const opened = await openLane(this.#options, {
      shared: this.#shared,
      parts,
      clock: this.#clock,
      createVenue: (index, events) => createVenue(this.#options, index, events, this.#clock),
      onVerdict: (verdict) => this.#events.onVerdict(verdict),
      onAlarm: (alarm) => this.#events.onAlarm(alarm),
      onVenueFailure: (venue, cause) => this.#events.onTrouble(`${venue}: ${String(cause)}`),
      onView: (...view) => this.#events.onView?.(...view),
    });
    this.#opened = opened;
    this.#boot = setInterval(() => this.#drain(), BOOT_POLL_MS);
    void opened.ready.then(() => this.#drain());
    return { decidedSeq: opened.decidedSeq };
  }

  submit(signal: Signal): boolean {
    const opened = this.#opened;
    if (opened === null || this.#boot !== null) {
      if (this.#waiting.length >= SIGNAL_RING_SLOT_COUNT) return false;
      this.#waiting.push(signal);
      return true;
    }
    opened.lane.onSignal(signal);
    opened.lane.flush();
    return true;
  }

  analysis(analysis: Analysis): void {
    this.#opened?.lane.onAnalysis(analysis);
  }

  control(control: Control): void {
    this.#opened?.lane.onControl(control);
  }

  /** The clock is the same object. */
  onClock(_offsetMs: number, byMs: number): void {
    if (byMs !== 0) this.#opened?.lane.onControl({ type: "clockSet", byMs });
  }

  async stop(): Promise<void> {
    if (this.#boot !== null) clearInterval(this.#boot);
    await this.#opened?.close();
  }

  /** Once the core has left BOOTING, what waited is decided in order and later signals go straight through. */
  #drain(): void {
    const opened = this.#opened;
    if (opened === null || this.#boot === null || opened.core.risk.state === "booting") return;
    for (const signal of this.#waiting) {
      if (signal.intakeSeq > opened.decidedSeq) opened.lane.onSignal(signal);
    }
    this.#waiting.length = 0;
    opened.lane.flush();
    if (this.#boot !== null) clearInterval(this.#boot);
    this.#boot = null;
  }
}
