/**
 * The lane's host in simulation: what lane/pool-host.ts does with a Piscina thread, done with a simulated one. Rings, lane and
 * recovery are the real ones; only thread and message port are not.
 */

import type { Analysis } from "../core/analysis.ts";
import type { Alarm, Control, Verdict } from "../core/event.ts";
import type { Core } from "../core/step.ts";
import type { Signal } from "../domain/signal.ts";
import { readVerdict, VERDICT_BYTES, writeVerdict } from "../journal/command-records.ts";
import type { DecisionHost, HostEvents } from "../lane/host.ts";
import { createParts, type LaneEnvironment, type OpenedLane, openLane } from "../lane/open-lane.ts";
import type { LaneOptions } from "../lane/options.ts";
import { type Said, type Word, WordQueue } from "../lane/word-queue.ts";
import { decidingMark, drain, HEARD_AFTER_MS, takeClock } from "../lane/worker.ts";
import { LANE_DECIDING_OFFSET, laneOffset, WORD_BYTES } from "../memory/layout.ts";
import { RingConsumer, RingProducer, signalRing, verdictRing } from "../memory/ring.ts";
import type { SharedMemory } from "../memory/shared.ts";
import { type Bytes, bytesOf, writeKeyedSignal } from "../memory/signal-slot.ts";
import { type Clock, type MachineClocks, SystemClock } from "../time/clock.ts";
import type { Venue, VenueEvents } from "../venues/venue.ts";
import { type SimHost, SimThread } from "./sim-host.ts";

const VERDICTS_MS = 10;
const RESPAWN_MS_MAX = 5000;
/** A message between threads. */
const PORT_MS = 0.05;

export interface PoolParts {
  readonly host: SimHost;
  readonly main: SimThread;
  readonly options: LaneOptions;
  readonly shared: SharedMemory;
  readonly kernels: WebAssembly.Module;
  /** Of the process. The lane's thread has one of its own, from the same machine. */
  readonly clock: SystemClock;
  readonly machineClocks: MachineClocks;
  readonly events: HostEvents;
  connectTo(index: number, thread: SimThread, events: VenueEvents): Venue;
  /** The lane's thread is gone, and its sockets with it. */
  onLaneDeath(cause: unknown): void;
}

export class SimPool implements DecisionHost {
  readonly #parts: PoolParts;
  readonly #signals: RingProducer;
  readonly #verdicts: RingConsumer;
  readonly #bytes: Bytes;
  readonly #words: WordQueue;
  readonly #first = Promise.withResolvers<{ decidedSeq: number }>();
  #thread: SimThread;
  #opened: OpenedLane | null = null;
  #laneClock: SystemClock | null = null;
  #lives = 0;
  #pauseMs = 0;
  #verdictSeq = 0;
  /** As in pool-host.ts: what the last life was deciding when it ended, and what two were. */
  readonly #decidingIndex: number;
  #suspect = 0;
  #poison = 0;

  constructor(parts: PoolParts) {
    this.#parts = parts;
    const { shared, options } = parts;
    this.#thread = new SimThread("lane");
    this.#words = new WordQueue(parts.events.onTrouble);
    this.#signals = new RingProducer(shared.i32, signalRing(options.index));
    this.#verdicts = new RingConsumer(shared.i32, verdictRing(options.index));
    this.#bytes = bytesOf(shared.memory.buffer);
    this.#decidingIndex = (laneOffset(options.index) + LANE_DECIDING_OFFSET) / WORD_BYTES;
  }

  /** The core of the lane that lives now; null while none is open. */
  get core(): Core | null {
    return this.#opened?.core ?? null;
  }

  /** By which that lane, or the one before it, tells the time; null before the first. */
  get clock(): Clock | null {
    return this.#laneClock;
  }

  get thread(): SimThread {
    return this.#thread;
  }

  get lives(): number {
    return this.#lives;
  }

