/**
 * The lane's thread: one long-lived Piscina task. It makes itself ready to decide and waits for its life to begin; then it
 * drains the signal ring, lets the event loop serve the venue sockets, and parks when there is nothing to do.
 *
 * Any failure ends the thread, never only the task: Piscina would keep the thread, and with it the old sockets, which could
 * still send orders while a successor recovers.
 */
import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import type { Alarm, Verdict } from "../core/event.ts";
import type { Signal } from "../domain/signal.ts";
import { assert } from "../domain/units.ts";
import { VERDICT_BYTES, writeVerdict } from "../journal/command-records.ts";
import {
  LANE_DECIDING_OFFSET,
  LANE_HEARTBEAT_OFFSET,
  LANE_STOP_OFFSET,
  laneOffset,
  WORD_BYTES,
} from "../memory/layout.ts";
import { RingConsumer, RingProducer, signalRing, verdictRing } from "../memory/ring.ts";
import { openShared } from "../memory/shared.ts";
import { bytesOf, readKeyedSignal } from "../memory/signal-slot.ts";
import { SystemClock } from "../time/clock.ts";
import { loadRest } from "../venues/wire/rest.ts";
import type { HostEvents } from "./host.ts";
import { type Lane, TIDY_AFTER_MS } from "./lane.ts";
import { createParts, type OpenedLane, openLane } from "./open-lane.ts";
import type { LaneOptions } from "./options.ts";
import { createVenue } from "./venues.ts";
import { warmUp } from "./warm-up.ts";
import type { Said } from "./word-queue.ts";

export interface LaneTask {
  readonly options: LaneOptions;
  readonly memory: WebAssembly.Memory;
  readonly kernels: WebAssembly.Module;
  readonly port: MessagePort;
  /** Turns 1 when its life begins: a `LaneLife` is then the first message of the port. Until then it opens nothing. */
  readonly begin: Int32Array;
}

export interface LaneLife {
  /** What stood in the word `deciding` when two lives ended: that signal is refused unseen. 0 for none. */
  readonly poison: number;
  /** Of the process's wall clock from the monotonic one. */
  readonly clockOffsetMs: number;
}

export type FromLane =
  | { readonly type: "ready" }
  | { readonly type: "recovered"; readonly decidedSeq: number; readonly epoch: number }
  /** The word of that number, and all before it, are in the log. */
  | { readonly type: "heard"; readonly number: number }
  | { readonly type: "alarm"; readonly alarm: Alarm }
  | { readonly type: "trouble"; readonly message: string }
  | { readonly type: "view"; readonly view: Parameters<NonNullable<HostEvents["onView"]>> }
  | { readonly type: "fatal"; readonly message: string };

export type ToLane = Said | ClockMoved;

/** `byMs` at once, or 0 where it follows the system's. */
export interface ClockMoved {
  readonly type: "clock";
  readonly offsetMs: number;
  readonly byMs: number;
}

/** Signals decided before sockets get their turn: bounds how long a burst can hold them up. */
const BATCH_MAX = 16;
const HEARTBEAT_MS = 20;
const BOOT_POLL_MS = 2;
/** Longer than a lane puts off the write of what has no consequences. */
export const HEARD_AFTER_MS = 2 * TIDY_AFTER_MS;

export default async function runLane(task: LaneTask): Promise<void> {
  const { port } = task;
  const send = (message: FromLane) => port.postMessage(message);
  let dies = false;
  const die = (cause: unknown) => {
    // What meets a lane that has thrown, before its thread has ended, only finds it broken.
    if (dies) return;
    dies = true;
    send({ type: "fatal", message: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause) });
    // A turn of the loop for the message to leave, then out: everything that matters is in the log.
    setImmediate(() => process.exit(1));
  };
  process.on("uncaughtException", die);
  process.on("unhandledRejection", die);
  try {
    await serve(task, send);
  } catch (cause) {
    die(cause);
    await new Promise(() => {});
  }
}

