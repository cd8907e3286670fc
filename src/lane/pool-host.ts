/**
 * Pool host: the lane in a Piscina worker, behind a ring in shared memory, and the supervisor that brings it back.
 *
 * A thread is ready long before its life begins: loaded, and warm to decide. The first gets ready while main reads its journal, and
 * a spare stands by for the day that the lane dies.
 *
 * Invariants
 *   - Two lanes never live at the same time: the successor's life begins only after its predecessor's thread has exited, however
 *     that died (throw, exit, trap, out of memory, or a loop without end that the heartbeat gives away). Before its life begins a
 *     thread opens no log and no socket.
 *   - What was submitted lies in the ring until a lane has its decision in the log; the successor goes on from there.
 *   - A signal whose decision has ended two lives is refused unseen by the third (CRASHED), so that it holds up no other.
 *   - A lane that cannot be kept alive is not retried in a hurry: the pause between lives doubles up to a bound.
 */

import { MessageChannel, type MessagePort } from "node:worker_threads";
import { Piscina } from "piscina";
import type { Analysis } from "../core/analysis.ts";
import type { Control } from "../core/event.ts";
import type { Signal } from "../domain/signal.ts";
import { readVerdict } from "../journal/command-records.ts";
import {
  LANE_DECIDING_OFFSET,
  LANE_HEARTBEAT_OFFSET,
  LANE_STOP_OFFSET,
  laneOffset,
  WORD_BYTES,
} from "../memory/layout.ts";
import { RingConsumer, RingProducer, signalRing, verdictRing } from "../memory/ring.ts";
import type { SharedMemory } from "../memory/shared.ts";
import { type Bytes, bytesOf, writeKeyedSignal } from "../memory/signal-slot.ts";
import type { SystemClock } from "../time/clock.ts";
import type { DecisionHost, HostEvents } from "./host.ts";
import type { LaneOptions } from "./options.ts";
import { type Word, WordQueue } from "./word-queue.ts";
import type { FromLane, LaneLife, LaneTask, ToLane } from "./worker.ts";

export interface PoolHostOptions {
  /** A lane whose heartbeat stands still for longer is ended: it loops. */
  readonly stallMs: number;
  readonly memoryMbMax: number;
  /** The module whose default export is the lane's task. */
  readonly worker?: URL;
  /** From a lane's recovery until its spare is made ready, which takes half a second of processor. */
  readonly spareAfterMs?: number;
}