  start(): Promise<{ readonly decidedSeq: number }> {
    setInterval(() => this.#takeVerdicts(), VERDICTS_MS);
    this.#live();
    return this.#first.promise;
  }

  submit(signal: Signal): boolean {
    const slot = this.#signals.claim();
    if (slot < 0) return false;
    writeKeyedSignal(this.#bytes, slot, signal);
    this.#signals.publish();
    return true;
  }

  control(control: Control): void {
    this.#say({ type: "control", control });
  }

  analysis(analysis: Analysis): void {
    this.#say({ type: "analysis", analysis });
  }

  onClock(offsetMs: number, byMs: number): void {
    const [opened, clock] = [this.#opened, this.#laneClock];
    if (opened === null || clock === null) return;
    this.#parts.host.after(this.#thread, PORT_MS, () =>
      takeClock(opened.lane, clock, { type: "clock", offsetMs, byMs }),
    );
  }

  async stop(): Promise<void> {
    this.kill(new Error("stopped"));
  }

  /** Ends the lane's thread, as a crash in it does. */
  kill(cause: unknown): void {
    if (!this.#thread.alive) return;
    this.#thread.alive = false;
    this.died(cause);
  }

  /** To be called when the lane's thread has died of an exception. */
  died(cause: unknown): void {
    const { host, main, onLaneDeath } = this.#parts;
    const wasOpen = this.#opened !== null;
    this.#opened = null;
    onLaneDeath(cause);
    const deciding = Atomics.exchange(this.#parts.shared.i32, this.#decidingIndex, 0);
    if (deciding !== 0 && deciding === this.#suspect) this.#poison = deciding;
    this.#suspect = deciding;
    if (!main.alive) return;
    if (!wasOpen && this.#lives === 1) this.#first.reject(cause);
    this.#pauseMs = Math.min(RESPAWN_MS_MAX, this.#pauseMs === 0 ? 1 : this.#pauseMs * 2);
    host.after(main, this.#pauseMs, () => this.#live());
  }

  #live(): void {
    const { host, main } = this.#parts;
    // A process that has been killed is still seen through to the end of its call; it starts no threads.
    if (!main.alive) return;
    this.#lives++;
    const thread = new SimThread("lane");
    this.#thread = thread;
    host.after(thread, PORT_MS, () => {
      void this.#serve(thread).catch((cause) => {
        if (!thread.alive) return;
        thread.alive = false;
        this.died(cause);
      });
    });
  }

  async #serve(thread: SimThread): Promise<void> {
    const { host, main, options, shared, kernels, machineClocks, events, connectTo } = this.#parts;
    const clock = new SystemClock(this.#parts.clock.offsetMs, machineClocks);
    this.#laneClock = clock;
    const poison = this.#poison;
    const verdicts = new RingProducer(shared.i32, verdictRing(options.index));
    const handOver = (verdict: Verdict) => {
      const slot = verdicts.claim();
      if (!thread.alive || slot < 0) return;
      this.#bytes.bytes.fill(0, slot, slot + VERDICT_BYTES);
      writeVerdict(this.#bytes, slot, verdict);
      verdicts.publish();
    };
    const toMain = (action: () => void) => {
      if (thread.alive) host.after(main, PORT_MS, action);
    };
    const environment: LaneEnvironment = {
      shared,
      parts: createParts(options, shared, kernels),
      clock,
      createVenue: (index, venueEvents) => connectTo(index, thread, venueEvents),
      onVerdict: handOver,
      onAlarm: (alarm: Alarm) => toMain(() => events.onAlarm(alarm)),
      onVenueFailure: (venue, cause) => toMain(() => events.onTrouble(`${venue}: ${String(cause)}`)),
    };
    const opened = await openLane(options, environment);
    if (!thread.alive) return;
    this.#opened = opened;
    // Messages wait for a thread that is still starting.
    const byMs = this.#parts.clock.offsetMs - clock.offsetMs;
    if (byMs !== 0) takeClock(opened.lane, clock, { type: "clock", offsetMs: this.#parts.clock.offsetMs, byMs });
    for (const said of this.#words.forNextLife()) this.#tell(opened, said);
    toMain(() => this.#first.resolve({ decidedSeq: opened.decidedSeq }));
    const ring = new RingConsumer(shared.i32, signalRing(options.index));
    const decide = (signal: Signal) => {
      const mark = decidingMark(signal.intakeSeq);
      if (mark === poison) opened.lane.onControl({ type: "refuse", intakeSeq: signal.intakeSeq });
      else {
        Atomics.store(shared.i32, this.#decidingIndex, mark);
        opened.lane.onSignal(signal);
      }
    };
    const decided = () => void Atomics.store(shared.i32, this.#decidingIndex, 0);
    await drain(opened, ring, this.#bytes, handOver, decide, decided, () => !thread.alive);
  }

  #say(word: Word): void {
    const opened = this.#opened;
    const said = this.#words.add(word, opened !== null);
    if (opened !== null) this.#parts.host.after(this.#thread, PORT_MS, () => this.#tell(opened, said));
  }

  #tell({ lane }: OpenedLane, said: Said): void {
    const { host, main } = this.#parts;
    const thread = this.#thread;
    if (said.type === "control") lane.onControl(said.control);
    else lane.onAnalysis(said.analysis);
    host.after(thread, HEARD_AFTER_MS, () => host.after(main, PORT_MS, () => this.#words.heard(said.number)));
  }

  #takeVerdicts(): void {
    for (let slot = this.#verdicts.peek(); slot >= 0; slot = this.#verdicts.peek()) {
      const verdict = readVerdict(this.#bytes, slot);
      this.#verdicts.release();
      if (verdict.intakeSeq <= this.#verdictSeq) continue;
      this.#verdictSeq = verdict.intakeSeq;
      this.#parts.events.onVerdict(verdict);
    }
  }
}
