/**
 * Seqlock: one writer replaces a slot's payload, any thread reads it, nobody waits for anybody.
 *
 * A slot (layout.ts, "Seqlocked slots") is a sequence word, an owner word and a payload of i32 words.
 *
 * Invariants
 *   - The sequence is odd while the payload is being replaced and even otherwise; 0 means never published.
 *   - A reader returns a whole payload of one publish, or nothing.
 *   - A slot has one owner for ever. The owner's successor (same number, started after the owner's thread is gone) may
 *     write on; a slot left odd by a writer that died is repaired by its next publish.
 *
 * Payload words are accessed with Atomics too: ECMAScript gives plain accesses no order, and plain reads were seen torn.
 * Nothing here allocates after construction.
 */
import { assert } from "../domain/units.ts";
import { SLOT_OWNER_OFFSET, SLOT_PAYLOAD_OFFSET, SLOT_SEQ_OFFSET, WORD_BYTES } from "./layout.ts";

const SEQ_INDEX = SLOT_SEQ_OFFSET / WORD_BYTES;
const OWNER_INDEX = SLOT_OWNER_OFFSET / WORD_BYTES;
const PAYLOAD_INDEX = SLOT_PAYLOAD_OFFSET / WORD_BYTES;

/**
 * Tries before a reader gives up. A publish takes well under a microsecond, so this outlasts any that is running; only a
 * writer that was descheduled or died inside a publish, or one that does nothing but publish, can exhaust it.
 */
const READ_ATTEMPTS_MAX = 64;

export class SeqlockWriter {
  /** Fill one of these views, then publish. They alias each other; payload byte n is `stagedF64[n / 8]`. */
  readonly stagedI32: Int32Array;
  readonly stagedF64: Float64Array;
  readonly #words: Int32Array;
  readonly #owner: number;

  /** `owner` ≥ 0 names the writer; see the invariant. `payloadBytes` is a multiple of 8. */
  constructor(words: Int32Array, owner: number, payloadBytes: number) {
    assert(Number.isInteger(owner) && owner >= 0, `a seqlock writer needs an owner number, got ${owner}`);
    const buffer = new ArrayBuffer(payloadBytes);
    this.stagedI32 = new Int32Array(buffer);
    this.stagedF64 = new Float64Array(buffer);
    this.#words = words;
    this.#owner = owner + 1;
  }

  publish(slotOffset: number): void {
    const words = this.#words;
    const slot = slotOffset / WORD_BYTES;
    if (words[slot + OWNER_INDEX] !== this.#owner) this.#takeOwnership(slot);
    const odd = Atomics.load(words, slot + SEQ_INDEX) | 1;
    // 1. Odd: readers arriving from here on retry. (Already odd where the previous writer died inside a publish.)
    Atomics.store(words, slot + SEQ_INDEX, odd);
    // 2. Payload. A reader that saw any of these words also sees step 1, and its second look at the sequence differs.
    const staged = this.stagedI32;
    for (let i = 0; i < staged.length; i++) Atomics.store(words, slot + PAYLOAD_INDEX + i, staged[i] as number);
    // 3. Even: everything above is now visible as one update. 0 is skipped at the wrap, as it means "never published".
    const even = (odd + 1) | 0;
    Atomics.store(words, slot + SEQ_INDEX, even === 0 ? 2 : even);
  }

  #takeOwnership(slot: number): void {
    const before = Atomics.compareExchange(this.#words, slot + OWNER_INDEX, 0, this.#owner);
    assert(before === 0, `slot is owned by writer ${before - 1}; writer ${this.#owner - 1} must not publish to it`);
  }
}

export class SeqlockReader {
  /** The payload of the last successful `read`. */
  readonly i32: Int32Array;
  readonly f64: Float64Array;
  readonly #words: Int32Array;
  readonly #incoming: Int32Array;

  constructor(words: Int32Array, payloadBytes: number) {
    const buffer = new ArrayBuffer(payloadBytes);
    this.i32 = new Int32Array(buffer);
    this.f64 = new Float64Array(buffer);
    this.#words = words;
    this.#incoming = new Int32Array(payloadBytes / WORD_BYTES);
  }

  /**
   * True: `i32`/`f64` hold the newest complete publish. False: never published, or given up after `READ_ATTEMPTS_MAX`
   * tries; then they hold what the last successful read left there.
   */
  read(slotOffset: number): boolean {
    const words = this.#words;
    const incoming = this.#incoming;
    const slot = slotOffset / WORD_BYTES;
    for (let attempt = 0; attempt < READ_ATTEMPTS_MAX; attempt++) {
      const before = Atomics.load(words, slot + SEQ_INDEX);
      if (before === 0) return false;
      if ((before & 1) !== 0) continue;
      for (let i = 0; i < incoming.length; i++) incoming[i] = Atomics.load(words, slot + PAYLOAD_INDEX + i);
      if (Atomics.load(words, slot + SEQ_INDEX) === before) {
        this.i32.set(incoming);
        return true;
      }
    }
    return false;
  }
}