async function serve(
  { options, memory, kernels, port, begin }: LaneTask,
  send: (message: FromLane) => void,
): Promise<void> {
  const shared = openShared(memory);
  const parts = createParts(options, shared, kernels);
  warmUp(options.core, parts);
  await loadRest();
  send({ type: "ready" });
  await Atomics.waitAsync(begin, 0, 0).value;
  const first = receiveMessageOnPort(port);
  assert(first !== undefined, "a life that begins is told of first");
  const { poison, clockOffsetMs } = first.message as LaneLife;
  const clock = new SystemClock(clockOffsetMs);
  const verdicts = new RingProducer(shared.i32, verdictRing(options.index));
  const bytes = bytesOf(memory.buffer);
  const heartbeatIndex = (laneOffset(options.index) + LANE_HEARTBEAT_OFFSET) / WORD_BYTES;
  const heartbeat = setInterval(() => Atomics.add(shared.i32, heartbeatIndex, 1), HEARTBEAT_MS);
  const handOver = (verdict: Verdict) => {
    const slot = verdicts.claim();
    // A full ring means that the gateway stands still; it reads the verdicts from the log when it starts again.
    if (slot < 0) return;
    bytes.bytes.fill(0, slot, slot + VERDICT_BYTES);
    writeVerdict(bytes, slot, verdict);
    verdicts.publish();
  };
  const opened = await openLane(options, {
    shared,
    parts,
    clock,
    createVenue: (index, events) => createVenue(options, index, events, clock),
    onVerdict: handOver,
    onAlarm: (alarm) => send({ type: "alarm", alarm }),
    onVenueFailure: (venue, cause) => send({ type: "trouble", message: `${venue}: ${String(cause)}` }),
    onView: (...view) => send({ type: "view", view }),
  });
  port.on("message", (message: ToLane) => {
    take(opened, clock, message);
    // Behind the timer of `Lane.flush`, which was set before this one and is shorter: it has been written then.
    if (message.type !== "clock") setTimeout(() => send({ type: "heard", number: message.number }), HEARD_AFTER_MS);
  });
  send({ type: "recovered", decidedSeq: opened.decidedSeq, epoch: opened.epoch });
  const ring = new RingConsumer(shared.i32, signalRing(options.index));
  const decidingIndex = (laneOffset(options.index) + LANE_DECIDING_OFFSET) / WORD_BYTES;
  const decide = (signal: Signal) => {
    const mark = decidingMark(signal.intakeSeq);
    if (mark === poison) opened.lane.onControl({ type: "refuse", intakeSeq: signal.intakeSeq });
    else {
      Atomics.store(shared.i32, decidingIndex, mark);
      opened.lane.onSignal(signal);
    }
  };
  const decided = () => void Atomics.store(shared.i32, decidingIndex, 0);
  await drain(opened, ring, bytes, handOver, decide, decided, () => isStopped(shared.i32, options));
  // What an operator said before the stop is journaled like anything else.
  for (let last = receiveMessageOnPort(port); last !== undefined; last = receiveMessageOnPort(port)) {
    take(opened, clock, last.message as ToLane);
  }
  await opened.close();
  clearInterval(heartbeat);
  port.close();
}

function take({ lane }: OpenedLane, clock: SystemClock, message: ToLane): void {
  if (message.type === "control") lane.onControl(message.control);
  else if (message.type === "analysis") lane.onAnalysis(message.analysis);
  else takeClock(lane, clock, message);
}

/** The clock and what the core has measured by it move in the same turn. */
export function takeClock(lane: Lane, clock: SystemClock, { offsetMs, byMs }: ClockMoved): void {
  if (byMs === 0) clock.takeOver(offsetMs);
  else {
    clock.set(offsetMs);
    lane.onControl({ type: "clockSet", byMs });
  }
}

/** Until it is told to stop. A slot is given back only when its decision is written: a successor sees it again. */
export async function drain(
  { lane, core, decidedSeq, lastVerdict, ready }: OpenedLane,
  ring: RingConsumer,
  bytes: ReturnType<typeof bytesOf>,
  handOver: (verdict: Verdict) => void,
  decide: (signal: Signal) => void,
  decided: () => void,
  stopped: () => boolean,
): Promise<void> {
  // One callback behind `ready`, however long no venue answers: a race against it at every look would leave one more each time.
  let wake = (): void => {};
  void ready.then(() => wake());
  while (!stopped() && core.risk.state === "booting") {
    await new Promise<void>((done) => {
      wake = done;
      setTimeout(done, BOOT_POLL_MS);
    });
  }
  while (!stopped()) {
    let taken = 0;
    for (let slot = ring.peek(); slot >= 0 && taken < BATCH_MAX; slot = ring.peek()) {
      const signal = readKeyedSignal(bytes, slot);
      if (signal.intakeSeq > decidedSeq) decide(signal);
      // Decided by a predecessor that died before it could give the slot back, and perhaps before it could say so.
      else if (lastVerdict?.intakeSeq === signal.intakeSeq) handOver(lastVerdict);
      // Written before released: from here on the log has it, and a successor need not see it again.
      lane.flush();
      decided();
      ring.release();
      taken++;
    }
    if (taken === BATCH_MAX) await new Promise((done) => setImmediate(done));
    else await ring.waitAsync();
  }
}

/** Never 0. */
export const decidingMark = (intakeSeq: number): number => (intakeSeq % 0x7fff_ffff) + 1;

const isStopped = (words: Int32Array, { index }: LaneOptions): boolean =>
  Atomics.load(words, (laneOffset(index) + LANE_STOP_OFFSET) / WORD_BYTES) !== 0;