const WORKER = new URL(`./worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

/** Three semi-spaces of 4 MB, as the main thread's (bin/node-flags.cjs): small enough to stay in cache, and it does not grow. */
const NURSERY_MB = 12;
const WATCH_MS = 50;
const VERDICTS_MS = 10;
const STOP_MS = 3000;
const RESPAWN_MS_MAX = 5000;
/** The first signals after a start have the processor to themselves. */
const SPARE_AFTER_MS = 2000;
/** A lane that lived this long was healthy: its successor starts at once. */
const HEALTHY_MS = 10_000;

export class PoolHost implements DecisionHost {
  readonly #options: LaneOptions;
  readonly #limits: PoolHostOptions;
  readonly #shared: SharedMemory;
  readonly #kernels: WebAssembly.Module;
  readonly #clock: SystemClock;
  readonly #events: HostEvents;
  readonly #signals: RingProducer;
  readonly #verdicts: RingConsumer;
  readonly #bytes: Bytes;
  readonly #stopIndex: number;
  readonly #heartbeatIndex: number;
  readonly #decidingIndex: number;
  /** The thread of the next life, once it gets ready. */
  #next: Thread | null;
  #spareTimer: NodeJS.Timeout | null = null;
  #life: Thread | null = null;
  readonly #first = Promise.withResolvers<{ decidedSeq: number }>();
  #ended: Promise<void> = Promise.resolve();
  #stopping = false;
  #respawns = 0;
  /** What the last life was deciding when it ended, and what two were. 0 for nothing. */
  #suspect = 0;
  #poison = 0;
  #verdictTimer: NodeJS.Timeout | null = null;
  /** A successor repeats the verdict that its predecessor may not have handed over. */
  #verdictSeq = 0;
  readonly #words: WordQueue;

  constructor(
    options: LaneOptions,
    limits: PoolHostOptions,
    shared: SharedMemory,
    kernels: WebAssembly.Module,
    clock: SystemClock,
    events: HostEvents,
  ) {
    this.#options = options;
    this.#limits = limits;
    this.#shared = shared;
    this.#kernels = kernels;
    this.#clock = clock;
    this.#events = events;
    this.#words = new WordQueue(events.onTrouble);
    this.#signals = new RingProducer(shared.i32, signalRing(options.index));
    this.#verdicts = new RingConsumer(shared.i32, verdictRing(options.index));
    this.#bytes = bytesOf(shared.memory.buffer);
    this.#stopIndex = (laneOffset(options.index) + LANE_STOP_OFFSET) / WORD_BYTES;
    this.#heartbeatIndex = (laneOffset(options.index) + LANE_HEARTBEAT_OFFSET) / WORD_BYTES;
    this.#decidingIndex = (laneOffset(options.index) + LANE_DECIDING_OFFSET) / WORD_BYTES;
    this.#next = this.#getReady();
  }

  /** Lives this host's lane has had beyond the first. */
  get respawns(): number {
    return this.#respawns;
  }

  /** Whether a thread has loaded and warmed up the lane for a life that has not begun. */
  get hasSpare(): boolean {
    return this.#next?.isReady ?? false;
  }

  async start() {
    this.#verdictTimer = setInterval(() => this.#takeVerdicts(), VERDICTS_MS);
    this.#ended = this.#keepAlive();
    return this.#first.promise;
  }

  submit(signal: Signal): boolean {
    const slot = this.#signals.claim();
    if (slot < 0) return false;
    writeKeyedSignal(this.#bytes, slot, signal);
    this.#signals.publish();
    return true;
  }

  analysis(analysis: Analysis): void {
    this.#tell({ type: "analysis", analysis });
  }

  control(control: Control): void {
    this.#tell({ type: "control", control });
  }

  onClock(offsetMs: number, byMs: number): void {
    this.#life?.port.postMessage({ type: "clock", offsetMs, byMs } satisfies ToLane);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    Atomics.store(this.#shared.i32, this.#stopIndex, 1);
    this.#signals.wake();
    const life = this.#life;
    const late = setTimeout(() => life?.abort.abort(), STOP_MS);
    await this.#ended;
    await this.#next?.end();
    clearTimeout(late);
    if (this.#verdictTimer !== null) clearInterval(this.#verdictTimer);
    this.#takeVerdicts();
  }

  #tell(word: Word): void {
    const said = this.#words.add(word, this.#life !== null);
    this.#life?.port.postMessage(said satisfies ToLane);
  }

  async #keepAlive(): Promise<void> {
    let pauseMs = 0;
    for (let lives = 0; !this.#stopping; lives++) {
      this.#respawns = lives;
      const bornMs = performance.now();
      const failure = await this.#live();
      if (this.#stopping) break;
      const deciding = Atomics.exchange(this.#shared.i32, this.#decidingIndex, 0);
      if (deciding !== 0 && deciding === this.#suspect) this.#poison = deciding;
      this.#suspect = deciding;
      if (lives === 0) this.#first.reject(new Error(`the lane did not start: ${failure}`));
      this.#events.onTrouble(`lane ${this.#options.index} died and is started again: ${failure}`);
      pauseMs = performance.now() - bornMs > HEALTHY_MS ? 0 : Math.min(RESPAWN_MS_MAX, pauseMs === 0 ? 1 : pauseMs * 2);
      if (pauseMs > 1) await new Promise((done) => setTimeout(done, pauseMs));
    }
    this.#first.reject(new Error("stopped before the lane had started"));
  }

  /** One life, from its begin to its thread's exit. Resolves with what ended it. */
  async #live(): Promise<string> {
    const thread = this.#next ?? this.#getReady();
    this.#next = null;
    const { port } = thread;
    this.#life = thread;
    port.postMessage({ poison: this.#poison, clockOffsetMs: this.#clock.offsetMs } satisfies LaneLife);
    for (const said of this.#words.forNextLife()) port.postMessage(said satisfies ToLane);
    const watch = this.#watchHeartbeat((stalledMs) => {
      thread.failure = `no heartbeat for ${stalledMs} ms`;
      thread.abort.abort();
    });
    thread.begin();
    await thread.ended;
    clearInterval(watch);
    this.#life = null;
    // Only then may a successor open its sockets.
    await thread.end();
    if (this.#spareTimer !== null) clearTimeout(this.#spareTimer);
    return thread.failure ?? "it ended by itself";
  }

  #hear(thread: Thread, message: FromLane): void {
    if (message.type === "ready") thread.isReady = true;
    else if (message.type === "recovered") {
      this.#first.resolve({ decidedSeq: message.decidedSeq });
      this.#spareTimer = setTimeout(() => {
        if (!this.#stopping) this.#next ??= this.#getReady();
      }, this.#limits.spareAfterMs ?? SPARE_AFTER_MS);
    } else if (message.type === "alarm") this.#events.onAlarm(message.alarm);
    else if (message.type === "heard") this.#words.heard(message.number);
    else if (message.type === "trouble") this.#events.onTrouble(message.message);
    else if (message.type === "view") this.#events.onView?.(...message.view);
    else thread.failure = message.message;
  }

  /** A thread that loads the lane and warms it up, and then waits. */
  #getReady(): Thread {
    const { port1, port2 } = new MessageChannel();
    const pool = new Piscina({
      filename: (this.#limits.worker ?? WORKER).href,
      minThreads: 1,
      maxThreads: 1,
      concurrentTasksPerWorker: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      resourceLimits: { maxOldGenerationSizeMb: this.#limits.memoryMbMax, maxYoungGenerationSizeMb: NURSERY_MB },
    });
    const abort = new AbortController();
    const worker = pool.threads[0];
    // Not `once`: it would settle at an "error" event, which out of memory emits before the exit.
    const exited = new Promise<void>((done) => (worker === undefined ? done() : worker.once("exit", () => done())));
    const begin = new Int32Array(new SharedArrayBuffer(WORD_BYTES));
    const { memory } = this.#shared;
    const task: LaneTask = { options: this.#options, memory, kernels: this.#kernels, port: port2, begin };
    const ended = pool.run(task, { transferList: [port2], signal: abort.signal }).catch((cause) => {
      thread.failure ??= String(cause);
      if (this.#next !== thread || this.#stopping) return;
      // Its pool would start another thread that nobody waits for.
      this.#next = null;
      void thread.end();
      this.#events.onTrouble(`lane ${this.#options.index}: a thread died before its life began: ${thread.failure}`);
    });
    const thread: Thread = {
      port: port1,
      abort,
      ended,
      isReady: false,
      failure: null,
      begin: () => {
        Atomics.store(begin, 0, 1);
        Atomics.notify(begin, 0);
      },
      end: async () => {
        await pool.destroy();
        await exited;
        port1.close();
      },
    };
    // A thread that runs out of memory while it is being ended says so here; unheard, it would end this process.
    pool.on("error", (cause) => {
      thread.failure = String(cause);
    });
    port1.on("message", (message: FromLane) => this.#hear(thread, message));
    return thread;
  }

  #watchHeartbeat(onStall: (stalledMs: number) => void): NodeJS.Timeout {
    let seen = Atomics.load(this.#shared.i32, this.#heartbeatIndex);
    let sinceMs = performance.now();
    let lookedMs = sinceMs;
    // Not before its first beat: until then the thread is still loading.
    let beating = false;
    return setInterval(() => {
      const nowMs = performance.now();
      const beat = Atomics.load(this.#shared.i32, this.#heartbeatIndex);
      // If we ourselves were held up, the lane may have been too: start counting again.
      if (beat !== seen || nowMs - lookedMs > this.#limits.stallMs / 2) {
        beating ||= beat !== seen;
        seen = beat;
        sinceMs = nowMs;
      } else if (beating && nowMs - sinceMs > this.#limits.stallMs) onStall(Math.round(nowMs - sinceMs));
      lookedMs = nowMs;
    }, WATCH_MS);
  }

  #takeVerdicts(): void {
    for (let slot = this.#verdicts.peek(); slot >= 0; slot = this.#verdicts.peek()) {
      const verdict = readVerdict(this.#bytes, slot);
      this.#verdicts.release();
      if (verdict.intakeSeq <= this.#verdictSeq) continue;
      this.#verdictSeq = verdict.intakeSeq;
      this.#events.onVerdict(verdict);
    }
  }
}

interface Thread {
  readonly port: MessagePort;
  readonly abort: AbortController;
  /** Resolves however it ends. */
  readonly ended: Promise<void>;
  isReady: boolean;
  failure: string | null;
  begin(): void;
  /** Ends it if it has not ended yet, and waits until it has exited. */
  end(): Promise<void>;
}
