/**
 * Ring: a bounded queue of fixed slots from one producer to one consumer, on different threads or the same.
 *
 * The producer fills the slot that `claim` names and makes it visible with `publish`; the consumer looks at the oldest slot
 * with `peek` and gives it back with `release`. Both ends may be reopened by a successor after their thread is gone: an
 * unpublished claim is forgotten, and a slot that was peeked but not released is seen again.
 *
 * Invariants
 *   - One producer and one consumer at a time, and they never change roles (asserted against the shared cursors).
 *   - tail − head, as wrapping i32, is the number of published slots: 0 .. slotCount.
 *   - No wake-up is lost: see `park`.
 *
 * Order: slot bytes are written and read plainly. The producer's Atomics.store of `tail` happens after them and the
 * consumer's Atomics.load that saw it happens before its reads, which is the ordering ECMAScript does give (synchronizes-
 * with); the same holds for `head` and the producer's overwriting of a released slot.
 *
 * Nothing here allocates, except the promise of a `waitAsync` that has to wait. Bytes: layout.ts, "Ring".
 */
import { assert } from "../domain/units.ts";
import {
  LANE_COUNT,
  RING_HEAD_OFFSET,
  RING_PARKED_OFFSET,
  RING_SLOTS_OFFSET,
  RING_TAIL_OFFSET,
  SIGNAL_RING_SLOT_BYTES,
  SIGNAL_RING_SLOT_COUNT,
  signalRingOffset,
  VERDICT_RING_SLOT_BYTES,
  VERDICT_RING_SLOT_COUNT,
  verdictRingOffset,
  WORD_BYTES,
} from "./layout.ts";

/** Where a ring lies. `slotCount` is a power of two, `offset` a multiple of 128. */
export interface RingSpec {
  readonly offset: number;
  readonly slotCount: number;
  readonly slotBytes: number;
}

export function signalRing(lane: number): RingSpec {
  assert(lane >= 0 && lane < LANE_COUNT, `lane ${lane} is outside 0..${LANE_COUNT - 1}`);
  return { offset: signalRingOffset(lane), slotCount: SIGNAL_RING_SLOT_COUNT, slotBytes: SIGNAL_RING_SLOT_BYTES };
}

export function verdictRing(lane: number): RingSpec {
  assert(lane >= 0 && lane < LANE_COUNT, `lane ${lane} is outside 0..${LANE_COUNT - 1}`);
  return { offset: verdictRingOffset(lane), slotCount: VERDICT_RING_SLOT_COUNT, slotBytes: VERDICT_RING_SLOT_BYTES };
}

export class RingProducer {
  readonly #words: Int32Array;
  readonly #spec: RingSpec;
  readonly #tailIndex: number;
  readonly #headIndex: number;
  readonly #parkedIndex: number;
  #tail: number;
  /** The consumer's cursor as last seen. Never ahead of the truth, so "free" is safe; looked up again only when full. */
  #headSeen: number;
  #claimed = false;

  constructor(words: Int32Array, spec: RingSpec) {
    assertSpec(spec);
    this.#words = words;
    this.#spec = spec;
    this.#tailIndex = (spec.offset + RING_TAIL_OFFSET) / WORD_BYTES;
    this.#headIndex = (spec.offset + RING_HEAD_OFFSET) / WORD_BYTES;
    this.#parkedIndex = (spec.offset + RING_PARKED_OFFSET) / WORD_BYTES;
    this.#tail = Atomics.load(words, this.#tailIndex);
    this.#headSeen = Atomics.load(words, this.#headIndex);
  }

  /** Byte offset of the slot to fill, or -1 when the ring is full. Claiming again without publishing names the same slot. */
  claim(): number {
    const { offset, slotCount, slotBytes } = this.#spec;
    if (((this.#tail - this.#headSeen) | 0) === slotCount) {
      this.#headSeen = Atomics.load(this.#words, this.#headIndex);
      if (((this.#tail - this.#headSeen) | 0) === slotCount) return -1;
    }
    this.#claimed = true;
    return offset + RING_SLOTS_OFFSET + (this.#tail & (slotCount - 1)) * slotBytes;
  }

  /** Makes the claimed slot visible, and wakes the consumer when it is parked. */
  publish(): void {
    const words = this.#words;
    assert(this.#claimed, "publish without a claim");
    assert(words[this.#tailIndex] === this.#tail, "the ring has a second producer: open one RingProducer per ring");
    this.#claimed = false;
    this.#tail = (this.#tail + 1) | 0;
    // 1. Visible: the slot's bytes are ordered before this store.
    Atomics.store(words, this.#tailIndex, this.#tail);
    // 2. Then look whether the consumer sleeps. In this order, against the opposite order in `park`, one of the two sees the
    //    other. The exchange makes it one notify per sleep, as a notify costs a lock even when nobody waits.
    if (Atomics.load(words, this.#parkedIndex) !== 0 && Atomics.exchange(words, this.#parkedIndex, 0) !== 0) {
      Atomics.notify(words, this.#tailIndex, 1);
    }
  }

  /** Wakes a parked consumer although nothing was published, so that it looks at its stop word. */
  wake(): void {
    Atomics.store(this.#words, this.#parkedIndex, 0);
    Atomics.notify(this.#words, this.#tailIndex);
  }

  /** Published and not yet released. May be stale by the consumer's progress, never too small. */
  depth(): number {
    this.#headSeen = Atomics.load(this.#words, this.#headIndex);
    return (this.#tail - this.#headSeen) | 0;
  }
}

export class RingConsumer {
  readonly #words: Int32Array;
  readonly #spec: RingSpec;
  readonly #tailIndex: number;
  readonly #headIndex: number;
  readonly #parkedIndex: number;
  #head: number;
  /** The producer's cursor as last seen. Never ahead of the truth; looked up again only when it says "empty". */
  #tailSeen: number;
  #peeked = false;

  constructor(words: Int32Array, spec: RingSpec) {
    assertSpec(spec);
    this.#words = words;
    this.#spec = spec;
    this.#tailIndex = (spec.offset + RING_TAIL_OFFSET) / WORD_BYTES;
    this.#headIndex = (spec.offset + RING_HEAD_OFFSET) / WORD_BYTES;
    this.#parkedIndex = (spec.offset + RING_PARKED_OFFSET) / WORD_BYTES;
    this.#head = Atomics.load(words, this.#headIndex);
    this.#tailSeen = Atomics.load(words, this.#tailIndex);
  }

  /** Byte offset of the oldest unreleased slot, or -1 when there is none. Peeking again names the same slot. */
  peek(): number {
    const { offset, slotCount, slotBytes } = this.#spec;
    if (this.#head === this.#tailSeen) {
      this.#tailSeen = Atomics.load(this.#words, this.#tailIndex);
      if (this.#head === this.#tailSeen) return -1;
    }
    this.#peeked = true;
    return offset + RING_SLOTS_OFFSET + (this.#head & (slotCount - 1)) * slotBytes;
  }

  /** Gives the peeked slot back. Until then a successor of this consumer sees it again. */
  release(): void {
    assert(this.#peeked, "release without a peek");
    assert(
      this.#words[this.#headIndex] === this.#head,
      "the ring has a second consumer: a successor may open it only after this thread's exit",
    );
    this.#peeked = false;
    this.#head = (this.#head + 1) | 0;
    Atomics.store(this.#words, this.#headIndex, this.#head);
  }

  /**
   * Undefined when a slot is ready now; else a promise that resolves after the next publish or `wake`. Peek again after it:
   * waking says "look", not "there is one". The promise does not keep the process alive: the caller holds a socket or timer.
   */
  waitAsync(): Promise<unknown> | undefined {
    if (!this.#park()) return undefined;
    const waiting = Atomics.waitAsync(this.#words, this.#tailIndex, this.#head);
    return waiting.async ? waiting.value : undefined;
  }

  /** Blocks this thread until a slot is ready, `wake`, or the timeout. True when a slot is ready. Not for event-loop threads. */
  wait(timeoutMs: number): boolean {
    if (this.#park()) Atomics.wait(this.#words, this.#tailIndex, this.#head, timeoutMs);
    return this.peek() >= 0;
  }

  /**
   * Announces the sleep. False when there is something to read after all. No wake-up is lost:
   *   1. parked = 1, then 2. look at tail. The producer stores tail, then looks at parked: with sequentially consistent
   *   accesses at least one sees the other's store.
   *   3. The wait itself compares tail with head again under the waiter list's lock, so a publish between 2 and 3 ends it.
   */
  #park(): boolean {
    if (this.peek() >= 0) return false;
    Atomics.store(this.#words, this.#parkedIndex, 1);
    if (this.peek() < 0) return true;
    Atomics.store(this.#words, this.#parkedIndex, 0);
    return false;
  }
}

function assertSpec({ offset, slotCount, slotBytes }: RingSpec): void {
  assert(slotCount > 0 && (slotCount & (slotCount - 1)) === 0, `slotCount ${slotCount} is no power of two`);
  assert(
    offset % WORD_BYTES === 0 && slotBytes % 8 === 0,
    `ring at ${offset} with ${slotBytes} byte slots is misaligned`,
  );
}
